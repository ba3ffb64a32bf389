import { type RawBuilder, sql, type Transaction } from 'kysely'
import type { Db } from '../db/database.ts'
import type { Database } from '../db/schema.ts'
import { type ChannelName, type Heard, type Receipt, Update } from './update.ts'

/** Whose Inbox: every row carries its Creator. */
export interface InboxOwner {
  creatorId: string
  botId: string
}

/** What names a Chat before its row exists. */
export interface ChatAddress {
  botId: string
  channel: ChannelName
  chatKey: string
}

export interface InboxEntry {
  id: string
  update: Update
  receivedAt: Date
}

/** An Update and whose Inbox it goes to. */
export interface InboxDraft extends InboxOwner {
  update: Update
}

/**
 * Stores Updates so that each is handled once, however often the channel delivers it: one statement, one
 * commit, nothing else in it.
 *
 * The identity is (bot, channel, externalId). A repeat writes nothing and is left out of what is returned,
 * so a webhook can answer 200 to every delivery.
 */
export async function recordUpdates(db: Db, owner: InboxOwner, updates: Update[]): Promise<ChatAddress[]> {
  return insertUpdates(
    db,
    updates.map((update) => ({ creatorId: owner.creatorId, botId: owner.botId, update })),
  )
}

/** {@link recordUpdates} for Updates of several owners at once. */
export async function insertUpdates(db: Db, drafts: InboxDraft[]): Promise<ChatAddress[]> {
  if (drafts.length === 0) return []
  const { rows } = await sql<{ bot_id: string; channel: ChannelName; chat_key: string }>`
    INSERT INTO inbox (creator_id, bot_id, channel, chat_key, external_id, update)
    SELECT * FROM unnest(
      ${drafts.map(({ creatorId }) => creatorId)}::uuid[],
      ${drafts.map(({ botId }) => botId)}::uuid[],
      ${drafts.map(({ update }) => update.channel)}::text[],
      ${drafts.map(({ update }) => update.chatKey)}::text[],
      ${drafts.map(({ update }) => update.externalId)}::text[],
      ${drafts.map(({ update }) => toJsonb(update))}::jsonb[]
    )
    ON CONFLICT ON CONSTRAINT inbox_bot_id_channel_external_id_key DO NOTHING
    RETURNING bot_id, channel, chat_key
  `.execute(db)
  return rows.map((row) => ({ botId: row.bot_id, channel: row.channel, chatKey: row.chat_key }))
}

/** Stores Receipts under the same promise as {@link recordUpdates}. Returns how many were new. */
export async function recordReceipts(db: Db, owner: InboxOwner, receipts: Receipt[]): Promise<number> {
  if (receipts.length === 0) return 0
  const { rows } = await sql`
    INSERT INTO receipt (creator_id, bot_id, channel, external_id, receipt)
    SELECT ${owner.creatorId}, ${owner.botId}, entry.*
    FROM unnest(
      ${receipts.map((receipt) => receipt.channel)}::text[],
      ${receipts.map((receipt) => receipt.externalId)}::text[],
      ${receipts.map((receipt) => toJsonb(receipt))}::jsonb[]
    ) AS entry
    ON CONFLICT ON CONSTRAINT receipt_bot_id_channel_external_id_key DO NOTHING
    RETURNING id
  `.execute(db)
  return rows.length
}

/** A Chat's Updates that no Turn has taken yet, oldest first; at most `limit`. */
export async function listOpenUpdates(
  db: Db | Transaction<Database>,
  chat: ChatAddress,
  { afterId = '0', limit = 50 }: { afterId?: string; limit?: number } = {},
): Promise<InboxEntry[]> {
  const rows = await db
    .selectFrom('inbox')
    .select(['id', 'update', 'received_at'])
    .where('bot_id', '=', chat.botId)
    .where('channel', '=', chat.channel)
    .where('chat_key', '=', chat.chatKey)
    .where('done_at', 'is', null)
    .where('id', '>', afterId)
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map((row) => readEntry(row, chat))
}

