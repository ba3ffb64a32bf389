import { sql } from 'kysely'
import { z } from 'zod'
import type { Db } from '../db/database.ts'
import { AppError } from '../errors.ts'

/** A person in the list of a Bot's people, by the chat they were last heard in. */
export interface SubscriberLine {
  id: string
  name: string | null
  channel: string
  firstSeenAt: Date
  lastMessageAt: Date
}

/** A person, and what is kept about them, in numbers. */
export interface Subscriber {
  id: string
  name: string | null
  language: string | null
  firstSeenAt: Date
  chats: { id: string; botId: string; channel: string; lastMessageAt: Date; messages: number }[]
  counts: { messages: number; gaps: number; notes: number }
}

/** Time to the microsecond as PostgreSQL prints it, and the chat's id: where the page before ended. */
const Cursor = z.tuple([z.string().regex(/^[\d:. +-]{10,40}$/), z.uuid()])

/**
 * A Bot's people, those heard last first. Someone with two chats stands twice. A cursor that was not ours begins
 * anew.
 */
export async function listSubscribers(
  db: Db,
  {
    creatorId,
    botId,
    limit,
    cursor,
  }: { creatorId: string; botId: string; limit: number; cursor?: string | undefined },
): Promise<{ items: SubscriberLine[]; nextCursor: string | null }> {
  const after = cursor === undefined ? undefined : readCursor(cursor)
  const { rows } = await sql<SubscriberLine & { exactly: string; chatId: string }>`
    SELECT subscriber.id, subscriber.name, chat.channel, subscriber.created_at AS "firstSeenAt",
      chat.last_message_at AS "lastMessageAt", chat.last_message_at::text AS exactly, chat.id AS "chatId"
    FROM chat JOIN subscriber ON subscriber.id = chat.subscriber_id
    WHERE chat.bot_id = ${botId} AND chat.creator_id = ${creatorId}
      AND ${after ? sql`(chat.last_message_at, chat.id) < (${after.at}::timestamptz, ${after.id}::uuid)` : sql`true`}
    ORDER BY chat.last_message_at DESC, chat.id DESC LIMIT ${limit + 1}
  `.execute(db)
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    items: page.map(({ exactly: _exactly, chatId: _chatId, ...line }) => line),
    nextCursor: rows.length > limit && last ? writeCursor(last) : null,
  }
}

function writeCursor({ exactly, chatId }: { exactly: string; chatId: string }): string {
  return Buffer.from(JSON.stringify([exactly, chatId])).toString('base64url')
}

function readCursor(cursor: string): { at: string; id: string } | undefined {
  try {
    const [at, id] = Cursor.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()))
    return Number.isNaN(Date.parse(at)) ? undefined : { at, id }
  } catch {
    return undefined
  }
}

/**
 * @param botId given: the person must have a chat of that Bot.
 * @throws {AppError} `subscriber.not_found`, another Creator's included.
 */
export async function getSubscriber(
  db: Db,
  { creatorId, subscriberId, botId }: { creatorId: string; subscriberId: string; botId?: string | undefined },
): Promise<Subscriber> {
  const { rows } = await sql<Subscriber>`
    SELECT subscriber.id, subscriber.name, subscriber.language, subscriber.created_at AS "firstSeenAt"
    FROM subscriber WHERE id = ${subscriberId} AND creator_id = ${creatorId}
  `.execute(db)
  const person = rows[0]
  const { rows: chats } = await sql<Subscriber['chats'][number]>`
    SELECT chat.id, chat.bot_id AS "botId", chat.channel, chat.last_message_at AS "lastMessageAt",
      (SELECT count(*)::int FROM message WHERE message.chat_id = chat.id) AS messages
    FROM chat WHERE chat.subscriber_id = ${subscriberId} AND chat.creator_id = ${creatorId}
    ORDER BY chat.last_message_at DESC, chat.id LIMIT ${sql.lit(MAX_CHATS)}
  `.execute(db)
  if (!person || (botId !== undefined && !chats.some((chat) => chat.botId === botId)))
    throw new AppError('subscriber.not_found', { subscriberId })
  const { rows: counts } = await sql<{ gaps: number; notes: number }>`
    SELECT (SELECT count(*)::int FROM gap JOIN chat ON chat.id = gap.chat_id WHERE chat.subscriber_id = ${subscriberId}) AS gaps,
      (SELECT count(*)::int FROM chat_note JOIN chat ON chat.id = chat_note.chat_id
        WHERE chat.subscriber_id = ${subscriberId}) AS notes
  `.execute(db)
  const messages = chats.reduce((sum, chat) => sum + chat.messages, 0)
  return { ...person, chats, counts: { messages, gaps: counts[0]?.gaps ?? 0, notes: counts[0]?.notes ?? 0 } }
}

/** Channels times Bots a person may have written to; the page shows the latest. */
const MAX_CHATS = 50
