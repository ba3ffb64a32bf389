import { sql } from 'kysely'
import type { Db } from '../../db/database.ts'
import type { AllowancePeriod } from '../entitlement/allowance.ts'
import { givesAccess } from '../entitlement/charge.ts'

/** A Subscriber with one bot. */
export interface SubscriberKey {
  botId: string
  subscriberId: string
}

/** A subscription as the person sees it. */
export interface CurrentSubscription {
  id: string
  planName: string
  source: 'stripe' | 'stars'
  status: string
  periodEnd: Date | undefined
  trialEnd: Date | undefined
  graceUntil: Date | undefined
  /** It was cancelled, or is about to be: it ends with the period. */
  isEnding: boolean
}

/** What someone has: the subscription in force, else a grant, and what is left of what is counted. */
export interface SubscriberPlan {
  subscription: CurrentSubscription | undefined
  grant: { planName: string; until: Date | undefined } | undefined
  /** Questions left of the plan in force; absent where it has no limit. */
  left: { left: number; count: number; per: AllowancePeriod } | undefined
  topup: number
  /** They have paid before: there is a card, and there are invoices. */
  isPayer: boolean
}

export async function findSubscriberPlan(
  db: Db,
  key: SubscriberKey,
  now: Date = new Date(),
): Promise<SubscriberPlan> {
  const [subscription, grant, topup, payer] = await Promise.all([
    findCurrentSubscription(db, key, now),
    findGrant(db, key, now),
    db
      .selectFrom('topup')
      .select('left_count')
      .where('subscriber_id', '=', key.subscriberId)
      .where('bot_id', '=', key.botId)
      .where('kind', '=', 'question')
      .executeTakeFirst(),
    db
      .selectFrom('payer')
      .select('customer_id')
      .where('subscriber_id', '=', key.subscriberId)
      .limit(1)
      .executeTakeFirst(),
  ])
  const planId = subscription?.planId ?? grant?.planId
  return {
    subscription: subscription?.shown,
    grant: grant && { planName: grant.planName, until: grant.until },
    left: await findLeft(db, key, { planId, now }),
    topup: topup?.left_count ?? 0,
    isPayer: payer !== undefined,
  }
}

/** The subscription that gives access now; of several the one that lasts. */
export async function findCurrentSubscription(
  db: Db,
  { botId, subscriberId }: SubscriberKey,
  now: Date = new Date(),
): Promise<{ planId: string; shown: CurrentSubscription } | undefined> {
  const row = await db
    .selectFrom('subscription')
    .innerJoin('plan', 'plan.id', 'subscription.plan_id')
    .selectAll('subscription')
    .select('plan.name')
    .where('subscription.subscriber_id', '=', subscriberId)
    .where('subscription.bot_id', '=', botId)
    .where(givesAccess(sql`${now}::timestamptz`))
    .orderBy(sql`coalesce(subscription.cancels_at, subscription.cancel_asked_at) IS NULL`, 'desc')
    .orderBy('subscription.created_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (!row) return undefined
  return {
    planId: row.plan_id,
    shown: {
      id: row.id,
      planName: row.name,
      source: row.source === 'stars' ? 'stars' : 'stripe',
      status: row.status,
      periodEnd: row.cancels_at ?? row.period_end ?? undefined,
      trialEnd: row.trial_end ?? undefined,
      graceUntil: row.grace_until ?? undefined,
      isEnding: row.cancels_at !== null || row.cancel_asked_at !== null,
    },
  }
}

async function findGrant(db: Db, { botId, subscriberId }: SubscriberKey, now: Date) {
  const row = await db
    .selectFrom('access_grant')
    .innerJoin('plan', 'plan.id', 'access_grant.plan_id')
    .select(['access_grant.plan_id', 'access_grant.expires_at', 'plan.name'])
    .where('access_grant.subscriber_id', '=', subscriberId)
    .where('access_grant.bot_id', '=', botId)
    .where((is) =>
      is.or([is('access_grant.expires_at', 'is', null), is('access_grant.expires_at', '>', now)]),
    )
    .orderBy('access_grant.expires_at', (order) => order.desc().nullsFirst())
    .limit(1)
    .executeTakeFirst()
  return row && { planId: row.plan_id, planName: row.name, until: row.expires_at ?? undefined }
}

/** What is left of the questions of a plan, of the free one where no other is in force. */
async function findLeft(
  db: Db,
  { botId, subscriberId }: SubscriberKey,
  { planId, now }: { planId: string | undefined; now: Date },
): Promise<SubscriberPlan['left']> {
  const { rows } = await sql<{ count: number; per: AllowancePeriod; used: number }>`
    WITH bounds AS (
      SELECT plan.id, (allowance -> 'question' ->> 'count')::integer AS count, allowance -> 'question' ->> 'per' AS per,
        coalesce(bot.settings #>> '{quiet_hours,time_zone}', 'UTC') AS zone
      FROM plan JOIN bot ON bot.id = plan.bot_id
      WHERE plan.bot_id = ${botId} AND ${planId ? sql`plan.id = ${planId}` : sql`is_free AND retired_at IS NULL`}
    )
    SELECT count, per, coalesce((
      SELECT used FROM allowance WHERE subscriber_id = ${subscriberId} AND plan_id = bounds.id AND kind = 'question'
        AND allowance.per = bounds.per AND period_start = CASE WHEN bounds.per = 'lifetime' THEN to_timestamp(0)
          ELSE date_trunc(bounds.per, ${now}::timestamptz AT TIME ZONE zone) AT TIME ZONE zone END
    ), 0) AS used
    FROM bounds WHERE count IS NOT NULL
  `.execute(db)
  const [row] = rows
  return row && { left: Math.max(0, row.count - row.used), count: row.count, per: row.per }
}

/** One payment as its payer sees it. */
export interface Receipt {
  paidAt: Date
  amount: number
  currency: string
  isRefunded: boolean
  url: string | undefined
}

/** Payments of a Subscriber to one bot, newest first. */
export async function listReceipts(
  db: Db,
  { botId, subscriberId }: SubscriberKey,
  limit = 10,
): Promise<Receipt[]> {
  const rows = await db
    .selectFrom('payment')
    .select(['paid_at', 'amount', 'currency', 'refunded', 'receipt_url'])
    .where('subscriber_id', '=', subscriberId)
    .where('bot_id', '=', botId)
    .where('paid_at', 'is not', null)
    .orderBy('paid_at', 'desc')
    .limit(limit)
    .execute()
  return rows.flatMap(({ paid_at: paidAt, amount, currency, refunded, receipt_url: url }) =>
    paidAt === null
      ? []
      : [
          {
            paidAt,
            amount: Number(amount),
            currency,
            isRefunded: Number(refunded) > 0,
            url: url ?? undefined,
          },
        ],
  )
}
