import { sql, type Transaction } from 'kysely'
import { type Db, inTransaction } from '../../db/database.ts'
import type { Database } from '../../db/schema.ts'
import { AppError } from '../../errors.ts'
import { giveStockBack, lockOrder, lockProduct, takeStock } from './row.ts'

/**
 * How long pieces are kept for someone who is paying. A Checkout lives for at least 30 minutes; it is to be closed
 * before this is over (see {@link CHECKOUT_MINUTES}), so that hardly anybody pays for what is no longer kept.
 */
const RESERVATION_MINUTES = 40

/** How long a Checkout for an order may be open. */
export const CHECKOUT_MINUTES = 35

/** Reservations ended in one sweep; the next goes on. */
const EXPIRE_BATCH = 200

export interface ReserveOrder {
  productId: string
  /** Who buys; the Chat is where they are told. */
  subscriberId: string
  chatId: string
  quantity?: number
}

/** What is kept for a buyer, at a price that no one but us has named. */
export interface Reservation {
  orderId: string
  creatorId: string
  botId: string
  productId: string
  quantity: number
  /** ISO 4217, lower case. */
  currency: string
  /** Of all pieces, in the currency's smallest unit: what is to be paid, not one unit more or less. */
  amount: number
  isShipped: boolean
  reservedUntil: Date
  /** False when the same person had it reserved already: the same order, its time begun anew. */
  isNew: boolean
}

/**
 * Keeps pieces of a product for a Subscriber until they paid, or until the time is over. The price is the product's
 * own; the stock is taken in the same transaction. One open reservation a Subscriber and product: a link that is
 * followed twice, or at once, makes one order.
 *
 * @throws {AppError} `product.not_found` (withdrawn ones and another bot's than the Chat's included), `order.sold_out`.
 */
export async function reserveOrder(
  trx: Transaction<Database>,
  { productId, subscriberId, chatId, quantity = 1 }: ReserveOrder,
): Promise<Reservation> {
  const product = await lockProduct(trx, productId)
  if (!product || product.retired_at || !(await isOfBot(trx, chatId, product.bot_id))) {
    throw new AppError('product.not_found', { productId })
  }
  const known = await renewReservation(trx, { productId, subscriberId, price: product })
  const order = known ?? (await insertOrder(trx, product, { productId, subscriberId, chatId, quantity }))
  return {
    orderId: order.id,
    creatorId: product.creator_id,
    botId: product.bot_id,
    productId,
    quantity: order.quantity,
    currency: order.currency,
    amount: Number(order.amount),
    isShipped: product.is_shipped,
    reservedUntil: order.reserved_until ?? new Date(),
    isNew: known === undefined,
  }
}

async function isOfBot(trx: Db, chatId: string, botId: string): Promise<boolean> {
  const chat = await trx.selectFrom('chat').select('bot_id').where('id', '=', chatId).executeTakeFirst()
  return chat?.bot_id === botId
}

const reservedUntil = sql<Date>`now() + make_interval(mins => ${sql.lit(RESERVATION_MINUTES)})`

/** A Checkout that closes sooner is not gone back to: another is opened, at the price there is by then. */
const MIN_LEFT_MINUTES = 5

/** Whoever has a Checkout open pays what it says; else a reservation that is begun anew has the price of now. */
function renewReservation(
  trx: Db,
  who: { productId: string; subscriberId: string; price: { currency: string; amount: string } },
) {
  const hasCheckout = sql<boolean>`EXISTS (
    SELECT FROM checkout WHERE checkout.order_id = "order".id AND (checkout.state = 'complete'
      OR (checkout.state = 'open' AND checkout.expires_at > now() + make_interval(mins => ${sql.lit(MIN_LEFT_MINUTES)})))
  )`
  const { currency, amount } = who.price
  return trx
    .updateTable('order')
    .set({
      // Someone whose payment is on its way for days keeps what is kept for them.
      reserved_until: sql<Date>`greatest(reserved_until, ${reservedUntil})`,
      currency: sql<string>`CASE WHEN ${hasCheckout} THEN currency ELSE ${currency}::text END`,
      amount: sql<string>`CASE WHEN ${hasCheckout} THEN amount ELSE ${amount}::bigint * quantity END`,
    })
    .where('product_id', '=', who.productId)
    .where('subscriber_id', '=', who.subscriberId)
    .where('state', '=', 'reserved')
    .returningAll()
    .executeTakeFirst()
}

async function insertOrder(
  trx: Db,
  product: { creator_id: string; bot_id: string; currency: string; amount: string },
  { productId, subscriberId, chatId, quantity }: Required<ReserveOrder>,
) {
  const stock = await takeStock(trx, { productId, quantity })
  if (!stock.isTaken) throw new AppError('order.sold_out', { productId })
  return trx
    .insertInto('order')
    .values({
      creator_id: product.creator_id,
      bot_id: product.bot_id,
      product_id: productId,
      subscriber_id: subscriberId,
      chat_id: chatId,
      quantity,
      currency: product.currency,
      amount: Number(product.amount) * quantity,
      is_stock_held: stock.isHeld,
      reserved_until: reservedUntil,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
}

/**
 * Ends the reservations whose time is over and gives their pieces back; each in a transaction of its own, so that one
 * that is being paid just now holds up no other. Returns how many ended.
 */
export async function expireOrders(db: Db, { now }: { now: Date }): Promise<number> {
  const due = await db
    .selectFrom('order')
    .select('id')
    .where('state', '=', 'reserved')
    .where('reserved_until', '<=', now)
    .orderBy('reserved_until')
    .limit(EXPIRE_BATCH)
    .execute()
  let ended = 0
  for (const { id } of due) {
    if (await inTransaction(db, (trx) => expireOrder(trx, { orderId: id, now }))) ended++
  }
  return ended
}

/** Ends one reservation that is over by then. False when it was paid or renewed meanwhile. */
async function expireOrder(
  trx: Transaction<Database>,
  { orderId, now }: { orderId: string; now: Date },
): Promise<boolean> {
  const order = await lockOrder(trx, { orderId })
  if (order?.state !== 'reserved' || (order.reservedUntil?.getTime() ?? 0) > now.getTime()) return false
  await giveStockBack(trx, order)
  await trx.updateTable('order').set({ state: 'expired' }).where('id', '=', orderId).execute()
  return true
}
