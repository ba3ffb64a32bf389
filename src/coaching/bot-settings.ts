import { z } from 'zod'

const language = z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'a language code such as en or pt-BR')
const shortText = z.string().trim().min(1).max(4_000)
const byLanguage = z.record(language, shortText)

/** How a Bot speaks and what it may claim. Stored in `bot.settings`, read from a pack's `bot.yaml`. */
export const BotSettings = z.strictObject({
  name: z.string().trim().min(1).max(80),
  description: z.string().trim().max(400).default(''),
  persona: shortText,
  /** First is the default. Answers come in the question's language; these are what `/language` offers. */
  languages: z.array(language).min(1).max(30),
  greeting: byLanguage,
  suggestions: z.record(language, z.array(z.string().trim().min(1).max(60)).max(6)).default({}),
  /** strict: only what the material holds. adaptive: own knowledge allowed, marked as such. */
  grounding: z.enum(['strict', 'adaptive']).default('strict'),
  no_answer: byLanguage,
  safety_line: byLanguage,
})
export type BotSettings = z.output<typeof BotSettings>

/** A Bot as the coaching rooms know it. */
export interface Bot {
  id: string
  creatorId: string
  knowledgeBaseId: string
  slug: string
  settings: BotSettings
}

/** The text in the asked language, else in its base language, else in the Bot's first, else any. */
export function inLanguage<T>(
  texts: Record<string, T>,
  asked: string | undefined,
  bot: BotSettings,
): T | undefined {
  for (const code of [asked, asked?.split('-')[0], ...bot.languages]) {
    const text = code === undefined ? undefined : texts[code]
    if (text !== undefined) return text
  }
  return Object.values(texts)[0]
}
