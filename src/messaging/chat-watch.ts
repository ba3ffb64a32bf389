import { sql } from 'kysely'
import type { Db } from '../db/database.ts'
import type { Logger } from '../logger.ts'
import { type InboxRow, openUpdatesOfChat, readEntry } from './inbox.ts'
import type { ChannelName, Update } from './update.ts'

/** How often the Chats that are answered at the moment are looked at. */
const LOOK_EVERY_MS = 300

/** Newcomers read of one Chat at a time. */
const MAX_NEWCOMERS = 10

/** What is new in a Chat while a Turn runs in it. */
export interface ChatNews {
  /** Updates behind those the Turn answers, oldest first. */
  newcomers: Update[]
  /** A Member answers in the Chat. */
  isTakenOver: boolean
}

interface Watched {
  chatId: string
  /** Id of the last Update that the Turn answers. */
  afterId: string
  hear: (news: ChatNews) => void
}

/** Looks at a Chat again and again until the returned function is called. */
export type WatchChat = (watched: Watched) => () => void

/**
 * Looks at all Chats that this process is answering, together: one statement a look, however many they are, and
 * none while there are none. A look that fails tells nothing; the next one does.
 */
export function createChatWatch(db: Db, log: Logger): WatchChat {
  const all = new Set<Watched>()
  let timer: NodeJS.Timeout | undefined
  let isLooking = false

  async function look(): Promise<void> {
    if (isLooking) return
    isLooking = true
    try {
      const watched = [...all]
      const news = await readNews(db, watched)
      for (const one of watched) {
        const own = news.get(one.chatId)
        if (own && all.has(one)) one.hear(own)
      }
    } catch (err) {
      log.debug({ err }, 'watch-failed')
    } finally {
      isLooking = false
    }
  }

  return (watched) => {
    all.add(watched)
    timer ??= setInterval(look, LOOK_EVERY_MS).unref()
    return () => {
      all.delete(watched)
      if (all.size > 0) return
      clearInterval(timer)
      timer = undefined
    }
  }
}

interface NewsRow {
  chat_id: string
  channel: ChannelName
  chat_key: string
  is_taken_over: boolean
  newcomers: InboxRow[]
}

async function readNews(db: Db, watched: readonly Watched[]): Promise<Map<string, ChatNews>> {
  const { rows } = await sql<NewsRow>`
    SELECT chat.id AS chat_id, chat.channel, chat.chat_key, chat.takeover_until IS NOT NULL AS is_taken_over,
      ${openUpdatesOfChat({ afterId: sql`watched.after_id`, limit: MAX_NEWCOMERS })} AS newcomers
    FROM unnest(${watched.map(({ chatId }) => chatId)}::uuid[], ${watched.map(({ afterId }) => afterId)}::bigint[])
      AS watched (chat_id, after_id)
    JOIN chat ON chat.id = watched.chat_id
  `.execute(db)
  return new Map(
    rows.map(({ chat_id, is_taken_over, newcomers, ...row }) => {
      const place = { channel: row.channel, chatKey: row.chat_key }
      const updates = newcomers.map((entry) => readEntry(entry, place).update)
      return [chat_id, { newcomers: updates, isTakenOver: is_taken_over }]
    }),
  )
}
