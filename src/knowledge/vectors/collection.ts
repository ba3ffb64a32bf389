import { randomBytes } from 'node:crypto'
import type { Db } from '../../db/database.ts'
import { AppError } from '../../errors.ts'
import type { VectorIndex } from '../../vectors/vector-index.ts'
import { type BaseKey, lockKnowledgeBase } from '../knowledge-base.ts'

/** The collection of a base for one embedding model. */
export interface BaseCollection {
  id: string
  name: string
}

/** A name no other base, model or rebuild ever had. */
export function nameCollection(knowledgeBaseId: string): string {
  return `kb-${knowledgeBaseId}-${randomBytes(4).toString('hex')}`
}

/** The collection questions to this base are asked of, and the model they are to be embedded with. */
export async function findActiveCollection(
  db: Db,
  { creatorId, knowledgeBaseId }: BaseKey,
): Promise<(BaseCollection & { model: string }) | undefined> {
  const row = await db
    .selectFrom('vector_collection')
    .select(['collection_id', 'collection_name', 'model'])
    .where('knowledge_base_id', '=', knowledgeBaseId)
    .where('creator_id', '=', creatorId)
    .where('is_active', '=', true)
    .executeTakeFirst()
  return row && { id: row.collection_id, name: row.collection_name, model: row.model }
}

/** The collection vectors of this model are written to; made (`isNew`), but not yet asked, when there is none. */
export async function openBaseCollection(
  db: Db,
  vectors: VectorIndex,
  { creatorId, knowledgeBaseId }: BaseKey,
  model: string,
): Promise<BaseCollection & { isNew: boolean }> {
  const find = () =>
    db
      .selectFrom('vector_collection')
      .select(['collection_id', 'collection_name'])
      .where('knowledge_base_id', '=', knowledgeBaseId)
      .where('creator_id', '=', creatorId)
      .where('model', '=', model)
      .executeTakeFirst()
  const known = await find()
  if (known) return { id: known.collection_id, name: known.collection_name, isNew: false }
  const name = nameCollection(knowledgeBaseId)
  const id = await vectors.openCollection(name)
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('vector_collection')
    .values({
      creator_id: creatorId,
      knowledge_base_id: knowledgeBaseId,
      model,
      collection_name: name,
      collection_id: id,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  if (numInsertedOrUpdatedRows === 1n) return { id, name, isNew: true }
  // Another worker was first.
  await vectors.dropCollection(name)
  const theirs = await find()
  if (!theirs) throw new AppError('vectors.unavailable')
  return { id: theirs.collection_id, name: theirs.collection_name, isNew: true }
}

/**
 * Lets questions be asked of this model's collection: at once when the base has no other, else once every
 * active version has its vectors in it. The one before it answers until that commit, and is then to be dropped:
 * {@link dropOutdated}.
 */
export async function switchCollection(db: Db, key: BaseKey, model: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await lockKnowledgeBase(trx, key)
    const ofBase = () =>
      trx.updateTable('vector_collection').where('knowledge_base_id', '=', key.knowledgeBaseId)
    const active = await findActiveCollection(trx, key)
    if (active?.model === model) return
    if (active && !(await isComplete(trx, key, model))) return
    await ofBase().set({ is_active: false }).where('is_active', '=', true).execute()
    await ofBase().set({ is_active: true }).where('model', '=', model).execute()
  })
}

async function isComplete(trx: Db, { knowledgeBaseId }: BaseKey, model: string): Promise<boolean> {
  const open = await trx
    .selectFrom('document')
    .innerJoin('document_version as active', 'active.id', 'document.active_version_id')
    .select('active.id')
    .where('document.knowledge_base_id', '=', knowledgeBaseId)
    .where('active.passage_count', '>', 0)
    .where((eb) => eb.or([eb('active.embedded_with', 'is', null), eb('active.embedded_with', '!=', model)]))
    .limit(1)
    .executeTakeFirst()
  return open === undefined
}

/**
 * Drops the collections that this model's active one has taken the place of; their rows go last, so that a
 * broken run is made good by the next.
 *
 * @throws {AppError} `vectors.unavailable`
 */
export async function dropOutdated(
  db: Db,
  vectors: VectorIndex,
  { creatorId, knowledgeBaseId }: BaseKey,
  model: string,
): Promise<void> {
  const outdated = await db
    .selectFrom('vector_collection as old')
    .innerJoin('vector_collection as active', 'active.knowledge_base_id', 'old.knowledge_base_id')
    .select('old.collection_name')
    .where('old.knowledge_base_id', '=', knowledgeBaseId)
    .where('old.creator_id', '=', creatorId)
    .where('old.is_active', '=', false)
    .where('active.is_active', '=', true)
    .where('active.model', '=', model)
    .execute()
  for (const { collection_name } of outdated) {
    await vectors.dropCollection(collection_name)
    await db
      .deleteFrom('vector_collection')
      .where('knowledge_base_id', '=', knowledgeBaseId)
      .where('collection_name', '=', collection_name)
      .where('is_active', '=', false)
      .execute()
  }
}

/** Forgets a collection the vector server has lost: its versions wait for vectors anew. */
export async function forgetCollection(db: Db, key: BaseKey, collectionId: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await lockKnowledgeBase(trx, key)
    const lost = await trx
      .deleteFrom('vector_collection')
      .where('knowledge_base_id', '=', key.knowledgeBaseId)
      .where('collection_id', '=', collectionId)
      .returning('model')
      .executeTakeFirst()
    if (!lost) return
    await trx
      .updateTable('document_version')
      .set({ embedded_with: null })
      .where('knowledge_base_id', '=', key.knowledgeBaseId)
      .where('embedded_with', '=', lost.model)
      .execute()
  })
}
