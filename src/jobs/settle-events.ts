import { createSettleEvents } from '../billing/settle/events.ts'
import type { SettleObject } from '../billing/settle/object.ts'
import type { Db } from '../db/database.ts'
import type { Logger } from '../logger.ts'
import type { ChatAddress } from '../messaging/inbox.ts'
import type { JobHandlers } from './job.ts'

interface SettleEventsJobParts {
  db: Db
  settle: SettleObject | undefined
  nudgeTurn: (chat: ChatAddress) => void
  log: Logger
}

/** Acts on what the payment provider told; nothing where none is set up. */
export function createSettleEventsJob({
  settle,
  ...parts
}: SettleEventsJobParts): JobHandlers['settle-events'] {
  if (!settle) return async () => {}
  const settleEvents = createSettleEvents({ ...parts, settle })
  return async (_payload, signal) => {
    await settleEvents(signal)
  }
}
