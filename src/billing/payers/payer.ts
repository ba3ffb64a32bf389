import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../db/database.ts'
import { AppError } from '../../errors.ts'
import { readChatCursor, writeChatCursor } from '../../messaging/chat-cursor.ts'
import type { BotKey } from '../plans/plan.ts'

/** What of the payers is looked at. */
export const PAYER_FILTERS = ['all', 'paying', 'trial', 'failed', 'lost', 'ended'] as const
export type PayerFilter = (typeof PAYER_FILTERS)[number]

/** A subscription with who pays it. */
export interface Payer {
  /** Of the subscription. */
  id: string
  /** Undefined for one who paid and has not opened the chat, and for who was erased. */
  subscriberId: string | undefined
  isErased: boolean
  name: string | undefined
  email: string | undefined
  /** The chat they were last heard in, with this Bot. */
  chatId: string | undefined
  planName: string
  price: { amount: number; currency: string; interval: string } | undefined
  source: string
  /** The provider's word. */
  status: string
  periodEnd: Date | undefined
  trialEnd: Date | undefined
  cancelsAt: Date | undefined
  endedAt: Date | undefined
  graceUntil: Date | undefined
  /** Refunded or disputed: access is over. */
  blockedAt: Date | undefined
  createdAt: Date
  /** Paid and not given back, by currency. */
  paid: { amount: number; currency: string }[]
  /** What their questions cost, in dollars. */
  modelCostUsd: number
}

export interface PayerPage {
  items: Payer[]
  nextCursor: string | null
}

/** SQL of each filter, over `subscription`. */
const CONDITIONS: Record<PayerFilter, RawBuilder<boolean>> = {
  all: sql<boolean>`true`,
  paying: sql<boolean>`status = 'active' AND ended_at IS NULL AND blocked_at IS NULL`,
  trial: sql<boolean>`status = 'trialing' AND ended_at IS NULL AND blocked_at IS NULL`,
  failed: sql<boolean>`status IN ('past_due', 'unpaid', 'incomplete') AND ended_at IS NULL`,
  lost: sql<boolean>`status IN ('active', 'trialing', 'past_due') AND ended_at IS NULL AND subscriber_id IS NULL AND erased_at IS NULL`,
  ended: sql<boolean>`(ended_at IS NOT NULL OR blocked_at IS NOT NULL)`,
}

/** A Bot's subscriptions, the newest first. @throws {AppError} `request.malformed` for a cursor that is none of ours. */
export async function listPayers(
  db: Db,
  { creatorId, botId }: BotKey,
  { filter, cursor, limit }: { filter: PayerFilter; cursor?: string | undefined; limit: number },
): Promise<PayerPage> {
  const after = cursor === undefined ? undefined : readChatCursor(cursor)
  const rows = await selectPayers(
    db,
    sql`creator_id = ${creatorId} AND bot_id = ${botId} AND ${CONDITIONS[filter]}
      ${after ? sql`AND (created_at, id) < (${after.at}::timestamptz, ${after.id}::uuid)` : sql``}`,
    limit + 1,
  )
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return {
    items: items.map(readPayer),
    nextCursor:
      rows.length > limit && last ? writeChatCursor({ at: last.created_at_text, id: last.id }) : null,
  }
}

/** How many there are under each filter. */
export async function countPayers(
  db: Db,
  { creatorId, botId }: BotKey,
): Promise<Record<PayerFilter, number>> {
  const columns = PAYER_FILTERS.map(
    (filter) => sql`count(*) FILTER (WHERE ${CONDITIONS[filter]}) AS ${sql.ref(filter)}`,
  )
  const { rows } = await sql<Record<PayerFilter, string>>`
    SELECT ${sql.join(columns)} FROM subscription WHERE creator_id = ${creatorId} AND bot_id = ${botId}
  `.execute(db)
  const count = (filter: PayerFilter) => Number(rows[0]?.[filter] ?? 0)
  return {
    ...{ all: count('all'), paying: count('paying'), trial: count('trial') },
    ...{ failed: count('failed'), lost: count('lost'), ended: count('ended') },
  }
}

/** @throws {AppError} `subscription.not_found`, another Bot's or Creator's included. */
export async function getPayer(
  db: Db,
  { creatorId, botId }: BotKey,
  subscriptionId: string,
): Promise<Payer & { providerId: string; payments: PaymentLine[] }> {
  const mine = sql`creator_id = ${creatorId} AND bot_id = ${botId} AND id = ${subscriptionId}`
  const [row] = await selectPayers(db, mine, 1)
  if (!row) throw new AppError('subscription.not_found', { subscriptionId })
  const payments = await listPayments(db, creatorId, subscriptionId)
  return { ...readPayer(row), providerId: row.provider_id, payments }
}

