import { sql } from 'kysely'
import type { Db } from '../db/database.ts'
import { readChatCursor, writeChatCursor } from './chat-cursor.ts'
import { isOpenFor } from './inbox.ts'
import { CHANNELS, type ChannelName } from './update.ts'

/** The Bot whose Chats are meant, and whose it is. */
export interface BotRef {
  creatorId: string
  botId: string
}

/** A Chat as a list shows it. */
export interface ChatSummary {
  id: string
  channel: ChannelName
  chatKey: string
  /** As the channel told it. */
  subscriberName: string | undefined
  language: string | undefined
  lastMessageAt: Date
  /** What was said last, without its markup. */
  lastLine: { text: string; from: 'subscriber' | 'bot' | 'member' } | undefined
  /** What the person said since somebody last said something to them. */
  waitingCount: number
  takeover: { memberId: string | undefined; name: string | undefined; until: Date } | undefined
  isBlocked: boolean
  /** Somebody seems to be in danger, and no one of the creator's has seen it. */
  flag: ChatFlag | undefined
  /** Something of the last messages did not arrive, or nobody can tell. */
  trouble: 'failed' | 'doubtful' | undefined
}

/** Why a Chat wants a person's care: what the safety line answered, and when. */
export interface ChatFlag {
  reason: string
  at: Date
}

export interface ChatPage {
  items: ChatSummary[]
  nextCursor: string | null
}

/** Which Chats are listed: `flagged` are those in which somebody seems to be in danger. */
export const CHAT_STATES = ['all', 'flagged', 'taken_over'] as const
export type ChatState = (typeof CHAT_STATES)[number]

export interface ChatFilter {
  state?: ChatState | undefined
}

/** How far back a list looks for who waits and for what did not arrive. */
const RECENT_MESSAGES = 10
/** Updates counted as waiting; more show as this many. */
const MAX_OPEN = 50
const LINE_CHARS = 300

interface RecentRow {
  chat_id: string
  direction: 'in' | 'out'
  kind: string
  line: string
  states: string[]
}

interface ChatRow {
  id: string
  channel: string
  chat_key: string
  language: string | null
  blocked_at: Date | null
  flag: string | null
  flagged_at: Date | null
  last_message_at: Date
  exact_at: string
  takeover_member_id: string | null
  takeover_until: Date | null
  takeover_name: string | null
  subscriber_name: string | null
  open_count: number
  recent: RecentRow[]
}

/** One page of a Bot's Chats, those in which something was said last first. */
export async function listChats(
  db: Db,
  { creatorId, botId }: BotRef,
  { limit, cursor, state = 'all' }: ChatFilter & { limit: number; cursor?: string | undefined },
): Promise<ChatPage> {
  const after = cursor === undefined ? undefined : readChatCursor(cursor)
  const rows = await readChats(
    db,
    sql`
      SELECT * FROM chat WHERE bot_id = ${botId} AND creator_id = ${creatorId}
        ${after ? sql`AND (last_message_at, id) < (${after.at}::timestamptz, ${after.id}::uuid)` : sql``}
        ${state === 'taken_over' ? sql`AND takeover_until IS NOT NULL` : sql``}
        ${state === 'flagged' ? sql`AND flagged_at IS NOT NULL` : sql``}
      ORDER BY last_message_at DESC, id DESC LIMIT ${limit + 1}`,
  )
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return {
    items: shown.map(toSummary),
    nextCursor: rows.length > limit && last ? writeChatCursor({ at: last.exact_at, id: last.id }) : null,
  }
}

/** These of a Bot's Chats, those in which something was said last first. */
export async function listChatsById(
  db: Db,
  { creatorId, botId }: BotRef,
  ids: string[],
): Promise<ChatSummary[]> {
  if (ids.length === 0) return []
  const rows = await readChats(
    db,
    sql`SELECT * FROM chat WHERE id = ANY (${ids}::uuid[]) AND bot_id = ${botId} AND creator_id = ${creatorId}`,
  )
  return rows.map(toSummary)
}

