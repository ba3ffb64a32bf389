import { randomUUID } from 'node:crypto'
import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../db/database.ts'
import { unlessDone } from '../db/persist.ts'
import { findHold, findObstacle } from './delivery-gate.ts'
import { type ClaimedPart, failQueuedParts, type SendPolicy } from './outbox.ts'
import { listPaces, type PaceSettings } from './pace.ts'
import { CHANNELS, type ChannelName } from './update.ts'

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
 * Takes the first Part of a Chat that is not held back to send it: asks the delivery gate, keeps the vendor's pace, and commits
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
  const claim = randomUUID()
  const { rows } = await sql<HeadRow>`
    WITH head AS (
      SELECT part.id, part.bot_id, part.message_id, part.channel, part.payload, part.policy, part.state,
        part.attempts, part.not_before, part.created_at, chat.chat_key, ${findObstacle()} AS obstacle, hold.held_until
      FROM part JOIN chat ON chat.id = part.chat_id CROSS JOIN LATERAL (SELECT ${findHold()} AS held_until) AS hold
      WHERE part.chat_id = ${chatId} AND part.state IN ('queued', 'sending', 'doubtful')
      ORDER BY hold.held_until IS NOT NULL, part.position LIMIT 1 FOR UPDATE OF part
    ), held AS (
      UPDATE part SET not_before = head.held_until
      FROM head
      WHERE part.chat_id = ${chatId} AND part.state = 'queued' AND part.policy = 'notice'
        AND head.held_until IS NOT NULL AND head.obstacle IS NULL
    ), due AS (
      SELECT * FROM head
      WHERE state = 'queued' AND obstacle IS NULL AND held_until IS NULL
        AND (not_before IS NULL OR not_before <= clock_timestamp())
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
      SET state = 'sending', holder_id = ${workerId}, claim = ${claim}, sending_at = now(), not_before = NULL, attempts = part.attempts + 1
      FROM due
      WHERE part.id = due.id AND (NOT EXISTS (SELECT FROM wanted) OR EXISTS (SELECT FROM account))
      RETURNING part.id
    )
    SELECT head.id, head.bot_id, head.message_id, head.channel, head.chat_key, head.payload, head.policy, head.state,
      head.attempts, head.obstacle, EXISTS (SELECT FROM claimed) AS is_claimed,
      extract(epoch FROM clock_timestamp() - head.created_at)::float8 * 1000 AS age_ms,
      extract(epoch FROM greatest(
        coalesce(head.not_before, '-infinity'),
        head.held_until,
        (SELECT max(pace.due_at - pace.slack) FROM pace JOIN wanted ON pace.key IN (wanted.pair_key, wanted.account_key)),
        clock_timestamp()
      ) - clock_timestamp())::float8 * 1000 AS wait_ms
    FROM head
  `
    .execute(db)
    .catch(unlessDone(() => giveBack(db, chatId, claim)))
  return rows[0]
}

/** Of a claim that no one knows of: it was made, and the answer that said so was lost. Nothing was sent. */
async function giveBack(db: Db, chatId: string, claim: string): Promise<void> {
  await db
    .updateTable('part')
    .set({ state: 'queued', holder_id: null, claim: null, attempts: sql`attempts - 1` })
    .where('chat_id', '=', chatId)
    .where('claim', '=', claim)
    .where('state', '=', 'sending')
    .execute()
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

function readChannel(name: string): ChannelName {
  const channel = CHANNELS.find((known) => known === name)
  if (!channel) throw new TypeError(`a Part of an unknown channel: ${name}`)
  return channel
}
