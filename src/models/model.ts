/** One line of a conversation as a model reads it. */
export interface PromptMessage {
  role: 'system' | 'user' | 'assistant'
  content: string
  /** Shown beside the words; only to models that see. */
  picture?: Picture | undefined
}

/** A picture in memory. */
export interface Picture {
  mediaType: 'image/jpeg' | 'image/png' | 'image/webp' | 'image/gif'
  base64: string
}

/** What a picture takes of a prompt: vendors count from some hundred to some thousand tokens. */
export const PICTURE_TOKENS = 1_200

export interface ModelRequest {
  messages: PromptMessage[]
  maxOutputTokens: number
  /** Ends the call; what was written so far is lost to the caller that aborts. */
  signal: AbortSignal
}

/** Tokens as the model counted them, or as estimated when it did not say (`isEstimated`). */
export interface ModelUsage {
  inputTokens: number
  outputTokens: number
  isEstimated: boolean
}

export type ModelChunk =
  | { kind: 'text'; text: string }
  | { kind: 'usage'; usage: ModelUsage }
  /** `length` when the answer was cut at its limit. */
  | { kind: 'end'; reason: 'stop' | 'length' }

/**
 * A chat model.
 *
 * `stream` throws an AppError: `model.unreachable`, `model.rate_limited`, `model.overloaded`,
 * `model.timed_out`, `model.rejected` (bad key, bad request), `model.garbled` (an answer no one can
 * read), `model.aborted`.
 */
export interface ChatModel {
  /** `provider:model`, as in MODEL_CHAT. */
  readonly name: string
  /** Longest prompt it takes, in tokens, answer included. */
  readonly contextTokens: number
  /** Takes pictures. */
  readonly seesPictures?: boolean
  stream(request: ModelRequest): AsyncIterable<ModelChunk>
}

/** What a whole chain of models says while it answers. */
export type ChainChunk =
  | { kind: 'text'; text: string }
  /** This model is asked now. `step` counts from 0: above 0 an earlier one failed. */
  | { kind: 'model'; name: string; step: number }
  /** The text so far is void: its model broke off and the answer starts over. */
  | { kind: 'restart' }
  /** Of one call, failed calls too when they told it. `costUsd` is 0 for models without a known price. */
  | { kind: 'usage'; usage: ModelUsage & { costUsd: number } }
  | { kind: 'end'; reason: 'stop' | 'length' }

export interface ChainRequest {
  /** Builds the prompt within a model's context, answer included: each model of the chain has its own. */
  promptFor(contextTokens: number): PromptMessage[]
  maxOutputTokens: number
  signal: AbortSignal
  /** Asks these of the chain's models alone, in this order; a name the chain does not have is passed over. */
  route?: readonly string[] | undefined
  /** US dollars it may cost at most, by the list prices: a model that could cost more writes less, or is passed over. */
  mostUsd?: number | undefined
}

/**
 * Models tried in order until one answers.
 *
 * `stream` throws the last model's AppError when none could answer, `model.too_dear` when none may be
 * asked for what is left, and `model.aborted` when the reader's signal ended it.
 */
export interface ModelChain {
  readonly names: readonly string[]
  /** Those of the names that take pictures. */
  readonly seeing?: readonly string[]
  stream(request: ChainRequest): AsyncIterable<ChainChunk>
}

/**
 * Tokens of a text, guessed from its characters and rather too many than too few: three Latin
 * characters a token, two of other alphabets, one and a half tokens for each Chinese, Japanese,
 * Korean or Thai character.
 */
export function estimateTokens(text: string): number {
  if (LATIN_ONLY.test(text)) return Math.ceil(text.length / 3)
  let tokens = 0
  for (const character of text) {
    if (character <= '\u024f') tokens += 1 / 3
    else if (WIDE_CHARACTER.test(character)) tokens += 1.5
    else tokens += 1 / 2
  }
  return Math.ceil(tokens)
}

/** Usage of a call whose model did not tell it. */
export function estimateUsage({ messages }: ModelRequest, written: string): ModelUsage {
  return {
    inputTokens: messages.reduce(
      (sum, { content, picture }) => sum + estimateTokens(content) + (picture ? PICTURE_TOKENS : 0),
      0,
    ),
    outputTokens: estimateTokens(written),
    isEstimated: true,
  }
}

const LATIN_ONLY = /^[\0-\u024f]*$/

const WIDE_CHARACTER =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Extended_Pictographic}]/u

/** Turns texts into vectors of `dimension` numbers, normalised to length 1. */
export interface EmbeddingModel {
  /** `provider:model`, part of every collection's identity. */
  readonly name: string
  embedPassages(texts: string[]): Promise<number[][]>
  embedQuestion(text: string): Promise<number[]>
  /**
   * The share of a text's words that its vocabulary has, 0 to 1: what it spells letter by letter it knows nothing of.
   * Absent where that cannot be told.
   */
  measureKnown?(text: string): Promise<number>
}

/** Scores how well each text answers the question; higher is better, 0 to 1. */
export interface RerankModel {
  readonly name: string
  rerank(question: string, texts: string[]): Promise<number[]>
}
