import type { Db } from '../../db/database.ts'
import { inTransaction } from '../../db/database.ts'
import type { VersionState } from '../../db/schema.ts'
import { AppError } from '../../errors.ts'
import { type BaseKey, lockKnowledgeBase } from '../knowledge-base.ts'
import { getDocument, type Reason, readReason } from './list.ts'

export interface DocumentVersion {
  id: string
  state: VersionState
  reason: Reason | undefined
  /** The one the bot answers from. */
  isActive: boolean
  sizeBytes: number
  pages: number | undefined
  passages: number
  createdAt: Date
  readyAt: Date | undefined
  /** Files of replaced versions are not kept. */
  hasFile: boolean
}

/** Versions shown of one Document; who replaces it more often knows the older ones by their date. */
const MAX_LISTED = 50

type DocumentKey = BaseKey & { documentId: string }

/** The newest versions of a Document, newest first. Another Creator's has none. */
export async function listVersions(
  db: Db,
  { creatorId, knowledgeBaseId, documentId }: DocumentKey,
): Promise<DocumentVersion[]> {
  const rows = await db
    .selectFrom('document_version as version')
    .innerJoin('document', 'document.id', 'version.document_id')
    .selectAll('version')
    .select('document.active_version_id')
    .where('version.document_id', '=', documentId)
    .where('version.creator_id', '=', creatorId)
    .where('version.knowledge_base_id', '=', knowledgeBaseId)
    .orderBy('version.created_at', 'desc')
    .orderBy('version.id', 'desc')
    .limit(MAX_LISTED)
    .execute()
  return rows.map((row) => ({
    id: row.id,
    state: row.state,
    reason: row.state === 'failed' ? readReason(row.error_code) : undefined,
    isActive: row.id === row.active_version_id,
    sizeBytes: Number(row.size_bytes),
    pages: row.page_count ?? undefined,
    passages: row.passage_count,
    createdAt: row.created_at,
    readyAt: row.ready_at ?? undefined,
    hasFile: row.state !== 'replaced',
  }))
}

/**
 * The stored file of a version and what to call it.
 *
 * @throws {AppError} `document.not_found`; `file.missing` for a replaced version, whose file is not kept.
 */
export async function getVersionFile(
  db: Db,
  { creatorId, knowledgeBaseId, documentId, versionId }: DocumentKey & { versionId: string },
): Promise<{ key: string; name: string; sizeBytes: number }> {
  const row = await db
    .selectFrom('document_version as version')
    .innerJoin('document', 'document.id', 'version.document_id')
    .select(['version.file_key', 'version.state', 'version.size_bytes', 'document.name'])
    .where('version.id', '=', versionId)
    .where('version.document_id', '=', documentId)
    .where('version.creator_id', '=', creatorId)
    .where('version.knowledge_base_id', '=', knowledgeBaseId)
    .executeTakeFirst()
  if (!row) throw new AppError('document.not_found', { documentId, versionId })
  if (row.state === 'replaced') throw new AppError('file.missing', { versionId })
  return { key: row.file_key, name: row.name, sizeBytes: Number(row.size_bytes) }
}

/**
 * Queues a Document's newest version again that could not be taken in.
 *
 * @returns its id, for the nudge.
 * @throws {AppError} `document.not_found`; `document.not_failed` when there is nothing to try again.
 */
export async function retryDocument(db: Db, key: DocumentKey): Promise<string> {
  return inTransaction(db, async (trx) => {
    await lockKnowledgeBase(trx, key)
    const { versionId } = await getDocument(trx, key)
    const queued = await trx
      .updateTable('document_version')
      .set({ state: 'queued', error_code: null, attempts: 0, progress_done: 0, progress_total: 0 })
      .where('id', '=', versionId)
      .where('creator_id', '=', key.creatorId)
      .where('state', '=', 'failed')
      .returning('id')
      .executeTakeFirst()
    if (!queued) throw new AppError('document.not_failed', { documentId: key.documentId })
    return queued.id
  })
}
