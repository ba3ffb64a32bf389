import { sql, type Transaction } from 'kysely'
import type { Vault } from '../../accounts/vault.ts'
import type { Database } from '../../db/schema.ts'
import type { ChatAddress } from '../../messaging/inbox.ts'
import { releaseHeldQuestion } from '../entitlement/held-question.ts'
import type { ProviderCheckout, ProviderPayment } from '../payment-provider.ts'
import { recordOrderChange } from './change.ts'
import { queueRefund, settleRefund } from './refund.ts'
import { giveStockBack, type LockedOrder, lockOrder, takeStock } from './row.ts'
import { sealAddress } from './shipping.ts'

export interface OrderPayment {
  orderId: string
  /** As the provider shows them, read just before; the payment may be absent where the Checkout says enough. */
  payment: ProviderPayment | undefined
  checkout: ProviderCheckout | undefined
  vault: Pick<Vault, 'seal'>
}

export interface OrderOutcome {
  /**
   * `paid`: it was applied now. `known`: it was before. `waiting`: the money is on its way. `refused`: not what was to
   * be paid. `sold_out`, `paid_twice`: nothing is left for it; it goes back. `refunded`: it went back. `none`: nothing
   * was paid, or there is no such order.
   */
  kind: 'paid' | 'known' | 'waiting' | 'refused' | 'sold_out' | 'paid_twice' | 'refunded' | 'none'
  /** Chats whose stopped question is asked again: nudge `run-turn` for them after the commit. */
  chats: ChatAddress[]
}

/** A payment that takes days (a bank transfer) keeps the pieces this long. */
const PENDING_DAYS = 10

/**
 * Applies what the provider says of an order's payment, in the caller's transaction: the order's state, stock, top-up,
 * what the buyer and the shop are to be told. The same reading again changes nothing; readings may come in any order.
 *
 * Only the exact amount in the order's own currency pays it, less what a coupon of the creator's took off. What was paid beside that, twice, or too late for
 * anything to be left, is queued to be given back. Nudge `tell-buyers`, `refund-orders` and `call-fulfilment` after
 * the commit where it matters; the sweep finds them within seconds.
 */
export async function applyOrderPayment(
  trx: Transaction<Database>,
  { orderId, payment, checkout, vault }: OrderPayment,
): Promise<OrderOutcome> {
  const order = await lockOrder(trx, { orderId })
  if (!order) return told('none')
  if (payment && (payment.state === 'refunded' || payment.state === 'disputed')) {
    return takeBack(trx, order, payment)
  }
  const paid = readPaid(payment, checkout)
  if (!paid) return waitForPayment(trx, order, { payment, checkout })
  if (order.paymentId === paid.id) return told('known')
  if (paid.amount !== dueOf(order, checkout) || paid.currency.toLowerCase() !== order.currency) {
    await queueRefund(trx, order, { paymentId: paid.id, reason: 'wrong_amount' })
    return told('refused')
  }
  if (order.paymentId !== null) {
    const isNew = await queueRefund(trx, order, { paymentId: paid.id, reason: 'paid_twice' })
    return told(isNew ? 'paid_twice' : 'known')
  }
  if (!(await holdPieces(trx, order))) return refuseLate(trx, order, paid.id)
  return fulfil(trx, order, { paid, checkout, vault })
}

function told(kind: OrderOutcome['kind'], chats: ChatAddress[] = []): OrderOutcome {
  return { kind, chats }
}

interface Paid {
  id: string
  amount: number
  currency: string
}

/** What was paid, by the payment itself where it is known. A Checkout that says otherwise is not believed. */
function readPaid(
  payment: ProviderPayment | undefined,
  checkout: ProviderCheckout | undefined,
): Paid | undefined {
  if (payment) {
    const isPaid = payment.state === 'paid' || payment.state === 'partly_refunded'
    return isPaid ? { id: payment.id, amount: payment.amount, currency: payment.currency } : undefined
  }
  if (!checkout?.isPaid || !checkout.paymentId) return undefined
  return { id: checkout.paymentId, amount: checkout.amount, currency: checkout.currency }
}

/** A discount is the creator's own coupon, and the provider's Checkout shows what it was taken off from: our price. */
function dueOf(order: LockedOrder, checkout: ProviderCheckout | undefined): number {
  return checkout?.subtotal === order.amount ? Math.min(checkout.amount, order.amount) : order.amount
}

