import { type Selectable, sql, type Transaction } from 'kysely'
import type { Db } from '../../db/database.ts'
import type { Database } from '../../db/schema.ts'
import type { ProviderPayment } from '../payment-provider.ts'
import { isCertainlyNewer } from './subscription-state.ts'

interface PaymentOwner {
  creatorId: string
  botId: string
  subscriberId?: string | undefined
  subscriptionId?: string | undefined
  orderId?: string | undefined
}

/** The database's clock: the one by which readings of all processes are put in order. */
export async function readClock(db: Db): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`SELECT clock_timestamp() AS now`.execute(db)
  return rows[0]?.now ?? new Date()
}

/** Whoever settles the same object waits; held until the transaction ends. */
export async function lockObject(trx: Transaction<Database>, id: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`payment:${id}`}, 0))`.execute(trx)
}

/** What was read may be older than what is stored. The transaction is to be given up and the object read again. */
export class StaleReading extends Error {
  override readonly name = 'StaleReading'
}

/**
 * Writes down how a payment stands, under a lock of its own until the transaction ends.
 *
 * @returns whether it was paid just now.
 * @throws {StaleReading}
 */
export async function recordPayment(
  trx: Transaction<Database>,
  { payment, owner, askedAt }: { payment: ProviderPayment; owner: PaymentOwner; askedAt: Date },
): Promise<{ isPaidNow: boolean }> {
  await lockObject(trx, payment.id)
  const stored = await trx.selectFrom('payment').selectAll().where('id', '=', payment.id).executeTakeFirst()
  if (!isCertainlyNewer(askedAt, stored?.read_at)) throw new StaleReading()
  const values = {
    state: payment.state,
    amount: payment.amount,
    currency: payment.currency,
    fee: payment.fee,
    refunded: payment.refunded,
    receipt_url: payment.receiptUrl ?? null,
    paid_at: payment.paidAt ?? null,
    read_at: sql<Date>`clock_timestamp()`,
  }
  await trx
    .insertInto('payment')
    .values({
      ...values,
      id: payment.id,
      kind: owner.orderId ? 'order' : 'invoice',
      creator_id: owner.creatorId,
      bot_id: owner.botId,
      subscriber_id: owner.subscriberId ?? null,
      subscription_id: owner.subscriptionId ?? null,
      order_id: owner.orderId ?? null,
    })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(values))
    .execute()
  return { isPaidNow: payment.state === 'paid' && stored?.state !== 'paid' }
}

/** True when what is stored says what the reading says. */
export function isSamePayment(
  stored: Selectable<Database['payment']> | undefined,
  payment: ProviderPayment,
): boolean {
  return stored?.state === payment.state && Number(stored.refunded) === payment.refunded
}
