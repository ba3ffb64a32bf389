import { createHash } from 'node:crypto'
import { foldText, likeness, type Term, termsOf } from '../knowledge/words/terms.ts'

/** What a question asks, as far as it can be compared with another. */
export interface QuestionMeaning {
  /** Digest of its words of meaning: the same words in any order are the same question. */
  key: string
  /** Its words of meaning, in order: what a model embeds, since "how do I" says nothing of what is asked. */
  gist: string
  terms: Term[]
  /** Of the gist, of length 1; absent where no embedding model is in use. */
  vector?: readonly number[] | undefined
}

/**
 * How much two questions must have in common to be one: of their words alone, or of words and cosine on average.
 * Measured on 30 pairs of the same and 30 of other questions (`question-pairs`): words alone join 18 and 0 of them,
 * both ways together, with the smallest embedding model, 21 and 1; its cosine alone would join 14 and 2. Rather too
 * few than too many: two entries for one question cost a creator a tap, a wrong one sends an answer to who asked
 * something else.
 */
const SAME_FROM = { words: 0.68, wordsAndVector: 0.7 } as const

/** Reads a question without a model. */
export function readMeaning(question: string): Omit<QuestionMeaning, 'vector'> {
  const terms = [...new Map(termsOf(question).map((term) => [term.text, term])).values()]
  const words = terms.map(({ text }) => text)
  const gist = words.join(' ') || foldText(question).replace(/\s+/g, ' ').trim()
  const key = createHash('sha256')
    .update([...words].sort().join(' ') || gist)
    .digest('hex')
  return { key, gist, terms }
}

/**
 * How close two questions are: from 1 on they ask the same. Numbers and names that only one of them holds tell
 * them apart (0), however alike they are otherwise.
 */
export function compareMeaning(a: QuestionMeaning, b: QuestionMeaning): number {
  if (a.key === b.key) return Number.POSITIVE_INFINITY
  if (!holdsNamesOf(a, b) || !holdsNamesOf(b, a)) return 0
  const words = wordOverlap(a.terms, b.terms)
  const byWords = words / SAME_FROM.words
  if (!a.vector || a.vector.length !== b.vector?.length) return byWords
  return Math.max(byWords, (words + dot(a.vector, b.vector)) / 2 / SAME_FROM.wordsAndVector)
}

/** The share of words both hold, inflections and typing slips included. */
function wordOverlap(a: Term[], b: Term[]): number {
  if (a.length === 0 || b.length === 0) return 0
  const held = (term: Term, others: Term[]) =>
    Math.max(...others.map(({ text }) => likeness(term.text, text)))
  const sum = (terms: Term[], others: Term[]) => terms.reduce((total, term) => total + held(term, others), 0)
  return (sum(a, b) + sum(b, a)) / (a.length + b.length)
}

const SAME_NAME = 0.7

function holdsNamesOf(asked: QuestionMeaning, other: QuestionMeaning): boolean {
  return asked.terms
    .filter(({ text, isName }) => isName || /\p{N}/u.test(text))
    .every((name) => other.terms.some(({ text }) => likeness(name.text, text) >= SAME_NAME))
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0)
}
