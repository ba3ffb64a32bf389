/** Failures in a row after which a model is left alone. */
const OPEN_AFTER = 3

/** How long it is left alone before one call may try again. */
const HALF_OPEN_AFTER_MS = 15_000

/** Keeps callers from waiting on something that just failed several times in a row. */
export interface CircuitBreaker {
  /** True when a call may be made. After the pause it is true for one caller, who is the probe. */
  admit(): boolean
  succeed(): void
  fail(): void
  /** The admitted call ended without telling anything about the model's health. */
  release(): void
}

/** A closed breaker. `now` is a monotonic clock in milliseconds. */
export function createCircuitBreaker(now: () => number = () => performance.now()): CircuitBreaker {
  let failures = 0
  let retryAt = 0
  let isProbing = false
  return {
    admit() {
      if (failures < OPEN_AFTER) return true
      if (isProbing || now() < retryAt) return false
      isProbing = true
      return true
    },
    succeed() {
      failures = 0
      isProbing = false
    },
    fail() {
      failures += 1
      isProbing = false
      retryAt = now() + HALF_OPEN_AFTER_MS
    },
    release() {
      isProbing = false
    },
  }
}
