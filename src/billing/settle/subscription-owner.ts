import type { Db } from '../../db/database.ts'
import type { ProviderCheckout, ProviderSubscription } from '../payment-provider.ts'

/** Whose subscription it is, and to what. */
export interface SubscriptionOwner {
  creatorId: string
  botId: string
  /** Undefined for who paid without ever having opened the chat. */
  subscriberId: string | undefined
  chatId: string | undefined
  checkoutId: string | undefined
  planId: string
  priceId: string
}

/** Why a subscription gives nothing: it is not ours, or it is not what our Checkout sold to this Subscriber. */
export type NotOurs = 'foreign' | 'mismatch'

/**
 * Finds whose a subscription is that we do not know yet.
 *
 * What names one of our Checkouts is held against that row: the price, its amount and currency, one piece, and the
 * very session that was opened for it. What names none is ours by its price alone: sold by a payment link.
 *
 * @param session the Checkout the provider says it was bought in.
 */
export async function findOwner(
  db: Db,
  reading: ProviderSubscription,
  session: ProviderCheckout | undefined,
): Promise<SubscriptionOwner | NotOurs> {
  const named = reading.checkoutId ?? session?.checkoutId
  if (named === undefined) return findByPrice(db, reading)
  if (session?.checkoutId !== named) return 'mismatch'
  const row = await db
    .selectFrom('checkout')
    .innerJoin('price', 'price.id', 'checkout.price_id')
    .select([
      'checkout.id',
      'checkout.creator_id',
      'checkout.bot_id',
      'checkout.subscriber_id',
      'checkout.chat_id',
    ])
    .select(['checkout.amount', 'checkout.currency', 'checkout.provider_id', 'checkout.price_id'])
    .select(['price.plan_id', 'price.provider_price_id'])
    .where('checkout.id', '=', named)
    .where('checkout.purpose', '=', 'subscription')
    .executeTakeFirst()
  if (!row?.price_id) return 'foreign'
  const isSold =
    reading.priceId === row.provider_price_id &&
    reading.amount === Number(row.amount) &&
    reading.currency === row.currency &&
    reading.quantity === 1 &&
    (row.provider_id === null || row.provider_id === session.id)
  if (!isSold) return 'mismatch'
  return {
    creatorId: row.creator_id,
    botId: row.bot_id,
    subscriberId: row.subscriber_id ?? undefined,
    chatId: row.chat_id ?? undefined,
    checkoutId: row.id,
    planId: row.plan_id,
    priceId: row.price_id,
  }
}

async function findByPrice(db: Db, reading: ProviderSubscription): Promise<SubscriptionOwner | NotOurs> {
  const price = await findPrice(db, reading.priceId)
  if (!price) return 'foreign'
  const isSold =
    reading.amount === Number(price.amount) && reading.currency === price.currency && reading.quantity === 1
  if (!isSold) return 'mismatch'
  const payers = await db
    .selectFrom('payer')
    .select('subscriber_id')
    .where('customer_id', '=', reading.customerId)
    .where('creator_id', '=', price.creator_id)
    .limit(2)
    .execute()
  return {
    creatorId: price.creator_id,
    botId: price.bot_id,
    subscriberId: payers.length === 1 ? payers[0]?.subscriber_id : undefined,
    chatId: undefined,
    checkoutId: undefined,
    planId: price.plan_id,
    priceId: price.id,
  }
}

/** One of our prices, in force or not, by the provider's id. */
export async function findPrice(db: Db, providerPriceId: string | undefined) {
  if (providerPriceId === undefined) return undefined
  return db
    .selectFrom('price')
    .innerJoin('plan', 'plan.id', 'price.plan_id')
    .select([
      'price.id',
      'price.creator_id',
      'price.plan_id',
      'price.amount',
      'price.currency',
      'plan.bot_id',
    ])
    .where('price.provider_price_id', '=', providerPriceId)
    .executeTakeFirst()
}