/** What a list shows of the chosen Chats; the choice is bounded, so that all of it is. */
async function readChats(db: Db, chosen: ReturnType<typeof sql>): Promise<ChatRow[]> {
  const { rows } = await sql<Omit<ChatRow, 'recent'>>`
    SELECT chat.id, chat.channel, chat.chat_key, chat.language, chat.blocked_at, chat.flag, chat.flagged_at, chat.last_message_at,
      chat.last_message_at::text AS exact_at, chat.takeover_member_id, chat.takeover_until,
      member.name AS takeover_name, subscriber.name AS subscriber_name,
      (SELECT count(*)::int FROM (
        SELECT FROM inbox
        WHERE ${isOpenFor()}
        LIMIT ${MAX_OPEN}
      ) AS waiting) AS open_count
    FROM (${chosen}) AS chat
    JOIN subscriber ON subscriber.id = chat.subscriber_id
    LEFT JOIN member ON member.id = chat.takeover_member_id
    ORDER BY chat.last_message_at DESC, chat.id DESC
  `.execute(db)
  const recent = await readRecent(
    db,
    rows.map(({ id }) => id),
  )
  return rows.map((row) => ({ ...row, recent: recent.get(row.id) ?? [] }))
}

/** The last messages of each Chat, the newest first. */
async function readRecent(db: Db, chatIds: string[]): Promise<Map<string, RecentRow[]>> {
  const { rows } = await sql<RecentRow>`
    SELECT asked.id AS chat_id, last.* FROM unnest(${chatIds}::uuid[]) AS asked (id)
    CROSS JOIN LATERAL (
      SELECT message.position, message.direction, message.kind, left(message.markdown, ${LINE_CHARS}) AS line,
        ARRAY(SELECT part.state FROM part WHERE part.message_id = message.id) AS states
      FROM message WHERE message.chat_id = asked.id
      ORDER BY message.position DESC LIMIT ${RECENT_MESSAGES}
    ) AS last
    ORDER BY asked.id, last.position DESC
  `.execute(db)
  return Map.groupBy(rows, (row) => row.chat_id)
}

function toSummary(row: ChatRow): ChatSummary {
  const { recent } = row
  const [last] = recent
  const saidByOthers = recent.findIndex(({ direction }) => direction === 'out')
  const states = recent.flatMap((message) => message.states)
  return {
    id: row.id,
    channel: readChannel(row.channel),
    chatKey: row.chat_key,
    subscriberName: row.subscriber_name ?? undefined,
    language: row.language ?? undefined,
    lastMessageAt: row.last_message_at,
    lastLine: last && {
      text: toLine(last.line),
      from: last.direction === 'in' ? 'subscriber' : last.kind === 'takeover' ? 'member' : 'bot',
    },
    waitingCount: row.open_count + (saidByOthers === -1 ? recent.length : saidByOthers),
    takeover:
      row.takeover_until === null
        ? undefined
        : {
            memberId: row.takeover_member_id ?? undefined,
            name: row.takeover_name ?? undefined,
            until: row.takeover_until,
          },
    isBlocked: row.blocked_at !== null,
    flag: toFlag(row),
    trouble: states.includes('failed') ? 'failed' : states.includes('doubtful') ? 'doubtful' : undefined,
  }
}

export function toFlag({ flag, flagged_at: at }: Pick<ChatRow, 'flag' | 'flagged_at'>): ChatFlag | undefined {
  return flag === null || at === null ? undefined : { reason: flag, at }
}

export function readChannel(name: string): ChannelName {
  const channel = CHANNELS.find((known) => known === name)
  if (!channel) throw new TypeError(`a Chat of an unknown channel: ${name}`)
  return channel
}

/** Words on one line, without the signs of Markdown and the numbers of proofs. */
export function toLine(markdown: string): string {
  return markdown
    .replace(/\[\d{1,3}\]/g, '')
    .replace(/^[ \t]*(?:#{1,6}|>|[-*+]|\d+\.)[ \t]+/gm, '')
    .replace(/(\*\*|__|~~|`)/g, '')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/\s+/g, ' ')
    .trim()
}
