import { termsOf } from '../knowledge/terms.ts'
import type { PastLine } from './answer-prompt.ts'

/** A message with this many words of meaning stands alone, unless it opens like a follow-up. */
const STANDS_ALONE_TERMS = 4

/** "And", "what about", "why": openings that lean on what was said before. */
const LEANING_OPENING =
  /^\W*(?:and|or|but|so|then|what about|how about|why|also|und|oder|aber|was ist mit|wieso|warum|auch|y|o|pero|entonces|et|ou|mais|e|ou|mas|ed|ma|en|of|maar|waarom|а|и|но|или|почему|ve|peki|ya|ama|neden|و|او|لكن|لماذا|और|या|लेकिन|क्यों)(?![\p{L}\p{M}])|^(?:那|还有|為什麼|为什么|では|じゃあ|それ|なぜ)/iu

/** "It", "that", "davon": words that stand for what was said before. */
const LEANING_WORD =
  /(?<![\p{L}\p{M}])(?:it|that|this|those|these|they|them|there|one|das|dies|davon|damit|dort|eso|esto|ello|ça|cela|isso|isto|quello|dat|это|этого)(?![\p{L}\p{M}])/iu

/** A message with fewer words of meaning than this says nothing by itself; behind an opening that leans, with fewer than that. */
const SAYS_SOMETHING_TERMS = 2
const SAYS_ENOUGH_TERMS = 8

/** Questions carried over when each leans on the one before, and the longest part of one. */
const MAX_CARRIED = 3
const MAX_CARRIED_CHARS = 400

/** True when nothing in the message points back: asking a model to say it again would cost a call and change nothing. */
export function standsAlone(question: string): boolean {
  return termsOf(question).length >= STANDS_ALONE_TERMS && !leans(question)
}

/**
 * What was asked before, as far back as to a question that stands alone, where the message points back to it
 * ("And in the evening?"). It is looked up with the message, its words counting less: without a model nothing can
 * tell which of them is meant.
 */
export function carryOver(question: string, history: readonly PastLine[]): string | undefined {
  if (!pointsBack(question)) return undefined
  const carried: string[] = []
  for (const { role, text } of history.toReversed()) {
    if (role !== 'user' || termsOf(text).length === 0) continue
    carried.unshift(text.slice(0, MAX_CARRIED_CHARS).toWellFormed())
    if (!pointsBack(text) || carried.length === MAX_CARRIED) break
  }
  return carried.length === 0 ? undefined : carried.join('\n')
}

function pointsBack(question: string): boolean {
  const terms = termsOf(question).length
  if (terms < SAYS_SOMETHING_TERMS) return true
  if (LEANING_OPENING.test(question)) return terms < SAYS_ENOUGH_TERMS
  return terms < STANDS_ALONE_TERMS && LEANING_WORD.test(question)
}

function leans(question: string): boolean {
  return LEANING_OPENING.test(question) || LEANING_WORD.test(question)
}
