import { createReadStream } from 'node:fs'
import { basename, extname } from 'node:path'
import type { Readable } from 'node:stream'
import { sql } from 'kysely'
import { type Db, inTransaction } from '../../db/database.ts'
import { AppError } from '../../errors.ts'
import type { FileStore, StoredFile } from '../../files/file-store.ts'
import { type BaseKey, lockKnowledgeBase, refreshKnowledgeBase } from '../knowledge-base.ts'
import { lockFile } from './unused-files.ts'
import { type ClaimTerms, isOpen } from './version-claim.ts'

export interface NewVersion extends BaseKey {
  /** What the Document is called in its base; a second file of the same name is its next version. */
  name: string
  /** For people. Absent: the file's own title, or its name. */
  title?: string | undefined
  /** The bytes, or the path of a local file. */
  source: Readable | string
  maxBytes: number
}

export interface AddedVersion {
  documentId: string
  versionId: string
  /** False when these bytes are what the Document holds already, or is about to. */
  isNew: boolean
}

/**
 * Stores a file as the newest version of a Document and queues it. Until it is taken in, the version before
 * it answers. The bytes the Document already holds change nothing.
 *
 * @throws {AppError} `document.too_large`, `knowledge_base.not_found`
 */
export async function addVersion(db: Db, files: FileStore, version: NewVersion): Promise<AddedVersion> {
  const { creatorId, maxBytes, source } = version
  const stream = typeof source === 'string' ? createReadStream(source) : source
  const file = await files.write(creatorId, stream, { maxBytes })
  return recordVersion(db, files, { ...version, file })
}

export interface StoredVersion extends Omit<NewVersion, 'source' | 'maxBytes'> {
  file: StoredFile
}

/**
 * The part of {@link addVersion} that is in the database, for who has stored the file already.
 *
 * @throws {AppError} `knowledge_base.not_found`; `file.missing` when the file went with the last Document that
 *   held the same bytes, in the moment between.
 */
export async function recordVersion(db: Db, files: FileStore, version: StoredVersion): Promise<AddedVersion> {
  const { creatorId, knowledgeBaseId, file } = version
  return inTransaction(db, async (trx) => {
    await lockKnowledgeBase(trx, version)
    const documentId = await recordDocument(trx, version)
    const known = await findVersionOfBytes(trx, documentId, file.sha256)
    if (known) return { documentId, versionId: known, isNew: false }
    await lockFile(trx, file.key)
    await using _ = await files.openLocal(file.key)
    const { id } = await trx
      .insertInto('document_version')
      .values({
        creator_id: creatorId,
        knowledge_base_id: knowledgeBaseId,
        document_id: documentId,
        ...toColumns(file),
      })
      .returning('id')
      .executeTakeFirstOrThrow()
    await trx.updateTable('document').set({ changed_at: sql`now()` }).where('id', '=', documentId).execute()
    return { documentId, versionId: id, isNew: true }
  })
}

function toColumns({ key, sha256, sizeBytes }: StoredFile) {
  return { file_key: key, sha256, size_bytes: sizeBytes }
}

