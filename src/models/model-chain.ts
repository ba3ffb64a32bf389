import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { openDeadline } from '../deadline.ts'
import { AppError } from '../errors.ts'
import { type CircuitBreaker, createCircuitBreaker } from './circuit-breaker.ts'
import {
  type ChainChunk,
  type ChainRequest,
  type ChatModel,
  estimateUsage,
  type ModelChain,
  type ModelRequest,
  type ModelUsage,
} from './model.ts'
import { affordableTokens, costOf } from './prices.ts'
import { retryDelayMs } from './retry.ts'
import { createSlots, type Slots } from './slots.ts'
import { type StreamLimits, streamWithinLimits } from './timed-stream.ts'

export interface ModelChainSettings extends StreamLimits {
  /** Calls to one provider at a time. */
  concurrency: number
}

interface Link {
  model: ChatModel
  breaker: CircuitBreaker
  slots: Slots
}

/** An answer shorter than this says too little to be paid for. */
const LEAST_TOKENS = 150

/** What one try of one model came to. `wroteText` when the reader has seen some of it. */
interface Attempt {
  failure?: AppError
  wroteText: boolean
}

/**
 * Joins models into one that tries them in order; `undefined` without any.
 *
 * Each model has first-token and total time-outs, a length cap, one retry where that helps and a
 * circuit breaker; each provider a limit of calls at a time. A model that breaks off after text was
 * shown is followed by `restart` and the next model.
 */
export function createModelChain(
  models: ChatModel[],
  settings: ModelChainSettings,
  log: Logger,
): ModelChain | undefined {
  if (models.length === 0) return undefined
  const slotsByProvider = new Map<string, Slots>()
  const links = models.map((model): Link => {
    const provider = model.name.split(':')[0] ?? ''
    const slots = slotsByProvider.get(provider) ?? createSlots(settings.concurrency)
    slotsByProvider.set(provider, slots)
    return { model, breaker: createCircuitBreaker(), slots }
  })
  return {
    names: models.map(({ name }) => name),
    seeing: models.filter((model) => model.seesPictures).map(({ name }) => name),
    stream: (request) => streamFromFirstAble(chooseLinks(links, request.route), request, settings, log),
  }
}

/** Those of a route share the breakers and slots of the whole chain. */
function chooseLinks(links: Link[], route: readonly string[] | undefined): Link[] {
  if (!route) return links
  return route.flatMap((name) => links.filter(({ model }) => model.name === name))
}

async function* streamFromFirstAble(
  links: Link[],
  request: ChainRequest,
  limits: StreamLimits,
  log: Logger,
): AsyncGenerator<ChainChunk> {
  let failure: AppError | undefined
  for (const [step, link] of links.entries()) {
    for (let isRetry = false; ; isRetry = true) {
      const attempt = yield* tryModel(link, step, request, limits)
      if (!attempt.failure) return
      failure = attempt.failure
      if (failure.code === 'model.aborted') throw failure
      log.warn({ model: link.model.name, step, code: failure.code, ...failure.details }, 'model-failed')
      if (attempt.wroteText) yield { kind: 'restart' }
      const delayMs = retryDelayMs(failure)
      if (isRetry || attempt.wroteText || delayMs === undefined) break
      await sleep(delayMs, undefined, { signal: request.signal }).catch(() => {})
    }
  }
  throw failure ?? new AppError('model.overloaded')
}

async function* tryModel(
  link: Link,
  step: number,
  request: ChainRequest,
  limits: StreamLimits,
): AsyncGenerator<ChainChunk, Attempt> {
  const { model, breaker } = link
  if (request.signal.aborted) return failed('model.aborted', model)
  if (!breaker.admit()) return failed('model.overloaded', model)
  const giveBack = await takeSlot(link, request.signal, limits.firstTokenTimeoutMs)
  if (!giveBack) {
    breaker.release()
    return failed(request.signal.aborted ? 'model.aborted' : 'model.overloaded', model)
  }
  try {
    yield { kind: 'model', name: model.name, step }
    return yield* relay(link, request, limits)
  } finally {
    breaker.release()
    giveBack()
  }
}

async function takeSlot({ slots }: Link, signal: AbortSignal, ms: number) {
  using deadline = openDeadline(ms, signal)
  return await slots.take(deadline.signal)
}

/** The model was not asked at all, so there is nothing to retry. */
function failed(code: 'model.aborted' | 'model.overloaded' | 'model.too_dear', model: ChatModel): Attempt {
  return { failure: new AppError(code, { model: model.name, isSkipped: true }), wroteText: false }
}

async function* relay(
  { model, breaker }: Link,
  request: ChainRequest,
  limits: StreamLimits,
): AsyncGenerator<ChainChunk, Attempt> {
  let written = ''
  let isCounted = false
  const call = prepareCall(model, request)
  if (!call) return failed('model.too_dear', model)
  try {
    for await (const chunk of streamWithinLimits(model, call, limits)) {
      if (chunk.kind === 'text') written += chunk.text
      // An answer cut at its limits ends before the model has told its usage.
      if (chunk.kind === 'end' && !isCounted) yield priced(model, estimateUsage(call, written))
      isCounted ||= chunk.kind === 'usage'
      yield chunk.kind === 'usage' ? priced(model, chunk.usage) : chunk
    }
    breaker.succeed()
    return { wroteText: written !== '' }
  } catch (error) {
    const failure = asModelFailure(error, model)
    if (failure.code !== 'model.aborted') breaker.fail()
    return { failure, wroteText: written !== '' }
  }
}

/** The call within what it may cost; nothing where that is too little for an answer. */
function prepareCall(
  model: ChatModel,
  { promptFor, maxOutputTokens, signal, mostUsd = Infinity }: ChainRequest,
): ModelRequest | undefined {
  const messages = promptFor(model.contextTokens)
  const call = { messages, maxOutputTokens, signal }
  if (mostUsd === Infinity) return call
  const tokens = affordableTokens(model.name, estimateUsage(call, '').inputTokens, mostUsd)
  if (tokens >= maxOutputTokens) return call
  return tokens < Math.min(LEAST_TOKENS, maxOutputTokens) ? undefined : { ...call, maxOutputTokens: tokens }
}

function priced(model: ChatModel, usage: ModelUsage): ChainChunk {
  return { kind: 'usage', usage: { ...usage, costUsd: costOf(model.name, usage) } }
}

function asModelFailure(error: unknown, model: ChatModel): AppError {
  if (error instanceof AppError) return error
  return new AppError('model.garbled', { model: model.name, cause: error })
}
