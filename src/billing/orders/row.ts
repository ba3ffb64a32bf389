import { sql, type Transaction } from 'kysely'
import { z } from 'zod'
import type { Db } from '../../db/database.ts'
import type { Database } from '../../db/schema.ts'

/**
 * The states of an order:
 *
 *   reserved -> paid -> shipped -> fulfilled
 *            -> expired                        nobody paid in time; a payment that comes later is honoured if it can be
 *   expired  -> canceled                       it was paid when nothing was left: the money goes back
 *   paid, shipped, fulfilled -> refunded
 */
export const ORDER_STATES = [
  'reserved',
  'paid',
  'shipped',
  'fulfilled',
  'refunded',
  'expired',
  'canceled',
] as const
export const OrderState = z.enum(ORDER_STATES)
export type OrderState = z.output<typeof OrderState>

/** An order that the transaction has locked, with its product. */
export interface LockedOrder {
  id: string
  creatorId: string
  botId: string
  subscriberId: string | null
  chatId: string | null
  productId: string
  quantity: number
  currency: string
  /** Of all its pieces, in the currency's smallest unit. */
  amount: number
  state: OrderState
  isStockHeld: boolean
  paymentId: string | null
  reservedUntil: Date | null
  product: {
    kind: string
    isShipped: boolean
    hasDelivery: boolean
    topupKind: string | null
    topupCount: number | null
  }
}

/**
 * Locks an order and its product, always the product first: whoever takes or gives back stock waits in one line.
 * `undefined` when there is none, another Creator's included where one is named.
 */
export async function lockOrder(
  trx: Transaction<Database>,
  { orderId, creatorId, botId }: { orderId: string; creatorId?: string; botId?: string },
): Promise<LockedOrder | undefined> {
  const found = await trx
    .selectFrom('order')
    .select('product_id')
    .where('id', '=', orderId)
    .$if(creatorId !== undefined, (query) => query.where('creator_id', '=', creatorId ?? ''))
    .$if(botId !== undefined, (query) => query.where('bot_id', '=', botId ?? ''))
    .executeTakeFirst()
  if (!found) return undefined
  const product = await lockProduct(trx, found.product_id)
  const row = await trx
    .selectFrom('order')
    .selectAll()
    .where('id', '=', orderId)
    .forUpdate()
    .executeTakeFirst()
  if (!product || !row) return undefined
  return {
    id: row.id,
    creatorId: row.creator_id,
    botId: row.bot_id,
    subscriberId: row.subscriber_id,
    chatId: row.chat_id,
    productId: row.product_id,
    quantity: row.quantity,
    currency: row.currency,
    amount: Number(row.amount),
    state: OrderState.parse(row.state),
    isStockHeld: row.is_stock_held,
    paymentId: row.payment_id,
    reservedUntil: row.reserved_until,
    product: {
      kind: product.kind,
      isShipped: product.is_shipped,
      hasDelivery: product.delivery !== '',
      topupKind: product.topup_kind,
      topupCount: product.topup_count,
    },
  }
}

/** The product, locked until the transaction ends. */
export function lockProduct(trx: Transaction<Database>, productId: string) {
  return trx.selectFrom('product').selectAll().where('id', '=', productId).forNoKeyUpdate().executeTakeFirst()
}

/** Takes pieces of a locked product. `isTaken` is false when fewer are left; `isHeld` when they are counted at all. */
export async function takeStock(
  trx: Db,
  { productId, quantity }: { productId: string; quantity: number },
): Promise<{ isTaken: boolean; isHeld: boolean }> {
  const row = await trx
    .updateTable('product')
    .set({ stock: sql<number | null>`stock - ${quantity}::integer` })
    .where('id', '=', productId)
    .where((is) => is.or([is('stock', 'is', null), is('stock', '>=', quantity)]))
    .returning('stock')
    .executeTakeFirst()
  return { isTaken: row !== undefined, isHeld: row !== undefined && row.stock !== null }
}

/** Gives the pieces of a locked order back, once: an order that holds none any more gives none. */
export async function giveStockBack(trx: Db, order: LockedOrder): Promise<void> {
  if (!order.isStockHeld) return
  await trx
    .updateTable('product')
    .set({ stock: sql<number | null>`stock + ${order.quantity}::integer` })
    .where('id', '=', order.productId)
    .execute()
  await trx.updateTable('order').set({ is_stock_held: false }).where('id', '=', order.id).execute()
}