/** A row of the Inbox, as JSON where it came with something else. */
export interface InboxRow {
  id: string
  update: unknown
  received_at: Date | string
}

/**
 * SQL of a JSON list of {@link InboxRow}s: what {@link listOpenUpdates} lists, for a statement that reads a row `chat`.
 */
export function openUpdatesOfChat({ afterId = sql`0`, limit = 50 } = {}): RawBuilder<InboxRow[]> {
  return sql<InboxRow[]>`coalesce((
    SELECT jsonb_agg(jsonb_build_object('id', open.id::text, 'update', open.update, 'received_at', open.received_at)
      ORDER BY open.id)
    FROM (
      SELECT id, update, received_at FROM inbox
      WHERE ${isOpenFor()} AND id > ${afterId}
      ORDER BY id LIMIT ${sql.lit(limit)}
    ) AS open
  ), '[]')`
}

/** SQL that is true of a row `inbox` still to be done for a Chat: the one named, or else the row `chat` of the statement. */
export function isOpenFor(chat?: ChatAddress): RawBuilder<boolean> {
  const { botId, channel, chatKey } = chat ?? CHAT_ROW
  return sql<boolean>`(
    inbox.bot_id = ${botId} AND inbox.channel = ${channel} AND inbox.chat_key = ${chatKey} AND inbox.done_at IS NULL
  )`
}

const CHAT_ROW = {
  botId: sql.ref('chat.bot_id'),
  channel: sql.ref('chat.channel'),
  chatKey: sql.ref('chat.chat_key'),
}

export function readEntry(row: InboxRow, place: Pick<ChatAddress, 'channel' | 'chatKey'>): InboxEntry {
  const receivedAt = new Date(row.received_at)
  return { id: row.id, update: readUpdate(row.update, place, receivedAt), receivedAt }
}

/** Keeps what was said in a recording with the Update that brought it, until that is answered. */
export async function keepHeard(db: Db, inboxId: string, heard: Heard): Promise<void> {
  await db
    .updateTable('inbox')
    .set({ update: sql`jsonb_set(update, '{event,heard}', ${toJsonb(heard)}::jsonb)` })
    .where('id', '=', inboxId)
    .where('done_at', 'is', null)
    .execute()
}

/** An Update stored by another version that this one cannot read is answered as something unsupported: it must not stop its Chat. */
function readUpdate(
  stored: unknown,
  { channel, chatKey }: Pick<ChatAddress, 'channel' | 'chatKey'>,
  receivedAt: Date,
): Update {
  const parsed = Update.safeParse(stored)
  if (parsed.success) return parsed.data
  return {
    channel,
    chatKey,
    externalId: 'unreadable',
    sender: { externalId: chatKey },
    sentAt: receivedAt.toISOString(),
    event: { kind: 'unsupported', type: 'unreadable' },
  }
}

/** Updates that were set aside because every try failed; newest first. */
export async function listDeadUpdates(db: Db, limit = 100) {
  return db
    .selectFrom('inbox')
    .select(['id', 'bot_id', 'channel', 'chat_key', 'error_code', 'received_at'])
    .where('error_code', 'is not', null)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
}

/** Puts a set-aside Update back as if it had just arrived. `undefined` when there is none of that id. */
export async function replayUpdate(db: Db, id: string): Promise<ChatAddress | undefined> {
  const row = await db
    .updateTable('inbox')
    .set({ done_at: null, error_code: null, turn_id: null })
    .where('id', '=', id)
    .where('error_code', 'is not', null)
    .returning(['bot_id', 'channel', 'chat_key'])
    .executeTakeFirst()
  if (!row) return undefined
  return { botId: row.bot_id, channel: Update.shape.channel.parse(row.channel), chatKey: row.chat_key }
}

/** PostgreSQL keeps no NUL in text: some phones send one. */
function toJsonb(value: unknown): string {
  return JSON.stringify(value).replaceAll('\\u0000', '')
}
