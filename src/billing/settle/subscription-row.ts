import { type Selectable, sql, type Transaction } from 'kysely'
import type { Database } from '../../db/schema.ts'
import type { ChatAddress } from '../../messaging/inbox.ts'
import { releaseHeldQuestion } from '../entitlement/held-question.ts'
import type { ProviderCheckout, ProviderSubscription } from '../payment-provider.ts'
import { lockObject, recordPayment, StaleReading } from './payment-row.ts'
import { findOwner, findPrice, type NotOurs, type SubscriptionOwner } from './subscription-owner.ts'
import {
  AWAITING,
  deriveState,
  endedState,
  givesAccess,
  isCertainlyNewer,
  isSameState,
  type SubscriptionState,
} from './subscription-state.ts'

export type SubscriptionRow = Selectable<Database['subscription']>

export interface SubscriptionReading {
  id: string
  /** Undefined: the provider has none of this id. */
  reading: ProviderSubscription | undefined
  /** The Checkout it was bought in, where that had to be asked. */
  session: ProviderCheckout | undefined
  /** False when nobody has asked for it yet. */
  isSessionKnown: boolean
  /** By the database's clock, before it was asked for. */
  askedAt: Date
}

export type SubscriptionOutcome =
  /** `needsSession`: whose it is can only be told with the Checkout it was bought in. */
  | { kind: 'needsSession' | 'unknown' | NotOurs }
  | {
      kind: 'applied'
      before: SubscriptionState | undefined
      after: SubscriptionState
      row: SubscriptionRow
      chatId: string | undefined
      /** Of the last invoice, when it was paid just now. */
      isPaidNow: boolean
      /** Chats whose stopped question may be answered now. */
      chats: ChatAddress[]
    }

/**
 * Writes a reading of a subscription down, with its last payment, its payer and its Checkout, in the caller's
 * transaction; lets the question go that its subscriber was stopped at. The same reading again changes nothing.
 *
 * @throws {StaleReading} when what is stored may be newer.
 */
export async function applySubscription(
  trx: Transaction<Database>,
  given: SubscriptionReading,
  { graceDays }: { graceDays: number },
): Promise<SubscriptionOutcome> {
  const { id, reading, session, askedAt } = given
  await lockObject(trx, id)
  const stored = await trx
    .selectFrom('subscription')
    .selectAll()
    .where('provider_id', '=', id)
    .executeTakeFirst()
  if (!isCertainlyNewer(askedAt, stored?.read_at)) throw new StaleReading()
  if (!reading) return stored ? end(trx, stored) : { kind: 'unknown' }
  if (!given.isSessionKnown && (!stored || stored.status === AWAITING)) return { kind: 'needsSession' }

  const owner = stored ? undefined : await findOwner(trx, reading, session)
  if (typeof owner === 'string') return { kind: owner }
  const after = deriveState(reading, {
    graceDays,
    isPaid: session?.state === 'complete' ? session.isPaid : true,
  })
  const row = stored
    ? await update(trx, stored, reading, after)
    : owner && (await insert(trx, owner, given, after))
  if (!row) return { kind: 'unknown' }

  if (owner) await recordPayer(trx, owner, reading, session)
  const payment = reading.payment
  const recorded = payment && (await recordPayment(trx, { payment, askedAt, owner: ownerOf(row) }))
  const hasAccess = row.subscriber_id !== null && givesAccess(after, askedAt)
  return {
    kind: 'applied',
    before: stored && readState(stored),
    after,
    row,
    chatId: owner?.chatId,
    isPaidNow: recorded?.isPaidNow ?? false,
    chats: hasAccess
      ? await releaseHeldQuestion(trx, { subscriberId: row.subscriber_id ?? '', botId: row.bot_id })
      : [],
  }
}

/** What is stored of a subscription, to be held against a reading. */
export function readState(row: SubscriptionRow): SubscriptionState {
  return {
    status: row.status,
    periodEnd: row.period_end,
    trialEnd: row.trial_end,
    cancelsAt: row.cancels_at,
    endedAt: row.ended_at,
    graceUntil: row.grace_until,
    isBlocked: row.blocked_at !== null,
  }
}

function ownerOf(row: SubscriptionRow) {
  const { creator_id: creatorId, bot_id: botId, subscriber_id, id: subscriptionId } = row
  return { creatorId, botId, subscriberId: subscriber_id ?? undefined, subscriptionId }
}

async function end(trx: Transaction<Database>, stored: SubscriptionRow): Promise<SubscriptionOutcome> {
  const before = readState(stored)
  const after = stored.ended_at ? before : endedState(new Date())
  const row = isSameState(before, after) ? stored : await write(trx, stored, after)
  return { kind: 'applied', before, after, row, chatId: undefined, isPaidNow: false, chats: [] }
}

/** Another price of ours brings its plan along; one we do not know, made by hand, leaves them in what they had. */
async function update(
  trx: Transaction<Database>,
  stored: SubscriptionRow,
  reading: ProviderSubscription,
  after: SubscriptionState,
): Promise<SubscriptionRow> {
  const price = await findPrice(trx, reading.priceId)
  const isOfBot = price?.bot_id === stored.bot_id
  return write(trx, stored, after, {
    // Whoever was erased is not to be known again.
    ...(!stored.erased_at && { customer_id: reading.customerId, email: reading.email ?? stored.email }),
    ...(price && isOfBot && { price_id: price.id, plan_id: price.plan_id }),
  })
}

function write(
  trx: Transaction<Database>,
  stored: SubscriptionRow,
  after: SubscriptionState,
  further: {
    customer_id?: string | undefined
    email?: string | null
    price_id?: string
    plan_id?: string
  } = {},
): Promise<SubscriptionRow> {
  return trx
    .updateTable('subscription')
    .set({ ...columnsOf(after, stored.blocked_at), ...further })
    .where('id', '=', stored.id)
    .returningAll()
    .executeTakeFirstOrThrow()
}

function insert(
  trx: Transaction<Database>,
  owner: SubscriptionOwner,
  { reading, session, id }: SubscriptionReading,
  after: SubscriptionState,
): Promise<SubscriptionRow> {
  return trx
    .insertInto('subscription')
    .values({
      ...columnsOf(after, null),
      creator_id: owner.creatorId,
      bot_id: owner.botId,
      subscriber_id: owner.subscriberId ?? null,
      plan_id: owner.planId,
      price_id: owner.priceId,
      source: 'stripe',
      provider_id: id,
      customer_id: reading?.customerId ?? null,
      email: reading?.email ?? session?.email ?? null,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
}

function columnsOf(state: SubscriptionState, blockedAt: Date | null) {
  return {
    status: state.status,
    period_end: state.periodEnd,
    trial_end: state.trialEnd,
    cancels_at: state.cancelsAt,
    ended_at: state.endedAt,
    grace_until: state.graceUntil,
    blocked_at: state.isBlocked ? (blockedAt ?? sql<Date>`clock_timestamp()`) : null,
    read_at: sql<Date>`clock_timestamp()`,
  }
}

async function recordPayer(
  trx: Transaction<Database>,
  { subscriberId, creatorId }: SubscriptionOwner,
  { customerId, email }: ProviderSubscription,
  session: ProviderCheckout | undefined,
): Promise<void> {
  if (subscriberId === undefined || customerId === '') return
  await trx
    .insertInto('payer')
    .values({
      subscriber_id: subscriberId,
      creator_id: creatorId,
      customer_id: customerId,
      email: email ?? session?.email ?? null,
    })
    .onConflict((conflict) => conflict.columns(['subscriber_id', 'customer_id']).doNothing())
    .execute()
}
