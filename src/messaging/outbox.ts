import { type RawBuilder, sql, type Transaction } from 'kysely'
import type { Db } from '../db/database.ts'
import type { Database } from '../db/schema.ts'
import { findObstacle } from './delivery-gate.ts'
import { listPaces, type PaceSettings } from './pace.ts'
import { CHANNELS, type ChannelName } from './update.ts'
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

/** What stands at the head of a Chat's Outbox. */
export type Claim =
  | { kind: 'part'; part: ClaimedPart }
  /** Nothing may go before this time has passed. */
  | { kind: 'later'; waitMs: number }
  /** Nothing to do, or another worker is at it, or a doubtful Part awaits its Receipt. */
  | { kind: 'none' }

interface HeadRow {
  id: string
  bot_id: string
  message_id: string
  channel: string
  chat_key: string
  payload: Record<string, unknown>
  policy: SendPolicy
  state: string
  attempts: number
  obstacle: string | null
  age_ms: number
  wait_ms: number
  is_claimed: boolean
}

/**
 * Takes the first Part of a Chat to send it: asks the delivery gate, keeps the vendor's pace, and commits
 * that it is being sent before anything leaves, so that a kill at any instant leaves a Part in doubt and
 * never lost. One statement: the account's pace is one row for all its chats, held for no longer than that.
 *
 * The pace is a generic cell rate algorithm, in PostgreSQL so that all workers share it: the conversation is
 * charged first, the account only if that passed.
 */
export async function claimNextPart(
  db: Db,
  chatId: string,
  { workerId, pace }: { workerId: number; pace: PaceSettings },
): Promise<Claim> {
  // Whoever waited here for a Part that was sent meanwhile comes back empty-handed, though more may be queued.
  const head = (await claimHead(db, chatId, workerId, pace)) ?? (await claimHead(db, chatId, workerId, pace))
  if (head?.state !== 'queued') return { kind: 'none' }
  if (head.obstacle !== null) {
    await failQueuedParts(db, chatId, head.obstacle)
    return { kind: 'none' }
  }
  if (!head.is_claimed) return { kind: 'later', waitMs: Math.max(1, Math.ceil(head.wait_ms)) }
  return {
    kind: 'part',
    part: {
      id: head.id,
      botId: head.bot_id,
      chatId,
      messageId: head.message_id,
      channel: readChannel(head.channel),
      chatKey: head.chat_key,
      payload: head.payload,
      policy: head.policy,
      attempts: head.attempts + 1,
      ageMs: head.age_ms,
    },
  }
}

async function claimHead(
  db: Db,
  chatId: string,
  workerId: number,
  pace: PaceSettings,
): Promise<HeadRow | undefined> {
  const paces = listPaces(pace)
  const { rows } = await sql<HeadRow>`
    WITH head AS (
      SELECT part.id, part.bot_id, part.message_id, part.channel, part.payload, part.policy, part.state,
        part.attempts, part.not_before, part.created_at, chat.chat_key, ${findObstacle()} AS obstacle
      FROM part JOIN chat ON chat.id = part.chat_id
      WHERE part.chat_id = ${chatId} AND part.state IN ('queued', 'sending', 'doubtful')
      ORDER BY part.position LIMIT 1 FOR UPDATE OF part
    ), due AS (
      SELECT * FROM head
      WHERE state = 'queued' AND obstacle IS NULL AND (not_before IS NULL OR not_before <= clock_timestamp())
    ), wanted AS (
      SELECT 'chat:' || ${chatId} AS pair_key, due.channel || ':' || due.bot_id AS account_key, kept.*
      FROM due JOIN unnest(
        ${paces.map(({ channel }) => channel)}::text[],
        ${paces.map(({ pair }) => pair.stepSeconds)}::float8[],
        ${paces.map(({ pair }) => pair.slackSeconds)}::float8[],
        ${paces.map(({ account }) => account.stepSeconds)}::float8[],
        ${paces.map(({ account }) => account.slackSeconds)}::float8[]
      ) AS kept (channel, pair_step, pair_slack, account_step, account_slack) ON kept.channel = due.channel
    ), pair AS (
      ${chargePace(sql`SELECT pair_key, pair_step, pair_slack FROM wanted`)}
    ), account AS (
      ${chargePace(sql`SELECT account_key, account_step, account_slack FROM wanted WHERE EXISTS (SELECT FROM pair)`)}
    ), claimed AS (
      UPDATE part
      SET state = 'sending', holder_id = ${workerId}, sending_at = now(), not_before = NULL, attempts = part.attempts + 1
      FROM due
      WHERE part.id = due.id AND (NOT EXISTS (SELECT FROM wanted) OR EXISTS (SELECT FROM account))
      RETURNING part.id
    )
    SELECT head.id, head.bot_id, head.message_id, head.channel, head.chat_key, head.payload, head.policy, head.state,
      head.attempts, head.obstacle, EXISTS (SELECT FROM claimed) AS is_claimed,
      extract(epoch FROM clock_timestamp() - head.created_at)::float8 * 1000 AS age_ms,
      extract(epoch FROM greatest(
        coalesce(head.not_before, '-infinity'),
        (SELECT max(pace.due_at - pace.slack) FROM pace JOIN wanted ON pace.key IN (wanted.pair_key, wanted.account_key)),
        clock_timestamp()
      ) - clock_timestamp())::float8 * 1000 AS wait_ms
    FROM head
  `.execute(db)
  return rows[0]
}

/** SQL that takes one send out of a pace and returns its key, or returns nothing where it is used up. */
function chargePace(wanted: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    INSERT INTO pace AS kept (key, due_at, step, slack)
    SELECT asked.key, clock_timestamp() + make_interval(secs => asked.step),
      make_interval(secs => asked.step), make_interval(secs => asked.slack)
    FROM (${wanted}) AS asked (key, step, slack)
    ON CONFLICT (key) DO UPDATE SET
      due_at = greatest(kept.due_at, clock_timestamp()) + EXCLUDED.step, step = EXCLUDED.step, slack = EXCLUDED.slack
      WHERE kept.due_at <= clock_timestamp() + EXCLUDED.slack
    RETURNING key`
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

async function failQueuedParts(db: Db | Transaction<Database>, chatId: string, code: string): Promise<void> {
  await db
    .updateTable('part')
    .set({ state: 'failed', error_code: code })
    .where('chat_id', '=', chatId)
    .where('state', '=', 'queued')
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

function readChannel(name: string): ChannelName {
  const channel = CHANNELS.find((known) => known === name)
  if (!channel) throw new TypeError(`a Part of an unknown channel: ${name}`)
  return channel
}
