import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../db/database.ts'
import { AppError } from '../errors.ts'

/** A base and whose it is: every query on what is in it names both. */
export interface BaseKey {
  creatorId: string
  knowledgeBaseId: string
}

/**
 * Finds the Creator's base of this name or makes it.
 *
 * @param keywordWeight share of the keyword side in the fusion, 0 to 1; absent: as it is, 0.5 for a new one.
 * @param recency how much age decides, 0 to 1; absent: as it is, 0.5 for a new one.
 * @returns its id.
 */
export async function recordKnowledgeBase(
  db: Db,
  {
    creatorId,
    name,
    keywordWeight,
    recency,
  }: { creatorId: string; name: string; keywordWeight?: number | undefined; recency?: number | undefined },
): Promise<string> {
  const settings = {
    ...(keywordWeight === undefined ? {} : { keyword_weight: keywordWeight }),
    ...(recency === undefined ? {} : { recency }),
  }
  const { id } = await db
    .insertInto('knowledge_base')
    .values({ creator_id: creatorId, name, ...settings })
    .onConflict((conflict) => conflict.columns(['creator_id', 'name']).doUpdateSet({ name, ...settings }))
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

/** @throws {AppError} `knowledge_base.not_found`, another Creator's base included. */
export async function getKnowledgeBase(db: Db, { creatorId, knowledgeBaseId }: BaseKey) {
  const base = await db
    .selectFrom('knowledge_base')
    .selectAll()
    .where('id', '=', knowledgeBaseId)
    .where('creator_id', '=', creatorId)
    .executeTakeFirst()
  if (!base) throw new AppError('knowledge_base.not_found', { knowledgeBaseId })
  return base
}

/**
 * Holds the base until the transaction ends: what can be found in it changes one step at a time. Taken
 * before any lock on its documents, so that no two changes wait for each other.
 */
export async function lockKnowledgeBase(trx: Db, { creatorId, knowledgeBaseId }: BaseKey): Promise<void> {
  const locked = await trx
    .selectFrom('knowledge_base')
    .select('id')
    .where('id', '=', knowledgeBaseId)
    .where('creator_id', '=', creatorId)
    .forUpdate()
    .executeTakeFirst()
  if (!locked) throw new AppError('knowledge_base.not_found', { knowledgeBaseId })
}

/**
 * Counts anew what the active versions hold, and says that the base has changed: answers kept from what it held
 * before are gone with the same commit.
 */
export async function refreshKnowledgeBase(trx: Db, { knowledgeBaseId }: BaseKey): Promise<void> {
  const active = <T>(what: RawBuilder<T>) => sql<T>`(
    SELECT ${what} FROM document
    JOIN document_version AS version ON version.id = document.active_version_id
    WHERE document.knowledge_base_id = ${knowledgeBaseId})`
  await trx
    .updateTable('knowledge_base')
    .set({
      passage_count: active(sql<number>`coalesce(sum(version.passage_count), 0)::int`),
      term_count: active(sql<string>`coalesce(sum(version.term_count), 0)::bigint`),
      languages: active(
        sql<
          string[]
        >`coalesce(array_agg(DISTINCT version.language) FILTER (WHERE version.language IS NOT NULL), '{}')`,
      ),
      revision: sql<string>`revision + 1`,
    })
    .where('id', '=', knowledgeBaseId)
    .execute()
  await trx.deleteFrom('answer_cache').where('knowledge_base_id', '=', knowledgeBaseId).execute()
}
