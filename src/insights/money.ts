import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../db/database.ts'

/** Months a look at money spans, the running one included. */
const MONTHS = 12

export interface MoneyQuery {
  creatorId: string
  botId: string
  /** Where months begin and end: a name of the IANA list. */
  timeZone: string
  now: Date
}

/** What one month came to in one currency, in its smallest unit. */
export interface MonthMoney {
  /** Paid in the month, before anything is taken off. */
  paid: number
  /** Of what was paid in the month: given back since, disputed payments included. */
  refunded: number
  /** Kept by the payment provider and the installation. */
  fees: number
  /** Monthly recurring revenue at the end of the month, or now. */
  mrr: number
}

export interface CurrencyMoney {
  currency: string
  /** The same months as {@link MoneyFigures.months}. */
  months: MonthMoney[]
}

/** How many pay, by month. */
export interface MonthPayers {
  /** `2026-11`. */
  month: string
  /** Paying at the beginning. */
  atStart: number
  /** Began to pay: after a trial where there is one. */
  began: number
  /** Of those paying at the beginning, how many stopped within the month. */
  ended: number
  /** Paying at the end, or now. */
  atEnd: number
  /** What the bot's models cost, in dollars. */
  modelCostUsd: number
  /** How many people asked something. */
  active: number
}

export interface MoneyFigures {
  timeZone: string
  /** The oldest first. */
  months: MonthPayers[]
  /** The one with the highest MRR first. */
  currencies: CurrencyMoney[]
  /** Now. */
  paying: number
  /** In a free trial now. */
  trialing: number
  /** Trials that were over within 90 days, and how many of them pay or paid. */
  trials: { over: number; kept: number }
  /** Who pays, but has said they will stop. */
  leaving: number
  /** Whose last payment failed and is being tried again. */
  failing: number
  /** Paid without ever having opened the chat. */
  lost: number
  topPlans: { planId: string; name: string; currency: string; paying: number; mrr: number }[]
}

/** Plans listed, each in every currency it is paid in. */
const TOP_PLANS = 8

/**
 * What a Bot earns, from what subscriptions and payments were last known to be. MRR counts list prices, a twelfth of
 * a yearly one: without trials, refunded and disputed subscriptions, and without what a coupon takes off. Who has
 * cancelled counts until it ends, who is asked for a failed payment again as long as that goes on.
 */
export async function readMoney(db: Db, query: MoneyQuery): Promise<MoneyFigures> {
  const span = await findMonths(db, query)
  const [payers, usage] = [await countPayers(db, query, span), await countUsage(db, query, span)]
  const months = span.names.map((month, at) => ({
    month,
    ...(payers.get(at) ?? NOBODY),
    ...(usage.get(at) ?? { modelCostUsd: 0, active: 0 }),
  }))
  return {
    timeZone: query.timeZone,
    months,
    currencies: await sumCurrencies(db, query, span),
    ...(await countNow(db, query)),
    topPlans: await listTopPlans(db, query),
  }
}

const NOBODY = { atStart: 0, began: 0, ended: 0, atEnd: 0 }

interface Span {
  names: string[]
  /** When each begins. */
  starts: Date[]
  /** When each ends; of the running one: now. */
  ends: Date[]
}

/** When a month begins in a zone is PostgreSQL's to say. */
async function findMonths(db: Db, { timeZone, now }: MoneyQuery): Promise<Span> {
  const { rows } = await sql<{ name: string; start: Date; end: Date }>`
    SELECT to_char(month, 'YYYY-MM') AS name, month AT TIME ZONE ${timeZone} AS start,
      least((month + interval '1 month') AT TIME ZONE ${timeZone}, ${now}::timestamptz) AS end
    FROM generate_series(
      date_trunc('month', ${now}::timestamptz AT TIME ZONE ${timeZone}) - make_interval(months => ${MONTHS - 1}),
      date_trunc('month', ${now}::timestamptz AT TIME ZONE ${timeZone}), interval '1 month'
    ) AS month ORDER BY month
  `.execute(db)
  return {
    names: rows.map(({ name }) => name),
    starts: rows.map(({ start }) => start),
    ends: rows.map(({ end }) => end),
  }
}

/**
 * A Bot's subscriptions as spans of being paid for, with what a month of each is worth. One that never left its
 * first payment or its trial has none. `paid_to` is null while it runs.
 */
