import type { Bot } from '../bots/bot-settings.ts'
import type { Citation } from '../channels/channel.ts'
import type { Source } from '../grounding/source.ts'
import { presentLocator, type Retrieval, type RetrievedPassage } from '../knowledge/passage.ts'
import type { Picture } from '../models/model.ts'
import type { AskerMemory, OwnText, PastLine } from './writing/prompt.ts'

/** A step of the fall of invariant 8 that an answer had to take. */
export type AnswerStep =
  | Retrieval['degraded'][number]
  | 'retrieval_unavailable'
  /** Not the first model of the chain wrote it. */
  | 'fallback_model'
  /** No model could write; the material is quoted instead. */
  | 'model_unavailable'
  /** Nothing a model wrote could be proven; the material is quoted instead. */
  | 'unproven_answer'
  /** A budget is nearly spent: the cheaper models wrote it. */
  | 'budget_low'
  /** A budget is spent: the material is quoted. */
  | 'budget_spent'

/** What an answer took, over all calls made for it. */
export interface AnswerUsage {
  inputTokens: number
  outputTokens: number
  costUsd: number
}

export const NO_USAGE: AnswerUsage = { inputTokens: 0, outputTokens: 0, costUsd: 0 }

export function addUsage(a: AnswerUsage, b: AnswerUsage): AnswerUsage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    costUsd: a.costUsd + b.costUsd,
  }
}

/** What a model is to write. */
export interface WriteRequest {
  bot: Bot
  /** As the person wrote it. */
  question: string
  /** As it was looked up. */
  lookedUp: string
  picture?: Picture | undefined
  ownText?: OwnText | undefined
  memory?: AskerMemory | undefined
  history: readonly PastLine[]
  language: string
  sources: readonly Source[]
  maxOutputTokens: number
  signal: AbortSignal
  /** The reader has read enough: what is written by then is the answer. */
  stopSignal?: AbortSignal | undefined
  onDraft?: ((markdown: string) => void) | undefined
}

/** What a model wrote, or what the material says, checked. */
export interface WrittenAnswer {
  outcome: 'answered' | 'refused' | 'stopped'
  markdown: string
  citations: Citation[]
  /** `provider:model`, or `extractive`. */
  model: string
  degraded: AnswerStep[]
  usage: AnswerUsage
  droppedClaims: number
}

/** A proof as the channels show it. */
export function presentCitation(n: number, passage: RetrievedPassage, quote: string): Citation {
  return {
    n,
    documentId: passage.documentId,
    passageId: passage.id,
    document: passage.document,
    locator: presentLocator(passage),
    quote,
    ...(passage.documentUrl !== undefined && { url: passage.documentUrl }),
  }
}
