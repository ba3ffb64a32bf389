import { AppError } from '../errors.ts'

export interface RateLimit {
  /** Most takes of one key in a window. */
  max: number
  windowMs: number
}

/** How a key stands in its window. */
export interface Share {
  limit: number
  remaining: number
  /** Until the window begins anew. */
  resetSeconds: number
}

/** Keys remembered at a time; past it the oldest is forgotten, so that a flood of keys costs no memory. */
const MAX_KEYS = 50_000

/**
 * Counts what each key takes in fixed windows of time, in this process alone: a bound against floods, not a
 * quota. `now` is in milliseconds.
 */
export function createRateLimiter({ max, windowMs }: RateLimit) {
  const windows = new Map<string, { endsAt: number; taken: number }>()

  function count(key: string, now: number): Share & { isOver: boolean } {
    let window = windows.get(key)
    if (!window || window.endsAt <= now) {
      window = { endsAt: now + windowMs, taken: 0 }
      windows.delete(key)
      windows.set(key, window)
      const [oldest] = windows.keys()
      if (windows.size > MAX_KEYS && oldest !== undefined) windows.delete(oldest)
    }
    const isOver = window.taken >= max
    if (!isOver) window.taken += 1
    return {
      limit: max,
      remaining: max - window.taken,
      resetSeconds: Math.ceil((window.endsAt - now) / 1000),
      isOver,
    }
  }

  return {
    /** Counts, and says how the key stands; over its share it counts no further. */
    count: (key: string, now = Date.now()) => count(key, now),
    /** @throws {AppError} `request.rate_limited` with `retryAfterSeconds` when the key has taken its share. */
    take(key: string, now = Date.now()): void {
      const { isOver, resetSeconds } = count(key, now)
      if (isOver) throw new AppError('request.rate_limited', { retryAfterSeconds: resetSeconds })
    },
  }
}
