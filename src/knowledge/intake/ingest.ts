import type { Db } from '../../db/database.ts'
import { AppError } from '../../errors.ts'
import type { Extraction } from '../../extraction/block.ts'
import type { FileStore } from '../../files/file-store.ts'
import type { Logger } from '../../logger.ts'
import type { EmbeddingModel } from '../../models/model.ts'
import type { VectorIndex } from '../../vectors/vector-index.ts'
import { removeUnusedFiles } from '../documents/unused-files.ts'
import {
  giveBack,
  markProgress,
  markReady,
  releaseVersion,
  type Version,
} from '../documents/version-claim.ts'
import type { BaseKey } from '../knowledge-base.ts'
import { embedVersion } from '../vectors/embed.ts'
import { activateVersion } from './activate.ts'
import { type Pacing, UNPACED } from './pacing.ts'
import type { Recordings } from './recording.ts'

export interface IngestParts {
  db: Db
  files: FileStore
  extractor: {
    extract(
      path: string,
      options?: { fileName?: string; onPage?: (progress: { done: number; total: number }) => void },
    ): Promise<Extraction>
  }
  /** Sound and film; absent: they are refused like any file no reader knows. */
  recordings?: Recordings | undefined
  vectors: VectorIndex
  embedding?: EmbeddingModel | undefined
  pacing?: Pacing
  log: Logger
}

/** A version is claimed again after each crash; one that was so often has something to do with them. */
const MAX_CLAIMS = 10

/**
 * Takes a claimed version in: reads the file, makes it found by keywords, then gives it vectors. A version
 * without vectors is ready all the same; they are made up for later.
 *
 * @throws what broke it off, when it is worth another try. A file that cannot be read is no error here:
 *   the version is marked failed with the reason.
 */
export async function ingestVersion(
  parts: IngestParts,
  version: Version,
  signal: AbortSignal,
): Promise<void> {
  if (version.state === 'embedding') return addVectors(parts, version, signal)
  if (version.attempts > MAX_CLAIMS) {
    await releaseVersion(parts.db, version, { code: 'document.extraction_failed', isRetryable: false })
    return
  }
  try {
    const extraction = await readFile(parts, version, signal)
    signal.throwIfAborted()
    const { pass } = parts.pacing ?? UNPACED
    const activation = await pass(() => activateVersion(parts.db, version, extraction))
    if (!activation) return
    await removeVectors(parts, keyOf(version), activation.replacedPassageIds)
    await removeUnusedFiles(parts.db, parts.files, version.creator_id, activation.replacedFileKeys)
  } catch (error) {
    if (signal.aborted) return giveBack(parts.db, version)
    return fail(parts, version, error)
  }
  await addVectors(parts, { ...version, state: 'embedding' }, signal)
}

async function readFile(
  { db, files, extractor, recordings, pacing = UNPACED }: IngestParts,
  version: Version,
  signal: AbortSignal,
): Promise<Extraction> {
  const document = await db
    .selectFrom('document')
    .select('name')
    .where('id', '=', version.document_id)
    .executeTakeFirst()
  await using file = await files.openLocal(version.file_key)
  const spoken = await recordings?.read(file.path, signal)
  if (spoken) return spoken
  let told: Promise<unknown> = Promise.resolve()
  const onPage = (pages: { done: number; total: number }) => {
    // Only for who watches: a count that is not written is written with the next.
    told = told.then(() => markProgress(db, version, pages)).catch(() => {})
  }
  try {
    return await pacing.pass(() =>
      extractor.extract(file.path, { onPage, ...(document && { fileName: document.name }) }),
    )
  } finally {
    await told
  }
}

async function addVectors(parts: IngestParts, version: Version, signal: AbortSignal): Promise<void> {
  const { db, embedding, log } = parts
  if (!embedding) {
    await markReady(db, version, null)
    return
  }
  try {
    await embedVersion({ ...parts, embedding }, version, signal)
  } catch (error) {
    await markReady(db, version, null)
    const code = error instanceof AppError ? error.code : 'internal.unexpected'
    log.info({ code, versionId: version.id, creatorId: version.creator_id }, 'version-not-embedded')
    throw error
  }
}

async function fail({ db, log }: IngestParts, version: Version, error: unknown): Promise<void> {
  const known = error instanceof AppError ? error : new AppError('internal.unexpected', { cause: error })
  const state = await releaseVersion(db, version, { code: known.code, isRetryable: known.retryable })
  log.warn(
    { err: error, versionId: version.id, creatorId: version.creator_id, state },
    'version-not-ingested',
  )
  if (state === 'queued') throw known
}

/** Takes the vectors of passages that are gone out of every collection of their base; best effort. */
export async function removeVectors(
  { db, vectors, log }: Pick<IngestParts, 'db' | 'vectors' | 'log'>,
  { creatorId, knowledgeBaseId }: BaseKey,
  passageIds: string[],
): Promise<void> {
  if (passageIds.length === 0) return
  const collections = await db
    .selectFrom('vector_collection')
    .select('collection_id')
    .where('knowledge_base_id', '=', knowledgeBaseId)
    .where('creator_id', '=', creatorId)
    .execute()
  for (const { collection_id } of collections) {
    try {
      await vectors.remove(collection_id, passageIds)
    } catch (error) {
      // They are never shown: every hit is read again from PostgreSQL, and a search that meets them removes them.
      log.warn({ err: error, creatorId, knowledgeBaseId }, 'vectors-not-removed')
    }
  }
}

function keyOf(version: Version): BaseKey {
  return { creatorId: version.creator_id, knowledgeBaseId: version.knowledge_base_id }
}
