import { sql } from 'kysely'
import type { Db } from '../../db/database.ts'
import { isAppError } from '../../errors.ts'
import type { PaymentProvider } from '../payment-provider.ts'

/**
 * Notes that a Subscriber wants a subscription of theirs to end with its period. The provider is told by a job, so
 * that no answer waits for it. Harmless when repeated; false when it is not theirs, or over.
 */
export async function askToCancel(
  db: Db,
  { subscriptionId, subscriberId, botId }: { subscriptionId: string; subscriberId: string; botId: string },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('subscription')
    .set({ cancel_asked_at: sql<Date>`coalesce(cancel_asked_at, now())` })
    .where('id', '=', subscriptionId)
    .where('subscriber_id', '=', subscriberId)
    .where('bot_id', '=', botId)
    .where('source', '=', 'stripe')
    .where('ended_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Subscriptions whose end the provider has not been told yet, oldest first. */
export async function listCancelsDue(db: Db, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('subscription')
    .select('id')
    .where('cancel_asked_at', 'is not', null)
    .where('ended_at', 'is', null)
    .orderBy('cancel_asked_at')
    .limit(limit)
    .execute()
  return rows.map(({ id }) => id)
}

/**
 * Tells the provider what {@link askToCancel} noted. What the provider says of it later counts: here it is only noted
 * as done, so that who changes their mind there is not cancelled again.
 *
 * @throws {AppError} `payment.unavailable`: it is still to be done.
 */
export async function cancelAsAsked(
  { db, payments }: { db: Db; payments: Pick<PaymentProvider, 'cancelSubscription'> },
  subscriptionId: string,
): Promise<void> {
  const row = await db
    .selectFrom('subscription')
    .select(['provider_id'])
    // As text: a Date would lose the microseconds, and never equal.
    .select(sql<string>`cancel_asked_at::text`.as('asked_at'))
    .where('id', '=', subscriptionId)
    .where('cancel_asked_at', 'is not', null)
    .where('ended_at', 'is', null)
    .executeTakeFirst()
  if (!row) return
  const isDone = await payments.cancelSubscription(row.provider_id, 'period_end').then(
    () => true,
    (error: unknown) => {
      // It is over already, or gone: the provider's own word of it is on its way, and asking again changes nothing.
      if (isAppError(error, 'payment.refused')) return false
      throw error
    },
  )
  await db
    .updateTable('subscription')
    .set({
      cancel_asked_at: null,
      ...(isDone && { cancels_at: sql<Date>`coalesce(cancels_at, period_end)` }),
    })
    .where('id', '=', subscriptionId)
    .where('cancel_asked_at', '=', sql<Date>`${row.asked_at}::timestamptz`)
    .execute()
}
