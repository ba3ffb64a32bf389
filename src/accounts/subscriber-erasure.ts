import { sql, type Transaction } from 'kysely'
import type { Db } from '../db/database.ts'
import type { Database } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import { forgetIdempotentAnswers } from './idempotency-key.ts'
import { forgetPayers } from './money-erasure.ts'

/** What an erasure took out of the database, and what is left to do outside its transaction. */
export interface Erasure {
  chats: number
  messages: number
  subscribers: number
  /** The questions that went unanswered: their wording may be what a group of Gaps is shown by. */
  gaps: { groupId: string; question: string }[]
  /** Ids and channel addresses of the erased: what jobs and passing rows know them by. */
  traces: string[]
  chatIds: string[]
  /** The payment provider's ids of what the erased bought and paid. */
  paidIds: string[]
}

interface ErasedChat {
  id: string
  bot_id: string
  channel: string
  chat_key: string
  subscriber_id: string
}

/**
 * Erases a person: their chats with every word said in them by either side, Traces, usage, Gaps, notes about
 * them, what the channels delivered and reported, and themselves. What they paid stays as figures without them. A Turn at work in a chat finds it gone and
 * writes nothing. Who writes again is a new person.
 *
 * What stands outside the transaction is the caller's to finish: see {@link Erasure}.
 *
 * @throws {AppError} `subscriber.not_found`, another Creator's included.
 */
export async function eraseSubscriber(
  trx: Transaction<Database>,
  { creatorId, subscriberId }: { creatorId: string; subscriberId: string },
): Promise<Erasure> {
  const known = await trx
    .selectFrom('subscriber')
    .select('id')
    .where('id', '=', subscriberId)
    .where('creator_id', '=', creatorId)
    .forUpdate()
    .executeTakeFirst()
  if (!known) throw new AppError('subscriber.not_found', { subscriberId })
  const chats = await trx
    .selectFrom('chat')
    .select('id')
    .where('subscriber_id', '=', subscriberId)
    .where('creator_id', '=', creatorId)
    .execute()
  const paidIds = await forgetPayers(trx, { creatorId, subscriberIds: [subscriberId] })
  const erasure = await eraseChats(trx, { creatorId, chatIds: chats.map(({ id }) => id) })
  const { numDeletedRows } = await trx
    .deleteFrom('subscriber')
    .where('id', '=', subscriberId)
    .where('creator_id', '=', creatorId)
    .executeTakeFirst()
  await scrubAudit(trx, creatorId, [subscriberId])
  return {
    ...erasure,
    subscribers: erasure.subscribers + Number(numDeletedRows),
    traces: [...erasure.traces, subscriberId],
    paidIds: [...paidIds, ...erasure.paidIds],
  }
}

/** Erases chats, and whoever has none left. Chats that are gone already are passed over. */
export async function eraseChats(
  trx: Transaction<Database>,
  { creatorId, chatIds }: { creatorId: string; chatIds: string[] },
): Promise<Erasure> {
  const chats = await lockChats(trx, creatorId, chatIds)
  const ids = chats.map(({ id }) => id)
  if (ids.length === 0)
    return { chats: 0, messages: 0, subscribers: 0, gaps: [], traces: [], chatIds: [], paidIds: [] }
  const subscriberIds = [...new Set(chats.map(({ subscriber_id }) => subscriber_id))]
  await scrubAudit(trx, creatorId, [...ids, ...subscriberIds])
  await eraseDeliveries(trx, creatorId, chats)
  const gaps = await trx
    .deleteFrom('gap')
    .where('chat_id', 'in', ids)
    .where('creator_id', '=', creatorId)
    .returning(['group_id', 'question'])
    .execute()
  const { numDeletedRows: messages } = await trx
    .deleteFrom('message')
    .where('chat_id', 'in', ids)
    .where('creator_id', '=', creatorId)
    .executeTakeFirst()
  // Turns, usage, Parts and notes go with their chat.
  await trx.deleteFrom('chat').where('id', 'in', ids).where('creator_id', '=', creatorId).execute()
  const leaving = await trx
    .selectFrom('subscriber')
    .select('id')
    .where('id', 'in', subscriberIds)
    .where('creator_id', '=', creatorId)
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('chat').select('id').whereRef('chat.subscriber_id', '=', 'subscriber.id'))),
    )
    .execute()
  const paidIds = await forgetPayers(trx, { creatorId, subscriberIds: leaving.map(({ id }) => id) })
  const subscribers = await trx
    .deleteFrom('subscriber')
    .where('id', '=', sql<string>`ANY (${leaving.map(({ id }) => id)}::uuid[])`)
    .where('creator_id', '=', creatorId)
    .executeTakeFirst()
  await forgetIdempotentAnswers(trx, creatorId)
  return {
    chats: chats.length,
    messages: Number(messages),
    subscribers: Number(subscribers.numDeletedRows),
    gaps: gaps.flatMap(({ group_id, question }) =>
      group_id === null ? [] : [{ groupId: group_id, question }],
    ),
    traces: [...new Set(chats.flatMap((chat) => [chat.id, chat.chat_key]))],
    chatIds: ids,
    paidIds,
  }
}

