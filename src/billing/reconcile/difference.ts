import type { Db } from '../../db/database.ts'
import type { ProviderCheckout, ProviderPayment, ProviderSubscription } from '../payment-provider.ts'
import { findCheckoutRow } from '../settle/checkout-row.ts'
import { isSamePayment } from '../settle/payment-row.ts'
import { findPrice } from '../settle/subscription-owner.ts'
import { readState } from '../settle/subscription-row.ts'
import { AWAITING, deriveState, isSameState } from '../settle/subscription-state.ts'

export interface FoundDifference {
  kind: string
  objectId: string
  creatorId: string | undefined
  /** States and ids, never a name or an address. */
  details: Record<string, unknown>
}

type Reading =
  | { kind: 'subscription'; reading: ProviderSubscription }
  | { kind: 'checkout'; reading: ProviderCheckout }
  | { kind: 'payment'; paymentId: string; reading?: ProviderPayment }

/** What is different here from what the provider just said; `undefined` when nothing is, or it is none of ours. */
export function findDifference(
  db: Db,
  it: Reading,
  settings: { graceDays: number },
): Promise<FoundDifference | undefined> {
  if (it.kind === 'subscription') return ofSubscription(db, it.reading, settings)
  if (it.kind === 'checkout') return ofCheckout(db, it.reading)
  return ofPayment(db, it)
}

async function ofSubscription(
  db: Db,
  reading: ProviderSubscription,
  settings: { graceDays: number },
): Promise<FoundDifference | undefined> {
  const row = await db
    .selectFrom('subscription')
    .selectAll()
    .where('provider_id', '=', reading.id)
    .executeTakeFirst()
  const now = deriveState(reading, settings)
  const head = { kind: 'subscription', objectId: reading.id }
  if (!row) {
    const price = await findPrice(db, reading.priceId)
    if (!price) return undefined
    return { ...head, creatorId: price.creator_id, details: { before: 'unknown', now: now.status } }
  }
  const before = readState(row)
  const payment = reading.payment && (await findPaymentRow(db, reading.payment.id))
  const isPaymentSame =
    !reading.payment || reading.payment.state === 'pending' || isSamePayment(payment, reading.payment)
  // Whether a first payment that takes days has come is for the Checkout to say.
  if (isSameState(before, now) && isPaymentSame && row.status !== AWAITING) return undefined
  if (row.status === AWAITING && now.status === AWAITING) return undefined
  return {
    ...head,
    creatorId: row.creator_id,
    details: {
      before: before.status,
      now: now.status,
      ...(now.isBlocked !== before.isBlocked && { isBlocked: now.isBlocked }),
    },
  }
}

async function ofCheckout(db: Db, reading: ProviderCheckout): Promise<FoundDifference | undefined> {
  const row = reading.checkoutId ? await findCheckoutRow(db, reading.checkoutId) : undefined
  const now = reading.isPaid ? 'paid' : reading.state
  if (!row || row.state === now) return undefined
  return {
    kind: 'checkout',
    objectId: reading.id,
    creatorId: row.creator_id,
    details: { before: row.state, now },
  }
}

async function ofPayment(
  db: Db,
  { paymentId, reading }: { paymentId: string; reading?: ProviderPayment },
): Promise<FoundDifference | undefined> {
  const row = await findPaymentRow(db, paymentId)
  if (row && (!reading || isSamePayment(row, reading))) return undefined
  const now = reading?.state ?? 'paid'
  return {
    kind: 'payment',
    objectId: paymentId,
    creatorId: row?.creator_id,
    details: { before: row?.state ?? 'unknown', now },
  }
}

function findPaymentRow(db: Db, id: string) {
  return db.selectFrom('payment').selectAll().where('id', '=', id).executeTakeFirst()
}
