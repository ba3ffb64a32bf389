import { sql } from 'kysely'
import type { Db } from '../db/database.ts'
import { AppError } from '../errors.ts'
import { type BotRef, type ChatFlag, readChannel, toFlag } from './chat-list.ts'
import { isWindowClosed, WHATSAPP_WINDOW_HOURS } from './delivery-gate.ts'
import type { ChatAddress } from './inbox.ts'

export type ChatKey = BotRef & { chatId: string }

/** What is known of a Chat and its Subscriber. */
export interface ChatFacts extends ChatAddress {
  id: string
  creatorId: string
  subscriber: { id: string; name: string | undefined; since: Date }
  language: string | undefined
  startedAt: Date
  lastMessageAt: Date
  lastInboundAt: Date | undefined
  isBlocked: boolean
  /** Somebody seems to be in danger, and no one of the creator's has seen it. */
  flag: ChatFlag | undefined
  /** WhatsApp takes free words only for a day after the person's last one. */
  window: { isClosed: boolean; closesAt: Date | undefined } | undefined
  takeover: { memberId: string | undefined; name: string | undefined; since: Date; until: Date } | undefined
}

/** @throws {AppError} `chat.not_found`, another Creator's or Bot's included. */
export async function getChatFacts(db: Db, { creatorId, botId, chatId }: ChatKey): Promise<ChatFacts> {
  const row = await db
    .selectFrom('chat')
    .innerJoin('subscriber', 'subscriber.id', 'chat.subscriber_id')
    .leftJoin('member', 'member.id', 'chat.takeover_member_id')
    .selectAll('chat')
    .select(['subscriber.name as subscriber_name', 'subscriber.created_at as subscriber_since'])
    .select('member.name as takeover_name')
    .select(isWindowClosed().as('is_window_closed'))
    .select(
      sql<Date | null>`chat.last_inbound_at + make_interval(hours => ${sql.lit(WHATSAPP_WINDOW_HOURS)})`.as(
        'window_closes_at',
      ),
    )
    .where('chat.id', '=', chatId)
    .where('chat.bot_id', '=', botId)
    .where('chat.creator_id', '=', creatorId)
    .executeTakeFirst()
  if (!row) throw new AppError('chat.not_found')
  const channel = readChannel(row.channel)
  return {
    id: row.id,
    creatorId,
    botId,
    channel,
    chatKey: row.chat_key,
    subscriber: {
      id: row.subscriber_id,
      name: row.subscriber_name ?? undefined,
      since: row.subscriber_since,
    },
    language: row.language ?? undefined,
    startedAt: row.created_at,
    lastMessageAt: row.last_message_at,
    lastInboundAt: row.last_inbound_at ?? undefined,
    isBlocked: row.blocked_at !== null,
    flag: toFlag(row),
    window:
      channel === 'whatsapp'
        ? { isClosed: row.is_window_closed, closesAt: row.window_closes_at ?? undefined }
        : undefined,
    takeover:
      row.takeover_until === null
        ? undefined
        : {
            memberId: row.takeover_member_id ?? undefined,
            name: row.takeover_name ?? undefined,
            since: row.takeover_at ?? row.takeover_until,
            until: row.takeover_until,
          },
  }
}
