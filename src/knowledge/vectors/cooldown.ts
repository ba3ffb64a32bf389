/** The first pause after a failure; each further failure in a row doubles it. */
const MIN_PAUSE_MS = 500
const MAX_PAUSE_MS = 15_000

export interface Cooldown {
  /** Does the work, or nothing (no `error`) while pausing. Never throws. */
  attempt<T>(work: () => Promise<T>): Promise<{ value: T } | { error: unknown }>
}

/** Leaves alone what just failed, so that a dead server costs each question nothing but its first. */
export function createCooldown(now: () => number = () => performance.now()): Cooldown {
  let pauseMs = 0
  let until = 0
  return {
    async attempt(work) {
      if (now() < until) return { error: undefined }
      try {
        const value = await work()
        pauseMs = 0
        return { value }
      } catch (error) {
        pauseMs = Math.min(Math.max(pauseMs * 2, MIN_PAUSE_MS), MAX_PAUSE_MS)
        until = now() + pauseMs
        return { error }
      }
    },
  }
}
