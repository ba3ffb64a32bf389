/** An answer without a model takes less; one that waits for a model needs no processor for most of its time. */
const ANSWER_MS = 100

/** What can wait goes on after so long, whoever is served: it is slowed down, never stopped. */
const MAX_WAIT_MS = 250

const LOOK_MS = 3

/** Keeps work that can wait out of the way of people who wait for an answer. */
export interface GiveWay {
  /** Somebody is served from now until the end of it is told: for a moment the processors are theirs. */
  serve(): Disposable
  /** Resolves when a piece of work that can wait, some tens of milliseconds of it, may begin. */
  untilFree(): Promise<void>
}

export function createGiveWay(): GiveWay {
  const served = new Set<{ sinceMs: number }>()

  function isSomebodyServed(): boolean {
    const now = performance.now()
    for (const { sinceMs } of served) if (now - sinceMs < ANSWER_MS) return true
    return false
  }

  return {
    serve() {
      const one = { sinceMs: performance.now() }
      served.add(one)
      return { [Symbol.dispose]: () => void served.delete(one) }
    },
    async untilFree() {
      const sinceMs = performance.now()
      while (isSomebodyServed() && performance.now() - sinceMs < MAX_WAIT_MS) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
      }
    },
  }
}
