import { AppError } from '../errors.ts'

export interface RateLimit {
  /** Most takes of one key in a window. */
  max: number
  windowMs: number
}

/** Keys remembered at a time; past it the oldest is forgotten, so that a flood of keys costs no memory. */
const MAX_KEYS = 50_000

/**
 * Counts what each key takes in fixed windows of time, in this process alone: a bound against floods, not a
 * quota. `now` is in milliseconds.
 */
export function createRateLimiter({ max, windowMs }: RateLimit) {
  const windows = new Map<string, { endsAt: number; taken: number }>()
  return {
    /** @throws {AppError} `request.rate_limited` with `retryAfterSeconds` when the key has taken its share. */
    take(key: string, now = Date.now()): void {
      let window = windows.get(key)
      if (!window || window.endsAt <= now) {
        window = { endsAt: now + windowMs, taken: 0 }
        windows.delete(key)
        windows.set(key, window)
        const [oldest] = windows.keys()
        if (windows.size > MAX_KEYS && oldest !== undefined) windows.delete(oldest)
      }
      if (window.taken >= max) {
        throw new AppError('request.rate_limited', {
          retryAfterSeconds: Math.ceil((window.endsAt - now) / 1000),
        })
      }
      window.taken += 1
    },
  }
}
