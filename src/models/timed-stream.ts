import { AppError } from '../errors.ts'
import type { ChatModel, ModelChunk, ModelRequest } from './model.ts'

export interface StreamLimits {
  firstTokenTimeoutMs: number
  totalTimeoutMs: number
}

/**
 * More characters than any token is long on average. Counted here because a broken server ignores
 * the limit it was given.
 */
const MAX_CHARS_PER_TOKEN = 8

/**
 * One model's answer within its bounds, however the model behaves.
 *
 * Past the total time or the longest length, text that was already written ends with `length`;
 * silence is `model.timed_out`. The call is aborted whichever way the stream ends.
 */
export async function* streamWithinLimits(
  model: ChatModel,
  request: ModelRequest,
  limits: StreamLimits,
): AsyncGenerator<ModelChunk> {
  const ended = new AbortController()
  const signal = AbortSignal.any([request.signal, ended.signal])
  const chunks = model.stream({ ...request, signal })[Symbol.asyncIterator]()
  const startedAt = performance.now()
  const maxChars = request.maxOutputTokens * MAX_CHARS_PER_TOKEN
  let chars = 0
  let isDone = false
  try {
    while (true) {
      const limitMs = chars === 0 ? limits.firstTokenTimeoutMs : limits.totalTimeoutMs
      const leftMs = startedAt + limitMs - performance.now()
      const next = await settleWithin(chunks.next(), leftMs, request.signal)
      if (next === 'aborted') throw new AppError('model.aborted', { model: model.name })
      if (next === 'late' && chars === 0) throw new AppError('model.timed_out', { model: model.name })
      if (next === 'late' || chars > maxChars) return yield { kind: 'end', reason: 'length' }
      if (next.done) {
        isDone = true
        return
      }
      if (next.value.kind === 'text') chars += next.value.text.length
      yield next.value
    }
  } finally {
    if (!isDone) {
      ended.abort()
      // Not awaited: a model that hangs would hang its own ending, too.
      void chunks.return?.(undefined)?.catch(() => {})
    }
  }
}

async function settleWithin<T>(
  promise: Promise<T>,
  ms: number,
  signal: AbortSignal,
): Promise<T | 'late' | 'aborted'> {
  if (signal.aborted) {
    promise.catch(() => {})
    return 'aborted'
  }
  const { promise: bound, resolve } = Promise.withResolvers<'late' | 'aborted'>()
  const timer = setTimeout(resolve, Math.max(0, ms), 'late')
  const abort = () => resolve('aborted')
  signal.addEventListener('abort', abort, { once: true })
  try {
    // The loser may fail later, when its call is aborted.
    promise.catch(() => {})
    return await Promise.race([promise, bound])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}
