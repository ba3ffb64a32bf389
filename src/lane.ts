/** Where work passes a few at a time, in the order in which it came. */
export interface Lane {
  /** Runs the work when it is its turn. */
  pass<T>(work: () => Promise<T>): Promise<T>
  /** How much of it waits. */
  countWaiting(): number
}

/**
 * @param width Works at a time.
 * @param options.patienceMs What waited for so long begins beside the others; without it, it waits for its turn.
 */
export function createLane(width: number, { patienceMs }: { patienceMs?: number } = {}): Lane {
  const waiting: (() => void)[] = []
  let running = 0

  /** True when somebody gave their place, false when patience ended. */
  function awaitPlace(): Promise<boolean> {
    return new Promise((resolve) => {
      const take = () => {
        clearTimeout(timer)
        resolve(true)
      }
      const leave = () => {
        waiting.splice(waiting.indexOf(take), 1)
        resolve(false)
      }
      const timer = patienceMs === undefined ? undefined : setTimeout(leave, patienceMs)
      waiting.push(take)
    })
  }

  return {
    async pass(work) {
      if (running < width || !(await awaitPlace())) running += 1
      try {
        return await work()
      } finally {
        // A place is handed over, so that no one comes between.
        const next = running > width ? undefined : waiting.shift()
        if (next) next()
        else running -= 1
      }
    },
    countWaiting: () => waiting.length,
  }
}
