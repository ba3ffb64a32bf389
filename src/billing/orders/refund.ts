import { sql } from 'kysely'
import type { Db } from '../../db/database.ts'
import type { LockedOrder } from './row.ts'

/** Why money goes back: the creator wants it, or it was taken for what could not be had. */
export type RefundReason = 'wanted' | 'wrong_amount' | 'paid_twice' | 'sold_out'

/** A payment that is to be given back. */
export interface DueRefund {
  paymentId: string
  orderId: string
  attempts: number
}

/** Tries of one refund: with the back-off, about three days. Then the order page shows it as failed. */
const MAX_ATTEMPTS = 20
/** No wait between two tries is longer. */
const MAX_WAIT_SECONDS = 6 * 3_600
const FIRST_WAIT_SECONDS = 15

/** Queues a payment to be given back, once. False when it was queued before. */
export async function queueRefund(
  trx: Db,
  order: Pick<LockedOrder, 'id' | 'creatorId'>,
  { paymentId, reason }: { paymentId: string; reason: RefundReason },
): Promise<boolean> {
  const row = await trx
    .insertInto('order_refund')
    .values({ payment_id: paymentId, creator_id: order.creatorId, order_id: order.id, reason })
    .onConflict((conflict) => conflict.column('payment_id').doNothing())
    .returning('payment_id')
    .executeTakeFirst()
  return row !== undefined
}

/** The provider says the money went back, whoever wanted it. */
export async function settleRefund(trx: Db, paymentId: string): Promise<void> {
  await trx
    .updateTable('order_refund')
    .set({ state: 'done', error_code: null })
    .where('payment_id', '=', paymentId)
    .execute()
}

/** Refunds whose time has come. */
export async function listDueRefunds(db: Db, limit: number): Promise<DueRefund[]> {
  const rows = await db
    .selectFrom('order_refund')
    .select(['payment_id', 'order_id', 'attempts'])
    .where('state', '=', 'queued')
    .where((is) => is.or([is('not_before', 'is', null), is('not_before', '<=', sql<Date>`now()`)]))
    .orderBy('created_at')
    .limit(limit)
    .execute()
  return rows.map((row) => ({ paymentId: row.payment_id, orderId: row.order_id, attempts: row.attempts }))
}

/** Not this time: later again, unless it was tried for long enough or can never be. */
export async function postponeRefund(
  db: Db,
  { paymentId, attempts }: DueRefund,
  { code, isFinal }: { code: string; isFinal: boolean },
): Promise<void> {
  const tried = attempts + 1
  const waitSeconds = Math.min(FIRST_WAIT_SECONDS * 2 ** attempts, MAX_WAIT_SECONDS)
  await db
    .updateTable('order_refund')
    .set({
      attempts: tried,
      error_code: code,
      state: isFinal || tried >= MAX_ATTEMPTS ? 'failed' : 'queued',
      not_before: sql<Date>`now() + make_interval(secs => ${waitSeconds})`,
    })
    .where('payment_id', '=', paymentId)
    .where('state', '=', 'queued')
    .execute()
}
