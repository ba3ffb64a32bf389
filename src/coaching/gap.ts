import { sql } from 'kysely'
import type { Actor } from '../accounts/access.ts'
import { recordAudit } from '../accounts/audit.ts'
import { type Db, inTransaction } from '../db/database.ts'
import type { GapState } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import type { ChannelName } from '../messaging/update.ts'

/** A group of Gaps and the Bot they were asked of. */
export interface GapKey {
  botId: string
  groupId: string
}

/** Questions of one meaning that the material did not answer. */
export interface GapGroup {
  id: string
  /** As it was asked first. */
  question: string
  /** Other ways it was asked in, the newest first. */
  wordings: string[]
  languages: string[]
  state: GapState
  askedCount: number
  /** Subscribers who asked. */
  askerCount: number
  lastAskedAt: Date
  answer: GapGroupAnswer | undefined
}

export interface GapGroupAnswer {
  text: string
  /** As it stands in the material. */
  question: string
  name: string
  at: Date
  /** The Document that holds it; undefined once it was taken out of the material. */
  documentId: string | undefined
  /** Until then nothing was sent and it can be taken back unseen; undefined when all were told. */
  notifyAt: Date | undefined
}

export const GAP_STATES = ['open', 'answered', 'dismissed'] as const satisfies readonly GapState[]

/** Newest questions of a group that its wordings and languages are taken from, and wordings shown. */
const SAMPLED = 50
const WORDINGS = 4

/** A list's place: how many asked, and the id among equals. */
const CURSOR = /^(\d{1,9})\.([0-9a-f-]{36})$/

/** One page of a Bot's groups, those most people asked first. A cursor that was not ours starts anew. */
export async function listGapGroups(
  db: Db,
  {
    creatorId,
    botId,
    state,
    cursor,
    limit,
  }: { creatorId: string; botId: string; state: GapState; cursor?: string | undefined; limit: number },
): Promise<{ items: GapGroup[]; nextCursor: string | null }> {
  const [, askers, id] = CURSOR.exec(cursor ?? '') ?? []
  const { rows } = await sql<GroupRow>`
    SELECT ${columns()} FROM gap_group
    WHERE creator_id = ${creatorId} AND bot_id = ${botId} AND state = ${state}
      AND (${id ?? null}::uuid IS NULL OR (asker_count, id) < (${Number(askers ?? 0)}::integer, ${id ?? null}::uuid))
    ORDER BY asker_count DESC, id DESC LIMIT ${limit + 1}
  `.execute(db)
  const items = rows.slice(0, limit).map(toGroup)
  const last = items.at(-1)
  return {
    items,
    nextCursor: rows.length > limit && last ? `${last.askerCount}.${last.id}` : null,
  }
}

/** @throws {AppError} `gap.not_found`, another Creator's or Bot's group included. */
export async function getGapGroup(
  db: Db,
  { creatorId, botId, groupId }: GapKey & { creatorId: string },
): Promise<GapGroup> {
  const { rows } = await sql<GroupRow>`
    SELECT ${columns()} FROM gap_group
    WHERE id = ${groupId} AND creator_id = ${creatorId} AND bot_id = ${botId}
  `.execute(db)
  if (!rows[0]) throw new AppError('gap.not_found', { groupId })
  return toGroup(rows[0])
}

/** How many groups are in each state. */
export async function countGapGroups(
  db: Db,
  { creatorId, botId }: { creatorId: string; botId: string },
): Promise<Record<GapState, number>> {
  const rows = await db
    .selectFrom('gap_group')
    .select((is) => ['state', is.fn.countAll<string>().as('count')])
    .where('creator_id', '=', creatorId)
    .where('bot_id', '=', botId)
    .groupBy('state')
    .execute()
  const counts = { open: 0, answered: 0, dismissed: 0 }
  for (const { state, count } of rows) counts[state] = Number(count)
  return counts
}

/** Who asked, and what they were told. */
export interface GapAsker {
  chatId: string
  name: string | undefined
  channel: ChannelName
  question: string
  language: string | undefined
  askedAt: Date
  /** How far the answer is on its way to them. */
  notice: 'none' | 'waiting' | 'sent' | 'delivered' | 'read' | 'doubtful' | 'failed'
  /** Why it did not arrive. */
  errorCode: string | undefined
}

/** The Subscribers who asked, each with their newest wording; who asked last comes first. At most `limit`. */
export async function listAskers(
  db: Db,
  { creatorId, groupId, limit }: { creatorId: string; groupId: string; limit: number },
): Promise<GapAsker[]> {
  const { rows } = await sql<{
    chat_id: string
    name: string | null
    channel: ChannelName
    question: string
    language: string | null
    created_at: Date
    is_told: boolean
    states: string[] | null
    deliveries: (string | null)[] | null
    error_code: string | null
  }>`
    WITH asker AS (
      SELECT DISTINCT ON (chat.subscriber_id) gap.chat_id, subscriber.name, chat.channel, gap.question, gap.language,
        gap.created_at, gap.notified_message_id
      FROM gap
      JOIN chat ON chat.id = gap.chat_id
      JOIN subscriber ON subscriber.id = chat.subscriber_id
      WHERE gap.group_id = ${groupId} AND gap.creator_id = ${creatorId}
      ORDER BY chat.subscriber_id, gap.created_at DESC
    )
    SELECT asker.chat_id, asker.name, asker.channel, asker.question, asker.language, asker.created_at,
      asker.notified_message_id IS NOT NULL AS is_told, sent.states, sent.deliveries, sent.error_code
    FROM (SELECT * FROM asker ORDER BY created_at DESC LIMIT ${limit}) AS asker
    LEFT JOIN LATERAL (
      SELECT array_agg(part.state) AS states, array_agg(part.delivery) AS deliveries,
        max(part.error_code) FILTER (WHERE part.state = 'failed') AS error_code
      FROM part WHERE part.message_id = asker.notified_message_id
    ) AS sent ON true
    ORDER BY asker.created_at DESC
  `.execute(db)
  return rows.map((row) => ({
    chatId: row.chat_id,
    name: row.name ?? undefined,
    channel: row.channel,
    question: row.question,
    language: row.language ?? undefined,
    askedAt: row.created_at,
    notice: row.is_told ? readNotice(row.states ?? [], row.deliveries ?? []) : 'none',
    errorCode: row.error_code ?? undefined,
  }))
}

