import { sql } from 'kysely'
import type { Db } from '../db/database.ts'
import { isAppError } from '../errors.ts'
import type { EmbeddingModel } from '../models/model.ts'
import type { VectorIndex } from '../vectors/vector-index.ts'
import type { BaseKey } from './knowledge-base.ts'
import { forgetCollection, openBaseCollection, switchCollection } from './vector-collection.ts'
import { markProgress, type Version } from './version-claim.ts'

export interface EmbedParts {
  db: Db
  embedding: EmbeddingModel
  vectors: VectorIndex
}

/** Passages turned into vectors and written at a time; progress is told and a stop is heard in between. */
export const PASSAGES_PER_STEP = 128

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
    if (!isAppError(error, 'vectors.collection_missing')) throw error
    // The server lost its data: start over in a new collection.
    await forgetCollection(parts.db, key, String(error.details.collectionId))
    await fillCollection(parts, key, { ...version, progress_done: 0 }, signal)
  }
  const { numUpdatedRows } = await parts.db
    .updateTable('document_version')
    .set({ state: 'ready', embedded_with: parts.embedding.name, worker_id: null })
    .where('id', '=', version.id)
    .where('worker_id', '=', version.worker_id)
    .where('state', '=', 'embedding')
    .executeTakeFirst()
  if (numUpdatedRows === 0n) return
  for (const name of await switchCollection(parts.db, key, parts.embedding.name)) {
    await parts.vectors.dropCollection(name)
  }
}

async function fillCollection(
  { db, embedding, vectors }: EmbedParts,
  key: BaseKey,
  version: Version,
  signal: AbortSignal,
): Promise<void> {
  const collection = await openBaseCollection(db, vectors, key, embedding.name)
  let done = version.progress_done
  for (;;) {
    signal.throwIfAborted()
    const passages = await listPassages(db, version.id, done)
    if (passages.length === 0) return
    await writeVectors({ embedding, vectors }, collection.id, passages)
    done += passages.length
    await markProgress(db, version, { done })
  }
}

/** Embeds passages and writes their vectors. */
export async function writeVectors(
  { embedding, vectors }: Pick<EmbedParts, 'embedding' | 'vectors'>,
  collectionId: string,
  passages: PassageToEmbed[],
): Promise<void> {
  const rows = await embedding.embedPassages(passages.map(({ text }) => text))
  const entries = passages.flatMap(({ id }, at) => {
    const vector = rows[at]
    return vector ? [{ id, vector }] : []
  })
  await vectors.upsert(collectionId, entries)
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
