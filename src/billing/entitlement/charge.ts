import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../db/database.ts'
import type { AllowancePeriod } from './allowance.ts'
import type { Decision, EntitlementRequest } from './decision.ts'

/** True when a bot limits or sells something. */
export async function findHasPlans(db: Db, botId: string): Promise<boolean> {
  const row = await db
    .selectFrom('plan')
    .select('id')
    .where('bot_id', '=', botId)
    .where('retired_at', 'is', null)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/**
 * SQL over `subscription` that is true while it gives access at `at`: paid for or on trial, or unpaid within its
 * days of grace, and never once the money was taken back. What was paid with Stars ends by itself.
 */
export function givesAccess(at: RawBuilder<Date>): RawBuilder<boolean> {
  return sql<boolean>`(
    subscription.blocked_at IS NULL
    AND (subscription.status IN ('active', 'trialing')
      OR (subscription.status = 'past_due' AND subscription.grace_until > ${at}))
    AND (subscription.source <> 'stars' OR subscription.period_end > ${at})
  )`
}

/** The denial without its offers, which are read only where they are shown. */
type Charge = Extract<Decision, { isAllowed: true }> | Omit<Extract<Decision, { isAllowed: false }>, 'offers'>

interface ChargeRow {
  plan_key: string | null
  source: 'free' | 'plan' | 'grant' | null
  count: number | null
  per: AllowancePeriod | null
  resets_at: Date | null
  is_unlimited: boolean
  earlier: 'allowance' | 'topup' | null
  used: number | null
  topup_left: number | null
  status: string | null
  is_blocked: boolean | null
}

/** SQLSTATE of two at once charging for one Update: the other one has. */
const UNIQUE_VIOLATION = '23505'

/**
 * Decides and charges in ONE statement, so that of any number at once exactly as many pass as are left. Asked again
 * for the same Update, it charges nothing and says the same.
 *
 * A voice message or a file counts as such where the plan counts those, else as the question it carries.
 */
export async function chargeAllowance(db: Db, request: EntitlementRequest): Promise<Charge> {
  try {
    return readCharge(await charge(db, request))
  } catch (error) {
    if (!isTwiceAtOnce(error)) throw error
    return readCharge(await charge(db, request))
  }
}

function isTwiceAtOnce(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === UNIQUE_VIOLATION
}

async function charge(db: Db, request: EntitlementRequest): Promise<ChargeRow | undefined> {
  const { botId, creatorId, subscriberId, kind, inboxId, now } = request
  const at = sql<Date>`coalesce(${now ?? null}::timestamptz, now())`
  const { rows } = await sql<ChargeRow>`
    WITH clock AS (
      SELECT ${at} AS at, coalesce(settings #>> '{quiet_hours,time_zone}', 'UTC') AS zone FROM bot WHERE id = ${botId}
    ), earlier AS (
      SELECT source FROM allowance_charge WHERE inbox_id = ${inboxId}
    ), held AS (
      SELECT plan_id, 'plan' AS source FROM subscription, clock
      WHERE subscription.subscriber_id = ${subscriberId} AND subscription.bot_id = ${botId}
        AND ${givesAccess(sql.ref('clock.at'))}
      UNION ALL
      SELECT plan_id, 'grant' FROM access_grant, clock
      WHERE access_grant.subscriber_id = ${subscriberId} AND access_grant.bot_id = ${botId}
        AND (access_grant.expires_at IS NULL OR access_grant.expires_at > clock.at)
      UNION ALL
      SELECT id, 'free' FROM plan WHERE bot_id = ${botId} AND is_free AND retired_at IS NULL
    ), best AS (
      SELECT plan.id, plan.key, held.source, counted_as.kind, plan.allowance -> counted_as.kind IS NULL AS is_unlimited,
        (plan.allowance -> counted_as.kind ->> 'count')::integer AS count, plan.allowance -> counted_as.kind ->> 'per' AS per
      FROM held JOIN plan ON plan.id = held.plan_id AND plan.bot_id = ${botId},
        LATERAL (SELECT CASE WHEN plan.allowance ? ${kind} THEN ${kind}::text ELSE 'question' END AS kind) AS counted_as
      ORDER BY plan.allowance -> counted_as.kind IS NOT NULL, held.source = 'free', plan.position DESC, plan.id
      LIMIT 1
    ), bounds AS (
      SELECT best.*, CASE WHEN per IN ('day', 'month')
          THEN date_trunc(per, clock.at AT TIME ZONE clock.zone) AT TIME ZONE clock.zone ELSE to_timestamp(0) END AS period_start,
        CASE WHEN per IN ('day', 'month')
          THEN (date_trunc(per, clock.at AT TIME ZONE clock.zone) + ('1 ' || per)::interval) AT TIME ZONE clock.zone END AS resets_at
      FROM best, clock
    ), counted AS (
      INSERT INTO allowance (subscriber_id, bot_id, creator_id, plan_id, kind, per, period_start, used)
      SELECT ${subscriberId}::uuid, ${botId}::uuid, ${creatorId}::uuid, id, kind, per, period_start, 1 FROM bounds
      WHERE NOT is_unlimited AND count > 0 AND NOT EXISTS (SELECT FROM earlier)
      ON CONFLICT ON CONSTRAINT allowance_pkey DO UPDATE SET used = allowance.used + 1
        WHERE allowance.used < (SELECT count FROM bounds)
      RETURNING plan_id, kind, per, period_start, used
    ), topped AS (
      UPDATE topup SET left_count = left_count - 1
      WHERE subscriber_id = ${subscriberId} AND bot_id = ${botId} AND left_count > 0
        AND kind = coalesce((SELECT kind FROM bounds), (
          SELECT own.kind FROM topup AS own
          WHERE own.subscriber_id = ${subscriberId} AND own.bot_id = ${botId} AND own.left_count > 0
            AND own.kind IN (${kind}, 'question')
          ORDER BY own.kind = 'question' LIMIT 1
        ))
        AND NOT EXISTS (SELECT FROM counted) AND NOT EXISTS (SELECT FROM earlier)
        AND NOT EXISTS (SELECT FROM bounds WHERE is_unlimited)
      RETURNING kind, left_count
    ), charged AS (
      INSERT INTO allowance_charge (inbox_id, creator_id, subscriber_id, bot_id, kind, source, plan_id, per, period_start)
      SELECT ${inboxId}::bigint, ${creatorId}::uuid, ${subscriberId}::uuid, ${botId}::uuid, kind, 'allowance', plan_id, per, period_start
      FROM counted
      UNION ALL
      SELECT ${inboxId}::bigint, ${creatorId}::uuid, ${subscriberId}::uuid, ${botId}::uuid, kind, 'topup', NULL, NULL, NULL FROM topped
    )
    SELECT bounds.key AS plan_key, bounds.source, bounds.count, bounds.per, bounds.resets_at,
      coalesce(bounds.is_unlimited, false) AS is_unlimited,
      (SELECT source FROM earlier) AS earlier, (SELECT used FROM counted) AS used,
      (SELECT left_count FROM topped) AS topup_left, latest.status, latest.blocked_at IS NOT NULL AS is_blocked
    FROM clock
    LEFT JOIN bounds ON true
    LEFT JOIN (
      SELECT status, blocked_at FROM subscription WHERE subscriber_id = ${subscriberId} AND bot_id = ${botId}
      ORDER BY created_at DESC LIMIT 1
    ) AS latest ON true
  `.execute(db)
  return rows[0]
}

function readCharge(row: ChargeRow | undefined): Charge {
  // The bot is gone: there is nothing to be charged for.
  if (!row) return { isAllowed: true, source: 'unlimited' }
  const planKey = row.plan_key === null ? {} : { planKey: row.plan_key }
  if (row.is_unlimited) {
    return {
      isAllowed: true,
      source: row.source === 'free' || !row.source ? 'unlimited' : row.source,
      ...planKey,
    }
  }
  if (row.earlier) return { isAllowed: true, source: row.earlier, ...planKey }
  if (row.used !== null && row.count !== null) {
    return { isAllowed: true, source: 'allowance', ...planKey, left: row.count - row.used }
  }
  if (row.topup_left !== null) return { isAllowed: true, source: 'topup', left: row.topup_left }
  return {
    isAllowed: false,
    reason: reasonOf(row),
    left: 0,
    ...(row.count !== null && row.per !== null && { allowance: { count: row.count, per: row.per } }),
    ...(row.resets_at !== null && { resetsAt: row.resets_at }),
  }
}

/** Who is covered by a plan has used it up; of who is not, the last subscription tells why. */
function reasonOf({
  source,
  status,
  is_blocked,
}: ChargeRow): 'allowance_used' | 'payment_failed' | 'refunded' | 'ended' {
  if (source === 'plan' || source === 'grant' || status === null) return 'allowance_used'
  if (is_blocked) return 'refunded'
  if (status === 'past_due' || status === 'unpaid') return 'payment_failed'
  // A first payment that never came, on its way or given up, is no subscription that ended.
  return status.startsWith('incomplete') ? 'allowance_used' : 'ended'
}

/**
 * Takes back what Updates were charged: for an answer that failed, or was none. Part of the commit that says so;
 * done twice, it gives back once.
 */
export async function giveChargesBack(db: Db, inboxIds: string[]): Promise<void> {
  await sql`
    WITH freed AS (
      DELETE FROM allowance_charge WHERE inbox_id = ANY (${inboxIds}::bigint[])
      RETURNING subscriber_id, bot_id, kind, source, plan_id, per, period_start
    ), sums AS (
      SELECT subscriber_id, bot_id, kind, source, plan_id, per, period_start, count(*)::integer AS count FROM freed
      GROUP BY subscriber_id, bot_id, kind, source, plan_id, per, period_start
    ), uncounted AS (
      UPDATE allowance SET used = greatest(used - sums.count, 0) FROM sums
      WHERE sums.source = 'allowance' AND allowance.subscriber_id = sums.subscriber_id
        AND allowance.plan_id = sums.plan_id AND allowance.kind = sums.kind AND allowance.per = sums.per
        AND allowance.period_start = sums.period_start
    )
    UPDATE topup SET left_count = left_count + sums.count FROM sums
    WHERE sums.source = 'topup' AND topup.subscriber_id = sums.subscriber_id AND topup.bot_id = sums.bot_id
      AND topup.kind = sums.kind
  `.execute(db)
}

/** An Update is tried again for hours at most, and what was charged before that is settled. */
const CHARGE_DAYS = 30

/** Removes charges nobody asks for again; what was used stays counted. */
export async function forgetOldCharges(db: Db): Promise<void> {
  await db
    .deleteFrom('allowance_charge')
    .where('created_at', '<', sql<Date>`now() - make_interval(days => ${sql.lit(CHARGE_DAYS)})`)
    .execute()
}
