import { recordSecurityEvent, type SecurityEventDraft } from '../accounts/security-event.ts'
import type { Db } from '../db/database.ts'
import type { Logger } from '../logger.ts'

/** Who watches the doors, at a bounded cost to the database. */
export interface SecurityLog extends AsyncDisposable {
  /** Returns at once and never throws: whoever is refused waits for no record of it. */
  record(event: SecurityEventDraft): void
}

/** How long repeats of one event are counted here before they are written as one. */
const FLUSH_EVERY_MS = 10_000

/** Different events between two writes; past it they are told no longer apart by address. */
const MAX_KEYS = 200

/**
 * The first event of its kind, address and Creator is written at once; its repeats are counted and written
 * together, so that a flood of forgeries costs a statement every ten seconds, not one each.
 */
export function createSecurityLog(db: Db, log: Logger): SecurityLog {
  const repeats = new Map<string, SecurityEventDraft & { count: number }>()
  const writing = new Set<Promise<void>>()
  const timer = setInterval(flush, FLUSH_EVERY_MS)
  timer.unref()

  function write(event: SecurityEventDraft): void {
    const written = recordSecurityEvent(db, event)
      .catch((error) => log.warn({ err: error, kind: event.kind }, 'security-event-lost'))
      .finally(() => writing.delete(written))
    writing.add(written)
  }

  function flush(): void {
    for (const event of repeats.values()) if (event.count > 0) write(event)
    repeats.clear()
  }

  function record(event: SecurityEventDraft): void {
    const key = [event.kind, event.creatorId, event.ip].join(' ')
    const known = repeats.get(key)
    if (known) {
      known.count += 1
    } else if (repeats.size < MAX_KEYS) {
      repeats.set(key, { ...event, count: 0 })
      write(event)
    } else {
      const { kind } = event
      const rest = repeats.get(kind) ?? { kind, details: { addresses: 'many' }, count: 0 }
      repeats.set(kind, { ...rest, count: rest.count + 1 })
    }
  }

  return {
    record,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      flush()
      await Promise.all(writing)
    },
  }
}
