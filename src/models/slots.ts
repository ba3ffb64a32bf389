/** A bounded number of places and a bounded queue for them. */
export interface Slots {
  /**
   * Waits for a place and returns the function that gives it back, or `undefined` when the queue is
   * full or `signal` ends the wait.
   */
  take(signal: AbortSignal): Promise<(() => void) | undefined>
}

/** Callers that may wait for each place: more would wait longer than anyone reads on. */
const QUEUED_PER_SLOT = 8

export function createSlots(count: number): Slots {
  let free = count
  const waiting: Array<() => void> = []

  function giveBack() {
    free += 1
    waiting.shift()?.()
  }

  function occupy() {
    free -= 1
    let isHeld = true
    return () => {
      if (isHeld) giveBack()
      isHeld = false
    }
  }

  return {
    async take(signal) {
      if (signal.aborted) return undefined
      if (free > 0) return occupy()
      if (waiting.length >= count * QUEUED_PER_SLOT) return undefined
      return new Promise((resolve) => {
        const leave = () => {
          waiting.splice(waiting.indexOf(enter), 1)
          resolve(undefined)
        }
        const enter = () => {
          signal.removeEventListener('abort', leave)
          resolve(occupy())
        }
        waiting.push(enter)
        signal.addEventListener('abort', leave, { once: true })
      })
    },
  }
}
