import { phrase } from '../../bots/phrases.ts'
import type { RetrievedPassage } from '../../knowledge/passage.ts'
import { NO_USAGE, presentCitation, type WrittenAnswer } from '../written-answer.ts'
import { extractAnswer } from './extractive.ts'

/** What a reader sees around an extract that comes from the middle of a list or table. */
const LINE_BREAKS = /\s*\n\s*/g

/** Answers with the material's own words, said to be so; refuses where they do not seem to answer. */
export function quoteAnswer(
  question: string,
  passages: readonly RetrievedPassage[],
  language: string,
): WrittenAnswer {
  const extracts = extractAnswer(question, passages)
  const citations = extracts.map(({ passage, quote }, at) => presentCitation(at + 1, passage, quote))
  const quotes = citations.map(({ n, quote }) => `> ${quote.replace(LINE_BREAKS, '\n> ')} [${n}]`)
  return {
    outcome: citations.length === 0 ? 'refused' : 'answered',
    markdown: [phrase(language, 'quoting_intro'), ...quotes].join('\n\n'),
    citations,
    model: 'extractive',
    degraded: [],
    usage: NO_USAGE,
    droppedClaims: 0,
  }
}
