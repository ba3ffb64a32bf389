import type { Db } from '../../db/database.ts'
import type { BaseKey } from '../knowledge-base.ts'
import { STOPWORDS } from '../words/stopwords.ts'
import { foldText, termsOf } from '../words/terms.ts'
import { tokenize } from '../words/tokens.ts'
import { translateWords } from '../words/translate.ts'
import { type KeywordHit, type ScoredPassages, scorePassages } from './score.ts'
import { canBeSlip, pickMeantTerms } from './slips.ts'

/**
 * What a word of the question counts that says how it is asked rather than what about. PostgreSQL's dictionaries
 * drop some of these and have no list for Arabic or Hindi. Measured (nDCG@10): Arabic .948 to .956, Turkish .947 to
 * .950, medquad .654 to .665, counselchat .365 to .371, elsewhere within .002; left out altogether, Hindi loses .005.
 */
const FUNCTION_WORD_WEIGHT = 0.6

/** What a word carried over from the question before counts beside a word of the question itself. */
const CARRIED_WEIGHT = 0.5

/** A word that is only guessed to be meant counts less than one that is asked. */
const MEANT_WEIGHT = 0.7
const TRANSLATED_WEIGHT = 0.5

/** A question this long says everything it has to say in its first words. */
const MAX_QUESTION_TERMS = 64

export interface KeywordQuery extends BaseKey {
  question: string
  /** What was asked before, where the question points back to it. */
  carried?: string | undefined
  limit: number
}

/**
 * The passages that share the question's words, best first, by BM25 over the base's active versions.
 *
 * The question is stemmed the way each language of the base is. What the base does not know is taken for what it may
 * have been meant to be, and asked again. Another Creator's base holds nothing.
 */
export async function searchKeywords(db: Db, query: KeywordQuery): Promise<KeywordHit[]> {
  const words = weighWords(query)
  if (words.size === 0) return []
  // A name is spelled as its bearer likes: "Sofia" is no sofa.
  const names = new Set(termsOf(query.question).flatMap(({ text, isName }) => (isName ? [text] : [])))
  const doubtful = new Set([...words.keys()].filter((word) => canBeSlip(word) && !names.has(foldText(word))))
  const found = await scorePassages(db, query, { words, terms: new Map(), doubtful })
  const translated = findTranslated(words, found)
  const unknown = found.unknown.filter(({ word }) => doubtful.has(word))
  const meant = pickMeantTerms([...new Set(unknown.map(({ stem }) => stem))], found.neighbours)
  if (translated.length === 0 && meant.length === 0) return found.hits
  const again = await scorePassages(db, query, {
    words: new Map([...weighAll(translated, TRANSLATED_WEIGHT), ...words]),
    terms: new Map(weighAll(meant, MEANT_WEIGHT)),
    doubtful: new Set(),
  })
  return again.hits
}

/** What the unknown words may be in the base's own languages. */
function findTranslated(
  words: ReadonlyMap<string, number>,
  { unknown, languages }: ScoredPassages,
): string[] {
  const strange = unknown.flatMap(({ word }) => (STOPWORDS.has(foldText(word)) ? [] : [word]))
  return translateWords([...words.keys()], [...new Set(strange)], languages).flatMap(tokenize)
}

const weighAll = (words: readonly string[], weight: number) =>
  words.map((word): [string, number] => [word, weight])

/** The words to be looked up and what each counts: as often as it is asked, function words and carried words less. */
function weighWords({ question, carried = '' }: KeywordQuery): Map<string, number> {
  const weights = new Map<string, number>()
  const own = tokenize(question).slice(0, MAX_QUESTION_TERMS)
  for (const word of own) weights.set(word, (weights.get(word) ?? 0) + weightOf(word))
  for (const word of tokenize(carried).slice(0, MAX_QUESTION_TERMS - own.length)) {
    if (!weights.has(word)) weights.set(word, CARRIED_WEIGHT * weightOf(word))
  }
  return weights
}

function weightOf(word: string): number {
  return isFunctionWord(word) ? FUNCTION_WORD_WEIGHT : 1
}

/** A pair of Chinese characters that are each function words is one, too ("什么"). */
function isFunctionWord(word: string): boolean {
  if (STOPWORDS.has(foldText(word))) return true
  return HAN_PAIR.test(word) && [...word].every((character) => STOPWORDS.has(character))
}

const HAN_PAIR = /^\p{Script=Han}{2}$/u