function paidSpans({ creatorId, botId, now }: MoneyQuery): RawBuilder<unknown> {
  return sql`
    SELECT subscription.id, subscription.plan_id, subscription.status, subscription.cancels_at,
      greatest(subscription.created_at, subscription.trial_end) AS paid_from,
      least(subscription.ended_at, subscription.blocked_at) AS paid_to,
      CASE WHEN subscription.source = 'stars' THEN 'xtr' ELSE price.currency END AS currency,
      CASE WHEN subscription.source = 'stars' THEN price.stars ELSE price.amount END::numeric
        / CASE WHEN price.interval = 'year' AND subscription.source <> 'stars' THEN 12 ELSE 1 END AS monthly
    FROM subscription LEFT JOIN price ON price.id = subscription.price_id
    WHERE subscription.creator_id = ${creatorId} AND subscription.bot_id = ${botId}
      AND subscription.status IN ('active', 'past_due', 'canceled', 'unpaid', 'trialing')
      AND greatest(subscription.created_at, subscription.trial_end) <= ${now}
      AND (least(subscription.ended_at, subscription.blocked_at) IS NULL
        OR least(subscription.ended_at, subscription.blocked_at)
          > greatest(subscription.created_at, subscription.trial_end))
      AND NOT (subscription.status IN ('trialing', 'unpaid', 'canceled') AND subscription.ended_at IS NULL)
  `
}

function monthsOf({ starts, ends }: Span): RawBuilder<unknown> {
  return sql`unnest(${starts}::timestamptz[], ${ends}::timestamptz[]) WITH ORDINALITY AS month (starts, ends, place)`
}

async function countPayers(
  db: Db,
  query: MoneyQuery,
  span: Span,
): Promise<Map<number, Omit<MonthPayers, 'month' | 'modelCostUsd' | 'active'>>> {
  const { rows } = await sql<Record<'place' | 'at_start' | 'began' | 'ended' | 'at_end', string>>`
    WITH paid AS MATERIALIZED (${paidSpans(query)})
    SELECT month.place,
      count(*) FILTER (WHERE paid_from < starts AND (paid_to IS NULL OR paid_to >= starts)) AS at_start,
      count(*) FILTER (WHERE paid_from >= starts AND paid_from < ends) AS began,
      count(*) FILTER (WHERE paid_from < starts AND paid_to >= starts AND paid_to < ends) AS ended,
      count(*) FILTER (WHERE paid_from < ends AND (paid_to IS NULL OR paid_to >= ends)) AS at_end
    FROM ${monthsOf(span)} LEFT JOIN paid ON paid_from < ends AND (paid_to IS NULL OR paid_to >= starts)
    GROUP BY month.place
  `.execute(db)
  return new Map(
    rows.map((row) => [
      Number(row.place) - 1,
      {
        atStart: Number(row.at_start),
        began: Number(row.began),
        ended: Number(row.ended),
        atEnd: Number(row.at_end),
      },
    ]),
  )
}

async function countUsage(
  db: Db,
  { creatorId, botId }: MoneyQuery,
  { starts, ends }: Span,
): Promise<Map<number, { modelCostUsd: number; active: number }>> {
  const { rows } = await sql<{ place: number; cost: string | null; people: string }>`
    SELECT place, sum(cost) AS cost, count(*) AS people FROM (
      SELECT width_bucket(created_at, ${starts}::timestamptz[]) AS place, subscriber_id, sum(cost_usd) AS cost
      FROM usage
      WHERE creator_id = ${creatorId} AND bot_id = ${botId}
        AND created_at >= ${starts[0]} AND created_at < ${ends.at(-1)}
      GROUP BY 1, 2
    ) AS person GROUP BY place
  `.execute(db)
  return new Map(
    rows.map(({ place, cost, people }) => [
      place - 1,
      { modelCostUsd: Number(cost ?? 0), active: Number(people) },
    ]),
  )
}

async function sumCurrencies(db: Db, query: MoneyQuery, span: Span): Promise<CurrencyMoney[]> {
  const found = new Map<string, MonthMoney[]>()
  const monthIn = (currency: string, at: number): MonthMoney | undefined => {
    const months = found.get(currency) ?? span.names.map(() => ({ paid: 0, refunded: 0, fees: 0, mrr: 0 }))
    found.set(currency, months)
    return months[at]
  }
  for (const { currency, place, ...sums } of await sumPayments(db, query, span)) {
    const month = monthIn(currency, place - 1)
    if (month) Object.assign(month, sums)
  }
  for (const { currency, place, mrr } of await sumMrr(db, query, span)) {
    const month = monthIn(currency, place - 1)
    if (month) month.mrr = mrr
  }
  const worth = ({ months }: CurrencyMoney) => months.at(-1)?.mrr ?? 0
  return [...found]
    .map(([currency, months]) => ({ currency, months }))
    .sort((a, b) => worth(b) - worth(a) || a.currency.localeCompare(b.currency))
}

