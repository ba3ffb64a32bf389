import { randomUUID } from 'node:crypto'
import { type RawBuilder, sql, type Transaction } from 'kysely'
import type { Db } from '../db/database.ts'
import { unlessDone } from '../db/persist.ts'
import type { Database } from '../db/schema.ts'
import {
  type ChatAddress,
  type InboxEntry,
  type InboxOwner,
  type InboxRow,
  isOpenFor,
  openUpdatesOfChat,
  readEntry,
} from './inbox.ts'
import type { ChannelName, Update } from './update.ts'
import { isHeldByNone } from './worker-presence.ts'

/** A Chat in the hands of one worker. `lease` fences the commit: who lost it cannot write. */
export interface LeasedChat extends ChatAddress {
  id: string
  creatorId: string
  subscriberId: string
  lease: string
  /** Leases taken since the last commit, this one included: what fails again and again shows here. */
  attempts: number
  language: string | undefined
  state: Record<string, unknown>
  takeover: TakeoverState
}

/** With what was open when it was taken, oldest first. */
export interface ClaimedChat extends LeasedChat {
  open: InboxEntry[]
}

/** Who answers: the bot (`none`), or a Member until they let go (`active`); `over` when its time is up and nobody said so yet. */
export type TakeoverState = 'none' | 'active' | 'over'

/**
 * Takes the lease of a Chat with open Updates, so that no other worker has a Turn in it.
 *
 * `undefined` when nothing is open, or when a living worker holds it: that one looks for further Updates before and after it lets
 * go, so nothing is missed. A holder that died is replaced at once.
 */
export async function claimChat(
  db: Db,
  address: ChatAddress,
  workerId: number,
): Promise<ClaimedChat | undefined> {
  const lease = randomUUID()
  const { rows } = await sql<LeasedRow>`
    UPDATE chat SET holder_id = ${workerId}, lease = ${lease}, leased_at = now(), attempts = attempts + 1
    WHERE bot_id = ${address.botId} AND channel = ${address.channel} AND chat_key = ${address.chatKey}
      AND ${isChatFree()}
      AND ${hasOpenUpdates()}
    RETURNING id, creator_id, subscriber_id, lease, attempts, language, state,
      CASE WHEN takeover_until IS NULL THEN 'none' WHEN takeover_until > now() THEN 'active' ELSE 'over' END AS takeover,
      ${openUpdatesOfChat()} AS open
  `
    .execute(db)
    .catch(unlessDone(() => giveBack(db, address, lease)))
  const row = rows[0]
  if (!row) return undefined
  return {
    ...address,
    id: row.id,
    creatorId: row.creator_id,
    subscriberId: row.subscriber_id,
    lease: row.lease,
    attempts: row.attempts,
    language: row.language ?? undefined,
    state: { ...row.state },
    takeover: row.takeover,
    open: row.open.map((entry) => readEntry(entry, address)),
  }
}

/** Of a lease that no one knows of: it was taken, and the answer that said so was lost. */
async function giveBack(db: Db, { botId, channel, chatKey }: ChatAddress, lease: string): Promise<void> {
  await db
    .updateTable('chat')
    .set({ holder_id: null, lease: null, leased_at: null, attempts: sql`greatest(attempts - 1, 0)` })
    .where('bot_id', '=', botId)
    .where('channel', '=', channel)
    .where('chat_key', '=', chatKey)
    .where('lease', '=', lease)
    .execute()
}

type LeasedRow = Pick<Database['chat'], 'creator_id' | 'subscriber_id' | 'language' | 'state'> & {
  id: string
  lease: string
  attempts: number
  takeover: TakeoverState
  open: InboxRow[]
}

/** No Turn takes this long: a lease that old was forgotten by its holder. */
const LONGEST_LEASE_MINUTES = 20

/** SQL that is true when no living worker has a Turn in the Chat. */
export function isChatFree(): RawBuilder<boolean> {
  return isHeldByNone({ holder: 'chat.holder_id', since: 'chat.leased_at' }, LONGEST_LEASE_MINUTES)
}

/**
 * Makes the Chat and its Subscriber when a person writes for the first time. Two at once make one.
 *
 * Returns false when the Chat was there already.
 */
