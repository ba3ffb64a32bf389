import { sql } from 'kysely'
import type { Db } from '../../db/database.ts'

/** A price someone may choose now. */
export interface Offer {
  priceId: string
  planName: string
  interval: 'month' | 'year'
  /** In the currency's smallest unit. */
  amount: number
  /** ISO 4217, lower case. */
  currency: string
  /** The price on Telegram, where the creator turned it on. */
  stars?: number
  /** 0 for who has had a subscription of this bot before. */
  trialDays: number
}

/** More choices than this help nobody. */
const MAX_OFFERS = 12

/** What of a bot's plans a Subscriber can buy now, in the creator's order; empty where nothing is sold. */
export async function listOffers(
  db: Db,
  { botId, subscriberId }: { botId: string; subscriberId: string },
): Promise<Offer[]> {
  const rows = await db
    .selectFrom('price')
    .innerJoin('plan', 'plan.id', 'price.plan_id')
    .select(['price.id', 'plan.name', 'price.interval', 'price.amount', 'price.currency', 'price.stars'])
    .select(
      sql<number>`CASE WHEN EXISTS (
        SELECT FROM subscription WHERE subscription.subscriber_id = ${subscriberId} AND subscription.bot_id = ${botId}
      ) THEN 0 ELSE price.trial_days END`.as('trial_days'),
    )
    .where('plan.bot_id', '=', botId)
    .where('plan.is_free', '=', false)
    .where('plan.retired_at', 'is', null)
    .where('price.retired_at', 'is', null)
    .orderBy('plan.position')
    .orderBy('plan.name')
    .orderBy('price.interval')
    .orderBy('price.created_at')
    .limit(MAX_OFFERS)
    .execute()
  return rows.map((row) => ({
    priceId: row.id,
    planName: row.name,
    interval: row.interval === 'year' ? 'year' : 'month',
    amount: Number(row.amount),
    currency: row.currency,
    ...(row.stars !== null && { stars: row.stars }),
    trialDays: row.trial_days,
  }))
}

/** Some more of what is counted, paid once. */
export interface TopupOffer {
  productId: string
  name: string
  count: number
  /** In the currency's smallest unit. */
  amount: number
  /** ISO 4217, lower case. */
  currency: string
  /** The price on Telegram, where the creator turned it on. */
  stars?: number
}

/** What a bot sells on top of any plan, for one kind of what is counted; the smallest first. */
export async function listTopups(
  db: Db,
  { botId, kind }: { botId: string; kind: string },
): Promise<TopupOffer[]> {
  const rows = await db
    .selectFrom('product')
    .select(['id', 'name', 'topup_count', 'amount', 'currency', 'stars'])
    .where('bot_id', '=', botId)
    .where('kind', '=', 'topup')
    .where('topup_kind', '=', kind)
    .where('retired_at', 'is', null)
    .where((is) => is.or([is('stock', 'is', null), is('stock', '>', 0)]))
    .orderBy('topup_count')
    .orderBy('id')
    .limit(MAX_OFFERS)
    .execute()
  return rows.map((row) => ({
    productId: row.id,
    name: row.name,
    count: row.topup_count ?? 0,
    amount: Number(row.amount),
    currency: row.currency,
    ...(row.stars !== null && { stars: row.stars }),
  }))
}
