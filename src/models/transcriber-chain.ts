import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { type CircuitBreaker, createCircuitBreaker } from './circuit-breaker.ts'
import { costOfRecording } from './prices.ts'
import { retryDelayMs } from './retry.ts'
import { createSlots, type Slots } from './slots.ts'
import type { Recording, TranscribeModel, Transcriber, Transcription } from './transcriber.ts'

interface Link {
  model: TranscribeModel
  breaker: CircuitBreaker
  slots: Slots
}

interface Bounds {
  timeoutMs: number
  signal: AbortSignal
}

/**
 * Joins models into one that tries them in order; `undefined` without any.
 *
 * Each model has the caller's time, one retry where that helps and a circuit breaker; each provider a limit of
 * calls at a time. A recording that a model cannot take is no fault of the model and goes to the next one.
 */
export function createTranscriber(
  models: TranscribeModel[],
  { concurrency }: { concurrency: number },
  log: Logger,
): Transcriber | undefined {
  if (models.length === 0) return undefined
  const slotsByProvider = new Map<string, Slots>()
  const links = models.map((model): Link => {
    const provider = model.name.split(':')[0] ?? ''
    const slots = slotsByProvider.get(provider) ?? createSlots(concurrency)
    slotsByProvider.set(provider, slots)
    return { model, breaker: createCircuitBreaker(), slots }
  })
  return {
    names: models.map(({ name }) => name),
    async transcribe(recording, bounds) {
      let failure: AppError | undefined
      for (const [step, link] of links.entries()) {
        const outcome = await tryTwice(link, recording, bounds)
        if (!(outcome instanceof AppError)) return outcome
        failure = outcome
        if (failure.code === 'model.aborted') break
        log.warn({ model: link.model.name, step, code: failure.code, ...failure.details }, 'model-failed')
      }
      throw failure ?? new AppError('model.overloaded')
    },
  }
}

async function tryTwice(link: Link, recording: Recording, bounds: Bounds): Promise<Transcription | AppError> {
  const first = await tryModel(link, recording, bounds)
  const delayMs = first instanceof AppError ? retryDelayMs(first) : undefined
  if (delayMs === undefined) return first
  await sleep(delayMs, undefined, { signal: bounds.signal }).catch(() => {})
  return tryModel(link, recording, bounds)
}

async function tryModel(
  { model, breaker, slots }: Link,
  recording: Recording,
  { timeoutMs, signal }: Bounds,
): Promise<Transcription | AppError> {
  if (signal.aborted) return skipped('model.aborted', model)
  if (!breaker.admit()) return skipped('model.overloaded', model)
  const timeout = AbortSignal.timeout(timeoutMs)
  const ended = AbortSignal.any([signal, timeout])
  const giveBack = await slots.take(ended)
  try {
    if (!giveBack) return skipped(signal.aborted ? 'model.aborted' : 'model.overloaded', model)
    const transcript = await model.transcribe(recording, { signal: ended })
    breaker.succeed()
    const seconds = transcript.seconds ?? recording.seconds
    return { ...transcript, seconds, model: model.name, costUsd: costOfRecording(model.name, seconds ?? 0) }
  } catch (error) {
    const failure = signal.aborted
      ? new AppError('model.aborted', { model: model.name })
      : timeout.aborted
        ? new AppError('model.timed_out', { model: model.name })
        : asModelFailure(error, model)
    if (failure.code !== 'model.aborted' && !isOfTheRecording(failure)) breaker.fail()
    return failure
  } finally {
    breaker.release()
    giveBack?.()
  }
}

function skipped(code: 'model.aborted' | 'model.overloaded', { name }: TranscribeModel): AppError {
  return new AppError(code, { model: name, isSkipped: true })
}

/** The model is well; this recording is too large for it, or nothing it can read. */
function isOfTheRecording({ code, details: { status } }: AppError): boolean {
  return code === 'model.rejected' && (status === 400 || status === 413 || status === 415 || status === 422)
}

function asModelFailure(error: unknown, { name }: TranscribeModel): AppError {
  return error instanceof AppError ? error : new AppError('model.garbled', { model: name, cause: error })
}
