import { type Bot, inLanguage } from '../bots/bot-settings.ts'
import { phrase } from '../bots/phrases.ts'
import type { RetrievedPassage } from '../knowledge/passage.ts'
import type { Answer } from './answer-request.ts'
import type { CacheNote } from './cache/cached-answer.ts'
import type { Rewritten } from './question/follow-up.ts'
import { type AnswerStep, addUsage, NO_USAGE, type WrittenAnswer } from './written-answer.ts'

/** What an answer came out of. */
interface Making {
  rewritten: Rewritten
  found: { passages: RetrievedPassage[]; degraded: AnswerStep[] }
  served: { written: WrittenAnswer; note?: CacheNote | undefined }
  /** The person is to read why the answers are plainer from now on. */
  isBudgetNews: boolean
  language: string
  ms: Answer['ms']
}

/** An answer from the material, with all that says why it is as it is. */
export function presentAnswer(bot: Bot, making: Making): Answer {
  const { rewritten, found, language, ms } = making
  const { written, note } = making.served
  const isBroken = found.degraded.includes('retrieval_unavailable')
  const said = conclude(bot, written, { language, isBroken })
  return {
    ...said,
    markdown: tellOfBudget(said.markdown, making),
    model: written.model,
    cached: note !== undefined && note.outcome !== 'miss' && written.model !== 'extractive',
    ...(note && { cache: note }),
    degraded: [...found.degraded, ...written.degraded],
    usage: addUsage(rewritten.usage, written.usage),
    ms,
    question: rewritten.question,
    passages: found.passages.map(({ id, documentId, score, keywordScore, similarity }) => ({
      id,
      documentId,
      score,
      ...(keywordScore === undefined ? {} : { keywordScore }),
      ...(similarity === undefined ? {} : { similarity }),
    })),
    language,
    droppedClaims: written.droppedClaims,
    ...versionsOf(bot, written),
  }
}

function tellOfBudget(markdown: string, { isBudgetNews, language }: Making): string {
  if (!isBudgetNews) return markdown
  return `_${phrase(language, 'degraded_notice')}_\n\n${markdown}`
}

/** The wording a model was given for this answer; nothing where none was asked. */
function versionsOf({ prompts = {}, settings }: Bot, written: WrittenAnswer): Pick<Answer, 'prompt'> {
  const isAsked = written.model !== 'extractive' || written.degraded.includes('unproven_answer')
  if (!isAsked) return {}
  const version = prompts.answer?.version ?? 0
  const grounding = prompts[`grounding-${settings.grounding}`]?.version ?? 0
  return { prompt: { purpose: 'answer', version, grounding } }
}

/** What the person reads of it. `isBroken`: the material could not be looked up. */
function conclude(
  { settings }: Bot,
  { outcome, markdown, citations }: WrittenAnswer,
  { language, isBroken }: { language: string; isBroken: boolean },
): Pick<Answer, 'markdown' | 'kind' | 'refused' | 'citations'> {
  if (outcome === 'answered') return { markdown, kind: 'answer', refused: false, citations }
  if (outcome === 'stopped' || isBroken) {
    const notice = phrase(language, isBroken ? 'failed' : 'stopped')
    return { markdown: notice, kind: 'notice', refused: false, citations: [] }
  }
  const refusal = inLanguage(settings.no_answer, language, settings) ?? phrase(language, 'failed')
  return { markdown: refusal.trim(), kind: 'refusal', refused: true, citations: [] }
}

/** What is said without the material. */
export function presentUnsearched(
  question: string,
  kind: 'small_talk' | 'safety',
  said: { markdown: string; language: string; startedAt: number },
): Answer {
  return {
    markdown: said.markdown,
    kind,
    refused: false,
    citations: [],
    model: 'extractive',
    cached: false,
    degraded: [],
    usage: NO_USAGE,
    ms: { total: performance.now() - said.startedAt, rewrite: 0, retrieve: 0, generate: 0 },
    question,
    passages: [],
    language: said.language,
    droppedClaims: 0,
  }
}
