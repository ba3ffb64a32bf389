import { termsOf } from '../../knowledge/words/terms.ts'
import type { PastLine } from '../writing/prompt.ts'

/** A message with this many words of meaning stands alone, unless it opens like a follow-up. */
const STANDS_ALONE_TERMS = 4

/** "And", "what about": openings that lean on what was said before. */
const LEANING_OPENING =
  /^\W*(?:and|or|but|so|then|what about|how about|also|und|oder|aber|was ist mit|auch|y|o|pero|entonces|et|ou|mais|e|ou|mas|ed|ma|en|of|maar|а|и|но|или|ve|peki|ya|ama|و|او|لكن|और|या|लेकिन)(?![\p{L}\p{M}])|^(?:那|还有|では|じゃあ|それ)/iu

/** "Why" leans where hardly anything follows ("Why not at night?"). */
const WHY_OPENING =
  /^\W*(?:why|wieso|warum|waarom|почему|neden|لماذا|क्यों)(?![\p{L}\p{M}])|^(?:為什麼|为什么|なぜ)/iu

/** "It", "that", "davon": words that stand for what was said before. */
const LEANING_WORD =
  /(?<![\p{L}\p{M}])(?:it|that|this|those|these|they|them|there|one|das|dies|davon|damit|dort|eso|esto|ello|ça|cela|isso|isto|quello|dat|это|этого)(?![\p{L}\p{M}])/iu

/** A message with fewer words of meaning than this says nothing by itself; one that leans, with fewer than that. */
const SAYS_SOMETHING_TERMS = 2
const SAYS_ENOUGH_TERMS = 8

/** Questions carried over when each leans on the one before, and the longest part of one. */
const MAX_CARRIED = 3
const MAX_CARRIED_CHARS = 400

/** True when nothing in the message points back: asking a model to say it again would cost a call and change nothing. */
export function standsAlone(question: string): boolean {
  const terms = termsOf(question).length
  // What a long message points at mostly stands in it.
  return terms >= (leans(question) ? SAYS_ENOUGH_TERMS : STANDS_ALONE_TERMS)
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
  return terms < STANDS_ALONE_TERMS && (LEANING_WORD.test(question) || WHY_OPENING.test(question))
}

function leans(question: string): boolean {
  return LEANING_OPENING.test(question) || LEANING_WORD.test(question)
}