function lockChats(trx: Transaction<Database>, creatorId: string, chatIds: string[]): Promise<ErasedChat[]> {
  return trx
    .selectFrom('chat')
    .select(['id', 'bot_id', 'channel', 'chat_key', 'subscriber_id'])
    .where('id', '=', sql<string>`ANY (${chatIds}::uuid[])`)
    .where('creator_id', '=', creatorId)
    .orderBy('id')
    .forUpdate()
    .execute()
}

/** What the channels delivered to the chats and reported of them; both name the person by the channel's own id. */
async function eraseDeliveries(
  trx: Transaction<Database>,
  creatorId: string,
  chats: ErasedChat[],
): Promise<void> {
  const column = <K extends keyof ErasedChat>(name: K) => chats.map((chat) => chat[name])
  for (const [reported, known] of [
    ['vendorMessageId', sql`part.vendor_message_id`],
    ['partId', sql`part.id::text`],
  ] as const) {
    await sql`
      DELETE FROM receipt USING part
      WHERE part.chat_id = ANY (${column('id')}::uuid[]) AND receipt.creator_id = ${creatorId}
        AND receipt.bot_id = part.bot_id AND receipt.channel = part.channel
        AND receipt.receipt->>${sql.lit(reported)} = ${known}
    `.execute(trx)
  }
  await sql`
    DELETE FROM inbox
    USING unnest(${column('bot_id')}::uuid[], ${column('channel')}::text[], ${column('chat_key')}::text[])
      AS chat (bot_id, channel, chat_key)
    WHERE inbox.creator_id = ${creatorId} AND inbox.bot_id = chat.bot_id AND inbox.channel = chat.channel
      AND inbox.chat_key = chat.chat_key
  `.execute(trx)
}

/** Who did what, and what was refused, stays written down; to whom does not. */
async function scrubAudit(trx: Transaction<Database>, creatorId: string, ids: string[]): Promise<void> {
  await sql`
    WITH erased AS (
      SELECT unnest(${ids}::text[]) AS id
      UNION ALL SELECT id::text FROM message WHERE chat_id::text = ANY (${ids}::text[])
      UNION ALL SELECT id::text FROM chat_note WHERE chat_id::text = ANY (${ids}::text[])
    )
    UPDATE audit_entry SET object_id = NULL, details = '{}'
    WHERE creator_id = ${creatorId}
      AND (object_id IN (SELECT id FROM erased) OR EXISTS (
        SELECT FROM unnest(${ids}::text[]) AS id WHERE position(id IN details::text) > 0
      ))
  `.execute(trx)
  await sql`
    UPDATE security_event SET details = '{}'
    WHERE creator_id = ${creatorId} AND EXISTS (
      SELECT FROM unnest(${ids}::text[]) AS id WHERE position(id IN details::text) > 0
    )
  `.execute(trx)
}

/**
 * Forgets what passes by in tables that belong to no Creator: drafts and the pace of sending. By a connection of
 * scope `system`, after the erasure is committed. What a crash leaves there, {@link forgetOrphans} finds.
 */
export async function forgetPassing(db: Db, chatIds: string[]): Promise<void> {
  if (chatIds.length === 0) return
  await db.deleteFrom('draft').where('chat_id', 'in', chatIds).execute()
  await db
    .deleteFrom('pace')
    .where(
      'key',
      'in',
      chatIds.map((id) => `chat:${id}`),
    )
    .execute()
}

/** Drafts and paces of chats that are gone. */
export async function forgetOrphans(db: Db): Promise<void> {
  await sql`
    DELETE FROM draft WHERE NOT EXISTS (SELECT FROM chat WHERE chat.id = draft.chat_id)
  `.execute(db)
  await sql`
    DELETE FROM pace WHERE key LIKE 'chat:%' AND due_at < now() - interval '1 hour'
      AND NOT EXISTS (SELECT FROM chat WHERE 'chat:' || chat.id = pace.key)
  `.execute(db)
}
