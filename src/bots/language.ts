import { loadDetector } from '../knowledge/language.ts'
import { remembered } from '../knowledge/words/remembered.ts'

/** Letters that one language alone uses, or that mean one language among those we answer in. */
const SCRIPTS: Array<[language: string, pattern: RegExp]> = [
  ['ja', /[\p{Script=Hiragana}\p{Script=Katakana}]/u],
  ['zh', /\p{Script=Han}/u],
  ['ko', /\p{Script=Hangul}/u],
  ['th', /\p{Script=Thai}/u],
  ['hi', /\p{Script=Devanagari}/u],
  ['he', /\p{Script=Hebrew}/u],
  ['el', /\p{Script=Greek}/u],
  // Letters Russian does not have.
  ['uk', /[іїєґ]/iu],
  ['be', /ў/iu],
]

/** Alphabets several languages share: here the detector decides, or the hint when the text is short. */
const SHARED_SCRIPTS: Array<[pattern: RegExp, languages: string[]]> = [
  [/\p{Script=Arabic}/u, ['ar', 'fa', 'ur', 'ku', 'ps']],
  [/\p{Script=Cyrillic}/u, ['ru', 'uk', 'be', 'bg', 'sr', 'mk', 'kk']],
]

/** Below this many letters a guess is a coin toss: "ok", "nap?", "merci". */
const SHORT_LETTERS = 12

/** Scores this close are one guess as good as another; an expected language then wins. */
const CLOSE = 0.06

export interface LanguageClues {
  /** BCP 47 of the person's settings or of the conversation so far. */
  hint?: string | undefined
  /** Languages the Bot is meant for, the default first. */
  offered: readonly string[]
}

/**
 * The language a message is written in, as a base code ("pt"). Falls back on the hint, then on the
 * Bot's default, where the message is too short to tell.
 */
export async function detectLanguage(text: string, { hint, offered }: LanguageClues): Promise<string> {
  const words = text.replace(/https?:\/\/\S+|[\w.+-]+@[\w.-]+/g, ' ')
  const byScript = SCRIPTS.find(([, pattern]) => pattern.test(words))
  if (byScript) return byScript[0]
  const expected = [hint, ...offered].filter((code) => code !== undefined).map(baseOf)
  const shared = SHARED_SCRIPTS.find(([pattern]) => pattern.test(words))?.[1]
  const plausible = expected.filter((code) => isWrittenSo(code, shared))
  const fallback = plausible[0] ?? shared?.[0] ?? expected[0] ?? 'en'
  if (!/\p{L}/u.test(words)) return fallback
  return guess(words, plausible, fallback)
}

async function guess(words: string, plausible: string[], fallback: string): Promise<string> {
  const { eld } = await loadDetector()
  const result = eld.detect(words)
  const scores = result.getScores()
  const best = scores[result.language] ?? 0
  const near = [...plausible, fallback].find((code) => (scores[code] ?? 0) >= best - CLOSE)
  if (near) return near
  const letters = words.match(/\p{L}/gu)?.length ?? 0
  return letters >= SHORT_LETTERS && result.isReliable() ? result.language : fallback
}

function isWrittenSo(code: string, shared: string[] | undefined): boolean {
  if (shared) return shared.includes(code)
  const isOther = SCRIPTS.some(([language]) => language === code)
  return !isOther && !SHARED_SCRIPTS.some(([, languages]) => languages.includes(code))
}

function baseOf(code: string): string {
  return code.split('-')[0]?.toLowerCase() ?? code
}

/** Made with the first name asked for: the tables of names take 5 ms to open. */
let englishNames: Intl.DisplayNames | undefined

/** "German" for `de`, for models and pages; the code itself where it is none. Models follow names better than codes. */
export const nameLanguage = remembered((code) => {
  englishNames ??= new Intl.DisplayNames(['en'], { type: 'language', fallback: 'code' })
  try {
    return englishNames.of(code) ?? code
  } catch {
    return code
  }
}, 200)
