import { sql } from 'kysely'
import pg from 'pg'
import type { Db } from '../db/database.ts'
import type { Logger } from '../logger.ts'
import type { ChatAddress } from './inbox.ts'

/** The PostgreSQL notification channel; its payload names a Chat and carries no one's words. */
const NOTIFICATION = 'cornerman_chat'

/** First wait before a broken listening connection is opened again; it doubles up to the longest. */
const RECONNECT_MS = 200
const MAX_RECONNECT_MS = 5_000

/** Tells, in every web process, that a Chat has something new to read. */
export interface ChatFeed extends AsyncDisposable {
  /** Calls `listener` after each change of the Chat, and after any time in which changes may have been missed. */
  subscribe(chat: ChatAddress, listener: () => void): () => void
}

/**
 * Opens the one connection on which this process hears of changes in Chats, whoever made them.
 *
 * A notification says only that there is something to read, so a lost one costs time and never a message:
 * after each reconnect every subscriber is called. The database may be away at the start and at any time.
 */
export function openChatFeed(databaseUrl: string, log: Logger): ChatFeed {
  const listeners = new Map<string, Set<() => void>>()
  const stopping = new AbortController()
  const listening = listen(databaseUrl, log, stopping.signal, (payload) => {
    const called = payload === undefined ? [...listeners.values()] : [listeners.get(payload) ?? new Set()]
    for (const set of called) for (const listener of [...set]) listener()
  })
  return {
    subscribe(chat, listener) {
      const key = presentKey(chat)
      const set = listeners.get(key) ?? new Set()
      listeners.set(key, set.add(listener))
      return () => {
        set.delete(listener)
        if (set.size === 0 && listeners.get(key) === set) listeners.delete(key)
      }
    },
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await listening
    },
  }
}

/** Says that something in the Chat has changed. */
export async function announceChange(db: Db, chat: ChatAddress): Promise<void> {
  await sql`SELECT pg_notify(${NOTIFICATION}, ${presentKey(chat)})`.execute(db)
}

/** Says that the Chat has a new Message to read, and ends the draft it replaces. */
export async function announceMessage(db: Db, chat: ChatAddress): Promise<void> {
  await sql`
    WITH gone AS (DELETE FROM draft USING chat WHERE draft.chat_id = chat.id AND ${isChat(chat)})
    SELECT pg_notify(${NOTIFICATION}, ${presentKey(chat)})
  `.execute(db)
}

/**
 * Shows the answer as far as it is written, in place of the last draft. Empty Markdown shows that one is
 * being thought about. Writes nothing when the Chat does not exist (any more).
 */
export async function publishDraft(db: Db, chat: ChatAddress, markdown: string): Promise<void> {
  await sql`
    WITH written AS (
      INSERT INTO draft (chat_id, markdown)
      SELECT id, ${markdown.replaceAll('\0', '')} FROM chat WHERE ${isChat(chat)}
      ON CONFLICT (chat_id) DO UPDATE SET markdown = excluded.markdown, updated_at = now()
      RETURNING chat_id
    )
    SELECT pg_notify(${NOTIFICATION}, ${presentKey(chat)}) FROM written
  `.execute(db)
}

/** The Chat's key in notifications; as JSON, so that no two Chats share one whatever their parts hold. */
function presentKey({ botId, channel, chatKey }: ChatAddress): string {
  return JSON.stringify([botId, channel, chatKey])
}

function isChat({ botId, channel, chatKey }: ChatAddress) {
  return sql<boolean>`chat.bot_id = ${botId} AND chat.channel = ${channel} AND chat.chat_key = ${chatKey}`
}

/** Calls `onChange` with each notification's payload, and with none after each (re)connect. Ends with the signal. */
async function listen(
  databaseUrl: string,
  log: Logger,
  signal: AbortSignal,
  onChange: (payload?: string) => void,
): Promise<void> {
  let waitMs = RECONNECT_MS
  while (!signal.aborted) {
    try {
      await holdConnection(databaseUrl, signal, (payload) => {
        waitMs = RECONNECT_MS
        onChange(payload)
      })
    } catch (error) {
      log.warn({ err: error }, 'chat-feed-lost')
    }
    await passTime(waitMs, signal)
    waitMs = Math.min(waitMs * 2, MAX_RECONNECT_MS)
  }
}

/** One connection's life: resolves when the signal ends it, rejects when it breaks or cannot be made. */
async function holdConnection(
  databaseUrl: string,
  signal: AbortSignal,
  onChange: (payload?: string) => void,
): Promise<void> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'cornerman-chat-feed',
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
  })
  const ended = Promise.withResolvers<void>()
  // Awaited only once listening: a break before that is the connect call's own failure.
  ended.promise.catch(() => {})
  client.on('error', ended.reject)
  client.on('end', () => ended.reject(new Error('The listening connection was closed.')))
  client.on('notification', ({ payload }) => onChange(payload ?? ''))
  signal.addEventListener('abort', () => ended.resolve(), { once: true })
  try {
    await client.connect()
    await client.query(`LISTEN ${NOTIFICATION}`)
    onChange()
    await ended.promise
  } finally {
    await client.end().catch(() => {})
  }
}

async function passTime(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done, { once: true })
    function done() {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
  })
}
