import { createRequire } from 'node:module'
import type { BaseMessageLike } from '@langchain/core/messages'
import type { Logger } from 'pino'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import {
  type ChatModel,
  estimateUsage,
  type ModelChunk,
  type ModelRequest,
  type ModelUsage,
  type PromptMessage,
} from './model.ts'
import { toModelError } from './model-failure.ts'
import { createOllamaFetch } from './ollama-fetch.ts'
import { fetchToTheEnd } from './reused-connection.ts'
import { seesPictures } from './seeing.ts'

export interface LangChainSettings {
  openai: { apiKey: string | undefined; baseUrl: string }
  ollama: { baseUrl: string; contextTokens: number }
  /** By provider name as `initChatModel` knows it. */
  apiKeys: Record<string, string | undefined>
  /** Longest prompt sent to a cloud model, answer included. */
  contextTokens: number
  /** Beginnings of the names of models that take pictures; empty for those that are known. */
  sees?: readonly string[]
}

/** The part of LangChain's chat models used here. */
interface LangChainModel {
  stream(messages: BaseMessageLike[], options: { signal: AbortSignal }): Promise<AsyncIterable<unknown>>
}

type OpenModel = (model: string, request: ModelRequest) => Promise<LangChainModel>

/** How long Ollama keeps a model's weights loaded; loading again costs seconds to a minute. */
const OLLAMA_KEEP_ALIVE = '30m'

/** Coaching answers stay near the material: little room for invention, some for wording. */
const TEMPERATURE = 0.2

/** Package of each further provider that `initChatModel` can load once it is installed. */
const PACKAGES: Record<string, string> = {
  anthropic: '@langchain/anthropic',
  'google-genai': '@langchain/google-genai',
  mistralai: '@langchain/mistralai',
  groq: '@langchain/groq',
}

/**
 * The models named as in MODEL_CHAT (`provider:model`), each behind LangChain. Constructing them
 * loads nothing and calls no one.
 *
 * @throws {AppError} `model.unknown` for a name of another form or a provider that is not installed.
 */
export function createChatModels(names: string[], settings: LangChainSettings, log: Logger): ChatModel[] {
  return names.map((name) => {
    const [provider = '', ...rest] = name.split(':')
    const model = rest.join(':')
    if (!provider || !model) throw new AppError('model.unknown', { model: name })
    const contextTokens = provider === 'ollama' ? settings.ollama.contextTokens : settings.contextTokens
    const open = chooseProvider(provider, settings)
    log.debug({ model: name, contextTokens }, 'model-chosen')
    return {
      name,
      contextTokens,
      seesPictures: seesPictures(name, settings.sees ?? []),
      stream: (request) => streamAnswer(name, request, () => open(model, request)),
    }
  })
}

/** Loads the libraries of these models, so that the first question does not wait a second for them. */
export async function warmChatModels(names: readonly string[]): Promise<void> {
  const providers = new Set(names.map((name) => name.split(':')[0]))
  if (providers.has('openai')) await import('@langchain/openai')
  if (providers.has('ollama')) await import('@langchain/ollama')
}

function chooseProvider(provider: string, settings: LangChainSettings): OpenModel {
  if (provider === 'openai') return openAiModels(settings.openai)
  if (provider === 'ollama') return ollamaModels(settings.ollama)
  return universalModels(provider, settings.apiKeys[provider])
}

function openAiModels({ apiKey, baseUrl }: LangChainSettings['openai']): OpenModel {
  const opened = new Map<string, LangChainModel>()
  return async (model, { maxOutputTokens }) => {
    const key = `${model} ${maxOutputTokens}`
    const known = opened.get(key)
    if (known) return known
    const { ChatOpenAI } = await import('@langchain/openai')
    const isReasoning = isReasoningModel(model)
    const chat = new ChatOpenAI({
      model,
      // Compatible servers need no key, but the client refuses to start without one.
      apiKey: apiKey ?? 'none',
      // LangChain sends it as max_completion_tokens to reasoning models, which refuse max_tokens, and
      // as max_tokens to all others, which is the only name many compatible servers know. Reasoning
      // counts as output, so those models get room to think.
      maxTokens: isReasoning ? maxOutputTokens * REASONING_ROOM : maxOutputTokens,
      ...(isReasoning ? {} : { temperature: TEMPERATURE }),
      maxRetries: 0,
      streamUsage: true,
      // At other levels the client prints unreadable stream lines, which may hold a person's words.
      configuration: { baseURL: baseUrl, logLevel: 'off', fetch: fetchToTheEnd },
    })
    opened.set(key, chat)
    return chat
  }
}

/** How much more a reasoning model may write than its answer is long. */
const REASONING_ROOM = 4

/** The models that take `max_completion_tokens` and no temperature. */
function isReasoningModel(model: string): boolean {
  return /^(o\d|gpt-[5-9](?!-chat))/.test(model)
}

