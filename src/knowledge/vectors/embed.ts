import { sql } from 'kysely'
import type { Db } from '../../db/database.ts'
import { isAppError } from '../../errors.ts'
import type { EmbeddingModel } from '../../models/model.ts'
import type { VectorIndex } from '../../vectors/vector-index.ts'
import { markProgress, markReady, type Version } from '../documents/version-claim.ts'
import { type Pacing, UNPACED } from '../intake/pacing.ts'
import type { BaseKey } from '../knowledge-base.ts'
import { dropOutdated, forgetCollection, openBaseCollection, switchCollection } from './collection.ts'

export interface EmbedParts {
  db: Db
  embedding: EmbeddingModel
  vectors: VectorIndex
  pacing?: Pacing
}

/** Passages turned into vectors and written at a time; progress is told and a stop is heard in between. */
export const PASSAGES_PER_STEP = 128

/** The vector server answers no question while it takes them; fewer at a time cost it more than they spare. */
const VECTORS_PER_WRITE = 32

interface PassageToEmbed {
  id: string
  text: string
}

/**
 * Gives a version's passages their vectors, going on where an earlier, broken run stopped, and marks it done.
 *
 * @throws {AppError} `embedding.unavailable`, `vectors.unavailable`
 */
export async function embedVersion(parts: EmbedParts, version: Version, signal: AbortSignal): Promise<void> {
  const key = { creatorId: version.creator_id, knowledgeBaseId: version.knowledge_base_id }
  try {
    await fillCollection(parts, key, version, signal)
  } catch (error) {
    // The vector server lost its data and was forgotten for it: once more into a new collection.
    if (!isAppError(error, 'vectors.collection_missing')) throw error
    await fillCollection(parts, key, version, signal)
  }
  if (!(await markReady(parts.db, version, parts.embedding.name))) return
  await switchCollection(parts.db, key, parts.embedding.name)
  await dropOutdated(parts.db, parts.vectors, key, parts.embedding.name)
}

async function fillCollection(
  parts: EmbedParts,
  key: BaseKey,
  version: Version,
  signal: AbortSignal,
): Promise<void> {
  const { db, embedding, vectors, pacing = UNPACED } = parts
  const collection = await openBaseCollection(db, vectors, key, embedding.name)
  let done = collection.isNew ? 0 : version.progress_done
  try {
    for (;;) {
      signal.throwIfAborted()
      const passages = await listPassages(db, version.id, done)
      if (passages.length === 0) return
      await pacing.pass(() => writeVectors(parts, collection.id, passages))
      done += passages.length
      if (await markProgress(db, version, { done })) continue
      await removeGhosts({ db, vectors }, collection.id, passages)
      return
    }
  } catch (error) {
    if (isAppError(error, 'vectors.collection_missing')) await forgetCollection(db, key, collection.id)
    throw error
  }
}

/** Of passages that went while their vectors were made: whoever removed them did not see these. */
async function removeGhosts(
  { db, vectors }: Pick<EmbedParts, 'db' | 'vectors'>,
  collectionId: string,
  passages: PassageToEmbed[],
): Promise<void> {
  const ids = passages.map(({ id }) => id)
  const rows = await db.selectFrom('passage').select('id').where('id', 'in', ids).execute()
  const living = new Set(rows.map(({ id }) => id))
  const ghosts = ids.filter((id) => !living.has(id))
  if (ghosts.length > 0) await vectors.remove(collectionId, ghosts)
}

/** Embeds passages and writes their vectors. */
export async function writeVectors(
  { embedding, vectors, pacing = UNPACED }: Pick<EmbedParts, 'embedding' | 'vectors' | 'pacing'>,
  collectionId: string,
  passages: PassageToEmbed[],
): Promise<void> {
  const rows = await embedding.embedPassages(passages.map(({ text }) => text))
  const entries = passages.flatMap(({ id }, at) => {
    const vector = rows[at]
    return vector ? [{ id, vector }] : []
  })
  for (let start = 0; start < entries.length; start += VECTORS_PER_WRITE) {
    await pacing.untilFree()
    await vectors.upsert(collectionId, entries.slice(start, start + VECTORS_PER_WRITE))
  }
}

/** A passage is embedded with its title and headings, as it is indexed. */
export const EMBEDDED_TEXT = sql<string>`concat_ws(E'\n', nullif(document.title, ''),
  nullif(array_to_string(passage.heading_path, E'\n'), ''), passage.text)`

function listPassages(db: Db, versionId: string, done: number): Promise<PassageToEmbed[]> {
  return db
    .selectFrom('passage')
    .innerJoin('document', 'document.id', 'passage.document_id')
    .select(['passage.id', EMBEDDED_TEXT.as('text')])
    .where('passage.version_id', '=', versionId)
    .where('passage.ordinal', '>=', done)
    .orderBy('passage.ordinal')
    .limit(PASSAGES_PER_STEP)
    .execute()
}