export async function addChat(
  db: Db,
  owner: InboxOwner,
  address: ChatAddress,
  sender: Update['sender'],
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    // The lock is on the address, not on a row: there is none yet. It keeps a second Subscriber from being made.
    await sql`SELECT pg_advisory_xact_lock(hashtextextended(${JSON.stringify(address)}, 0))`.execute(trx)
    const known = await trx
      .selectFrom('chat')
      .select('id')
      .where('bot_id', '=', address.botId)
      .where('channel', '=', address.channel)
      .where('chat_key', '=', address.chatKey)
      .executeTakeFirst()
    if (known) return false
    const subscriber = await trx
      .insertInto('subscriber')
      .values({
        creator_id: owner.creatorId,
        name: sender.name ?? null,
        language: sender.languageCode ?? null,
      })
      .returning('id')
      .executeTakeFirstOrThrow()
    await trx
      .insertInto('chat')
      .values({
        creator_id: owner.creatorId,
        bot_id: address.botId,
        subscriber_id: subscriber.id,
        channel: address.channel,
        chat_key: address.chatKey,
        language: sender.languageCode ?? null,
        last_inbound_at: null,
        blocked_at: null,
        holder_id: null,
        lease: null,
        leased_at: null,
      })
      .execute()
    return true
  })
}

/** Locks the Chat for the Turn's commit. False when the lease is someone else's by now: then nothing may be written. */
export async function lockLeasedChat(trx: Transaction<Database>, chat: LeasedChat): Promise<boolean> {
  const row = await trx
    .selectFrom('chat')
    .select('id')
    .where('id', '=', chat.id)
    .where('lease', '=', chat.lease)
    .forUpdate()
    .executeTakeFirst()
  return row !== undefined
}

/**
 * Lets go of the Chat; returns whether Updates are open in it. Does nothing when the lease is no longer
 * ours. Work handed back unfinished because the worker stops is no failed attempt.
 */
export async function releaseChat(db: Db, chat: LeasedChat, { isHandedBack = false } = {}): Promise<boolean> {
  const { rows } = await sql<{ has_open: boolean }>`
    UPDATE chat SET holder_id = NULL, lease = NULL, leased_at = NULL,
      attempts = CASE WHEN ${isHandedBack} THEN greatest(attempts - 1, 0) ELSE attempts END
    WHERE id = ${chat.id} AND lease = ${chat.lease}
    RETURNING ${hasOpenUpdates()} AS has_open
  `.execute(db)
  return rows[0]?.has_open ?? false
}

/** SQL that is true when the Inbox holds something for the Chat. */
function hasOpenUpdates(): RawBuilder<boolean> {
  return sql<boolean>`EXISTS (SELECT FROM inbox WHERE ${isOpenFor()})`
}

export interface ChatChanges {
  language?: string
  state?: Record<string, unknown>
  /** true: the person blocked the bot; false: they can be written to again. */
  isBlocked?: boolean
  /** The person wrote or tapped: opens WhatsApp's 24 hours. */
  isInbound?: boolean
  /** Somebody seems to be in danger: why, until a person of the creator's has seen it. */
  flag?: string
}

/** Chats with Updates older than `olderThanMs` that no living worker holds: what every nudge has missed. */
export async function listForgottenChats(db: Db, olderThanMs: number, limit: number): Promise<ChatAddress[]> {
  const { rows } = await sql<{ bot_id: string; channel: ChannelName; chat_key: string }>`
    SELECT waiting.bot_id, waiting.channel, waiting.chat_key
    FROM (
      SELECT bot_id, channel, chat_key FROM inbox
      WHERE done_at IS NULL AND received_at < now() - make_interval(secs => ${olderThanMs / 1000})
      GROUP BY bot_id, channel, chat_key LIMIT ${limit}
    ) AS waiting
    JOIN bot ON bot.id = waiting.bot_id
    LEFT JOIN chat USING (bot_id, channel, chat_key)
    WHERE ${isChatFree()}
  `.execute(db)
  return rows.map((row) => ({ botId: row.bot_id, channel: row.channel, chatKey: row.chat_key }))
}
