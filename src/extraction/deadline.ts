/** A bound on the time of some work, which stands still while others work for it. */
export interface Deadline {
  pause(): void
  resume(): void
  /** No end any more. */
  clear(): void
}

/** Calls `onPassed` once when so much time has passed outside of pauses. */
export function startDeadline(timeoutMs: number, onPassed: () => void): Deadline {
  let leftMs = timeoutMs
  let startedAt = performance.now()
  let timer: NodeJS.Timeout | undefined = setTimeout(onPassed, leftMs)
  return {
    pause() {
      if (!timer) return
      clearTimeout(timer)
      timer = undefined
      leftMs = Math.max(leftMs - (performance.now() - startedAt), 0)
    },
    resume() {
      if (timer) return
      startedAt = performance.now()
      timer = setTimeout(onPassed, leftMs)
    },
    clear() {
      clearTimeout(timer)
    },
  }
}
