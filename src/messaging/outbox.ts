import { sql, type Transaction } from 'kysely'
import type { Db } from '../db/database.ts'
import type { Database } from '../db/schema.ts'
import type { ChannelName } from './update.ts'
import { isWorkerGone } from './worker-presence.ts'

/*
 * A Part is one send. Its states:
 *
 *   queued -> sending -> sent        the vendor took it
 *                     -> failed      it will not be sent (error_code says why)
 *                     -> queued      it provably was not sent: again, after not_before
 *                     -> doubtful    it may have been sent (killed or timed out after the request left)
 *   doubtful -> sent | failed        a Receipt settled it
 *            -> queued               no Receipt can or did come, and the policy allows a repeat
 *
 * The Parts of a Chat leave in order: while one is sending or doubtful, none behind it goes.
 */

/** `answer`: repeated when doubtful, since a lost answer is worse than a double one. `notice`: never repeated. */
export type SendPolicy = 'answer' | 'notice'

/** A Part that a worker has taken to send. */
export interface ClaimedPart {
  id: string
  botId: string
  chatId: string
  messageId: string
  channel: ChannelName
  chatKey: string
  payload: Record<string, unknown>
  policy: SendPolicy
  attempts: number
  ageMs: number
}

/**
 * The vendor took it. Also settles a Part that had been declared doubtful meanwhile. Returns whether the
 * Chat has more to send.
 */
export async function markPartSent(
  db: Db,
  part: ClaimedPart,
  { vendorMessageId }: { vendorMessageId: string },
): Promise<boolean> {
  const { rows } = await sql<{ has_more: boolean }>`
    UPDATE part
    SET state = 'sent', sent_at = now(), vendor_message_id = ${vendorMessageId}, holder_id = NULL, error_code = NULL
    WHERE id = ${part.id} AND attempts = ${part.attempts} AND state IN ('sending', 'doubtful', 'queued')
    RETURNING EXISTS (
      SELECT FROM part AS next WHERE next.chat_id = ${part.chatId} AND next.state = 'queued' AND next.id <> ${part.id}
    ) AS has_more
  `.execute(db)
  return rows[0]?.has_more ?? true
}

/** It provably was not sent: goes again after `waitMs`. `isFree`: the vendor only asked to wait, no try is spent. */
export async function requeuePart(
  db: Db,
  part: ClaimedPart,
  { waitMs, code, isFree = false }: { waitMs: number; code: string; isFree?: boolean },
): Promise<void> {
  await db
    .updateTable('part')
    .set({
      state: 'queued',
      holder_id: null,
      error_code: code,
      not_before: sql<Date>`clock_timestamp() + make_interval(secs => ${waitMs / 1000})`,
      ...(isFree && { attempts: part.attempts - 1 }),
    })
    .where('id', '=', part.id)
    .where('attempts', '=', part.attempts)
    .where('state', '=', 'sending')
    .execute()
}

/** It will not be sent. */
export async function markPartFailed(
  db: Db,
  part: Pick<ClaimedPart, 'id'>,
  { code, detail = null }: { code: string; detail?: string | null },
): Promise<void> {
  await db
    .updateTable('part')
    .set({ state: 'failed', holder_id: null, error_code: code, error_detail: detail })
    .where('id', '=', part.id)
    .where('state', 'in', ['sending', 'doubtful'])
    .execute()
}

/** The person cannot be written to: closes the Chat for sending and gives up what is queued for it. */
export async function blockChat(db: Db, part: ClaimedPart): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await trx.updateTable('chat').set({ blocked_at: sql`now()` }).where('id', '=', part.chatId).execute()
    await trx
      .updateTable('part')
      .set({ state: 'queued', holder_id: null })
      .where('id', '=', part.id)
      .execute()
    await failQueuedParts(trx, part.chatId, 'channel.blocked')
  })
}

/** Gives up what is queued in a Chat that cannot be written to. */
export async function failQueuedParts(
  db: Db | Transaction<Database>,
  chatId: string,
  code: string,
): Promise<void> {
  await db
    .updateTable('part')
    .set({ state: 'failed', error_code: code })
    .where('chat_id', '=', chatId)
    .where('state', '=', 'queued')
    .execute()
}

/** What the gate held back in a Chat is looked at again now. */
export async function freeHeldParts(db: Db | Transaction<Database>, chatId: string): Promise<void> {
  await db
    .updateTable('part')
    .set({ not_before: null })
    .where('chat_id', '=', chatId)
    .where('state', '=', 'queued')
    .where('policy', '=', 'notice')
    .execute()
}

/** It may have been sent. What follows is decided by {@link resolveDoubts}, from the channel and the policy. */
export async function markPartDoubtful(db: Db, part: ClaimedPart): Promise<void> {
  await db
    .updateTable('part')
    .set({ state: 'doubtful', holder_id: null, error_code: 'channel.doubtful', doubts: sql`doubts + 1` })
    .where('id', '=', part.id)
    .where('attempts', '=', part.attempts)
    .where('state', '=', 'sending')
    .execute()
}

/** No send takes this long: whatever its holder does, it is not sending any more. */
const LONGEST_SEND_MINUTES = 5

/** Parts whose sender died in the middle become doubtful. Returns how many. */
export async function doubtOrphanedParts(db: Db): Promise<number> {
  const { rows } = await sql`
    UPDATE part SET state = 'doubtful', holder_id = NULL, error_code = 'channel.doubtful', doubts = doubts + 1
    WHERE state = 'sending' AND (
      sending_at < now() - make_interval(mins => ${LONGEST_SEND_MINUTES}) OR ${isWorkerGone(sql.ref('holder_id'))}
    )
    RETURNING id
  `.execute(db)
  return rows.length
}

/**
 * Decides doubtful Parts.
 *
 * Telegram echoes nothing of ours, so an answer goes again and a notice is given up. WhatsApp tells by a
 * Receipt, within moments: only when none came for `settleMs` the same rule applies. In a browser a repeat
 * is harmless. Returns the Chats that may go on.
 */
export async function resolveDoubts(db: Db, { settleMs }: { settleMs: number }): Promise<string[]> {
  const { rows } = await sql<{ chat_id: string }>`
    UPDATE part SET
      state = CASE WHEN policy = 'answer' OR channel = 'web' THEN 'queued' ELSE 'failed' END,
      not_before = NULL
    WHERE state = 'doubtful'
      AND (channel <> 'whatsapp' OR sending_at < now() - make_interval(secs => ${settleMs / 1000}))
    RETURNING chat_id
  `.execute(db)
  return [...new Set(rows.map((row) => row.chat_id))]
}

/** Chats with a Part that is due but that nobody sends. */
export async function listForgottenOutboxes(db: Db, olderThanMs: number, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('part')
    .select('chat_id')
    .where('state', '=', 'queued')
    .where((is) =>
      is.or([is('not_before', 'is', null), is('not_before', '<=', sql<Date>`clock_timestamp()`)]),
    )
    .where('created_at', '<', sql<Date>`now() - make_interval(secs => ${olderThanMs / 1000})`)
    .groupBy('chat_id')
    .limit(limit)
    .execute()
  return rows.map((row) => row.chat_id)
}

/** Every Part that ever was in doubt, newest first: what may have been sent twice, or not at all. */
export async function listDoubtedParts(db: Db, limit = 1_000) {
  return db
    .selectFrom('part')
    .select(['id', 'chat_id', 'channel', 'state', 'doubts', 'attempts', 'sending_at', 'sent_at'])
    .where('doubts', '>', 0)
    .orderBy('position', 'desc')
    .limit(limit)
    .execute()
}
