import { randomUUID } from 'node:crypto'
import type { Insertable } from 'kysely'
import type { Bot } from '../../bots/bot-settings.ts'
import type { Db } from '../../db/database.ts'
import type { Database } from '../../db/schema.ts'

type Owner = Pick<Bot, 'id' | 'creatorId'>

/** A plan with one price, as the database holds it. */
export async function addTestPrice(
  db: Db,
  bot: Owner,
  changes: Partial<Insertable<Database['price']>> & { plan?: Partial<Insertable<Database['plan']>> } = {},
): Promise<{ planId: string; priceId: string }> {
  const { plan: planChanges, ...priceChanges } = changes
  const word = randomUUID().slice(0, 8)
  const plan = await db
    .insertInto('plan')
    .values({ creator_id: bot.creatorId, bot_id: bot.id, key: word, name: `Plan ${word}`, ...planChanges })
    .returning('id')
    .executeTakeFirstOrThrow()
  const price = await db
    .insertInto('price')
    .values({
      ...{ creator_id: bot.creatorId, plan_id: plan.id, interval: 'month', currency: 'eur', amount: 900 },
      ...priceChanges,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return { planId: plan.id, priceId: price.id }
}

/** A subscription, of nobody unless said otherwise: paid for and running. */
export async function addTestSubscription(
  db: Db,
  bot: Owner,
  { planId, priceId }: { planId: string; priceId: string },
  changes: Partial<Insertable<Database['subscription']>> = {},
): Promise<string> {
  const { id } = await db
    .insertInto('subscription')
    .values({
      ...{ creator_id: bot.creatorId, bot_id: bot.id, plan_id: planId, price_id: priceId },
      ...{ provider_id: `sub_${randomUUID()}`, status: 'active', read_at: new Date() },
      ...changes,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

/** Money that came in. */
export async function addTestPayment(
  db: Db,
  bot: Owner,
  changes: Partial<Insertable<Database['payment']>> = {},
): Promise<string> {
  const id = changes.id ?? `in_${randomUUID()}`
  await db
    .insertInto('payment')
    .values({
      ...{ id, creator_id: bot.creatorId, bot_id: bot.id, kind: 'invoice', state: 'paid' },
      ...{ currency: 'eur', amount: 900, read_at: new Date(), paid_at: new Date() },
      ...changes,
    })
    .execute()
  return id
}
