import { isInstructionLike } from './instruction-like.ts'
import { type Sentence, sentencesOf } from './words/sentences.ts'
import { foldText, type Term } from './words/terms.ts'
import { coverageOf, indexWords, type Weigh, type WordIndex } from './words/word-index.ts'

/** Longest quote: what a person reads to check a claim, and fits a message on every channel. */
const MAX_QUOTE_CHARS = 400

export interface Quote {
  /** Stands in the text as it is. */
  text: string
  /** The weighted share of the claim's words in it, 0 to 1. */
  support: number
}

/** A text cut into sentences and indexed, to be quoted from more than once. */
export interface QuotableText {
  text: string
  sentences: ReadonlyArray<Sentence & { index: WordIndex }>
}

/** Prepares a text for {@link findQuote}. Stretches that talk to a model are not quoted. */
export function readQuotable(text: string): QuotableText {
  const sentences = sentencesOf(text)
    .filter((sentence) => !isInstructionLike(sentence.text))
    .map((sentence) => ({ ...sentence, index: indexWords([sentence.text]) }))
  return { text, sentences }
}

/**
 * The stretch of a text that best supports a claim: one sentence, or two neighbours where the claim
 * draws on both. `undefined` when no sentence shares a word with it.
 */
export function findQuote(claim: Term[], { text, sentences }: QuotableText, weigh: Weigh): Quote | undefined {
  let best: Quote | undefined
  for (const sentence of sentences) {
    const support = coverageOf(claim, sentence.index, weigh)
    if (support > (best?.support ?? 0)) best = { text: cutQuote(sentence.text), support }
  }
  if (!best || best.support === 1) return best
  let least = best.support + WORTH_A_SECOND_SENTENCE
  for (const [at, sentence] of sentences.entries()) {
    const next = sentences[at + 1]
    const pair = next && joinNeighbours(text, sentence, next)
    if (!pair) continue
    const support = coverageOf(claim, eitherOf(sentence.index, next.index), weigh)
    if (support <= least) continue
    best = { text: pair, support }
    least = support
  }
  return best
}

/** What a second sentence must add: shorter quotes are easier to check. */
const WORTH_A_SECOND_SENTENCE = 0.15

function eitherOf(a: WordIndex, b: WordIndex): WordIndex {
  return { find: (term) => Math.max(a.find(term), b.find(term)) }
}

/** Two sentences and what stands between them, when they are neighbours in one paragraph. */
function joinNeighbours(text: string, first: Sentence, second: Sentence): string | undefined {
  const joined = text.slice(first.start, second.start + second.text.length)
  return joined.includes('\n') || joined.length > MAX_QUOTE_CHARS ? undefined : joined
}

/** A quote no longer than a reader wants, cut between words. */
export function cutQuote(text: string, maxChars = MAX_QUOTE_CHARS): string {
  if (text.length <= maxChars) return text
  const cut = text.slice(0, maxChars).toWellFormed()
  const lastSpace = cut.search(/\s\S*$/)
  return (lastSpace > maxChars / 2 ? cut.slice(0, lastSpace) : cut.replace(/\ufffd$/, '')).trimEnd()
}

/** True when the quote stands in the text word for word: white space, quotation marks and dashes aside. */
export function isVerbatim(quote: string, text: string): boolean {
  const wanted = normalise(quote)
  return wanted !== '' && normalise(text).includes(wanted)
}

function normalise(text: string): string {
  return foldText(text)
    .replace(/[\u2018\u2019\u201a\u201b`´]/g, "'")
    .replace(/[\u201c\u201d\u201e«»]/g, '"')
    .replace(/[\u2010-\u2015\u2212]/g, '-')
    .replace(/\s+/g, ' ')
    .trim()
}
