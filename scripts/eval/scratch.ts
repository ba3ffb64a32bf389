import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Installation } from '../../src/installation.ts'
import { type IngestParts, ingestVersion } from '../../src/knowledge/intake/ingest.ts'
import { type BaseKey, recordKnowledgeBase } from '../../src/knowledge/knowledge-base.ts'

/** A file to take in, and who reads it. */
export interface ScratchSource {
  name: string
  title: string
  path: string
  extractor: IngestParts['extractor']
}

/** Makes a base of a Creator of its own, takes the sources in, hands it over, and leaves no trace of it. */
export async function withScratchBase<T>(
  installation: Installation,
  sources: ScratchSource[],
  work: (key: BaseKey) => Promise<T>,
): Promise<T> {
  const { db, vectors } = installation
  const { id: creatorId } = await db
    .insertInto('creator')
    .values({ name: `eval ${randomUUID()}` })
    .returning('id')
    .executeTakeFirstOrThrow()
  try {
    const knowledgeBaseId = await recordKnowledgeBase(db, { creatorId, name: 'eval' })
    for (const source of sources) await ingest(installation, { creatorId, knowledgeBaseId }, source)
    // A fresh table has no statistics until the server's own vacuum comes by.
    await sql`ANALYZE posting, passage`.execute(db)
    return await work({ creatorId, knowledgeBaseId })
  } finally {
    const made = await db
      .deleteFrom('vector_collection')
      .where('creator_id', '=', creatorId)
      .returning('collection_name')
      .execute()
    for (const { collection_name } of made) await vectors.dropCollection(collection_name)
    await db.deleteFrom('creator').where('id', '=', creatorId).execute()
  }
}

/** The way of an upload, but the file stays where it is and no other worker can take the version. */
async function ingest(installation: Installation, key: BaseKey, source: ScratchSource): Promise<void> {
  const { db, log, vectors, embedding, workerId, files } = installation
  const owner = { creator_id: key.creatorId, knowledge_base_id: key.knowledgeBaseId }
  const document = await db
    .insertInto('document')
    .values({ ...owner, name: source.name, title: source.title })
    .returning('id')
    .executeTakeFirstOrThrow()
  const version = await db
    .insertInto('document_version')
    .values({
      ...owner,
      document_id: document.id,
      file_key: 'scratch',
      sha256: '',
      size_bytes: 0,
      state: 'extracting',
      worker_id: workerId,
      attempts: 1,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  const openLocal = async () => ({ path: source.path, async [Symbol.asyncDispose]() {} })
  const parts = { db, log, vectors, embedding, extractor: source.extractor, files: { ...files, openLocal } }
  await ingestVersion(parts, version, new AbortController().signal)
}
