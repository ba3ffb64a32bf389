import { sql, type Transaction } from 'kysely'
import type { Db } from '../../db/database.ts'
import type { Database } from '../../db/schema.ts'
import { AppError } from '../../errors.ts'
import { CHECKOUT_MINUTES, reserveOrder } from '../orders/reserve.ts'
import type { PaymentProvider } from '../payment-provider.ts'
import type { CheckoutRow } from '../settle/checkout-row.ts'
import { lockObject } from '../settle/payment-row.ts'
import type { PayLinks, PayRequest } from './pay-link.ts'
import { findPriceToSell, findProductToSell, mirrorAmount, type Sold } from './sold.ts'

interface CheckoutParts {
  db: Db
  payments: PaymentProvider | undefined
  payLinks: PayLinks
}

/** Someone who opened a page in the evening pays in the morning. A reserved piece is kept for less. */
const SUBSCRIPTION_HOURS = 23
/** One that closes sooner is not handed out again: whoever follows the link needs time to pay. */
const MIN_LEFT_MINUTES = 5
/** One whose opening failed is tried again under the same key for as long as the provider takes its end to be far enough. */
const OPENING_MINUTES = 4

interface Payer {
  chatId: string
  subscriberId: string
  creatorId: string
  botId: string
}

/**
 * Opens the Checkout a payment link stands for, or finds the one that is open: however often and at once a link is
 * followed, by people and by the previews of their chats, there is one. Price, amount and who gets the access are
 * those of our rows. Who has a subscription already is led to where it is changed, and does not pay twice.
 *
 * @throws {AppError} `payment.not_set_up`, `pay_link.invalid`, `order.sold_out`, `payment.unavailable`, `payment.refused`.
 */
export async function openCheckout(
  parts: CheckoutParts,
  request: PayRequest,
  { couponCode }: { couponCode?: string | undefined } = {},
): Promise<{ url: string }> {
  const { db } = parts
  const payments = requirePayments(parts.payments)
  if (request.target === 'portal') return openPortal(parts, request.chatId)
  const payer = await getPayer(db, request.chatId)
  if (request.target === 'price' && (await hasLiveSubscription(db, payer)))
    return openPortal(parts, request.chatId)
  const sold =
    request.target === 'price'
      ? await findPriceToSell({ db, payments }, { priceId: request.targetId, botId: payer.botId, couponCode })
      : await findProductToSell({ db, payments }, { productId: request.targetId, botId: payer.botId })
  const account = await findAccount(db, payer.creatorId)
  const row = await db.transaction().execute((trx) => keepCheckout(trx, payer, sold, request))
  if (row.url !== null) return { url: row.url }

  const amount = Number(row.amount)
  const priceId =
    amount === sold.amount && row.currency === sold.currency
      ? sold.providerPriceId
      : await mirrorAmount(payments, { ...sold, productId: request.targetId, amount, currency: row.currency })
  const pageUrl = parts.payLinks.urlOf(request)
  const customer = await findCustomer(db, payer.subscriberId)
  const session = await payments.openCheckout({
    checkoutId: row.id,
    priceId,
    quantity: 1,
    amount,
    mode: sold.mode,
    expiresAt: row.expires_at,
    successUrl: `${pageUrl}/done`,
    cancelUrl: `${pageUrl}/back`,
    ...(customer && { customerId: customer.customer_id }),
    ...(sold.trialDays > 0 && !(await hadSubscription(db, payer)) && { trialDays: sold.trialDays }),
    ...(sold.promotionCodeId && { promotionCodeId: sold.promotionCodeId }),
    ...(sold.isShipped && { isShipped: true }),
    ...account,
  })
  await db
    .updateTable('checkout')
    .set({ provider_id: session.id, url: session.url })
    .where('id', '=', row.id)
    .where('state', '=', 'open')
    .execute()
  return { url: session.url }
}

/**
 * The page on which a Subscriber changes their card, sees their invoices and cancels.
 *
 * @throws {AppError} `payment.not_set_up`, `pay_link.invalid` for someone who never paid, `payment.unavailable`.
 */
export async function openPortal(parts: CheckoutParts, chatId: string): Promise<{ url: string }> {
  const payments = requirePayments(parts.payments)
  const payer = await getPayer(parts.db, chatId)
  const customer = await findCustomer(parts.db, payer.subscriberId)
  if (!customer) throw new AppError('pay_link.invalid')
  const returnUrl = `${parts.payLinks.urlOf({ target: 'portal', targetId: chatId, chatId })}/back`
  return { url: await payments.openPortal({ customerId: customer.customer_id, returnUrl }) }
}

