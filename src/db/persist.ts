import { setTimeout as delay } from 'node:timers/promises'

/** As long as a database server may take to come back. */
const PERSIST_FOR_MS = 60_000
const RETRY_EVERY_MS = 200

/** SQLSTATE classes of a server that is away or going down: connection, operator intervention, resources. */
const AWAY = /^(08|57P|53)/
const NETWORK = /ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|terminat|timeout|closed|not queryable/i

/** True when the database could not be asked, as opposed to having refused. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? String(error.code) : ''
  return AWAY.test(code) || NETWORK.test(code) || (code === '' && NETWORK.test(error.message))
}

/**
 * Writes what must not be forgotten: repeats while the database is away, for at most a minute. The write
 * must be harmless when done twice, since a commit may have happened although its answer was lost.
 */
export async function persist<T>(write: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + PERSIST_FOR_MS
  for (;;) {
    try {
      return await write()
    } catch (error) {
      if (!isDatabaseAway(error) || performance.now() > deadline) throw error
      await delay(RETRY_EVERY_MS)
    }
  }
}

/**
 * For the `catch` of a statement that takes something into our hands: when the connection broke, its commit
 * may have happened although we were not told. So it is undone before the failure is passed on.
 */
export function unlessDone(undo: () => Promise<unknown>): (error: unknown) => Promise<never> {
  return async (error) => {
    if (isDatabaseAway(error)) await persist(undo)
    throw error
  }
}
