import type { AppError } from '../errors.ts'

/** Wait before the one retry of a model that gave no hint how long. */
const RETRY_DELAY_MS = 250

/** Longest `Retry-After` that is waited for; the next model answers sooner than that. */
const MAX_RETRY_DELAY_MS = 2_000

/** Failures that may be gone a moment later. A time-out was waited for once and is not again. */
const WORTH_ONE_RETRY = new Set(['model.rate_limited', 'model.overloaded', 'model.unreachable'])

/** Milliseconds until a retry of a model makes sense, or `undefined` when it does not. */
export function retryDelayMs({ code, details }: AppError): number | undefined {
  if (!WORTH_ONE_RETRY.has(code) || details.isSkipped) return undefined
  const { retryAfterSeconds } = details
  if (typeof retryAfterSeconds !== 'number') return RETRY_DELAY_MS
  return retryAfterSeconds * 1000 <= MAX_RETRY_DELAY_MS ? retryAfterSeconds * 1000 : undefined
}
