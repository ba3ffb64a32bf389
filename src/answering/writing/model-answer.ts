import { detectLanguage } from '../../bots/language.ts'
import type { FillPrompt } from '../../bots/prompt.ts'
import type { Source } from '../../grounding/source.ts'
import { remembered } from '../../knowledge/words/remembered.ts'
import type { ChainChunk, ModelChain } from '../../models/model.ts'
import {
  type AnswerUsage,
  addUsage,
  NO_USAGE,
  presentCitation,
  type WriteRequest,
  type WrittenAnswer,
} from '../written-answer.ts'
import { createJudge, isRefusal, type Judge } from './judge.ts'
import { listSeeing } from './picture.ts'
import { buildAnswerPrompt, REFUSAL } from './prompt.ts'

/** Drafts come no more often than this; cleaning one costs more than the token it adds. */
const DRAFT_INTERVAL_MS = 100

/** Of the time at most one part in so many goes into judging drafts. */
const DRAFT_REST = 4

/** Enough of a passage to tell its language. */
const LANGUAGE_SAMPLE_CHARS = 400

const REMEMBERED_SAMPLES = 1_000

interface Writing {
  /** As the model wrote it. */
  text: string
  isStopped: boolean
  isCut: boolean
  model: string
  step: number
  usage: AnswerUsage
}

/**
 * Has a model write the answer from the sources and keeps of it what they support.
 *
 * @throws {AppError} `model.*` when no model could write, `model.aborted` when `signal` ended it.
 */
export async function writeAnswer(
  request: WriteRequest,
  parts: { chain: ModelChain; fill: FillPrompt },
): Promise<WrittenAnswer> {
  const judge = createJudge(request, await findForeign(request.sources, request.language))
  const writing = await stream(request, parts, judge)
  const checked = judge.whole(writing)
  const isStrict = request.bot.settings.grounding === 'strict'
  const isEmpty = checked.markdown === '' || (isStrict && checked.proofs.length === 0)
  return {
    outcome: !isEmpty ? 'answered' : writing.isStopped ? 'stopped' : 'refused',
    markdown: checked.markdown,
    citations: checked.proofs.map(({ source, quote }, at) => presentCitation(at + 1, source.passage, quote)),
    model: writing.model,
    degraded: [
      ...(writing.step > 0 ? (['fallback_model'] as const) : []),
      ...(isEmpty && !isRefusal(writing.text) ? (['unproven_answer'] as const) : []),
    ],
    usage: writing.usage,
    droppedClaims: checked.dropped,
  }
}

async function stream(
  request: WriteRequest,
  { chain, fill }: { chain: ModelChain; fill: FillPrompt },
  judge: Judge,
): Promise<Writing> {
  const { signal, stopSignal } = request
  const writing: Writing = { text: '', isStopped: false, isCut: false, model: '', step: 0, usage: NO_USAGE }
  const showDraft = createDrafts(request, judge)
  try {
    for await (const chunk of chain.stream({
      promptFor: (contextTokens) => {
        const prompt = buildAnswerPrompt(fill, request, contextTokens)
        judge.guard(prompt)
        return prompt
      },
      maxOutputTokens: request.maxOutputTokens,
      signal: stopSignal ? AbortSignal.any([signal, stopSignal]) : signal,
      route: request.picture ? listSeeing(chain, request.bot) : request.bot.settings.model,
    })) {
      takeChunk(writing, chunk)
      if (chunk.kind === 'text' || chunk.kind === 'restart') showDraft(writing.text)
    }
  } catch (error) {
    if (!stopSignal?.aborted || signal.aborted) throw error
    writing.isStopped = true
  }
  return writing
}

function takeChunk(writing: Writing, chunk: ChainChunk): void {
  switch (chunk.kind) {
    case 'text':
      writing.text += chunk.text
      break
    case 'restart':
      writing.text = ''
      break
    case 'model':
      writing.model = chunk.name
      writing.step = chunk.step
      break
    case 'usage':
      writing.usage = addUsage(writing.usage, chunk.usage)
      break
    case 'end':
      writing.isCut = chunk.reason === 'length'
  }
}

/** Shows what is written so far, judged as the answer will be; a refusal is not shown growing. */
function createDrafts({ onDraft }: WriteRequest, judge: Judge): (text: string) => void {
  let nextAt = 0
  return (text) => {
    const now = performance.now()
    if (!onDraft || (now < nextAt && text !== '')) return
    const opening = text.trimStart().slice(0, REFUSAL.length)
    onDraft(opening !== '' && REFUSAL.startsWith(opening) ? '' : judge.draft(text))
    const done = performance.now()
    nextAt = done + Math.max(DRAFT_INTERVAL_MS, DRAFT_REST * (done - now))
  }
}

/** Those in another language than the answer's. */
async function findForeign(sources: readonly Source[], language: string): Promise<Set<Source>> {
  const foreign = new Set<Source>()
  for (const source of sources) {
    const sample = source.shown.slice(0, LANGUAGE_SAMPLE_CHARS)
    if ((await languageOfSample(`${language}\n${sample}`)) !== language) foreign.add(source)
  }
  return foreign
}

/** By the expected language, a line break and the sample. */
const languageOfSample = remembered((key) => {
  const [expected = ''] = key.split('\n', 1)
  return detectLanguage(key.slice(expected.length + 1), { offered: [expected] })
}, REMEMBERED_SAMPLES)
