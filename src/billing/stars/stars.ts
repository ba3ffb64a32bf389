import { sql, type Transaction } from 'kysely'
import { type Db, inTransaction } from '../../db/database.ts'
import type { Database } from '../../db/schema.ts'
import type { PayLinks } from '../checkout/pay-link.ts'
import { releaseHeldQuestion } from '../entitlement/held-question.ts'
import {
  insertStarsPayment,
  paymentIdOf,
  reportUnknownStars,
  type StarsChat,
  type StarsEvent,
  takeStarsBack,
} from './payment.ts'
import { addTopup, findTopup, removeTopup } from './topup.ts'

export type StarsOutcome =
  | { kind: 'paid' | 'refunded' | 'ending' | 'going_on'; planName: string }
  /** Said before, or nothing of ours. */
  | { kind: 'none' }

/** What a payment that names no end gives. */
const MONTH_DAYS = 30
const YEAR_DAYS = 365

/**
 * Applies what Telegram says of a payment in Stars: who paid has the plan, who got the Stars back has not. One
 * transaction, keyed by Telegram's own id of the payment, so that a repeat changes nothing. The question someone was
 * stopped at is put back into the Inbox in the same transaction.
 */
export async function settleStars(
  db: Db,
  links: Pick<PayLinks, 'read'>,
  { chat, event }: { chat: StarsChat; event: StarsEvent },
): Promise<StarsOutcome> {
  const request = links.read(event.payload)
  return inTransaction(db, async (trx): Promise<StarsOutcome> => {
    const outcome =
      request?.target === 'product'
        ? await settleTopup(trx, { chat, event, productId: request.targetId })
        : request?.target === 'price' && (await settlePlan(trx, { chat, event, priceId: request.targetId }))
    if (outcome) return outcome
    // Paid, and nobody can say for what: the creator is to see it.
    if (event.state === 'paid') await reportUnknownStars(trx, { chat, event })
    return { kind: 'none' }
  })
}

async function settleTopup(
  trx: Transaction<Database>,
  { chat, event, productId }: { chat: StarsChat; event: StarsEvent; productId: string },
): Promise<StarsOutcome | undefined> {
  const topup = await findTopup(trx, { productId, botId: chat.botId })
  if (!topup) return undefined
  if (event.state === 'paid') {
    if (!(await insertStarsPayment(trx, { chat, event, kind: 'order' }))) return { kind: 'none' }
    await addTopup(trx, chat, topup)
    await releaseHeldQuestion(trx, chat)
    return { kind: 'paid', planName: topup.name }
  }
  const isBack = event.state === 'refunded' && (await takeStarsBack(trx, event.chargeId ?? ''))
  // Telegram's own note of it says enough: no plan ended.
  if (isBack) await removeTopup(trx, chat, topup)
  return { kind: 'none' }
}

async function settlePlan(
  trx: Transaction<Database>,
  { chat, event, priceId }: { chat: StarsChat; event: StarsEvent; priceId: string },
): Promise<StarsOutcome | undefined> {
  const price = await trx
    .selectFrom('price')
    .innerJoin('plan', 'plan.id', 'price.plan_id')
    .select(['price.id', 'price.interval', 'price.plan_id', 'plan.name'])
    .where('price.id', '=', priceId)
    .where('plan.bot_id', '=', chat.botId)
    .executeTakeFirst()
  if (!price) return undefined
  const planName = price.name
  switch (event.state) {
    case 'paid':
      return (await recordPayment(trx, { chat, event, price }))
        ? { kind: 'paid', planName }
        : { kind: 'none' }
    case 'refunded':
      return (await takeStarsBack(trx, event.chargeId ?? ''))
        ? { kind: 'refunded', planName }
        : { kind: 'none' }
    case 'active':
    case 'canceled':
    case 'failed': {
      const isEnding = event.state !== 'active'
      const changed = await markEnding(trx, { chat, priceId, isEnding })
      return changed ? { kind: isEnding ? 'ending' : 'going_on', planName } : { kind: 'none' }
    }
  }
}

