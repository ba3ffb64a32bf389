/** Gives the milliseconds since it was last asked. */
export function createStopwatch(startedAt: number): () => number {
  let last = startedAt
  return () => {
    const now = performance.now()
    const ms = now - last
    last = now
    return ms
  }
}
