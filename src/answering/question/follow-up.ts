import { nameLanguage } from '../../bots/language.ts'
import { createMark, type FillPrompt } from '../../bots/prompt.ts'
import type { ModelChain } from '../../models/model.ts'
import type { PastLine } from '../writing/prompt.ts'
import { type AnswerUsage, addUsage, NO_USAGE } from '../written-answer.ts'
import { carryOver, standsAlone } from './carry-over.ts'

export interface Rewritten {
  /** A question that stands without the conversation. */
  question: string
  /** Set when no model made it so: what was asked before, which the message is to be looked up with. */
  carried?: string
  usage: AnswerUsage
}

/** Lines of the conversation a follow-up is read with. */
const HISTORY_LINES = 6

/** Longest line of it shown. */
const MAX_LINE_CHARS = 400

/** A question is one line; more is no question. */
const MAX_QUESTION_CHARS = 400
const MAX_OUTPUT_TOKENS = 120

/**
 * Makes a question of the last message that can be looked up without the conversation, in the language of the
 * material. With a model it is rewritten, in one call at most and none when it stands alone in that language;
 * without one, or when the model fails, a message that leans on the one before is looked up together with it.
 */
export async function rewriteFollowUp(
  request: {
    question: string
    history: readonly PastLine[]
    /** What was said before those lines. */
    summary?: string | undefined
    signal: AbortSignal
    /** Of the models of the chain, those to ask. */
    route?: readonly string[] | undefined
    /** The language the material is in, where it is not the question's; a model then asks in that one. */
    translateInto?: string | undefined
  },
  { chain, fill }: { chain: ModelChain | undefined; fill: FillPrompt },
): Promise<Rewritten> {
  const { question, history, signal, route, translateInto } = request
  const isAlone = history.length === 0 || standsAlone(question)
  if (isAlone && translateInto === undefined) return { question, usage: NO_USAGE }
  if (!chain) return { ...withCarriedOver(question, history), usage: NO_USAGE }
  let usage = NO_USAGE
  let written = ''
  try {
    for await (const chunk of chain.stream({
      promptFor: () => buildPrompt(fill, request),
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
    return { ...withCarriedOver(question, history), usage }
  }
  const line = written.trim().replace(/^["“„«]|["”»]$/g, '')
  const isQuestion = line !== '' && !line.includes('\n') && line.length <= MAX_QUESTION_CHARS
  return { ...(isQuestion ? { question: line } : withCarriedOver(question, history)), usage }
}

function withCarriedOver(question: string, history: readonly PastLine[]): Omit<Rewritten, 'usage'> {
  const carried = carryOver(question, history)
  return carried === undefined ? { question } : { question: `${carried}\n${question}`, carried }
}

function buildPrompt(
  fill: FillPrompt,
  {
    question,
    history,
    summary,
    translateInto,
  }: {
    question: string
    history: readonly PastLine[]
    summary?: string | undefined
    translateInto?: string | undefined
  },
) {
  const mark = createMark()
  const earlier = summary ? [`Before: ${summary.replace(/\s+/g, ' ')}`] : []
  const lines = history
    .slice(-HISTORY_LINES)
    .map(
      ({ role, text }) =>
        `${role === 'user' ? 'Person' : 'Coach'}: ${text.slice(0, MAX_LINE_CHARS).toWellFormed()}`,
    )
  return [
    {
      role: 'system' as const,
      content:
        translateInto === undefined
          ? fill('rewrite', { mark })
          : fill('translate', { mark, language: nameLanguage(translateInto) }),
    },
    {
      role: 'user' as const,
      content: fill('rewrite-question', {
        mark,
        history: [...earlier, ...lines].join('\n'),
        question: question.slice(0, MAX_LINE_CHARS * 4).toWellFormed(),
      }),
    },
  ]
}
