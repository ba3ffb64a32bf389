import type { Logger } from 'pino'
import type { Citation } from '../channels/channel.ts'
import { isDatabaseAway } from '../db/persist.ts'
import { AppError } from '../errors.ts'
import type { Retrieve, RetrievedPassage } from '../knowledge/passage.ts'
import type { ModelChain } from '../models/model.ts'
import { chooseSources, type PastLine } from './answer-prompt.ts'
import { type Bot, inLanguage } from './bot-settings.ts'
import { rewriteFollowUp } from './follow-up.ts'
import { detectLanguage } from './language.ts'
import { writeAnswer } from './model-answer.ts'
import { phrase } from './phrases.ts'
import { fillFrom, type PromptTexts } from './prompt.ts'
import { quoteAnswer } from './quoted-answer.ts'
import { findSmallTalk } from './small-talk.ts'
import {
  type AnswerStep,
  type AnswerUsage,
  addUsage,
  NO_USAGE,
  type WrittenAnswer,
} from './written-answer.ts'

export interface AnswerRequest {
  bot: Bot
  question: string
  /** What was said before, oldest first; the question itself not among it. */
  history: readonly PastLine[]
  /** The language of the person or the conversation so far: decides where the question is too short. */
  languageHint?: string | undefined
  /** Ends the work: the answer is thrown away. */
  signal: AbortSignal
  /** The reader has read enough: what is written by then is the answer. */
  stopSignal?: AbortSignal | undefined
  /** Gets the whole text written so far, again and again; an empty text when it starts over. */
  onDraft?: ((markdown: string) => void) | undefined
}

export interface Answer {
  /** Markdown with [n] markers, one for each of `citations`. */
  markdown: string
  /** A notice says that something broke or was stopped. */
  kind: 'answer' | 'refusal' | 'small_talk' | 'notice'
  /** The material does not hold it: a Gap to record. */
  refused: boolean
  citations: Citation[]
  /** `provider:model`, or `extractive` when no model wrote it. */
  model: string
  cached: boolean
  degraded: AnswerStep[]
  usage: AnswerUsage
  ms: { total: number; rewrite: number; retrieve: number; generate: number }
  /** As it was looked up: with what it referred to. */
  question: string
  /** What was found, best first. */
  passages: Array<Pick<RetrievedPassage, 'id' | 'documentId' | 'score' | 'keywordScore' | 'similarity'>>
  /** Base code of the language it is written in. */
  language: string
  /** Sentences of the model left out because nothing supports them. */
  droppedClaims: number
  /** The wording the model was given; absent where no model was asked. Version 0 is the program's own. */
  prompt?: { purpose: 'answer'; version: number; grounding: number }
}

export interface AnswerSettings {
  /** Longest answer asked of a model, in tokens. */
  maxOutputTokens: number
}

interface AnswererParts {
  retrieve: Retrieve
  /** Writes the answers. Without it the material is quoted. */
  chain?: ModelChain | undefined
  /** Rewrites follow-up questions; the answer's chain does it where there is none. */
  bulk?: ModelChain | undefined
  prompts: PromptTexts
  log: Logger
  settings: AnswerSettings
}

export interface Answerer {
  /**
   * Answers a question from the Bot's material, with proof. There is always an answer: without a
   * model it quotes, without anything fitting it says so (`refused`).
   *
   * @throws {AppError} `model.aborted` when `signal` ended the work; the database's own failure when it is away.
   */
  answer(request: AnswerRequest): Promise<Answer>
}

/** Passages retrieved for one answer. */
const PASSAGES = 8

/** Longest question looked up and shown to a model; the rest of a longer message is left out. */
const MAX_QUESTION_CHARS = 4_000

