import { sql } from 'kysely'
import type { Db } from '../../db/database.ts'
import { AppError } from '../../errors.ts'
import type { PaymentProvider, Sellable } from '../payment-provider.ts'

/** What a mirroring works with. */
export interface MirrorParts {
  db: Db
  payments: PaymentProvider
}

/** Tries of one round: a bot with more goes on in the next. */
const BATCH = 50

/** A failure waits twice as long each time, from a minute to six hours: the vendor may be away, or be told otherwise. */
const FIRST_WAIT_SECONDS = 60
const LONGEST_WAIT_SECONDS = 6 * 3600

/**
 * Takes a Bot's prices and coupons that the payment provider does not know yet to it. Each carries its own id as the
 * key, so that however often this runs there is one of each. What fails is kept with its reason and tried again later.
 */
export async function mirrorBot({ db, payments }: MirrorParts, botId: string): Promise<void> {
  for (const row of await listPrices(db, botId)) {
    const outcome = await attempt(() => payments.mirrorPrice(toSellable(row)))
    await db
      .updateTable('price')
      .set(
        'failure' in outcome
          ? waitAfter(outcome.failure)
          : {
              provider_product_id: outcome.made.productId,
              provider_price_id: outcome.made.priceId,
              mirror_error: null,
            },
      )
      .where('id', '=', row.id)
      .where('provider_price_id', 'is', null)
      .execute()
  }
  for (const row of await listCoupons(db, botId)) {
    const outcome = await attempt(() => payments.mirrorCoupon(toCoupon(row)))
    await db
      .updateTable('coupon')
      .set(
        'failure' in outcome
          ? waitAfter(outcome.failure)
          : {
              provider_coupon_id: outcome.made.couponId,
              provider_promotion_code_id: outcome.made.promotionCodeId,
              mirror_error: null,
            },
      )
      .where('id', '=', row.id)
      .where('provider_promotion_code_id', 'is', null)
      .execute()
  }
}

/** Bots with a price or coupon that is due to be taken to the provider. */
export async function listBotsToMirror(db: Db, limit: number): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT DISTINCT id FROM (
      (SELECT plan.bot_id AS id FROM price JOIN plan ON plan.id = price.plan_id
        WHERE price.provider_price_id IS NULL AND price.retired_at IS NULL
          AND (price.mirror_not_before IS NULL OR price.mirror_not_before <= now())
        ORDER BY price.created_at LIMIT ${limit})
      UNION ALL
      (SELECT bot_id FROM coupon
        WHERE provider_promotion_code_id IS NULL AND retired_at IS NULL
          AND (mirror_not_before IS NULL OR mirror_not_before <= now())
        ORDER BY created_at LIMIT ${limit})
    ) AS due LIMIT ${limit}
  `.execute(db)
  return rows.map(({ id }) => id)
}

async function attempt<T>(work: () => Promise<T>): Promise<{ made: T } | { failure: string }> {
  try {
    return { made: await work() }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { failure: error.code }
  }
}

function waitAfter(failure: string) {
  const wait = sql`make_interval(secs => least(${LONGEST_WAIT_SECONDS}::float8, ${FIRST_WAIT_SECONDS}::float8 * 2 ^ mirror_attempts))`
  return {
    mirror_error: failure,
    mirror_attempts: sql<number>`least(mirror_attempts + 1, 100)`,
    mirror_not_before: sql<Date>`now() + ${wait}`,
  }
}

function listPrices(db: Db, botId: string) {
  return db
    .selectFrom('price')
    .innerJoin('plan', 'plan.id', 'price.plan_id')
    .innerJoin('bot', 'bot.id', 'plan.bot_id')
    .select(['price.id', 'price.interval', 'price.currency', 'price.amount', 'plan.name', 'plan.description'])
    .select(sql<string>`bot.settings ->> 'name'`.as('botName'))
    .where('plan.bot_id', '=', botId)
    .where('price.provider_price_id', 'is', null)
    .where('price.retired_at', 'is', null)
    .where((is) =>
      is.or([is('mirror_not_before', 'is', null), is('mirror_not_before', '<=', sql<Date>`now()`)]),
    )
    .orderBy('price.created_at')
    .limit(BATCH)
    .execute()
}

type PriceRow = Awaited<ReturnType<typeof listPrices>>[number]

/** Receipts and the till name the bot with its plan: who pays knows the bot, not our plans. */
function toSellable({ id, interval, currency, amount, name, description, botName }: PriceRow): Sellable {
  return {
    ...{ key: id, name: `${botName}: ${name}`, description, currency, amount: Number(amount) },
    interval: interval === 'year' ? 'year' : 'month',
  }
}

function listCoupons(db: Db, botId: string) {
  return db
    .selectFrom('coupon')
    .selectAll()
    .where('bot_id', '=', botId)
    .where('provider_promotion_code_id', 'is', null)
    .where('retired_at', 'is', null)
    .where((is) =>
      is.or([is('mirror_not_before', 'is', null), is('mirror_not_before', '<=', sql<Date>`now()`)]),
    )
    .orderBy('created_at')
    .limit(BATCH)
    .execute()
}

type CouponRow = Awaited<ReturnType<typeof listCoupons>>[number]

function toCoupon(row: CouponRow): Parameters<PaymentProvider['mirrorCoupon']>[0] {
  const { duration } = row
  return {
    ...{ key: row.id, code: row.code },
    duration: duration === 'forever' || duration === 'repeating' ? duration : 'once',
    ...(row.percent_off !== null && { percentOff: Number(row.percent_off) }),
    ...(row.amount_off !== null && { amountOff: Number(row.amount_off) }),
    ...(row.currency !== null && { currency: row.currency }),
    ...(row.duration_months !== null && { durationMonths: row.duration_months }),
    ...(row.max_redemptions !== null && { maxRedemptions: row.max_redemptions }),
    ...(row.expires_at !== null && { expiresAt: row.expires_at }),
  }
}
