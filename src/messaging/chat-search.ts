import { sql, type Transaction } from 'kysely'
import type { Database } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import { type BotRef, type ChatSummary, listChatsById, toLine } from './chat-list.ts'

/** A Chat in which the words were found. */
export interface ChatHit {
  chat: ChatSummary
  /** The newest message that holds the words; `undefined` when the person's name or number does. */
  message:
    | { id: string; position: string; at: Date; before: string; words: string; after: string }
    | undefined
}

export interface ChatSearch {
  hits: ChatHit[]
  /** More was found than is shown, or less was looked through than there is. */
  isPartial: boolean
}

/** Shorter words are in nearly every message. */
export const MIN_SEARCH_CHARS = 2
export const MAX_SEARCH_CHARS = 200

/** A search looks through this much at most, the newest first: names, and what was said (some 4 ms a thousand). */
const MAX_CHATS = 20_000
const MAX_MESSAGES = 12_000
const MAX_MESSAGES_OF_CHAT = 200

/** Chats shown. */
const MAX_HITS = 30

/** Whoever searches waits no longer than this. */
const TIMEOUT_MS = 3_000

/** What PostgreSQL calls a statement that took too long. */
const QUERY_CANCELED = '57014'

/** Characters around the words. */
const AROUND = 70

/**
 * Finds Chats of a Bot by the person's name, by their number or id on the channel, and by what was said, within
 * the newest of it and within a bounded time. Upper and lower case are the same.
 *
 * @throws {AppError} `chat_search.timed_out`; the transaction is over with it.
 */
export async function searchChats(
  trx: Transaction<Database>,
  bot: BotRef,
  query: string,
): Promise<ChatSearch> {
  const words = query.replaceAll('\0', '').trim().slice(0, MAX_SEARCH_CHARS)
  if (words.length < MIN_SEARCH_CHARS) return { hits: [], isPartial: false }
  try {
    await sql`SELECT set_config('statement_timeout', ${String(TIMEOUT_MS)}, true)`.execute(trx)
    const named = await findByPerson(trx, bot, words)
    const said = await findByWords(trx, bot, words)
    await sql`SET LOCAL statement_timeout TO DEFAULT`.execute(trx)
    const ids = [...new Set([...named, ...said.hits.map((hit) => hit.chat_id)])]
    const chats = new Map(
      (await listChatsById(trx, bot, ids.slice(0, MAX_HITS))).map((chat) => [chat.id, chat]),
    )
    const messages = new Map(said.hits.map((hit) => [hit.chat_id, hit]))
    return {
      hits: ids.flatMap((id) => {
        const [chat, hit] = [chats.get(id), messages.get(id)]
        return chat ? [{ chat, message: hit && { ...excerptOf(hit.markdown, words), ...placeOf(hit) } }] : []
      }),
      isPartial: ids.length > MAX_HITS || said.isCut,
    }
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === QUERY_CANCELED) {
      throw new AppError('chat_search.timed_out', { cause })
    }
    throw cause
  }
}

/** By a part of the name, or of the number or id on the channel; of a number the digits count alone. */
async function findByPerson(
  trx: Transaction<Database>,
  { creatorId, botId }: BotRef,
  words: string,
): Promise<string[]> {
  const digits = /^[\d\s()+./-]+$/.test(words) ? words.replace(/\D/g, '') : ''
  const key = digits.length >= 4 ? digits : words
  const { rows } = await sql<{ id: string }>`
    SELECT chat.id FROM (
      SELECT id, chat_key, subscriber_id, last_message_at FROM chat
      WHERE bot_id = ${botId} AND creator_id = ${creatorId}
      ORDER BY last_message_at DESC, id DESC LIMIT ${MAX_CHATS}
    ) AS chat
    JOIN subscriber ON subscriber.id = chat.subscriber_id
    WHERE strpos(lower(subscriber.name), lower(${words})) > 0 OR strpos(lower(chat.chat_key), lower(${key})) > 0
    ORDER BY chat.last_message_at DESC, chat.id DESC LIMIT ${MAX_HITS + 1}
  `.execute(trx)
  return rows.map(({ id }) => id)
}

interface SaidHit {
  chat_id: string
  id: string
  position: string
  created_at: Date
  markdown: string
}

/** The newest message of each Chat that holds the words, within the newest messages of the Bot's newest Chats. */
async function findByWords(
  trx: Transaction<Database>,
  { creatorId, botId }: BotRef,
  words: string,
): Promise<{ hits: SaidHit[]; isCut: boolean }> {
  const { rows } = await sql<SaidHit & { looked: string }>`
    WITH newest AS MATERIALIZED (
      SELECT said.* FROM (
        SELECT id, last_message_at FROM chat WHERE bot_id = ${botId} AND creator_id = ${creatorId}
        ORDER BY last_message_at DESC, id DESC LIMIT ${MAX_CHATS}
      ) AS chat
      CROSS JOIN LATERAL (
        SELECT chat_id, id, position, created_at, markdown FROM message
        WHERE message.chat_id = chat.id ORDER BY position DESC LIMIT ${MAX_MESSAGES_OF_CHAT}
      ) AS said
      LIMIT ${MAX_MESSAGES}
    )
    SELECT found.*, (SELECT count(*) FROM newest) AS looked FROM (
      SELECT DISTINCT ON (chat_id) * FROM newest WHERE strpos(lower(markdown), lower(${words})) > 0
      ORDER BY chat_id, position DESC
    ) AS found
    ORDER BY found.position DESC LIMIT ${MAX_HITS + 1}
  `.execute(trx)
  return { hits: rows, isCut: Number(rows[0]?.looked ?? 0) >= MAX_MESSAGES }
}

function placeOf({ id, position, created_at: at }: SaidHit) {
  return { id, position, at }
}

/** The words with what stands around them, on one line. */
function excerptOf(markdown: string, words: string): { before: string; words: string; after: string } {
  const at = markdown.toLowerCase().indexOf(words.toLowerCase())
  // Lower case may be longer than upper case in some scripts; then the beginning has to do.
  if (at === -1) return { before: toLine(markdown).slice(0, 2 * AROUND), words: '', after: '' }
  const line = (text: string) => text.replace(/\s+/g, ' ')
  const start = Math.max(0, at - AROUND)
  const end = at + words.length + AROUND
  return {
    before: (start > 0 ? '…' : '') + line(markdown.slice(start, at)).trimStart(),
    words: markdown.slice(at, at + words.length),
    after: line(markdown.slice(at + words.length, end)).trimEnd() + (end < markdown.length ? '…' : ''),
  }
}
