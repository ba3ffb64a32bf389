import { type Bot, inLanguage } from '../bots/bot-settings.ts'
import { detectLanguage } from '../bots/language.ts'
import type { FillPrompt } from '../bots/prompt.ts'
import { stripInvisible } from '../knowledge/instruction-like.ts'
import { remembered } from '../knowledge/remembered.ts'
import { sentencesOf } from '../knowledge/sentences.ts'
import type { ChainChunk, ModelChain } from '../models/model.ts'
import { buildAnswerPrompt, type PastLine, REFUSAL, type Source } from './answer-prompt.ts'
import { createClaimCheck } from './claim-support.ts'
import { type CheckedAnswer, checkClaims, citedSources } from './claims.ts'
import { removeForeignLinks } from './links.ts'
import {
  type AnswerUsage,
  addUsage,
  NO_USAGE,
  presentCitation,
  type WrittenAnswer,
} from './written-answer.ts'

export interface WriteRequest {
  bot: Bot
  /** As the person wrote it. */
  question: string
  /** As it was looked up. */
  lookedUp: string
  history: readonly PastLine[]
  language: string
  sources: readonly Source[]
  maxOutputTokens: number
  signal: AbortSignal
  /** The reader has read enough: what is written by then is the answer. */
  stopSignal?: AbortSignal | undefined
  onDraft?: ((markdown: string) => void) | undefined
}

/** Longest answer kept: a reader's patience, and one message on every channel. */
const MAX_ANSWER_CHARS = 3_500

/** Drafts come no more often than this; cleaning one costs more than the token it adds. */
const DRAFT_INTERVAL_MS = 100

/** Enough of a passage to tell its language. */
const LANGUAGE_SAMPLE_CHARS = 400

const REMEMBERED_SAMPLES = 1_000

interface Writing {
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
  const writing = await stream(request, parts)
  const checked = await check(request, writing)
  const isStrict = request.bot.settings.grounding === 'strict'
  const isEmpty = checked.markdown === '' || (isStrict && checked.proofs.length === 0)
  const cited = checked.proofs.map(({ source }) => source.shown)
  return {
    outcome: !isEmpty ? 'answered' : writing.isStopped ? 'stopped' : 'refused',
    markdown: removeForeignLinks(checked.markdown, cited),
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
): Promise<Writing> {
  const { signal, stopSignal } = request
  const writing: Writing = { text: '', isStopped: false, isCut: false, model: '', step: 0, usage: NO_USAGE }
  const showDraft = createDrafts(request)
  try {
    for await (const chunk of chain.stream({
      promptFor: (contextTokens) => buildAnswerPrompt(fill, request, contextTokens),
      maxOutputTokens: request.maxOutputTokens,
      signal: stopSignal ? AbortSignal.any([signal, stopSignal]) : signal,
      route: request.bot.settings.model,
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

/** Shows what is written so far, cleaned as the answer will be; a refusal is not shown growing. */
function createDrafts({ onDraft, sources }: WriteRequest): (text: string) => void {
  const shown = sources.map((source) => source.shown)
  let nextAt = 0
  return (text) => {
    const now = performance.now()
    if (!onDraft || (now < nextAt && text !== '')) return
    nextAt = now + DRAFT_INTERVAL_MS
    const opening = text.trimStart().slice(0, REFUSAL.length)
    onDraft(
      opening !== '' && REFUSAL.startsWith(opening) ? '' : removeForeignLinks(stripInvisible(text), shown),
    )
  }
}

async function check(request: WriteRequest, { text, isStopped, isCut }: Writing): Promise<CheckedAnswer> {
  if (isRefusal(text)) return { markdown: '', proofs: [], dropped: 0 }
  const { bot, sources, language, question, lookedUp } = request
  const whole = stripInvisible(text).replaceAll(REFUSAL, '').trim()
  const markdown = isStopped || isCut || whole.length > MAX_ANSWER_CHARS ? endAtSentence(whole) : whole
  const foreign = await findForeign(citedSources(markdown, sources), language)
  return checkClaims(markdown, {
    sources,
    check: createClaimCheck(sources, `${question}\n${lookedUp}`, (source) => foreign.has(source)),
    isStrict: bot.settings.grounding === 'strict',
    ownWords: inLanguage(bot.settings.safety_line, language, bot.settings) ?? '',
  })
}

/** Those in another language than the answer's. */
async function findForeign(sources: Source[], language: string): Promise<Set<Source>> {
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

function isRefusal(text: string): boolean {
  return new RegExp(`^\\W*${REFUSAL}\\b`).test(text)
}

/** Up to the last whole sentence that fits; the beginning as it is when there is none. */
function endAtSentence(text: string): string {
  const kept = text.slice(0, MAX_ANSWER_CHARS).toWellFormed()
  const last = sentencesOf(kept).at(-1)
  const isWhole = last && /[.!?。！？؟।…\])|*_"”»]$/.test(last.text)
  if (!last || isWhole || last.start === 0) return kept
  return kept.slice(0, last.start).trimEnd()
}
