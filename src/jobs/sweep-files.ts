import { setTimeout as sleep } from 'node:timers/promises'
import type { Db } from '../db/database.ts'
import type { FileStore } from '../files/file-store.ts'
import { sweepUnusedFiles } from '../knowledge/documents/unused-files.ts'
import type { Logger } from '../logger.ts'

/** No import of a pack and no upload leaves a file without its row for so long. */
const ORPHAN_AGE_MS = 24 * 3_600_000

const INTERVAL_MS = 6 * 3_600_000

/** A start is not slowed down by it. */
const FIRST_AFTER_MS = 5 * 60_000

/** Removes what a kill left in the file store, a few times a day, until closed. */
export function createSweepFiles({ db, files, log }: { db: Db; files: FileStore; log: Logger }) {
  const closing = new AbortController()

  async function sweepOnce(ageMs = ORPHAN_AGE_MS): Promise<number> {
    const removed = await sweepUnusedFiles(db, files, { ageMs, signal: closing.signal })
    if (removed > 0) log.info({ removed }, 'orphaned-files-removed')
    return removed
  }

  async function pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: closing.signal, ref: false }).catch(() => {})
  }

  function start(): AsyncDisposable {
    const running = (async () => {
      await pause(FIRST_AFTER_MS)
      while (!closing.signal.aborted) {
        await sweepOnce().catch((err) => {
          if (!closing.signal.aborted) log.warn({ err }, 'files-not-swept')
        })
        await pause(INTERVAL_MS)
      }
    })()
    return {
      async [Symbol.asyncDispose]() {
        closing.abort()
        await running
      },
    }
  }

  return { sweepOnce, start }
}