export function createAnswerer({ retrieve, chain, bulk, prompts, log, settings }: AnswererParts): Answerer {
  const fill = fillFrom(prompts)

  async function answerQuestion(
    request: AnswerRequest,
    language: string,
    startedAt: number,
  ): Promise<Answer> {
    const { bot, signal } = request
    const asked = request.question.slice(0, MAX_QUESTION_CHARS).toWellFormed()
    const timed = createStopwatch(startedAt)
    const rewritten = await rewriteFollowUp(
      { question: asked, history: request.history, signal, route: bot.settings.model },
      // A Bot that chose its models has said who may read what it is asked.
      { chain: bot.settings.model ? chain : (bulk ?? chain), fill },
    )
    const rewriteMs = timed()
    const found = await retrieveSafely(request, rewritten.question)
    const retrieveMs = timed()
    const written = await write(request, {
      asked,
      lookedUp: rewritten.question,
      language,
      passages: found.passages,
    })
    throwIfAborted(signal)
    return {
      ...conclude(bot, written, language, found.degraded.includes('retrieval_unavailable')),
      model: written.model,
      cached: false,
      degraded: [...found.degraded, ...written.degraded],
      usage: addUsage(rewritten.usage, written.usage),
      ms: {
        rewrite: rewriteMs,
        retrieve: retrieveMs,
        generate: timed(),
        total: performance.now() - startedAt,
      },
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
      ...(wasModelAsked(written) && { prompt: versionsOf(bot) }),
    }
  }

  async function retrieveSafely(
    { bot, signal }: AnswerRequest,
    question: string,
  ): Promise<{ passages: RetrievedPassage[]; degraded: AnswerStep[] }> {
    throwIfAborted(signal)
    try {
      return await retrieve({
        creatorId: bot.creatorId,
        knowledgeBaseId: bot.knowledgeBaseId,
        question,
        limit: PASSAGES,
      })
    } catch (error) {
      throwIfAborted(signal)
      // Nothing could be kept now anyway: the Turn is taken again when the database is back.
      if (isDatabaseAway(error)) throw error
      log.error({ err: error, botId: bot.id }, 'retrieval-failed')
      return { passages: [], degraded: ['retrieval_unavailable'] }
    }
  }

  async function write(request: AnswerRequest, task: WriteTask): Promise<WrittenAnswer> {
    const { passages, language, lookedUp } = task
    const quoted = () => quoteAnswer(lookedUp, passages, language)
    const isStrict = request.bot.settings.grounding === 'strict'
    if (!chain || (passages.length === 0 && isStrict)) return quoted()
    try {
      const sources = chooseSources(passages)
      const { prompts: own, settings: wanted } = request.bot
      const maxOutputTokens = Math.min(settings.maxOutputTokens, wanted.limits?.answer_tokens ?? Infinity)
      const written = await writeAnswer(
        { ...request, question: task.asked, lookedUp, language, sources, maxOutputTokens },
        { chain, fill: own ? fillFrom(prompts, own) : fill },
      )
      if (written.outcome !== 'refused' || !written.degraded.includes('unproven_answer')) return written
      return {
        ...quoted(),
        degraded: written.degraded,
        usage: written.usage,
        droppedClaims: written.droppedClaims,
      }
    } catch (error) {
      throwIfAborted(request.signal)
      const code = error instanceof AppError ? error.code : undefined
      log.warn({ code, botId: request.bot.id, ...(code ? {} : { err: error }) }, 'answer-quoted')
      request.onDraft?.('')
      return { ...quoted(), degraded: ['model_unavailable'] }
    }
  }

  return {
    async answer(request) {
      const startedAt = performance.now()
      throwIfAborted(request.signal)
      const { settings: bot } = request.bot
      const language = await detectLanguage(request.question, {
        hint: request.languageHint,
        offered: bot.languages,
      })
      const smallTalk = findSmallTalk(request.question)
      if (!smallTalk) return answerQuestion(request, language, startedAt)
      return presentSmallTalk(request, phrase(language, `small_talk_${smallTalk}`), language, startedAt)
    },
  }
}

interface WriteTask {
  asked: string
  lookedUp: string
  language: string
  passages: RetrievedPassage[]
}

function wasModelAsked({ model, degraded }: WrittenAnswer): boolean {
  return model !== 'extractive' || degraded.includes('unproven_answer')
}

function versionsOf({ prompts = {}, settings }: Bot): NonNullable<Answer['prompt']> {
  return {
    purpose: 'answer',
    version: prompts.answer?.version ?? 0,
    grounding: prompts[`grounding-${settings.grounding}`]?.version ?? 0,
  }
}

function conclude(
  { settings }: Bot,
  { outcome, markdown, citations }: WrittenAnswer,
  language: string,
  isBroken: boolean,
): Pick<Answer, 'markdown' | 'kind' | 'refused' | 'citations'> {
  if (outcome === 'answered') return { markdown, kind: 'answer', refused: false, citations }
  if (outcome === 'stopped' || isBroken) {
    const notice = phrase(language, isBroken ? 'failed' : 'stopped')
    return { markdown: notice, kind: 'notice', refused: false, citations: [] }
  }
  const refusal = inLanguage(settings.no_answer, language, settings) ?? phrase(language, 'failed')
  return { markdown: refusal.trim(), kind: 'refusal', refused: true, citations: [] }
}

function presentSmallTalk(
  request: AnswerRequest,
  markdown: string,
  language: string,
  startedAt: number,
): Answer {
  return {
    markdown,
    kind: 'small_talk',
    refused: false,
    citations: [],
    model: 'extractive',
    cached: false,
    degraded: [],
    usage: NO_USAGE,
    ms: { total: performance.now() - startedAt, rewrite: 0, retrieve: 0, generate: 0 },
    question: request.question,
    passages: [],
    language,
    droppedClaims: 0,
  }
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new AppError('model.aborted')
}

/** Gives the milliseconds since it was last asked. */
function createStopwatch(startedAt: number): () => number {
  let last = startedAt
  return () => {
    const now = performance.now()
    const ms = now - last
    last = now
    return ms
  }
}
