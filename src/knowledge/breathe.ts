import { setImmediate as nextTurn } from 'node:timers/promises'

/** Longest stretch of computing before everything else in the process gets a turn. */
const STRETCH_MS = 5

/**
 * The same things one by one, with a turn of the event loop whenever the work on them has taken a while:
 * a long document delays no webhook.
 */
export async function* breathing<T>(things: Iterable<T>): AsyncGenerator<T> {
  let since = performance.now()
  for (const thing of things) {
    yield thing
    if (performance.now() - since < STRETCH_MS) continue
    await nextTurn()
    since = performance.now()
  }
}
