import { createMark, type FillPrompt } from '../bots/prompt.ts'
import { termsOf } from '../knowledge/terms.ts'
import type { ModelChain } from '../models/model.ts'
import type { PastLine } from './answer-prompt.ts'
import { type AnswerUsage, addUsage, NO_USAGE } from './written-answer.ts'

export interface Rewritten {
  /** A question that stands without the conversation. */
  question: string
  usage: AnswerUsage
}

/** Lines of the conversation a follow-up is read with. */
const HISTORY_LINES = 6

/** Longest line of it shown. */
const MAX_LINE_CHARS = 400

/** A question is one line; more is no question. */
const MAX_QUESTION_CHARS = 400
const MAX_OUTPUT_TOKENS = 120

/** A message with this many words of meaning stands alone, unless it opens like a follow-up. */
const STANDS_ALONE_TERMS = 4

/** "And", "what about", "why", "it": openings and words that lean on what was said before. */
const LEANING =
  /^\W*(?:and|or|but|so|then|what about|how about|why|also|und|oder|aber|was ist mit|wieso|warum|auch|y|o|pero|entonces|et|ou|mais|e|ou|mas|ed|ma|en|of|maar|waarom|а|и|но|или|почему|ve|peki|ya|ama|neden|و|او|لكن|لماذا|और|या|लेकिन|क्यों)(?![\p{L}\p{M}])|^(?:那|还有|為什麼|为什么|では|じゃあ|それ|なぜ)|\b(?:it|that|this|those|these|they|them|there|one|das|dies|davon|damit|dort|eso|esto|ello|ça|cela|isso|isto|quello|dat|это|этого)\b/iu

/**
 * Makes a question of the last message that can be looked up without the conversation. With a model
 * it is rewritten; without one, or when the model fails, a message that leans on the one before is
 * looked up together with it.
 */
export async function rewriteFollowUp(
  request: {
    question: string
    history: readonly PastLine[]
    signal: AbortSignal
    /** Of the models of the chain, those to ask. */
    route?: readonly string[] | undefined
  },
  { chain, fill }: { chain: ModelChain | undefined; fill: FillPrompt },
): Promise<Rewritten> {
  const { question, history, signal, route } = request
  if (history.length === 0 || standsAlone(question)) return { question, usage: NO_USAGE }
  if (!chain) return { question: joinWithPrevious(question, history), usage: NO_USAGE }
  let usage = NO_USAGE
  let written = ''
  try {
    for await (const chunk of chain.stream({
      promptFor: () => buildPrompt(fill, question, history),
      maxOutputTokens: MAX_OUTPUT_TOKENS,
      signal,
      route,
    })) {
      if (chunk.kind === 'text') written += chunk.text
      if (chunk.kind === 'restart') written = ''
      if (chunk.kind === 'usage') usage = addUsage(usage, chunk.usage)
    }
  } catch (error) {
    if (signal.aborted) throw error
    return { question: joinWithPrevious(question, history), usage }
  }
  const line = written.trim().replace(/^["“„«]|["”»]$/g, '')
  const isQuestion = line !== '' && !line.includes('\n') && line.length <= MAX_QUESTION_CHARS
  return { question: isQuestion ? line : joinWithPrevious(question, history), usage }
}

function buildPrompt(fill: FillPrompt, question: string, history: readonly PastLine[]) {
  const mark = createMark()
  const lines = history
    .slice(-HISTORY_LINES)
    .map(
      ({ role, text }) =>
        `${role === 'user' ? 'Person' : 'Coach'}: ${text.slice(0, MAX_LINE_CHARS).toWellFormed()}`,
    )
  return [
    { role: 'system' as const, content: fill('rewrite', { mark }) },
    {
      role: 'user' as const,
      content: fill('rewrite-question', {
        mark,
        history: lines.join('\n'),
        question: question.slice(0, MAX_LINE_CHARS * 4).toWellFormed(),
      }),
    },
  ]
}

/** True when nothing in the message points back: asking a model to say it again would cost a call and change nothing. */
export function standsAlone(question: string): boolean {
  return termsOf(question).length >= STANDS_ALONE_TERMS && !LEANING.test(question)
}

/** The message and the person's question before it, when the message does not stand alone. */
export function joinWithPrevious(question: string, history: readonly PastLine[]): string {
  const terms = termsOf(question).length
  if (terms >= STANDS_ALONE_TERMS || (terms >= 2 && !LEANING.test(question))) return question
  const previous = history.findLast(({ role, text }) => role === 'user' && termsOf(text).length > 0)
  return previous ? `${previous.text.slice(0, MAX_QUESTION_CHARS).toWellFormed()}\n${question}` : question
}
