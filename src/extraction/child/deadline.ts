/** A bound on the time of some work, which stands still while others work for it. */
export interface Deadline {
  pause(): void
  resume(): void
  /** No end any more. */
  clear(): void
}

/**
 * Calls `onPassed` once when so much time has passed outside of pauses.
 *
 * @param findMore asked each time the time has passed, for milliseconds to add that were not the work's own; with 0
 *   it is over.
 */
export function startDeadline(
  timeoutMs: number,
  onPassed: () => void,
  findMore?: () => Promise<number>,
): Deadline {
  let leftMs = timeoutMs
  let startedAt = performance.now()
  let isPaused = false
  let isCleared = false
  let timer: NodeJS.Timeout | undefined = setTimeout(pass, leftMs)

  function pass(): void {
    timer = undefined
    leftMs = 0
    if (findMore)
      void findMore()
        .catch(() => 0)
        .then(goOn)
    else onPassed()
  }

  function goOn(moreMs: number): void {
    if (isCleared) return
    leftMs = moreMs
    if (moreMs <= 0) onPassed()
    else if (!isPaused) start()
  }

  function start(): void {
    startedAt = performance.now()
    timer = setTimeout(pass, leftMs)
  }

  return {
    pause() {
      isPaused = true
      if (!timer) return
      clearTimeout(timer)
      timer = undefined
      leftMs = Math.max(leftMs - (performance.now() - startedAt), 0)
    },
    resume() {
      if (!isPaused) return
      isPaused = false
      if (!timer && !isCleared) start()
    },
    clear() {
      isCleared = true
      clearTimeout(timer)
    },
  }
}
