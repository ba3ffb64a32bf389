import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises'

/** Longest stretch of computing before everything else in the process gets a turn. */
const STRETCH_MS = 3

/** A turn in which others worked for so long was wanted: somebody is being served. */
const WANTED_MS = 0.3

/** What they get then: an answer comes back from the database for its next step in about this time. */
const PAUSE_MS = 2

/**
 * The same things one by one, with a turn of the event loop whenever the work on them has taken a while, and a
 * longer pause where others have work to do: a long document delays no webhook and hardly an answer.
 */
export async function* breathing<T>(things: Iterable<T>): AsyncGenerator<T> {
  let since = performance.now()
  for (const thing of things) {
    yield thing
    const now = performance.now()
    if (now - since < STRETCH_MS) continue
    await nextTurn()
    if (performance.now() - now > WANTED_MS) await delay(PAUSE_MS)
    since = performance.now()
  }
}