async function recordDocument(
  trx: Db,
  { creatorId, knowledgeBaseId, name, title }: StoredVersion,
): Promise<string> {
  const { id } = await trx
    .insertInto('document')
    .values({
      creator_id: creatorId,
      knowledge_base_id: knowledgeBaseId,
      name,
      title: title ?? titleFromName(name),
    })
    .onConflict((conflict) =>
      conflict.columns(['knowledge_base_id', 'name']).doUpdateSet(title === undefined ? { name } : { title }),
    )
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

/** "guides/sleep-well.pdf" is "sleep well" until the file's own title is known. */
export function titleFromName(name: string): string {
  return basename(name, extname(name)).replace(/[-_]+/g, ' ').trim() || name
}

/** The newest version, if it holds these bytes and did not fail. */
async function findVersionOfBytes(trx: Db, documentId: string, sha256: string): Promise<string | undefined> {
  const newest = await trx
    .selectFrom('document_version')
    .select(['id', 'sha256', 'state'])
    .where('document_id', '=', documentId)
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  return newest?.sha256 === sha256 && newest.state !== 'failed' ? newest.id : undefined
}

/** Every Document of a base with its newest version, by name. */
export async function listDocuments(db: Db, { creatorId, knowledgeBaseId }: BaseKey) {
  return db
    .selectFrom('document')
    .innerJoinLateral(
      (eb) =>
        eb
          .selectFrom('document_version')
          .selectAll()
          .whereRef('document_version.document_id', '=', 'document.id')
          .orderBy('document_version.created_at', 'desc')
          .limit(1)
          .as('newest'),
      (join) => join.onTrue(),
    )
    .select([
      'document.id',
      'document.name',
      'document.title',
      'document.active_version_id',
      'newest.id as version_id',
      'newest.file_key',
      'newest.sha256',
      'newest.state',
      'newest.error_code',
      'newest.passage_count',
      'newest.progress_done',
      'newest.progress_total',
      'newest.embedded_with',
    ])
    .where('document.creator_id', '=', creatorId)
    .where('document.knowledge_base_id', '=', knowledgeBaseId)
    .orderBy('document.name')
    .execute()
}

/** Versions announced again by one sweep. */
const SWEEP_LIMIT = 100

/** Versions that wait to be taken in, or for vectors of the model in use, oldest first. */
export async function listOpenVersions(
  db: Db,
  { limit = SWEEP_LIMIT, ...terms }: Omit<ClaimTerms, 'workerId'> & { limit?: number },
): Promise<string[]> {
  const rows = await db
    .selectFrom('document_version')
    .select('id')
    .where(isOpen(terms))
    .orderBy('created_at')
    .limit(limit)
    .execute()
  return rows.map(({ id }) => id)
}

/** How many versions cannot be asked about yet: those that wait for their text. */
export async function countUnreadableVersions(db: Db): Promise<number> {
  const { count } = await db
    .selectFrom('document_version')
    .select((is) => is.fn.countAll<string>().as('count'))
    .where('state', 'in', ['queued', 'extracting'])
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** The titles of what a base can answer from, by title. */
export async function listSourceTitles(db: Db, { creatorId, knowledgeBaseId }: BaseKey): Promise<string[]> {
  const rows = await db
    .selectFrom('document')
    .select('title')
    .where('creator_id', '=', creatorId)
    .where('knowledge_base_id', '=', knowledgeBaseId)
    .where('active_version_id', 'is not', null)
    .orderBy('title')
    .execute()
  return rows.map(({ title }) => title)
}

/** What is left to do outside the database once a Document is gone. */
export interface Removed {
  passageIds: string[]
  fileKeys: string[]
}

/**
 * Removes a Document with all its versions, in one commit: from then on nothing of it is found. Its vectors
 * and files are the caller's to remove: `removeVectors` and {@link removeUnusedFiles}.
 *
 * @throws {AppError} `document.not_found`
 */
export async function removeDocument(db: Db, key: BaseKey & { documentId: string }): Promise<Removed> {
  return inTransaction(db, async (trx) => {
    await lockKnowledgeBase(trx, key)
    const passages = await trx
      .selectFrom('passage')
      .select('id')
      .where('document_id', '=', key.documentId)
      .where('creator_id', '=', key.creatorId)
      .execute()
    const versions = await trx
      .selectFrom('document_version')
      .select('file_key')
      .distinct()
      .where('document_id', '=', key.documentId)
      .where('creator_id', '=', key.creatorId)
      .execute()
    const { numDeletedRows } = await trx
      .deleteFrom('document')
      .where('id', '=', key.documentId)
      .where('creator_id', '=', key.creatorId)
      .where('knowledge_base_id', '=', key.knowledgeBaseId)
      .executeTakeFirst()
    if (numDeletedRows === 0n) throw new AppError('document.not_found', { documentId: key.documentId })
    await refreshKnowledgeBase(trx, key)
    return { passageIds: passages.map(({ id }) => id), fileKeys: versions.map(({ file_key }) => file_key) }
  })
}
