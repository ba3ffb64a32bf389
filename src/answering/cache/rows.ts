import { sql } from 'kysely'
import { z } from 'zod'
import type { Bot } from '../../bots/bot-settings.ts'
import type { Db } from '../../db/database.ts'
import { StoredCitations } from '../../messaging/message.ts'

/** An answer as it is kept. Rows of an older form are passed over. */
const KeptAnswer = z.object({
  markdown: z.string(),
  citations: StoredCitations,
  model: z.string(),
  droppedClaims: z.number(),
})
export type KeptAnswer = z.output<typeof KeptAnswer>

/** What an answer is kept under. */
export interface CacheAddress {
  bot: Bot
  wording: Buffer
  language: string
  questionHash: Buffer
  meaningHash: Buffer | undefined
}

export interface CacheEntry {
  id: string
  /** The very question; else one of the same meaning. */
  isExact: boolean
  vector: number[] | undefined
  answer: KeptAnswer
  /** What it cost to make. */
  costUsd: number
}

export interface CacheFinding {
  /** Of the base, as it stood. */
  revision: string
  /** The very question's first, then those used last. */
  entries: CacheEntry[]
}

/** Of one meaning there is rarely more than one wording that is kept. */
const MAX_CANDIDATES = 3

/** What is kept for a question, with the base's revision: one round trip. Undefined where the base is gone. */
export async function findEntries(
  db: Db,
  { bot, wording, language, questionHash, meaningHash }: CacheAddress,
  days: number,
): Promise<CacheFinding | undefined> {
  const { rows } = await sql<EntryRow>`
    SELECT base.revision::text, entry.id, entry.is_exact, entry.vector, entry.answer, entry.cost_usd
    FROM knowledge_base AS base
    LEFT JOIN LATERAL (
      SELECT id, question_hash = ${questionHash} AS is_exact, vector, answer, cost_usd, used_at FROM answer_cache
      WHERE bot_id = ${bot.id} AND creator_id = ${bot.creatorId} AND wording = ${wording}
        AND language = ${language} AND knowledge_base_id = base.id AND revision = base.revision
        AND (question_hash = ${questionHash} OR meaning_hash = ${meaningHash ?? null})
        AND created_at > now() - make_interval(days => ${days})
      ORDER BY is_exact DESC, used_at DESC LIMIT ${MAX_CANDIDATES}
    ) AS entry ON true
    WHERE base.id = ${bot.knowledgeBaseId} AND base.creator_id = ${bot.creatorId}
  `.execute(db)
  const [first] = rows
  return first && { revision: first.revision, entries: rows.flatMap(readEntry) }
}

interface EntryRow {
  revision: string
  id: string | null
  is_exact: boolean
  vector: number[] | null
  answer: unknown
  cost_usd: string | null
}

function readEntry({ id, is_exact: isExact, vector, answer, cost_usd: cost }: EntryRow): CacheEntry[] {
  const kept = KeptAnswer.safeParse(answer)
  if (id === null || !kept.success) return []
  return [{ id, isExact, vector: vector ?? undefined, answer: kept.data, costUsd: Number(cost ?? 0) }]
}

/** An answer to be kept, with what it was written from. */
export interface NewEntry {
  id: string
  address: CacheAddress
  /** The base's when the material was looked up. */
  revision: string
  passageIds: readonly string[]
  vector: number[] | undefined
  answer: KeptAnswer
  costUsd: number
}

/**
 * Keeps an answer, unless the base has changed since its material was read or is being changed just now: then it is
 * let go, and nothing old can come back with it.
 *
 * @returns whether it was kept.
 */
export async function addEntry(db: Db, entry: NewEntry): Promise<boolean> {
  const { bot, wording, language, questionHash, meaningHash } = entry.address
  const { numAffectedRows } = await sql`
    INSERT INTO answer_cache (id, creator_id, bot_id, knowledge_base_id, revision, wording, language, question_hash,
      meaning_hash, vector, answer, cost_usd)
    SELECT ${entry.id}, base.creator_id, ${bot.id}, base.id, base.revision, ${wording}, ${language}, ${questionHash},
      ${meaningHash ?? null}, ${entry.vector ?? null}::real[], ${JSON.stringify(entry.answer)}::jsonb, ${entry.costUsd}
    FROM (
      SELECT id, creator_id, revision FROM knowledge_base
      WHERE id = ${bot.knowledgeBaseId} AND creator_id = ${bot.creatorId} AND revision = ${entry.revision}
      FOR SHARE SKIP LOCKED
    ) AS base
    WHERE (
      SELECT count(*) FROM passage
      WHERE id = ANY (${entry.passageIds}::bigint[]) AND knowledge_base_id = base.id AND creator_id = base.creator_id
    ) = ${entry.passageIds.length}
    ON CONFLICT ON CONSTRAINT answer_cache_question_key DO UPDATE SET id = excluded.id, revision = excluded.revision,
      meaning_hash = excluded.meaning_hash, vector = excluded.vector, answer = excluded.answer,
      cost_usd = excluded.cost_usd, hits = 0, used_at = now(), created_at = now()
  `.execute(db)
  return (numAffectedRows ?? 0n) > 0n
}

/** Adds to how often each entry was given; what is gone by now is passed over. */
export async function countHits(db: Db, hits: ReadonlyMap<string, number>): Promise<void> {
  await sql`
    UPDATE answer_cache SET hits = hits + given.times, used_at = now()
    FROM unnest(${[...hits.keys()]}::uuid[], ${[...hits.values()]}::integer[]) AS given (id, times)
    WHERE answer_cache.id = given.id
  `.execute(db)
}

/** Lets go of what is too old, and beyond `entries` of what was used longest ago. */
export async function pruneEntries(
  db: Db,
  bot: Bot,
  { days, entries }: { days: number; entries: number },
): Promise<void> {
  await sql`
    DELETE FROM answer_cache WHERE bot_id = ${bot.id} AND creator_id = ${bot.creatorId} AND (
      created_at <= now() - make_interval(days => ${days})
      OR id IN (SELECT id FROM answer_cache WHERE bot_id = ${bot.id} ORDER BY used_at DESC OFFSET ${entries})
    )
  `.execute(db)
}
