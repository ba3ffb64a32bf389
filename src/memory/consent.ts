import { sql } from 'kysely'
import { type Db, inTransaction } from '../db/database.ts'
import type { MemoryKey } from './facts.ts'

/** What a person decided; undefined where they were not asked, or have not answered. */
export type Consent = 'given' | 'refused' | undefined

/** The Message that asks for consent, as it stands in the Chat. */
export const ASKING_KIND = 'memory_ask'

/** A Message that shows or changes what is remembered. A model never reads it: what it shows may be gone since. */
export const SHOWING_KIND = 'memory'

export async function findConsent(db: Db, { creatorId, botId, subscriberId }: MemoryKey): Promise<Consent> {
  const row = await db
    .selectFrom('memory_consent')
    .select('state')
    .where('subscriber_id', '=', subscriberId)
    .where('bot_id', '=', botId)
    .where('creator_id', '=', creatorId)
    .executeTakeFirst()
  return row?.state
}

/**
 * From now on what the person tells may be kept: beginning with the message that led to asking them, which has been
 * read by no one for this until now. Given twice it changes nothing.
 */
export function giveConsent(db: Db, key: MemoryKey & { chatId: string }): Promise<void> {
  return inTransaction(db, async (trx) => {
    await decide(trx, key, 'given')
    await sql`
      INSERT INTO chat_memory (chat_id, creator_id, bot_id, read_position, due_at)
      SELECT ${key.chatId}, ${key.creatorId}, ${key.botId}, coalesce(
        (SELECT said.position - 1 FROM message AS asked
          JOIN message AS said ON said.chat_id = asked.chat_id AND said.turn_id = asked.turn_id
            AND said.direction = 'in'
          WHERE asked.chat_id = ${key.chatId} AND asked.kind = ${ASKING_KIND} ORDER BY asked.position DESC LIMIT 1),
        (SELECT max(position) FROM message WHERE chat_id = ${key.chatId}),
        0
      ), now()
      ON CONFLICT (chat_id) DO UPDATE SET
        read_position = coalesce(chat_memory.read_position, excluded.read_position), due_at = now()
    `.execute(trx)
  })
}

/** Nothing more is kept of what the person tells, and what was is erased. */
export function withdrawConsent(db: Db, key: MemoryKey): Promise<void> {
  return inTransaction(db, async (trx) => {
    await decide(trx, key, 'refused')
    await eraseFacts(trx, key)
    await sql`
      UPDATE chat_memory SET read_position = NULL FROM chat
      WHERE chat.id = chat_memory.chat_id AND chat.subscriber_id = ${key.subscriberId}
        AND chat.bot_id = ${key.botId} AND chat.creator_id = ${key.creatorId}
    `.execute(trx)
  })
}

/**
 * Forgets all that was remembered of a person with a Bot: what they told, what was summed up in the Chats, and that
 * they were ever asked. A job at work on it finds its row gone and writes nothing.
 */
export async function forgetMemory(db: Db, key: MemoryKey): Promise<void> {
  // In the order in which the job that remembers locks them.
  await db
    .deleteFrom('memory_consent')
    .where('subscriber_id', '=', key.subscriberId)
    .where('bot_id', '=', key.botId)
    .where('creator_id', '=', key.creatorId)
    .execute()
  await eraseFacts(db, key)
  await sql`
    DELETE FROM chat_memory USING chat
    WHERE chat.id = chat_memory.chat_id AND chat.subscriber_id = ${key.subscriberId}
      AND chat.bot_id = ${key.botId} AND chat.creator_id = ${key.creatorId}
  `.execute(db)
}

async function decide(db: Db, key: MemoryKey, state: 'given' | 'refused'): Promise<void> {
  await db
    .insertInto('memory_consent')
    .values({ creator_id: key.creatorId, bot_id: key.botId, subscriber_id: key.subscriberId, state })
    .onConflict((conflict) =>
      conflict.columns(['subscriber_id', 'bot_id']).doUpdateSet({ state, decided_at: sql`now()` }),
    )
    .execute()
}

async function eraseFacts(db: Db, { creatorId, botId, subscriberId }: MemoryKey): Promise<void> {
  await db
    .deleteFrom('memory_fact')
    .where('subscriber_id', '=', subscriberId)
    .where('bot_id', '=', botId)
    .where('creator_id', '=', creatorId)
    .execute()
}
