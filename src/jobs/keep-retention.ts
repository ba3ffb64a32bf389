import type { Actor } from '../accounts/access.ts'
import { listRetentions } from '../accounts/retention.ts'
import { forgetOrphans } from '../accounts/subscriber-erasure.ts'
import { type EraseParts, eraseSilentChats } from '../coaching/erase-person.ts'

/** Chats erased in one transaction: short enough that no one waits for it. */
const BATCH = 50
/** Transactions of one Creator and run; the next run goes on. */
const MAX_BATCHES = 200
/** Days are the unit people set: an hour is exact enough. */
const INTERVAL_MS = 3_600_000
/** A start is not slowed down by it. */
const FIRST_AFTER_MS = 60_000

/** Erases chats that were silent for longer than their Creator keeps them, hourly, until closed. */
export function createKeepRetention(parts: EraseParts) {
  const closing = new AbortController()

  async function keepOnce(): Promise<{ erasedChats: number }> {
    let erasedChats = 0
    for (const { creatorId, days } of await listRetentions(parts.db)) {
      for (let batch = 0; batch < MAX_BATCHES && !closing.signal.aborted; batch++) {
        const erasure = await parts.db
          .transaction()
          .execute((trx) => eraseSilentChats(parts, trx, { actor: actorOf(creatorId), days, limit: BATCH }))
        if (!erasure) break
        await erasure.finish()
        erasedChats += erasure.chats
      }
    }
    await forgetOrphans(parts.db)
    if (erasedChats > 0) parts.log.info({ erasedChats }, 'retention-kept')
    return { erasedChats }
  }

  function start(): AsyncDisposable {
    const running = (async () => {
      for (let waitMs = FIRST_AFTER_MS; await passTime(waitMs, closing.signal); waitMs = INTERVAL_MS) {
        await keepOnce().catch((err) => parts.log.warn({ err }, 'retention-failed'))
      }
    })()
    return {
      async [Symbol.asyncDispose]() {
        closing.abort()
        await running
      },
    }
  }

  return { keepOnce, start }
}

/** The setting acts, in the name of whoever made it. */
function actorOf(creatorId: string): Actor {
  return {
    creatorId,
    memberId: undefined,
    apiKeyId: undefined,
    name: 'Retention',
    role: 'owner',
    isOperator: false,
    ip: undefined,
  }
}

/** False when the signal ended the wait. */
function passTime(ms: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(false)
    const timer = setTimeout(() => resolve(true), ms)
    timer.unref()
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve(false)
    })
  })
}
