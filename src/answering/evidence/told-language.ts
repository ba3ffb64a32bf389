import { remembered } from '../../knowledge/words/remembered.ts'
import { FUNCTION_WORDS } from '../../knowledge/words/stopwords.ts'
import { wordsOf } from '../../knowledge/words/terms.ts'

/** Passages and questions whose languages are kept. */
const REMEMBERED_TEXTS = 1_000

/**
 * The languages a text may be in, as ISO 639-1: those that most of its function words are of, more than one where they
 * have the same ones; none where it has no such words. Needs no detector, so it can be asked of a passage.
 */
export const tellLanguages = remembered((text: string): readonly string[] => {
  const words = [...wordsOf(text)].filter(({ isFunction }) => isFunction).map(({ term }) => term)
  const counts = [...FUNCTION_WORDS].map(([language, own]) => ({
    language,
    count: words.filter((word) => own.has(word)).length,
  }))
  const most = Math.max(...counts.map(({ count }) => count))
  return most === 0 ? [] : counts.flatMap(({ language, count }) => (count === most ? [language] : []))
}, REMEMBERED_TEXTS)

/** True where the languages of both can be told and none is the same: words are then found by translation alone. */
export function isForeignTo(question: string, text: string): boolean {
  const [asked, told] = [tellLanguages(question), tellLanguages(text)]
  return asked.length > 0 && told.length > 0 && !asked.some((language) => told.includes(language))
}

/** False where it is surely in another language. */
export function mayBeIn(language: string, text: string): boolean {
  const told = tellLanguages(text)
  return told.length === 0 || told.includes(language)
}
