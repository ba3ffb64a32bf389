import { sql } from 'kysely'
import type { Actor } from '../../accounts/access.ts'
import { recordAudit } from '../../accounts/audit.ts'
import type { Vault } from '../../accounts/vault.ts'
import { type Db, inTransaction } from '../../db/database.ts'
import { AppError } from '../../errors.ts'
import type { ShippingAddress } from '../payment-provider.ts'
import { recordOrderChange } from './change.ts'
import { queueRefund } from './refund.ts'
import { type LockedOrder, lockOrder, OrderState } from './row.ts'
import { openAddress } from './shipping.ts'

/** An order as a list shows it. */
export interface OrderSummary {
  id: string
  number: string
  state: OrderState
  productId: string
  productName: string
  quantity: number
  amount: number
  currency: string
  subscriberId: string | null
  subscriberName: string | null
  chatId: string | null
  email: string | null
  tracking: string | null
  /** To be sent, and paid. */
  isToShip: boolean
  createdAt: Date
  paidAt: Date | null
}

/** An order with all there is about it. */
export interface Order extends OrderSummary {
  botId: string
  shipping: ShippingAddress | null
  isShipped: boolean
  paymentId: string | null
  reservedUntil: Date | null
  shippedAt: Date | null
  fulfilledAt: Date | null
  refundedAt: Date | null
  /** What goes back to the buyer, or went. */
  refunds: { paymentId: string; reason: string; state: string; errorCode: string | null }[]
  /** What the shop was told, or is to be. */
  calls: { kind: string; state: string; attempts: number; errorCode: string | null }[]
}

interface BotRef {
  creatorId: string
  botId: string
}

interface OrderRef extends BotRef {
  orderId: string
}

/** What a buyer is given to name an order by. */
export function numberOf(orderId: string): string {
  return orderId.slice(0, 8).toUpperCase()
}

/** One page of a bot's orders, the newest first. A cursor is what the page before ended with. */
export async function listOrders(
  db: Db,
  { creatorId, botId }: BotRef,
  { limit, cursor, state }: { limit: number; cursor?: string | undefined; state?: OrderState | undefined },
): Promise<{ items: OrderSummary[]; nextCursor: string | null }> {
  const after = cursor === undefined ? undefined : readCursor(cursor)
  const rows = await selectOrders(db)
    .select(sql<string>`"order".created_at::text`.as('exact_at'))
    .where('order.bot_id', '=', botId)
    .where('order.creator_id', '=', creatorId)
    .$if(state !== undefined, (query) => query.where('order.state', '=', state ?? ''))
    .$if(after !== undefined, (query) =>
      query.where(
        sql<boolean>`("order".created_at, "order".id) < (${after?.at}::timestamptz, ${after?.id}::uuid)`,
      ),
    )
    .orderBy('order.created_at', 'desc')
    .orderBy('order.id', 'desc')
    .limit(limit + 1)
    .execute()
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return {
    items: shown.map(toSummary),
    nextCursor: rows.length > limit && last ? `${last.exact_at}~${last.id}` : null,
  }
}