async function waitForPayment(
  trx: Transaction<Database>,
  order: LockedOrder,
  { payment, checkout }: Pick<OrderPayment, 'payment' | 'checkout'>,
): Promise<OrderOutcome> {
  if (order.state !== 'reserved' || checkout?.state !== 'complete') return told('none')
  // The buyer is done: either it comes, days later perhaps, or it has failed for good.
  const days = payment?.state === 'failed' ? 0 : PENDING_DAYS
  await trx
    .updateTable('order')
    .set({
      reserved_until: days === 0 ? sql<Date>`now()` : sql<Date>`created_at + make_interval(days => ${days})`,
    })
    .where('id', '=', order.id)
    .execute()
  return told('waiting')
}

/** True when the pieces are the order's: kept for it, or, after its time was over, still there to be taken. */
async function holdPieces(trx: Transaction<Database>, order: LockedOrder): Promise<boolean> {
  if (order.state === 'reserved') return true
  if (order.state !== 'expired') return false
  const stock = await takeStock(trx, order)
  if (stock.isHeld) {
    await trx.updateTable('order').set({ is_stock_held: true }).where('id', '=', order.id).execute()
  }
  return stock.isTaken
}

async function refuseLate(
  trx: Transaction<Database>,
  order: LockedOrder,
  paymentId: string,
): Promise<OrderOutcome> {
  await trx
    .updateTable('order')
    .set({ state: 'canceled', payment_id: paymentId })
    .where('id', '=', order.id)
    .execute()
  await queueRefund(trx, order, { paymentId, reason: 'sold_out' })
  await recordOrderChange(trx, order, 'sold_out')
  return told('sold_out')
}

/** A top-up is there at once, and so is what is told by words alone; the rest waits for the creator. */
async function fulfil(
  trx: Transaction<Database>,
  order: LockedOrder,
  { paid, checkout, vault }: { paid: Paid } & Pick<OrderPayment, 'checkout' | 'vault'>,
): Promise<OrderOutcome> {
  const { kind, isShipped, hasDelivery } = order.product
  const isDone = kind === 'topup' || (hasDelivery && !isShipped)
  const shipping = checkout?.shipping
  await trx
    .updateTable('order')
    .set({
      state: isDone ? 'fulfilled' : 'paid',
      payment_id: paid.id,
      paid_at: sql<Date>`now()`,
      ...(isDone && { fulfilled_at: sql<Date>`now()` }),
      email: checkout?.email ?? null,
      shipping: shipping ? sealAddress(vault, order.id, shipping) : null,
    })
    .where('id', '=', order.id)
    .execute()
  await recordOrderChange(trx, order, 'paid')
  return told('paid', await creditTopup(trx, order))
}

async function creditTopup(trx: Transaction<Database>, order: LockedOrder): Promise<ChatAddress[]> {
  const { topupKind, topupCount } = order.product
  if (topupKind === null || topupCount === null || order.subscriberId === null) return []
  const count = topupCount * order.quantity
  await trx
    .insertInto('topup')
    .values({
      creator_id: order.creatorId,
      bot_id: order.botId,
      subscriber_id: order.subscriberId,
      kind: topupKind,
      left_count: count,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['subscriber_id', 'bot_id', 'kind'])
        .doUpdateSet({ left_count: sql<number>`topup.left_count + ${count}::integer` }),
    )
    .execute()
  return releaseHeldQuestion(trx, { subscriberId: order.subscriberId, botId: order.botId })
}

/** The money went back: so does what it bought, as far as it is still ours to keep. */
async function takeBack(
  trx: Transaction<Database>,
  order: LockedOrder,
  payment: ProviderPayment,
): Promise<OrderOutcome> {
  await settleRefund(trx, payment.id)
  if (order.paymentId !== payment.id || order.state === 'refunded' || order.state === 'canceled') {
    return told('known')
  }
  // What was sent stays sent; the rest can be sold again.
  if (order.state === 'paid') await giveStockBack(trx, order)
  await trx
    .updateTable('order')
    .set({ state: 'refunded', refunded_at: sql<Date>`now()` })
    .where('id', '=', order.id)
    .execute()
  await withdrawTopup(trx, order)
  await recordOrderChange(trx, order, 'refunded')
  return told('refunded')
}

async function withdrawTopup(trx: Transaction<Database>, order: LockedOrder): Promise<void> {
  const { topupKind, topupCount } = order.product
  if (topupKind === null || topupCount === null || order.subscriberId === null) return
  await trx
    .updateTable('topup')
    .set({ left_count: sql<number>`greatest(0, left_count - ${topupCount * order.quantity}::integer)` })
    .where('subscriber_id', '=', order.subscriberId)
    .where('bot_id', '=', order.botId)
    .where('kind', '=', topupKind)
    .execute()
}
