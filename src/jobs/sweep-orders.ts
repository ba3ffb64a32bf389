import { listDueCalls } from '../billing/fulfilment/call.ts'
import { listDueRefunds } from '../billing/orders/refund.ts'
import { expireOrders } from '../billing/orders/reserve.ts'
import { listDueNotices } from '../coaching/order-notice.ts'
import type { Db } from '../db/database.ts'
import type { JobQueue } from './job.ts'

/** Nudges of one sweep and kind; the next sweep goes on. */
const BATCH = 200

/** Ends reservations whose time is over, and announces what orders leave to be done. */
export async function sweepOrders(
  { db, jobs }: { db: Db; jobs: JobQueue },
  { now, isSelling }: { now: Date; isSelling: boolean },
): Promise<void> {
  await expireOrders(db, { now })
  await jobs.addMany('tell-buyer', await listDueNotices(db, BATCH))
  const calls = await listDueCalls(db, BATCH)
  await jobs.addMany(
    'call-fulfilment',
    calls.map((callId) => ({ callId })),
  )
  if (!isSelling) return
  const refunds = await listDueRefunds(db, BATCH)
  await jobs.addMany(
    'refund-order',
    refunds.map(({ paymentId }) => ({ paymentId })),
  )
}
