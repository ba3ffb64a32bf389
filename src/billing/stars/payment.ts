import { sql, type Transaction } from 'kysely'
import type { Database } from '../../db/schema.ts'
import type { UpdateEvent } from '../../messaging/update.ts'
import { STARS } from '../money.ts'

export type StarsEvent = Extract<UpdateEvent, { kind: 'stars' }>

/** Whose payment it is: the Chat it came in. */
export interface StarsChat {
  id: string
  creatorId: string
  botId: string
  subscriberId: string
}

/** False when this payment was told of before. */
export async function insertStarsPayment(
  trx: Transaction<Database>,
  { chat, event, kind }: { chat: StarsChat; event: StarsEvent; kind: 'subscription' | 'order' },
): Promise<boolean> {
  const row = await trx
    .insertInto('payment')
    .values({
      id: paymentIdOf(event.chargeId ?? ''),
      creator_id: chat.creatorId,
      bot_id: chat.botId,
      subscriber_id: chat.subscriberId,
      subscription_id: null,
      order_id: null,
      kind,
      state: 'paid',
      currency: STARS,
      amount: event.amount ?? 0,
      receipt_url: null,
      read_at: sql<Date>`now()`,
      paid_at: sql<Date>`now()`,
    })
    .onConflict((is) => is.column('id').doNothing())
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

/** Ends the access a payment in Stars gave; false when it was ended before, or never was. */
export async function takeStarsBack(trx: Transaction<Database>, chargeId: string): Promise<boolean> {
  const row = await trx
    .updateTable('payment')
    .set({ state: 'refunded', refunded: sql<string>`amount`, read_at: sql<Date>`now()` })
    .where('id', '=', paymentIdOf(chargeId))
    .where('state', '<>', 'refunded')
    .returning('subscription_id')
    .executeTakeFirst()
  if (!row) return false
  await trx
    .updateTable('subscription')
    .set({ blocked_at: sql<Date>`coalesce(blocked_at, now())`, read_at: sql<Date>`now()` })
    .where('id', '=', row.subscription_id)
    .execute()
  return true
}

/** Writes down, once, that Stars came and nobody can say for what. */
export async function reportUnknownStars(
  trx: Transaction<Database>,
  { chat, event }: { chat: StarsChat; event: StarsEvent },
): Promise<void> {
  const id = paymentIdOf(event.chargeId ?? '')
  const known = await trx
    .selectFrom('payment_repair')
    .select('id')
    .where('creator_id', '=', chat.creatorId)
    .where('object_id', '=', id)
    .executeTakeFirst()
  if (known) return
  await trx
    .insertInto('payment_repair')
    .values({
      creator_id: chat.creatorId,
      kind: 'Stars payment that names nothing sold',
      object_id: id,
      details: JSON.stringify({
        botId: chat.botId,
        subscriberId: chat.subscriberId,
        stars: event.amount ?? 0,
      }),
    })
    .execute()
}

const PREFIX = 'stars:'

/** What a payment in Stars is called with us. */
export function paymentIdOf(chargeId: string): string {
  return PREFIX + chargeId
}

/** Telegram's own id of a payment in Stars; undefined for one of another provider. */
export function chargeIdOf(paymentId: string): string | undefined {
  return paymentId.startsWith(PREFIX) ? paymentId.slice(PREFIX.length) : undefined
}
