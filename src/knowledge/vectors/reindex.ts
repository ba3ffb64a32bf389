import type { Db } from '../../db/database.ts'
import { type BaseKey, getKnowledgeBase, lockKnowledgeBase } from '../knowledge-base.ts'
import { nameCollection } from './collection.ts'
import { EMBEDDED_TEXT, type EmbedParts, PASSAGES_PER_STEP, writeVectors } from './embed.ts'

/**
 * Rebuilds a base's vectors from PostgreSQL in a fresh collection, beside the one in use, and switches in
 * one commit once it holds every active passage. Questions are answered all the while.
 *
 * @param onProgress called after each step with the passages done so far.
 * @returns how many passages were embedded.
 * @throws {AppError} `knowledge_base.not_found`, `embedding.unavailable`, `vectors.unavailable`; the old
 *   collection is then still in use.
 */
export async function reindexBase(
  parts: EmbedParts,
  key: BaseKey,
  { signal, onProgress }: { signal?: AbortSignal; onProgress?: (done: number) => void } = {},
): Promise<{ passages: number }> {
  await getKnowledgeBase(parts.db, key)
  const name = nameCollection(key.knowledgeBaseId)
  const id = await parts.vectors.openCollection(name)
  try {
    let last = '0'
    let done = 0
    let outdated: string[] | undefined
    while (outdated === undefined) {
      for (
        let step = await listAfter(parts.db, key, last);
        step.length > 0;
        step = await listAfter(parts.db, key, last)
      ) {
        signal?.throwIfAborted()
        await writeVectors(parts, id, step)
        last = step.at(-1)?.id ?? last
        done += step.length
        onProgress?.(done)
      }
      outdated = await switchTo(parts, key, { id, name, last })
    }
    for (const old of outdated) await parts.vectors.dropCollection(old)
    return { passages: done }
  } catch (error) {
    await parts.vectors.dropCollection(name).catch(() => {})
    throw error
  }
}

/** Passage ids only rise, so what came in meanwhile is behind the last one. */
function listAfter(db: Db, { creatorId, knowledgeBaseId }: BaseKey, last: string) {
  return db
    .selectFrom('passage')
    .innerJoin('document', (join) =>
      join
        .onRef('document.id', '=', 'passage.document_id')
        .onRef('document.active_version_id', '=', 'passage.version_id'),
    )
    .select(['passage.id', EMBEDDED_TEXT.as('text')])
    .where('passage.knowledge_base_id', '=', knowledgeBaseId)
    .where('passage.creator_id', '=', creatorId)
    .where('passage.id', '>', last)
    .orderBy('passage.id')
    .limit(PASSAGES_PER_STEP)
    .execute()
}

/** undefined when passages came in since: under the base's lock none can come any more. */
async function switchTo(
  { db, embedding }: EmbedParts,
  key: BaseKey,
  fresh: { id: string; name: string; last: string },
): Promise<string[] | undefined> {
  return db.transaction().execute(async (trx) => {
    await lockKnowledgeBase(trx, key)
    if ((await listAfter(trx, key, fresh.last)).length > 0) return undefined
    const outdated = await trx
      .deleteFrom('vector_collection')
      .where('knowledge_base_id', '=', key.knowledgeBaseId)
      .where('creator_id', '=', key.creatorId)
      .returning('collection_name')
      .execute()
    await trx
      .insertInto('vector_collection')
      .values({
        knowledge_base_id: key.knowledgeBaseId,
        creator_id: key.creatorId,
        model: embedding.name,
        collection_name: fresh.name,
        collection_id: fresh.id,
        is_active: true,
      })
      .execute()
    await trx
      .updateTable('document_version')
      .set({ embedded_with: embedding.name })
      .where('knowledge_base_id', '=', key.knowledgeBaseId)
      .where('state', '=', 'ready')
      .execute()
    return outdated.map(({ collection_name }) => collection_name)
  })
}