function requirePayments(payments: PaymentProvider | undefined): PaymentProvider {
  if (!payments) throw new AppError('payment.not_set_up')
  return payments
}

async function getPayer(db: Db, chatId: string): Promise<Payer> {
  const chat = await db
    .selectFrom('chat')
    .select(['subscriber_id', 'creator_id', 'bot_id'])
    .where('id', '=', chatId)
    .executeTakeFirst()
  if (!chat) throw new AppError('pay_link.invalid')
  return { chatId, subscriberId: chat.subscriber_id, creatorId: chat.creator_id, botId: chat.bot_id }
}

/** The row of the Checkout that is open, else a new one; two who come at once get the same. */
async function keepCheckout(
  trx: Transaction<Database>,
  payer: Payer,
  sold: Sold,
  { target, targetId }: PayRequest,
): Promise<CheckoutRow> {
  await lockObject(trx, `checkout:${payer.subscriberId}:${targetId}`)
  const order =
    target === 'product'
      ? await reserveOrder(trx, {
          productId: targetId,
          subscriberId: payer.subscriberId,
          chatId: payer.chatId,
        })
      : undefined
  const { amount, currency } = order ?? sold
  const known = await trx
    .selectFrom('checkout')
    .selectAll()
    .where('subscriber_id', '=', payer.subscriberId)
    .where('state', '=', 'open')
    .where('expires_at', '>', sql<Date>`now() + make_interval(mins => ${sql.lit(MIN_LEFT_MINUTES)})`)
    .where((is) =>
      is.or([
        is('url', 'is not', null),
        is('created_at', '>', sql<Date>`now() - make_interval(mins => ${sql.lit(OPENING_MINUTES)})`),
      ]),
    )
    .where('amount', '=', String(amount))
    .where('currency', '=', currency)
    .where('coupon_id', sold.couponId === null ? 'is' : '=', sold.couponId)
    .$if(order === undefined, (query) => query.where('price_id', '=', targetId))
    .$if(order !== undefined, (query) => query.where('order_id', '=', order?.orderId ?? ''))
    .limit(1)
    .executeTakeFirst()
  if (known) return known
  return trx
    .insertInto('checkout')
    .values({
      creator_id: payer.creatorId,
      bot_id: payer.botId,
      subscriber_id: payer.subscriberId,
      chat_id: payer.chatId,
      purpose: order ? 'order' : 'subscription',
      price_id: order ? null : targetId,
      order_id: order?.orderId ?? null,
      coupon_id: sold.couponId,
      currency,
      amount,
      // Whole seconds: what the provider is told is to be the same however often it is told.
      expires_at: order
        ? sql<Date>`date_trunc('second', now() + make_interval(mins => ${sql.lit(CHECKOUT_MINUTES)}))`
        : sql<Date>`date_trunc('second', now() + make_interval(hours => ${sql.lit(SUBSCRIPTION_HOURS)}))`,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
}

async function findCustomer(db: Db, subscriberId: string) {
  return db
    .selectFrom('payer')
    .select('customer_id')
    .where('subscriber_id', '=', subscriberId)
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** Who takes the money: the creator's own account, where there is one that may, else the installation's. */
async function findAccount(
  db: Db,
  creatorId: string,
): Promise<{ account: string; feePercent: number } | undefined> {
  const row = await db
    .selectFrom('payment_account')
    .select(['account_id', 'is_charging', 'fee_percent'])
    .where('creator_id', '=', creatorId)
    .executeTakeFirst()
  if (!row) return undefined
  if (!row.is_charging) throw new AppError('payment.not_set_up')
  return { account: row.account_id, feePercent: Number(row.fee_percent) }
}

async function hasLiveSubscription(db: Db, { subscriberId, botId }: Payer): Promise<boolean> {
  const row = await db
    .selectFrom('subscription')
    .select('id')
    .where('subscriber_id', '=', subscriberId)
    .where('bot_id', '=', botId)
    .where('source', '=', 'stripe')
    .where('status', 'in', ['active', 'trialing', 'past_due'])
    .where('blocked_at', 'is', null)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** One trial a person and bot. */
async function hadSubscription(db: Db, { subscriberId, botId }: Payer): Promise<boolean> {
  const row = await db
    .selectFrom('subscription')
    .select('id')
    .where('subscriber_id', '=', subscriberId)
    .where('bot_id', '=', botId)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}
