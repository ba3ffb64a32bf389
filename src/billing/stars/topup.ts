import { sql, type Transaction } from 'kysely'
import type { Db } from '../../db/database.ts'
import type { Database } from '../../db/schema.ts'

/** Whose top-up: the Chat its payment came in. */
interface TopupChat {
  creatorId: string
  botId: string
  subscriberId: string
}

/** A top-up as far as a payment in Stars needs it. */
export interface Topup {
  name: string
  kind: string
  count: number
  stars: number | null
  isOnSale: boolean
}

/** A product of a bot that adds to an allowance; undefined for any other: goods and sessions are not sold in Stars. */
export async function findTopup(
  db: Db,
  { productId, botId }: { productId: string; botId: string },
): Promise<Topup | undefined> {
  const row = await db
    .selectFrom('product')
    .select(['name', 'topup_kind', 'topup_count', 'stars', 'retired_at'])
    .where('id', '=', productId)
    .where('bot_id', '=', botId)
    .where('kind', '=', 'topup')
    .executeTakeFirst()
  if (!row?.topup_kind || row.topup_count === null) return undefined
  const { name, topup_kind: kind, topup_count: count, stars } = row
  return { name, kind, count, stars, isOnSale: row.retired_at === null }
}

/** Adds what was bought to what there is. */
export async function addTopup(
  trx: Transaction<Database>,
  { creatorId, botId, subscriberId }: TopupChat,
  { kind, count }: Topup,
): Promise<void> {
  await trx
    .insertInto('topup')
    .values({ creator_id: creatorId, bot_id: botId, subscriber_id: subscriberId, kind, left_count: count })
    .onConflict((is) =>
      is
        .columns(['subscriber_id', 'bot_id', 'kind'])
        .doUpdateSet({ left_count: sql<number>`topup.left_count + ${count}::integer` }),
    )
    .execute()
}

/** Takes what was bought away again; what is used already stays used. */
export async function removeTopup(
  trx: Transaction<Database>,
  { botId, subscriberId }: TopupChat,
  { kind, count }: Topup,
): Promise<void> {
  await trx
    .updateTable('topup')
    .set({ left_count: sql<number>`greatest(left_count - ${count}::integer, 0)` })
    .where('subscriber_id', '=', subscriberId)
    .where('bot_id', '=', botId)
    .where('kind', '=', kind)
    .execute()
}
