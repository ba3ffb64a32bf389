import { randomUUID } from 'node:crypto'
import type { Bot } from '../../bots/bot-settings.ts'
import type { Db } from '../../db/database.ts'
import { addTestChat, type TestChat } from './conversation.ts'

interface TestPlan {
  name?: string
  isFree?: boolean
  allowance?: Record<string, { count: number; per: 'day' | 'month' | 'lifetime' }>
  position?: number
}

/** A plan of a bot; a paid one has no price yet. */
export async function addTestPlan(
  db: Db,
  bot: Pick<Bot, 'id' | 'creatorId'>,
  { name = 'Plus', isFree = false, allowance = {}, position = 0 }: TestPlan = {},
): Promise<{ id: string; key: string }> {
  return db
    .insertInto('plan')
    .values({
      creator_id: bot.creatorId,
      bot_id: bot.id,
      key: `${name.toLowerCase()}-${randomUUID().slice(0, 8)}`,
      name,
      is_free: isFree,
      allowance: JSON.stringify(allowance),
      position,
      retired_at: null,
    })
    .returning(['id', 'key'])
    .executeTakeFirstOrThrow()
}

interface TestPrice {
  interval?: 'month' | 'year'
  amount?: number
  currency?: string
  stars?: number
  trialDays?: number
}

/** A price of a plan, mirrored nowhere. */
export async function addTestPrice(
  db: Db,
  plan: { id: string; creatorId: string },
  { interval = 'month', amount = 900, currency = 'eur', stars, trialDays = 0 }: TestPrice = {},
): Promise<string> {
  const { id } = await db
    .insertInto('price')
    .values({
      creator_id: plan.creatorId,
      plan_id: plan.id,
      interval,
      amount,
      currency,
      stars: stars ?? null,
      trial_days: trialDays,
      provider_product_id: null,
      provider_price_id: null,
      retired_at: null,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

/** A Chat in the browser with the Subscriber behind it. */
export async function addTestSubscriber(
  db: Db,
  bot: Bot,
  chatKey?: string,
): Promise<TestChat & { subscriberId: string }> {
  const chat = await addTestChat(db, bot, chatKey)
  const row = await db
    .selectFrom('chat')
    .select('subscriber_id')
    .where('id', '=', chat.id)
    .executeTakeFirstOrThrow()
  return { ...chat, subscriberId: row.subscriber_id }
}

interface TestSubscription {
  planId: string
  priceId?: string
  status?: string
  source?: 'stripe' | 'stars'
  periodEnd?: Date
  graceUntil?: Date
  blockedAt?: Date
}

/** A subscription as a payment provider has shown it. */
export async function addTestSubscription(
  db: Db,
  chat: { subscriberId: string; creatorId: string; botId: string },
  given: TestSubscription,
): Promise<string> {
  const { id } = await db
    .insertInto('subscription')
    .values({
      creator_id: chat.creatorId,
      bot_id: chat.botId,
      subscriber_id: chat.subscriberId,
      plan_id: given.planId,
      price_id: given.priceId ?? null,
      source: given.source ?? 'stripe',
      provider_id: `sub_${randomUUID()}`,
      customer_id: null,
      email: null,
      status: given.status ?? 'active',
      period_end: given.periodEnd ?? null,
      trial_end: null,
      cancels_at: null,
      ended_at: null,
      grace_until: given.graceUntil ?? null,
      blocked_at: given.blockedAt ?? null,
      read_at: new Date(),
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}
