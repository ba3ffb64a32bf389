import { sql } from 'kysely'
import type { Db } from '../../db/database.ts'
import { queuePaymentFailed, type RemindParts } from './payment-mail.ts'

/** Whoever has not paid is told once more when this little of the grace is left. */
const LAST_CALL_HOURS = 48
/** Reminders of one run; the next goes on. */
const BATCH = 500

/** Queues a last mail to everyone whose grace is about to end. Each grace once. Returns how many were looked at. */
export async function remindPayers(parts: RemindParts & { db: Db }): Promise<number> {
  const due = await parts.db
    .selectFrom('subscription')
    .selectAll()
    .where('status', '=', 'past_due')
    .where('blocked_at', 'is', null)
    .where('email', 'is not', null)
    .where('grace_until', '>', sql<Date>`now()`)
    .where('grace_until', '<', sql<Date>`now() + make_interval(hours => ${sql.lit(LAST_CALL_HOURS)})`)
    .orderBy('grace_until')
    .limit(BATCH)
    .execute()
  for (const row of due) await queuePaymentFailed(parts, parts.db, row, 'last-call')
  return due.length
}
