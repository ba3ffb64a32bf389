import type { Db } from '../../db/database.ts'
import { AppError } from '../../errors.ts'
import type { Logger } from '../../logger.ts'
import type { ChatAddress } from '../../messaging/inbox.ts'
import type { SettleObject } from './object.ts'
import { claimPaymentEvents, deferEvents, markEventsDone, type StoredEvent } from './payment-event.ts'

/** Events taken at a time; most of one burst are about the same few objects. */
const BATCH = 50
/** Objects read at a time: each waits for the provider most of its time. */
const AT_ONCE = 4
/** An error that will not go away by itself is not tried for ever; the reconciliation looks at its object anyway. */
const MAX_LASTING_ATTEMPTS = 5

interface SettleEventsParts {
  db: Db
  settle: SettleObject
  /** Wakes a worker for a Chat whose stopped question may be answered now. */
  nudgeTurn: (chat: ChatAddress) => void
  log: Logger
}

/**
 * Acts on stored events until none is due. An event says only that something happened to an object, so one reading
 * of the object settles all events about it, in whatever order and number they came.
 *
 * Ended at any instant, the events it held are taken up again a minute later; settling one twice changes nothing.
 */
export function createSettleEvents({ db, settle, nudgeTurn, log }: SettleEventsParts) {
  async function settleGroup(events: StoredEvent[]): Promise<void> {
    const [first] = events
    if (!first) return
    const ids = events.map(({ id }) => id)
    try {
      const { chats } = await settleOne(first)
      await markEventsDone(db, ids)
      for (const chat of chats) nudgeTurn(chat)
    } catch (error) {
      const code = error instanceof AppError ? error.code : 'internal.unexpected'
      const isGivenUp =
        !(error instanceof AppError && error.retryable) && first.attempts >= MAX_LASTING_ATTEMPTS
      log.warn({ err: error, events: ids, object: first.object.id, isGivenUp }, 'payment-event-failed')
      if (isGivenUp) await markEventsDone(db, ids, code)
      else await deferEvents(db, ids, code)
    }
  }

  /** Of a connected account we hear of the account alone: what it sells beside us is its own. */
  function settleOne({ account, object }: StoredEvent) {
    if (account !== null && object.kind !== 'account') return { chats: [] }
    return settle.settleObject(object)
  }

  return async function settleEvents(signal?: AbortSignal): Promise<{ settled: number }> {
    let settled = 0
    for (;;) {
      const events = signal?.aborted ? [] : await claimPaymentEvents(db, BATCH)
      if (events.length === 0) return { settled }
      const groups = Map.groupBy(events, ({ account, object }) => `${account} ${object.kind} ${object.id}`)
      const waiting = groups.values()
      const settleNext = async () => {
        for (const group of waiting) await settleGroup(group)
      }
      await Promise.all(Array.from({ length: AT_ONCE }, settleNext))
      settled += events.length
    }
  }
}
