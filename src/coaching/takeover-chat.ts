import { sql, type Transaction } from 'kysely'
import { BotSettings } from '../bots/bot-settings.ts'
import type { Db } from '../db/database.ts'
import type { Database } from '../db/schema.ts'
import { isWindowClosed } from '../messaging/delivery-gate.ts'
import { CHANNELS } from '../messaging/update.ts'
import type { LockedChat } from './speak.ts'

/** A Chat as a takeover needs it, locked until the transaction ends. */
export interface TakeoverChat extends LockedChat {
  /** What the person is spoken to in. */
  language: string
  isBlocked: boolean
  isWindowClosed: boolean
  takeoverMemberId: string | null
  takeoverUntil: Date | null
  /** A Member answers, and their time is not up. */
  isTakenOver: boolean
}

type Wanted = { chatId: string } & ({ botId: string; creatorId: string } | { isOverdue: true })

/** Locks the Chat: one of a Creator's Bot, or one whose takeover is over in time. `undefined` when there is none. */
export async function lockChat(
  trx: Transaction<Database>,
  wanted: Wanted,
): Promise<TakeoverChat | undefined> {
  let query = trx
    .selectFrom('chat')
    .select(['id', 'creator_id', 'bot_id', 'channel', 'chat_key', 'language', 'blocked_at'])
    .select(['takeover_member_id', 'takeover_until'])
    .select(isWindowClosed().as('is_window_closed'))
    .select(sql<boolean>`coalesce(takeover_until > clock_timestamp(), false)`.as('is_taken_over'))
    .where('id', '=', wanted.chatId)
    .forUpdate()
  if ('isOverdue' in wanted) query = query.where('takeover_until', '<=', sql<Date>`clock_timestamp()`)
  else query = query.where('bot_id', '=', wanted.botId).where('creator_id', '=', wanted.creatorId)
  const row = await query.executeTakeFirst()
  const channel = CHANNELS.find((name) => name === row?.channel)
  if (!row || !channel) return undefined
  return {
    id: row.id,
    creatorId: row.creator_id,
    botId: row.bot_id,
    channel,
    chatKey: row.chat_key,
    language: row.language ?? (await findBotLanguage(trx, row.bot_id)),
    isBlocked: row.blocked_at !== null,
    isWindowClosed: row.is_window_closed,
    takeoverMemberId: row.takeover_member_id,
    takeoverUntil: row.takeover_until,
    isTakenOver: row.is_taken_over,
  }
}

async function findBotLanguage(trx: Transaction<Database>, botId: string): Promise<string> {
  const row = await trx.selectFrom('bot').select('settings').where('id', '=', botId).executeTakeFirst()
  return BotSettings.safeParse(row?.settings).data?.languages[0] ?? 'en'
}

/** Chats whose takeover is over in time, the longest overdue first. */
export async function listOverdueTakeovers(db: Db, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('chat')
    .select('id')
    .where('takeover_until', '<=', sql<Date>`now()`)
    .orderBy('takeover_until')
    .limit(limit)
    .execute()
  return rows.map(({ id }) => id)
}
