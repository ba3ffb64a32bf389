import type { Actor } from '../../accounts/access.ts'
import { recordAudit } from '../../accounts/audit.ts'
import type { Db } from '../../db/database.ts'
import { type IngestParts, removeVectors } from '../intake/ingest.ts'
import type { BaseKey } from '../knowledge-base.ts'
import { type Removed, removeDocument } from './document.ts'
import { removeUnusedFiles } from './unused-files.ts'

/**
 * Deletes a Document for who asks: from this commit on nothing of it is found. Its vectors and files are removed
 * after it, by {@link removeRemains}.
 *
 * @throws {AppError} `document.not_found`
 */
export async function deleteDocument(
  trx: Db,
  actor: Actor,
  key: BaseKey & { documentId: string },
): Promise<Removed> {
  const removed = await removeDocument(trx, key)
  await recordAudit(trx, actor, {
    action: 'document.delete',
    objectType: 'document',
    objectId: key.documentId,
    details: { passages: removed.passageIds.length },
  })
  return removed
}

/** Removes what a deleted Document leaves outside the database. Once its rows are gone for good, not before. */
export async function removeRemains(
  parts: Pick<IngestParts, 'db' | 'files' | 'vectors' | 'log'>,
  key: BaseKey,
  removed: Removed,
): Promise<void> {
  await removeVectors(parts, key, removed.passageIds)
  await removeUnusedFiles(parts.db, parts.files, key.creatorId, removed.fileKeys)
}
