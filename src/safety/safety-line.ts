import type { BotSettings } from '../bots/bot-settings.ts'
import { PHRASE_LANGUAGES, phrase } from '../bots/phrases.ts'

/**
 * What somebody in danger is told: the creator's own line where it stands in their language, else ours in that
 * language, else the creator's in the Bot's first.
 */
export function chooseSafetyLine({ safety_line: own, languages }: BotSettings, language: string): string {
  const base = language.split('-')[0] ?? language
  const theirs = own[language] ?? own[base]
  if (theirs) return theirs.trim()
  if (PHRASE_LANGUAGES.includes(base)) return phrase(base, 'new_bot_safety_line')
  const first = languages[0] ?? 'en'
  return (own[first] ?? phrase(first, 'new_bot_safety_line')).trim()
}
