import { createReadStream } from 'node:fs'
import { sql } from 'kysely'
import { type Db, inTransaction } from '../db/database.ts'
import { AppError } from '../errors.ts'
import type { FileStore } from '../files/file-store.ts'
import { type Removed, recordVersion, removeDocument } from '../knowledge/documents/document.ts'
import { removeUnusedFiles } from '../knowledge/documents/unused-files.ts'
import { checkRoom, type UploadLimits } from '../knowledge/documents/upload.ts'
import { type BaseKey, lockKnowledgeBase } from '../knowledge/knowledge-base.ts'
import { namePage, titlePage } from './page-name.ts'
import { type ClaimedSource, holdSource } from './source-claim.ts'
import { keepPage, listOwnDocuments, type PageChange, type WebPageRow } from './web-page.ts'

export interface PageToStore {
  /** As it is listed. */
  url: URL
  row: WebPageRow | undefined
  mediaType: string | undefined
  path: string
  kept: Required<Pick<PageChange, 'etag' | 'last_modified' | 'digest' | 'fetched_url' | 'error_code'>>
}

/**
 * Stores a fetched page as the newest version of its Document, which it makes where there is none, with what is kept
 * of the page, in one commit.
 *
 * @returns the version to take in; undefined when the source is no longer this worker's.
 * @throws {AppError} `document.too_many`, `document.storage_full`, `file.not_stored`
 */
export async function storePage(
  parts: StoreParts,
  source: ClaimedSource,
  page: PageToStore,
): Promise<{ versionId: string; isNew: boolean } | undefined> {
  try {
    return await storeOnce(parts, source, page)
  } catch (error) {
    // The last Document with the same bytes was removed in the moment between, and its file with it.
    if (!(error instanceof AppError && error.code === 'file.missing')) throw error
    return storeOnce(parts, source, page)
  }
}

interface StoreParts {
  db: Db
  files: FileStore
  limits: UploadLimits
}

async function storeOnce(
  { db, files, limits }: StoreParts,
  source: ClaimedSource,
  { url, row, mediaType, path, kept }: PageToStore,
): Promise<{ versionId: string; isNew: boolean } | undefined> {
  const key = keyOf(source)
  const file = await files.write(key.creatorId, createReadStream(path), { maxBytes: limits.maxBytes })
  let hasStored = false
  try {
    return await inTransaction(db, async (trx) => {
      await lockKnowledgeBase(trx, key)
      if (!(await holdSource(trx, source))) return undefined
      const name = (await findName(trx, row?.document_id)) ?? namePage(url, mediaType)
      const { documentId, versionId, isNew } = await recordVersion(trx, files, { ...key, name, file })
      await checkRoom(trx, key, limits, { isTaken: true })
      await trx
        .updateTable('document')
        .set({
          url: kept.fetched_url,
          // Until its own is known.
          title: sql`CASE WHEN active_version_id IS NULL THEN ${titlePage(url)} ELSE title END`,
        })
        .where('id', '=', documentId)
        .where('creator_id', '=', key.creatorId)
        .execute()
      await keepPage(trx, source, url.href, {
        ...kept,
        document_id: documentId,
        isChanged: true,
      })
      hasStored = true
      return { versionId, isNew }
    })
  } finally {
    if (!hasStored) await removeUnusedFiles(db, files, key.creatorId, [file.key])
  }
}

/** A page keeps its Document although its kind may change. */
async function findName(trx: Db, documentId: string | null | undefined): Promise<string | undefined> {
  if (!documentId) return undefined
  const document = await trx
    .selectFrom('document')
    .select('name')
    .where('id', '=', documentId)
    .executeTakeFirst()
  return document?.name
}

/**
 * Removes the Document of a page that is gone, unless another source has the page, too; what is kept of the page says
 * why, in one commit.
 *
 * @returns what is to be removed outside the database; undefined when there was no Document, or the source is no
 *   longer this worker's.
 */
export async function removePageDocument(
  db: Db,
  source: ClaimedSource,
  { row, code }: { row: WebPageRow; code: 'web_page.gone' | 'web_page.moved' },
): Promise<Removed | undefined> {
  return inTransaction(db, async (trx) => {
    await lockKnowledgeBase(trx, keyOf(source))
    if (!(await holdSource(trx, source))) return undefined
    const [documentId] = row.document_id ? await listOwnDocuments(trx, source.id, [row.document_id]) : []
    const removed = documentId ? await removeDocument(trx, { ...keyOf(source), documentId }) : undefined
    await keepPage(trx, source, row.url, { document_id: null, digest: null, error_code: code })
    return removed ?? (row.document_id ? { passageIds: [], fileKeys: [] } : undefined)
  })
}

/** Keeps what a look at a page came to, while the source is still this worker's. */
export async function notePage(db: Db, source: ClaimedSource, url: URL, change: PageChange): Promise<void> {
  await inTransaction(db, async (trx) => {
    if (await holdSource(trx, source)) await keepPage(trx, source, url.href, change)
  })
}

export function keyOf(source: ClaimedSource): BaseKey {
  return { creatorId: source.creator_id, knowledgeBaseId: source.knowledge_base_id }
}