interface Paid {
  chat: StarsChat
  event: StarsEvent
  price: { id: string; interval: string; plan_id: string }
}

async function recordPayment(trx: Transaction<Database>, paid: Paid): Promise<boolean> {
  const { chat, event } = paid
  if (!(await insertStarsPayment(trx, { chat, event, kind: 'subscription' }))) return false
  const subscriptionId = (await extendSubscription(trx, paid)) ?? (await beginSubscription(trx, paid))
  await trx
    .updateTable('payment')
    .set({ subscription_id: subscriptionId })
    .where('id', '=', paymentIdOf(event.chargeId ?? ''))
    .execute()
  await releaseHeldQuestion(trx, chat)
  return true
}

/** A renewal goes on with the subscription there is. */
async function extendSubscription(
  trx: Transaction<Database>,
  { chat, event, price }: Paid,
): Promise<string | undefined> {
  if (!event.isRenewal) return undefined
  const row = await trx
    .selectFrom('subscription')
    .select('id')
    .where('source', '=', 'stars')
    .where('subscriber_id', '=', chat.subscriberId)
    .where('price_id', '=', price.id)
    .orderBy('created_at', 'desc')
    .limit(1)
    .forUpdate()
    .executeTakeFirst()
  if (!row) return undefined
  await trx
    .updateTable('subscription')
    .set({
      status: 'active',
      period_end: sql<Date>`greatest(period_end, ${endOf(event, price)})`,
      cancels_at: null,
      ended_at: null,
      read_at: sql<Date>`now()`,
    })
    .where('id', '=', row.id)
    .execute()
  return row.id
}

async function beginSubscription(trx: Transaction<Database>, { chat, event, price }: Paid): Promise<string> {
  const end = endOf(event, price)
  const { id } = await trx
    .insertInto('subscription')
    .values({
      creator_id: chat.creatorId,
      bot_id: chat.botId,
      subscriber_id: chat.subscriberId,
      plan_id: price.plan_id,
      price_id: price.id,
      source: 'stars',
      provider_id: paymentIdOf(event.chargeId ?? ''),
      customer_id: null,
      email: null,
      status: 'active',
      period_end: end,
      trial_end: null,
      // A year is paid once and not renewed.
      cancels_at: price.interval === 'year' ? end : null,
      ended_at: null,
      grace_until: null,
      blocked_at: null,
      read_at: sql<Date>`now()`,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

function endOf({ endsAt }: StarsEvent, { interval }: Paid['price']) {
  const days = interval === 'year' ? YEAR_DAYS : MONTH_DAYS
  return sql<Date>`coalesce(${endsAt ?? null}::timestamptz, now() + make_interval(days => ${sql.lit(days)}))`
}

/** A cancelled subscription, or one whose renewal failed, ends with what is paid; taken up again it does not. */
async function markEnding(
  trx: Transaction<Database>,
  { chat, priceId, isEnding }: { chat: StarsChat; priceId: string; isEnding: boolean },
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('subscription')
    .set({ cancels_at: isEnding ? sql<Date>`period_end` : null, read_at: sql<Date>`now()` })
    .where('source', '=', 'stars')
    .where('subscriber_id', '=', chat.subscriberId)
    .where('price_id', '=', priceId)
    .where('ended_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Telegram tells nobody that time is up: what was not renewed is over a day later. Returns how many ended. */
export async function endStarsSubscriptions(db: Db): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable('subscription')
    .set({ status: 'canceled', ended_at: sql<Date>`period_end` })
    .where('source', '=', 'stars')
    .where('ended_at', 'is', null)
    .where('period_end', '<', sql<Date>`now() - interval '1 day'`)
    .executeTakeFirst()
  return Number(numUpdatedRows)
}
