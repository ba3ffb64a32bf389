import type { Readable } from 'node:stream'
import { sql } from 'kysely'
import type { Actor } from '../../accounts/access.ts'
import { recordAudit } from '../../accounts/audit.ts'
import type { Db } from '../../db/database.ts'
import type { WithinCreator } from '../../db/tenant-wall.ts'
import { AppError } from '../../errors.ts'
import type { FileStore, StoredFile } from '../../files/file-store.ts'
import type { BaseKey } from '../knowledge-base.ts'
import { recordVersion } from './document.ts'
import { readDocumentName } from './name.ts'
import { removeUnusedFiles } from './unused-files.ts'

export interface UploadLimits {
  /** Of one file. */
  maxBytes: number
  /** Documents of one base. */
  maxDocuments: number
  /** Files of one Creator together. */
  maxCreatorBytes: number
}

interface UploadParts {
  within: WithinCreator
  files: FileStore
  limits: UploadLimits
}

export interface Upload {
  knowledgeBaseId: string
  /** As the sender calls it: a path at most. */
  fileName: string
  /** Of the Document it replaces; else it is named after its file. */
  name?: string | undefined
  /** Read to its end unless it is refused; what is left of it then is the caller's to drain. */
  source: Readable
}

export interface UploadedDocument {
  id: string
  versionId: string
  name: string
  /** True when the Document holds these very bytes already: nothing was changed. */
  isUnchanged: boolean
}

/**
 * Takes an uploaded file in as a new Document, or as the next version of the Document of its name. The file is
 * streamed to the store while no transaction is open; where the rows are refused it is removed again.
 *
 * @returns what the `ingest-version` nudge is to name, unless it `isUnchanged`.
 * @throws {AppError} `document.name_invalid`, `document.too_large`, `document.too_many`,
 *   `document.storage_full`, `file.not_stored`, `knowledge_base.not_found`
 */
export async function addUploadedDocument(
  { within, files, limits }: UploadParts,
  actor: Actor,
  upload: Upload,
): Promise<UploadedDocument> {
  const { creatorId } = actor
  const key = { creatorId, knowledgeBaseId: upload.knowledgeBaseId }
  const name = upload.name ?? readDocumentName(upload.fileName)
  // Before a byte is taken; what it grows to is checked with its row.
  await within(creatorId, (trx) => checkRoom(trx, key, limits, { isTaken: false }))
  const file = await files.write(creatorId, upload.source, { maxBytes: limits.maxBytes })
  try {
    return await within(creatorId, (trx) => record(trx, files, actor, { ...key, name, file, limits }))
  } catch (error) {
    await within(creatorId, (trx) => removeUnusedFiles(trx, files, creatorId, [file.key]))
    throw error
  }
}

async function record(
  trx: Db,
  files: FileStore,
  actor: Actor,
  { limits, name, file, ...key }: BaseKey & { name: string; file: StoredFile; limits: UploadLimits },
): Promise<UploadedDocument> {
  const { documentId, versionId, isNew } = await recordVersion(trx, files, { ...key, name, file })
  if (isNew) {
    await checkRoom(trx, key, limits, { isTaken: true })
    await recordAudit(trx, actor, {
      action: 'document.upload',
      objectType: 'document',
      objectId: documentId,
      details: { versionId, sizeBytes: file.sizeBytes },
    })
  }
  return { id: documentId, versionId, name, isUnchanged: !isNew }
}

/**
 * @param isTaken whether the new rows are counted already.
 * @throws {AppError} `document.too_many`, `document.storage_full`
 */
export async function checkRoom(
  trx: Db,
  { creatorId, knowledgeBaseId }: BaseKey,
  { maxDocuments, maxCreatorBytes }: UploadLimits,
  { isTaken }: { isTaken: boolean },
): Promise<void> {
  const { documents, bytes } = await trx
    .selectNoFrom((is) => [
      is
        .selectFrom('document')
        .select(sql<number>`count(*)::int`.as('count'))
        .where('creator_id', '=', creatorId)
        .where('knowledge_base_id', '=', knowledgeBaseId)
        .as('documents'),
      is
        .selectFrom('document_version')
        .select(sql<string>`coalesce(sum(size_bytes), 0)`.as('sum'))
        .where('creator_id', '=', creatorId)
        .where('state', '!=', 'replaced')
        .as('bytes'),
    ])
    .executeTakeFirstOrThrow()
  // A full base still takes new versions of what it has, so only its own row can tell.
  if (isTaken && (documents ?? 0) > maxDocuments)
    throw new AppError('document.too_many', { limit: maxDocuments })
  const isFull = isTaken ? Number(bytes) > maxCreatorBytes : Number(bytes) >= maxCreatorBytes
  if (isFull) throw new AppError('document.storage_full', { limitBytes: maxCreatorBytes })
}
