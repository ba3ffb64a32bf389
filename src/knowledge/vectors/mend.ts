import { sql } from 'kysely'
import type { Db } from '../../db/database.ts'
import { isAppError } from '../../errors.ts'
import type { Logger } from '../../logger.ts'
import type { VectorIndex } from '../../vectors/vector-index.ts'
import type { BaseKey } from '../knowledge-base.ts'
import { dropOutdated, forgetCollection } from './collection.ts'

/**
 * Versions that keywords find and that have no vectors of this model: of a model before it, lost, or never made.
 * Base after base, so that each is whole and switched over as soon as can be.
 */
export async function listVersionsToEmbed(
  db: Db,
  { model, limit, except = [] }: { model: string; limit: number; except?: string[] },
): Promise<string[]> {
  const rows = await db
    .selectFrom('document_version as version')
    .innerJoin('document', 'document.active_version_id', 'version.id')
    .select('version.id')
    .where('version.state', '=', 'ready')
    .where('version.passage_count', '>', 0)
    .where(sql<boolean>`version.embedded_with IS DISTINCT FROM ${model}`)
    .where(sql<boolean>`version.id <> ALL (${except}::uuid[])`)
    .orderBy('version.knowledge_base_id')
    .orderBy('version.created_at')
    .limit(limit)
    .execute()
  return rows.map(({ id }) => id)
}

interface CheckParts {
  db: Db
  vectors: VectorIndex
  log: Logger
}

/** What a look at all collections found. */
export interface CollectionCheck {
  checked: number
  /** The vector server knows nothing of them: an empty server, or a folder from before they were made. */
  lost: number
  /** They hold fewer vectors than were written. */
  incomplete: number
}

/** Collections read from the database at a time. */
const PAGE = 200

/**
 * Holds every collection against what was written to it. What is lost or incomplete is made anew, from the
 * passages: its versions stand among {@link listVersionsToEmbed} from then on, and keywords answer meanwhile.
 * Collections that a change of model left behind are dropped.
 *
 * @throws {AppError} `vectors.unavailable`: the rest is for the next time.
 */
export async function checkCollections(
  parts: CheckParts,
  model: string,
  signal: AbortSignal,
): Promise<CollectionCheck> {
  const found: CollectionCheck = { checked: 0, lost: 0, incomplete: 0 }
  let after = '00000000-0000-0000-0000-000000000000'
  for (;;) {
    const rows = await listCollections(parts.db, after)
    for (const row of rows) {
      signal.throwIfAborted()
      const outcome = await checkCollection(parts, row)
      if (row.model === model && outcome === 'whole') {
        await dropOutdated(parts.db, parts.vectors, keyOf(row), model)
      }
      found.checked += 1
      if (outcome !== 'whole') found[outcome] += 1
    }
    const last = rows.at(-1)
    if (!last) return found
    after = last.knowledge_base_id
  }
}

type CollectionRow = Awaited<ReturnType<typeof listCollections>>[number]

function listCollections(db: Db, after: string) {
  return db
    .selectFrom('vector_collection')
    .select(['knowledge_base_id', 'creator_id', 'model', 'collection_id', 'collection_name'])
    .where('is_active', '=', true)
    .where('knowledge_base_id', '>', after)
    .orderBy('knowledge_base_id')
    .limit(PAGE)
    .execute()
}

async function checkCollection(
  { db, vectors, log }: CheckParts,
  row: CollectionRow,
): Promise<'whole' | 'lost' | 'incomplete'> {
  const key = keyOf(row)
  try {
    const before = await countEmbedded(db, key, row.model)
    const vectorCount = await vectors.count(row.collection_id)
    if (vectorCount >= before) return 'whole'
    // What was deleted between the two looks is missing rightly.
    if (vectorCount >= (await countEmbedded(db, key, row.model))) return 'whole'
    log.warn({ ...key, collection: row.collection_name, vectorCount }, 'vector-collection-incomplete')
    await embedAnew(db, key, row.model)
    return 'incomplete'
  } catch (error) {
    if (!isAppError(error, 'vectors.collection_missing')) throw error
    log.warn({ ...key, collection: row.collection_name }, 'vector-collection-lost')
    await forgetCollection(db, key, row.collection_id)
    return 'lost'
  }
}

/** Passages whose vectors are all written: a version is marked only after its last one. */
async function countEmbedded(db: Db, { knowledgeBaseId }: BaseKey, model: string): Promise<number> {
  const { count } = await db
    .selectFrom('document')
    .innerJoin('document_version as active', 'active.id', 'document.active_version_id')
    .select(sql<number>`coalesce(sum(active.passage_count), 0)::int`.as('count'))
    .where('document.knowledge_base_id', '=', knowledgeBaseId)
    .where('active.state', '=', 'ready')
    .where('active.embedded_with', '=', model)
    .executeTakeFirstOrThrow()
  return count
}

async function embedAnew(db: Db, { knowledgeBaseId }: BaseKey, model: string): Promise<void> {
  await db
    .updateTable('document_version')
    .set({ embedded_with: null })
    .where('knowledge_base_id', '=', knowledgeBaseId)
    .where('state', '=', 'ready')
    .where('embedded_with', '=', model)
    .execute()
}

function keyOf(row: CollectionRow): BaseKey {
  return { creatorId: row.creator_id, knowledgeBaseId: row.knowledge_base_id }
}