function readNotice(states: string[], deliveries: (string | null)[]): GapAsker['notice'] {
  if (states.includes('failed')) return 'failed'
  if (states.includes('doubtful')) return 'doubtful'
  if (states.some((state) => state !== 'sent')) return 'waiting'
  if (deliveries.length > 0 && deliveries.every((delivery) => delivery === 'read')) return 'read'
  const hasArrived = (delivery: string | null) => delivery === 'delivered' || delivery === 'read'
  return deliveries.length > 0 && deliveries.every(hasArrived) ? 'delivered' : 'sent'
}

/**
 * Holds a group until the transaction ends.
 *
 * @throws {AppError} `gap.not_found`
 */
export async function lockGapGroup(
  trx: Db,
  { creatorId }: Pick<Actor, 'creatorId'>,
  { botId, groupId }: GapKey,
) {
  const group = await trx
    .selectFrom('gap_group')
    .select(['id', 'state', 'document_id'])
    .where('id', '=', groupId)
    .where('bot_id', '=', botId)
    .where('creator_id', '=', creatorId)
    .forUpdate()
    .executeTakeFirst()
  if (!group) throw new AppError('gap.not_found', { groupId })
  return group
}

/**
 * Takes an open question off the list; asked again it stays there.
 *
 * @throws {AppError} `gap.not_found`, `gap.not_open`
 */
export function dismissGap(db: Db, actor: Actor, key: GapKey): Promise<void> {
  return moveGap(db, actor, key, { from: 'open', to: 'dismissed', action: 'gap.dismiss' })
}

/**
 * Puts a dismissed question back on the list.
 *
 * @throws {AppError} `gap.not_found`, `gap.not_open`
 */
export function reopenGap(db: Db, actor: Actor, key: GapKey): Promise<void> {
  return moveGap(db, actor, key, { from: 'dismissed', to: 'open', action: 'gap.reopen' })
}

async function moveGap(
  db: Db,
  actor: Actor,
  key: GapKey,
  { from, to, action }: { from: GapState; to: GapState; action: string },
): Promise<void> {
  await inTransaction(db, async (trx) => {
    const group = await lockGapGroup(trx, actor, key)
    if (group.state === to) return
    if (group.state !== from) throw new AppError('gap.not_open', { groupId: key.groupId })
    await trx.updateTable('gap_group').set({ state: to }).where('id', '=', key.groupId).execute()
    await recordAudit(trx, actor, { action, objectType: 'gap_group', objectId: key.groupId })
  })
}

interface GroupRow {
  id: string
  question: string
  state: GapState
  language: string | null
  asked_count: number
  asker_count: number
  last_asked_at: Date
  answer: string | null
  answer_question: string | null
  answered_name: string | null
  answered_at: Date | null
  document_id: string | null
  notify_at: Date | null
  asked: { question: string; language: string | null }[] | null
}

function columns() {
  return sql`gap_group.id, question, state, language, asked_count, asker_count, last_asked_at, answer, answer_question,
    answered_name, answered_at, document_id, notify_at, (
      SELECT json_agg(json_build_object('question', near.question, 'language', near.language))
      FROM (
        SELECT left(gap.question, 500) AS question, gap.language FROM gap
        WHERE gap.group_id = gap_group.id ORDER BY gap.created_at DESC LIMIT ${sql.lit(SAMPLED)}
      ) AS near
    ) AS asked`
}

function toGroup(row: GroupRow): GapGroup {
  const asked = row.asked ?? []
  const languages = [...asked.map(({ language }) => language), row.language].filter((code) => code !== null)
  const others = asked.map(({ question }) => question.trim()).filter((question) => question !== row.question)
  return {
    id: row.id,
    question: row.question,
    wordings: [...new Set(others)].slice(0, WORDINGS),
    languages: [...new Set(languages)].sort(),
    state: row.state,
    askedCount: row.asked_count,
    askerCount: row.asker_count,
    lastAskedAt: row.last_asked_at,
    answer: row.answer === null || row.answered_at === null ? undefined : readAnswer(row, row.answer),
  }
}

function readAnswer(row: GroupRow, text: string): GapGroupAnswer {
  return {
    text,
    question: row.answer_question ?? row.question,
    name: row.answered_name ?? '',
    at: row.answered_at ?? row.last_asked_at,
    documentId: row.document_id ?? undefined,
    notifyAt: row.notify_at ?? undefined,
  }
}