/** One client per call: Ollama's own aborts everything it has under way, not one request. */
function ollamaModels({ baseUrl, contextTokens }: LangChainSettings['ollama']): OpenModel {
  // Kept: resolving an import again costs more than the rest of the call.
  let library: Promise<typeof import('@langchain/ollama')> | undefined
  return async (model, { maxOutputTokens, signal }) => {
    library ??= import('@langchain/ollama')
    const { ChatOllama } = await library
    return new ChatOllama({
      model,
      baseUrl,
      // Unset, Ollama picks a length by the machine's memory and drops old messages without a word.
      numCtx: contextTokens,
      numPredict: maxOutputTokens,
      keepAlive: OLLAMA_KEEP_ALIVE,
      temperature: TEMPERATURE,
      maxRetries: 0,
      fetch: createOllamaFetch(`ollama:${model}`, signal),
    })
  }
}

function universalModels(provider: string, apiKey: string | undefined): OpenModel {
  const needed = PACKAGES[provider]
  if (!needed || !isInstalled(needed)) throw new AppError('model.unknown', { provider, install: needed })
  return async (model, { maxOutputTokens }) => {
    // The subpath: the package's root loads all of LangChain and takes two seconds.
    const { initChatModel } = await import('langchain/chat_models/universal')
    return initChatModel(model, {
      modelProvider: provider,
      apiKey,
      maxRetries: 0,
      temperature: TEMPERATURE,
      [provider === 'google-genai' ? 'maxOutputTokens' : 'maxTokens']: maxOutputTokens,
    })
  }
}

function isInstalled(name: string): boolean {
  try {
    return Boolean(createRequire(import.meta.url).resolve(name))
  } catch {
    return false
  }
}

/** What is read of a LangChain message chunk; vendors add what they like. */
const MessageChunk = z.object({
  content: z.union([z.string(), z.array(z.looseObject({ type: z.string(), text: z.string().optional() }))]),
  usage_metadata: z.looseObject({ input_tokens: z.number(), output_tokens: z.number() }).optional(),
  response_metadata: z.looseObject({}).optional(),
})
type MessageChunk = z.output<typeof MessageChunk>

async function* streamAnswer(
  name: string,
  request: ModelRequest,
  open: () => Promise<LangChainModel>,
): AsyncGenerator<ModelChunk> {
  let written = ''
  let usage: ModelUsage | undefined
  let finish: string | undefined
  try {
    request.signal.throwIfAborted()
    const model = await open()
    const messages = request.messages.map(toLangChain)
    for await (const raw of await model.stream(messages, { signal: request.signal })) {
      const chunk = MessageChunk.parse(raw)
      const text = textOf(chunk)
      written += text
      usage = usageOf(chunk) ?? usage
      finish = finishOf(chunk) ?? finish
      if (text) yield { kind: 'text', text }
    }
  } catch (error) {
    throw toModelError(error, name, request.signal)
  }
  if (request.signal.aborted) throw new AppError('model.aborted', { model: name })
  // No finish reason: the stream was cut. No text: a refusal, a safety filter or a broken template.
  if (finish === undefined || written.trim() === '') throw new AppError('model.garbled', { model: name })
  yield { kind: 'usage', usage: usage ?? estimateUsage(request, written) }
  yield { kind: 'end', reason: /length|max_tokens/i.test(finish) ? 'length' : 'stop' }
}

/**
 * A picture goes as a data URL: the one form that all of the vendors' clients read. It goes first: Ollama's client
 * makes a message of each, and of messages that are too many the last is the one that is kept.
 */
function toLangChain({ role, content, picture }: PromptMessage): BaseMessageLike {
  if (!picture) return [role, content]
  const url = `data:${picture.mediaType};base64,${picture.base64}`
  return [
    role,
    [
      { type: 'image_url', image_url: { url } },
      { type: 'text', text: content },
    ],
  ]
}

function textOf({ content }: MessageChunk): string {
  if (typeof content === 'string') return content
  return content.map((block) => (block.type === 'text' ? (block.text ?? '') : '')).join('')
}

function usageOf({ usage_metadata: usage }: MessageChunk): ModelUsage | undefined {
  if (!usage || usage.input_tokens + usage.output_tokens === 0) return undefined
  return { inputTokens: usage.input_tokens, outputTokens: usage.output_tokens, isEstimated: false }
}

/** Each vendor has its own name for it; Ollama says `done_reason`. */
function finishOf({ response_metadata: metadata = {} }: MessageChunk): string | undefined {
  for (const key of ['finish_reason', 'done_reason', 'stop_reason', 'finishReason']) {
    const reason = metadata[key]
    if (typeof reason === 'string' && reason !== '') return reason
  }
  return metadata.done === true ? 'stop' : undefined
}