const CURSOR =
  /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?[+-]\d\d(?::\d\d)?)~([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/

function readCursor(cursor: string): { at: string; id: string } {
  const [, at, id] = CURSOR.exec(cursor) ?? []
  if (at === undefined || id === undefined) throw new AppError('request.invalid', { field: 'cursor' })
  return { at, id }
}

/** @throws {AppError} `order.not_found`, another bot's included; `vault.unreadable` for its address. */
export async function getOrder(
  db: Db,
  vault: Pick<Vault, 'open'>,
  { creatorId, botId, orderId }: OrderRef,
): Promise<Order> {
  const row = await selectOrders(db)
    .where('order.id', '=', orderId)
    .where('order.bot_id', '=', botId)
    .where('order.creator_id', '=', creatorId)
    .executeTakeFirst()
  if (!row) throw new AppError('order.not_found', { orderId })
  const refunds = await db
    .selectFrom('order_refund')
    .select(['payment_id as paymentId', 'reason', 'state', 'error_code as errorCode'])
    .where('order_id', '=', orderId)
    .orderBy('created_at')
    .execute()
  const calls = await db
    .selectFrom('fulfilment_call')
    .select(['kind', 'state', 'attempts', 'error_code as errorCode'])
    .where('order_id', '=', orderId)
    .orderBy('created_at')
    .execute()
  return {
    ...toSummary(row),
    botId,
    shipping: row.shipping ? openAddress(vault, row.id, row.shipping) : null,
    isShipped: row.is_shipped,
    paymentId: row.payment_id,
    reservedUntil: row.reserved_until,
    shippedAt: row.shipped_at,
    fulfilledAt: row.fulfilled_at,
    refundedAt: row.refunded_at,
    refunds,
    calls,
  }
}

function selectOrders(db: Db) {
  return db
    .selectFrom('order')
    .innerJoin('product', 'product.id', 'order.product_id')
    .leftJoin('subscriber', 'subscriber.id', 'order.subscriber_id')
    .selectAll('order')
    .select(['product.name as product_name', 'product.is_shipped', 'subscriber.name as subscriber_name'])
}

type OrderRow = Awaited<ReturnType<ReturnType<typeof selectOrders>['executeTakeFirstOrThrow']>>

function toSummary(row: OrderRow): OrderSummary {
  return {
    id: row.id,
    number: numberOf(row.id),
    state: OrderState.parse(row.state),
    productId: row.product_id,
    productName: row.product_name,
    quantity: row.quantity,
    amount: Number(row.amount),
    currency: row.currency,
    subscriberId: row.subscriber_id,
    subscriberName: row.subscriber_name,
    chatId: row.chat_id,
    email: row.email,
    tracking: row.tracking,
    isToShip: row.state === 'paid' && row.is_shipped,
    createdAt: row.created_at,
    paidAt: row.paid_at,
  }
}

/**
 * Says that an order was sent; sent before, its tracking is corrected and nobody told again.
 *
 * @throws {AppError} `order.not_found`, `order.state_wrong` unless it is paid for and not given back.
 */
export async function markShipped(
  db: Db,
  actor: Actor,
  { tracking, ...ref }: OrderRef & { tracking: string | undefined },
): Promise<void> {
  await change(db, actor, ref, async (trx, order) => {
    if (order.state !== 'paid' && order.state !== 'shipped') throw wrongState(order)
    await trx
      .updateTable('order')
      .set({
        state: 'shipped',
        tracking: tracking ?? null,
        shipped_at: sql<Date>`coalesce(shipped_at, now())`,
      })
      .where('id', '=', order.id)
      .execute()
    await recordOrderChange(trx, order, 'shipped')
    return 'order.ship'
  })
}

/**
 * Says that an order is done: a session held, a parcel arrived.
 *
 * @throws {AppError} `order.not_found`, `order.state_wrong` unless it is paid for and not given back.
 */
export async function markFulfilled(db: Db, actor: Actor, ref: OrderRef): Promise<void> {
  await change(db, actor, ref, async (trx, order) => {
    if (order.state !== 'paid' && order.state !== 'shipped') throw wrongState(order)
    await trx
      .updateTable('order')
      .set({ state: 'fulfilled', fulfilled_at: sql<Date>`now()` })
      .where('id', '=', order.id)
      .execute()
    await recordOrderChange(trx, order, 'fulfilled')
    return 'order.fulfil'
  })
}

/**
 * Queues the order's whole payment to be given back; the order is refunded once the provider says so. Returns the
 * payment, to nudge `refund-order` with.
 *
 * @throws {AppError} `order.not_found`, `order.state_wrong` unless it is paid for and not given back.
 */
export async function refundOrder(db: Db, actor: Actor, ref: OrderRef): Promise<{ paymentId: string }> {
  let paymentId = ''
  await change(db, actor, ref, async (trx, order) => {
    const isPaid = order.state === 'paid' || order.state === 'shipped' || order.state === 'fulfilled'
    if (!isPaid || order.paymentId === null) throw wrongState(order)
    paymentId = order.paymentId
    const isNew = await queueRefund(trx, order, { paymentId, reason: 'wanted' })
    // One that had failed for good is tried anew, since someone asks for it.
    if (!isNew) await retryRefund(trx, paymentId)
    return 'order.refund'
  })
  return { paymentId }
}

async function retryRefund(trx: Db, paymentId: string): Promise<void> {
  await trx
    .updateTable('order_refund')
    .set({ state: 'queued', attempts: 0, not_before: null })
    .where('payment_id', '=', paymentId)
    .where('state', '=', 'failed')
    .execute()
}

function change(
  db: Db,
  actor: Actor,
  { creatorId, botId, orderId }: OrderRef,
  work: (trx: Db, order: LockedOrder) => Promise<string>,
): Promise<void> {
  return inTransaction(db, async (trx) => {
    const order = await lockOrder(trx, { orderId, creatorId, botId })
    if (!order) throw new AppError('order.not_found', { orderId })
    const action = await work(trx, order)
    await recordAudit(trx, actor, { action, objectType: 'order', objectId: orderId, details: { botId } })
  })
}

function wrongState({ id, state }: LockedOrder): AppError {
  return new AppError('order.state_wrong', { orderId: id, state })
}