/** What came in, by the month it was paid in: what is given back of it later stands in that month too. */
async function sumPayments(db: Db, { creatorId, botId }: MoneyQuery, { starts, ends }: Span) {
  const { rows } = await sql<{
    place: number
    currency: string
    paid: string
    refunded: string
    fees: string
  }>`
    SELECT width_bucket(paid_at, ${starts}::timestamptz[]) AS place, currency, sum(amount) AS paid,
      sum(CASE WHEN state = 'disputed' THEN amount ELSE refunded END) AS refunded, sum(fee) AS fees
    FROM payment
    WHERE creator_id = ${creatorId} AND bot_id = ${botId}
      AND paid_at >= ${starts[0]} AND paid_at < ${ends.at(-1)}
      AND state IN ('paid', 'refunded', 'partly_refunded', 'disputed')
    GROUP BY 1, 2
  `.execute(db)
  return rows.map(({ place, currency, paid, refunded, fees }) => ({
    ...{ place, currency, paid: Number(paid), refunded: Number(refunded), fees: Number(fees) },
  }))
}

async function sumMrr(db: Db, query: MoneyQuery, span: Span) {
  const { rows } = await sql<{ place: string; currency: string; mrr: string }>`
    WITH paid AS MATERIALIZED (${paidSpans(query)})
    SELECT month.place, currency, round(sum(monthly)) AS mrr
    FROM ${monthsOf(span)} JOIN paid ON paid_from < ends AND (paid_to IS NULL OR paid_to >= ends)
    WHERE currency IS NOT NULL
    GROUP BY month.place, currency
  `.execute(db)
  return rows.map(({ place, currency, mrr }) => ({ place: Number(place), currency, mrr: Number(mrr) }))
}

async function countNow(db: Db, { creatorId, botId, now }: MoneyQuery) {
  const { rows } = await sql<Record<keyof Now, string>>`
    SELECT
      count(*) FILTER (WHERE runs AND status IN ('active', 'past_due')) AS paying,
      count(*) FILTER (WHERE runs AND status = 'trialing') AS trialing,
      count(*) FILTER (WHERE runs AND status IN ('active', 'past_due') AND cancels_at IS NOT NULL) AS leaving,
      count(*) FILTER (WHERE runs AND status = 'past_due') AS failing,
      count(*) FILTER (WHERE runs AND status IN ('active', 'past_due', 'trialing') AND subscriber_id IS NULL
        AND erased_at IS NULL) AS lost,
      count(*) FILTER (WHERE ${isTrialOver(now)}) AS over,
      count(*) FILTER (WHERE ${isTrialOver(now)} AND (ended_at IS NULL OR ended_at > trial_end)
        AND status IN ('active', 'past_due', 'canceled')) AS kept
    FROM (
      SELECT *, ended_at IS NULL AND blocked_at IS NULL AS runs FROM subscription
      WHERE creator_id = ${creatorId} AND bot_id = ${botId}
    ) AS subscription
  `.execute(db)
  const [row] = rows
  const count = (name: keyof Now) => Number(row?.[name] ?? 0)
  return {
    ...{ paying: count('paying'), trialing: count('trialing'), leaving: count('leaving') },
    ...{ failing: count('failing'), lost: count('lost') },
    trials: { over: count('over'), kept: count('kept') },
  }
}

type Now = Record<'paying' | 'trialing' | 'leaving' | 'failing' | 'lost' | 'over' | 'kept', number>

const TRIAL_DAYS_BACK = 90

function isTrialOver(now: Date): RawBuilder<boolean> {
  return sql<boolean>`trial_end <= ${now} AND trial_end > ${now}::timestamptz - make_interval(days => ${TRIAL_DAYS_BACK})`
}

async function listTopPlans(db: Db, query: MoneyQuery): Promise<MoneyFigures['topPlans']> {
  const { rows } = await sql<{ id: string; name: string; currency: string; paying: string; mrr: string }>`
    SELECT plan.id, plan.name, paid.currency, count(*) AS paying, round(sum(paid.monthly)) AS mrr
    FROM (${paidSpans(query)}) AS paid JOIN plan ON plan.id = paid.plan_id
    WHERE paid.currency IS NOT NULL AND (paid.paid_to IS NULL OR paid.paid_to > ${query.now})
    GROUP BY plan.id, plan.name, paid.currency ORDER BY paying DESC, plan.name, paid.currency LIMIT ${TOP_PLANS}
  `.execute(db)
  return rows.map(({ id, name, currency, paying, mrr }) => ({
    ...{ planId: id, name, currency, paying: Number(paying), mrr: Number(mrr) },
  }))
}
