import { cutQuote } from '../../knowledge/citation.ts'
import type { Evidence, PassageEvidence, SentenceWords } from '../evidence/evidence.ts'

/** What every matching sentence adds beside the words that are new: an answer is where the matches are dense. */
const DENSITY_SHARE = 0.3

/** What neighbouring words of the question, side by side here too, add. */
const PAIR_SHARE = 0.3

/** What a number adds that the question does not have, where it asks for one. */
const NUMBER_SHARE = 0.15

/** Asks how many, when or which year, in the languages we know such words of. */
export const ASKS_NUMBER =
  /\bhow (?:many|much|long|old|far|often|tall|large|big|high|soon|late|early)\b|\bwhen\b|\b(?:what|which) (?:times?|years?|days?|dates?|months?|century|percentage|age|temperature)\b|\b(?:cu[aá]nt[oa]s?|cu[aá]ndo|wie ?viele?n?|wie (?:lange|oft|alt|hoch|weit|groß)|wann|combien|quand|quant[oaie]|quando|hoeveel|wanneer|kaç|ne zaman|ne kadar)\b|сколько|когда|多少|几|幾|何時|何年|いくつ|何时|什么时候|كم|متى|कितन|कब|กี่|เท่าไ|เมื่อ/iu

/** The run of whole sentences of at most `maxChars` that best answers the question, word for word. */
export function chooseWindow(
  { passage, sentences }: PassageEvidence,
  { terms, weigh, question }: Evidence,
  maxChars: number,
): string | undefined {
  const weights = terms.map(weigh)
  const all = weights.reduce((sum, weight) => sum + weight, 0) || 1
  const pairs = terms.slice(1).map((term, at) => `${terms[at]?.text} ${term.text}`)
  const numbers = ASKS_NUMBER.test(question) ? new Set(numbersOf(question)) : undefined
  const read = sentences.map((sentence) => readSentence(sentence, { terms, weights, all, pairs, numbers }))
  let best: { score: number; from: number; to: number } | undefined
  for (const [first, { start }] of sentences.entries()) {
    const held = new Array<number>(terms.length).fill(0)
    let extra = 0
    let hasNumber = false
    for (const [at, sentence] of sentences.entries()) {
      if (at < first) continue
      const to = sentence.start + sentence.text.length
      if (sentence.isBarred || (at > first && to - start > maxChars)) break
      const { found, share, pairShare, hasOwnNumber } = read[at] ?? NOTHING
      let score = 0
      for (const [n, weight] of weights.entries()) {
        held[n] = Math.max(held[n] ?? 0, found[n] ?? 0)
        score += (weight * held[n]) / all
      }
      extra += DENSITY_SHARE * share + PAIR_SHARE * pairShare
      hasNumber ||= hasOwnNumber
      score += extra + (hasNumber ? NUMBER_SHARE : 0)
      // Of equals the longer: the answer often stands beside the words that match.
      if (!best || score > best.score || (score === best.score && to - start > best.to - best.from))
        best = { score, from: start, to }
    }
  }
  return best && cutQuote(passage.text.slice(best.from, best.to), maxChars)
}

interface SentenceMatch {
  /** How surely it holds each term. */
  found: number[]
  share: number
  pairShare: number
  hasOwnNumber: boolean
}

const NOTHING: SentenceMatch = { found: [], share: 0, pairShare: 0, hasOwnNumber: false }

function readSentence(
  { text, index, pairs: own }: SentenceWords,
  asked: {
    terms: Evidence['terms']
    weights: number[]
    all: number
    pairs: string[]
    numbers: Set<string> | undefined
  },
): SentenceMatch {
  const { terms, weights, all, pairs, numbers } = asked
  const found = terms.map((term) => index.find(term))
  return {
    found,
    share: found.reduce((sum, share, at) => sum + share * (weights[at] ?? 0), 0) / all,
    pairShare: pairs.length === 0 ? 0 : pairs.filter((pair) => own.has(pair)).length / pairs.length,
    hasOwnNumber: numbers !== undefined && numbersOf(text).some((number) => !numbers.has(number)),
  }
}

export function numbersOf(text: string): string[] {
  return text.match(/\p{N}+/gu) ?? []
}