/** One payment as the creator sees it. */
export interface PaymentLine {
  id: string
  state: string
  amount: number
  currency: string
  refunded: number
  paidAt: Date | undefined
  receiptUrl: string | undefined
}

/** Payments of a subscription that are shown, the newest first: two years of months. */
const MAX_PAYMENTS = 24

async function listPayments(db: Db, creatorId: string, subscriptionId: string): Promise<PaymentLine[]> {
  const rows = await db
    .selectFrom('payment')
    .select(['id', 'state', 'amount', 'currency', 'refunded', 'paid_at', 'receipt_url'])
    .where('creator_id', '=', creatorId)
    .where('subscription_id', '=', subscriptionId)
    .orderBy('paid_at', (order) => order.desc().nullsFirst())
    .limit(MAX_PAYMENTS)
    .execute()
  return rows.map(({ id, state, amount, currency, refunded, paid_at, receipt_url }) => ({
    ...{ id, state, amount: Number(amount), currency, refunded: Number(refunded) },
    ...{ paidAt: paid_at ?? undefined, receiptUrl: receipt_url ?? undefined },
  }))
}

interface PayerRow {
  id: string
  subscriber_id: string | null
  erased_at: Date | null
  provider_id: string
  name: string | null
  email: string | null
  chat_id: string | null
  plan_name: string
  amount: string | null
  currency: string | null
  interval: string | null
  source: string
  status: string
  period_end: Date | null
  trial_end: Date | null
  cancels_at: Date | null
  ended_at: Date | null
  grace_until: Date | null
  blocked_at: Date | null
  created_at: Date
  created_at_text: string
  paid: { amount: number; currency: string }[] | null
  cost: string | null
}

async function selectPayers(db: Db, where: RawBuilder<unknown>, limit: number): Promise<PayerRow[]> {
  const { rows } = await sql<PayerRow>`
    SELECT sub.*, sub.created_at::text AS created_at_text, subscriber.name, plan.name AS plan_name, chat.id AS chat_id,
      CASE WHEN sub.source = 'stars' THEN price.stars ELSE price.amount END AS amount,
      CASE WHEN sub.source = 'stars' THEN 'xtr' ELSE price.currency END AS currency, price.interval,
      coalesce(sub.email, payer.email) AS email, paid.paid, spent.cost
    FROM (SELECT * FROM subscription WHERE ${where} ORDER BY created_at DESC, id DESC LIMIT ${limit}) AS sub
    JOIN plan ON plan.id = sub.plan_id
    LEFT JOIN price ON price.id = sub.price_id
    LEFT JOIN subscriber ON subscriber.id = sub.subscriber_id
    LEFT JOIN LATERAL (SELECT email FROM payer WHERE payer.subscriber_id = sub.subscriber_id
      ORDER BY created_at DESC LIMIT 1) AS payer ON true
    LEFT JOIN LATERAL (SELECT id FROM chat WHERE chat.subscriber_id = sub.subscriber_id AND chat.bot_id = sub.bot_id
      ORDER BY last_message_at DESC LIMIT 1) AS chat ON true
    LEFT JOIN LATERAL (SELECT jsonb_agg(jsonb_build_object('currency', currency, 'amount', amount)) AS paid FROM (
      SELECT currency, sum(CASE WHEN state = 'disputed' THEN 0 ELSE payment.amount - refunded END) AS amount
      FROM payment WHERE payment.subscription_id = sub.id AND paid_at IS NOT NULL
        AND state IN ('paid', 'refunded', 'partly_refunded', 'disputed') GROUP BY currency
    ) AS sums) AS paid ON true
    LEFT JOIN LATERAL (SELECT sum(cost_usd) AS cost FROM usage
      WHERE usage.subscriber_id = sub.subscriber_id AND usage.bot_id = sub.bot_id) AS spent ON true
    ORDER BY sub.created_at DESC, sub.id DESC
  `.execute(db)
  return rows
}

function readPayer(row: PayerRow): Payer {
  return {
    id: row.id,
    subscriberId: row.subscriber_id ?? undefined,
    isErased: row.erased_at !== null,
    name: row.name ?? undefined,
    email: row.email ?? undefined,
    chatId: row.chat_id ?? undefined,
    planName: row.plan_name,
    price:
      row.amount !== null && row.currency !== null
        ? { amount: Number(row.amount), currency: row.currency, interval: row.interval ?? 'month' }
        : undefined,
    ...{ source: row.source, status: row.status, createdAt: row.created_at },
    ...{ periodEnd: row.period_end ?? undefined, trialEnd: row.trial_end ?? undefined },
    ...{ cancelsAt: row.cancels_at ?? undefined, endedAt: row.ended_at ?? undefined },
    ...{ graceUntil: row.grace_until ?? undefined, blockedAt: row.blocked_at ?? undefined },
    paid: row.paid ?? [],
    modelCostUsd: Number(row.cost ?? 0),
  }
}
