import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { type Db, inTransaction } from '../db/database.ts'
import type { Logger } from '../logger.ts'
import type { EmbeddingModel } from '../models/model.ts'
import { settleGroups } from './gap-group-state.ts'
import { compareMeaning, type QuestionMeaning, readMeaning } from './gap-meaning.ts'

export interface GroupGapsParts {
  db: Db
  /** Absent: questions are compared by their words alone. */
  embedding?: EmbeddingModel | undefined
  log: Logger
}

/** Questions grouped at a time. */
const BATCH = 50

/** Groups a question is compared with, those asked last; the very same words find a group however old. */
const CANDIDATES = 500

/** Longest question a group is shown by; a longer one is cut. */
const MAX_QUESTION_CHARS = 500

interface FreshGap {
  id: string
  creatorId: string
  question: string
  language: string | null
  createdAt: Date
  meaning: QuestionMeaning
}

interface Group {
  id: string
  meaning: QuestionMeaning
}

/** Bots with questions that no group holds yet. */
export async function listBotsWithNewGaps(db: Db, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('gap')
    .select('bot_id')
    .distinct()
    .where('group_id', 'is', null)
    .limit(limit)
    .execute()
  return rows.map(({ bot_id }) => bot_id)
}

/**
 * Puts the Bot's new Gaps, oldest first, into the group of the same question, or each into a group of its own.
 * Two at once come out as one after the other: the groups of a Bot change under one lock.
 *
 * @returns whether more may be waiting.
 */
export async function groupNewGaps(parts: GroupGapsParts, botId: string): Promise<boolean> {
  const fresh = await listNewGaps(parts.db, botId)
  if (fresh.length === 0) return false
  const embed = createEmbedder(parts)
  for (const gap of fresh) gap.meaning = { ...gap.meaning, vector: await embed(gap.meaning.gist) }
  await renewVectors(parts, botId, embed)
  await inTransaction(parts.db, async (trx) => {
    await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`gap-group:${botId}`}, 0))`.execute(trx)
    const open = await lockUngrouped(trx, fresh)
    const groups = await listCandidates(trx, botId, {
      keys: open.map(({ meaning }) => meaning.key),
      model: parts.embedding?.name,
    })
    await assign(trx, botId, open, { groups, model: parts.embedding?.name })
  })
  return fresh.length === BATCH
}

async function listNewGaps(db: Db, botId: string): Promise<FreshGap[]> {
  const rows = await db
    .selectFrom('gap')
    .select(['id', 'creator_id', 'question', 'language', 'created_at'])
    .where('bot_id', '=', botId)
    .where('group_id', 'is', null)
    .orderBy('created_at')
    .orderBy('id')
    .limit(BATCH)
    .execute()
  return rows.map((row) => ({
    id: row.id,
    creatorId: row.creator_id,
    question: row.question,
    language: row.language,
    createdAt: row.created_at,
    meaning: readMeaning(row.question),
  }))
}

/** Embeds until the model fails once: then words have to do for the rest of this run. */
function createEmbedder({ embedding, log }: GroupGapsParts) {
  let isAway = embedding === undefined
  return async (gist: string): Promise<number[] | undefined> => {
    if (isAway || !embedding) return undefined
    try {
      return await embedding.embedQuestion(gist)
    } catch (err) {
      isAway = true
      log.info({ err, model: embedding.name }, 'gaps-not-embedded')
      return undefined
    }
  }
}

/** Groups made without the model in use get their vector now, a few at a time. */
async function renewVectors(
  { db, embedding }: GroupGapsParts,
  botId: string,
  embed: (gist: string) => Promise<number[] | undefined>,
): Promise<void> {
  if (!embedding) return
  const groups = await db
    .selectFrom('gap_group')
    .select(['id', 'question'])
    .where('bot_id', '=', botId)
    .where('vector_model', 'is distinct from', embedding.name)
    .orderBy('last_asked_at', 'desc')
    .limit(BATCH)
    .execute()
  for (const { id, question } of groups) {
    const vector = await embed(readMeaning(question).gist)
    if (!vector) return
    await db
      .updateTable('gap_group')
      .set({ vector, vector_model: embedding.name })
      .where('id', '=', id)
      .where('question', '=', question)
      .execute()
  }
}

/** Those of the Gaps that are still there and in no group, in their order. */
async function lockUngrouped(trx: Db, gaps: FreshGap[]): Promise<FreshGap[]> {
  const ids = gaps.map(({ id }) => id)
  const rows = await trx
    .selectFrom('gap')
    .select('id')
    .where('id', 'in', ids)
    .where('group_id', 'is', null)
    .forUpdate()
    .execute()
  const left = new Set(rows.map(({ id }) => id))
  return gaps.filter(({ id }) => left.has(id))
}

async function listCandidates(
  trx: Db,
  botId: string,
  { keys, model }: { keys: string[]; model: string | undefined },
): Promise<Group[]> {
  const { rows } = await sql<{
    id: string
    question: string
    terms_key: string
    vector: number[] | null
    vector_model: string | null
  }>`
    SELECT id, question, terms_key, vector, vector_model FROM gap_group
    WHERE bot_id = ${botId} AND terms_key = ANY (${keys}::text[])
    UNION
    (SELECT id, question, terms_key, vector, vector_model FROM gap_group
      WHERE bot_id = ${botId} ORDER BY last_asked_at DESC, id LIMIT ${CANDIDATES})
    ORDER BY id
  `.execute(trx)
  return rows.map((row) => ({
    id: row.id,
    meaning: {
      ...readMeaning(row.question),
      key: row.terms_key,
      ...(row.vector && row.vector_model === model && { vector: row.vector }),
    },
  }))
}

async function assign(
  trx: Db,
  botId: string,
  gaps: FreshGap[],
  { groups, model }: { groups: Group[]; model: string | undefined },
): Promise<void> {
  const joined = new Map<string, string[]>()
  for (const gap of gaps) {
    const found = findClosest(gap.meaning, groups)
    const group = found ?? { id: randomUUID(), meaning: gap.meaning }
    if (!found) {
      await addGroup(trx, botId, { ...group, gap, model })
      groups.push(group)
    }
    joined.set(group.id, [...(joined.get(group.id) ?? []), gap.id])
  }
  for (const [groupId, gapIds] of joined) {
    await trx.updateTable('gap').set({ group_id: groupId }).where('id', 'in', gapIds).execute()
  }
  await settleGroups(trx, joined)
}

function findClosest(meaning: QuestionMeaning, groups: Group[]): Group | undefined {
  let best: { group: Group; closeness: number } | undefined
  for (const group of groups) {
    const closeness = compareMeaning(meaning, group.meaning)
    if (closeness >= 1 && closeness > (best?.closeness ?? 0)) best = { group, closeness }
  }
  return best?.group
}

async function addGroup(
  trx: Db,
  botId: string,
  { id, meaning, gap, model }: Group & { gap: FreshGap; model: string | undefined },
): Promise<void> {
  await trx
    .insertInto('gap_group')
    .values({
      id,
      creator_id: gap.creatorId,
      bot_id: botId,
      question: gap.question.slice(0, MAX_QUESTION_CHARS).toWellFormed().trim(),
      terms_key: meaning.key,
      language: gap.language,
      last_asked_at: gap.createdAt,
      ...(meaning.vector && model !== undefined && { vector: [...meaning.vector], vector_model: model }),
    })
    .execute()
}
