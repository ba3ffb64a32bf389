import type { Db } from '../db/database.ts'
import { inTransaction } from '../db/database.ts'
import { type Removed, removeDocument } from '../knowledge/documents/document.ts'
import { lockKnowledgeBase } from '../knowledge/knowledge-base.ts'
import { listOwnDocuments } from './web-page.ts'
import { getSource, type SourceKey } from './web-source.ts'

/**
 * Removes a source, and with it the Documents that come from it alone, in one commit; kept, they are Documents like
 * any other from then on. What they leave outside the database is the caller's to remove, by `removeRemains`.
 *
 * @throws {AppError} `web_source.not_found`
 */
export async function removeSource(
  db: Db,
  { sourceId, ...key }: SourceKey,
  { keepsDocuments }: { keepsDocuments: boolean },
): Promise<Removed & { documents: number }> {
  return inTransaction(db, async (trx) => {
    await lockKnowledgeBase(trx, key)
    await getSource(trx, { ...key, sourceId })
    // A crawl at work waits here for its page and then finds the source gone.
    await trx.selectFrom('web_source').select('id').where('id', '=', sourceId).forUpdate().execute()
    const documentIds = keepsDocuments ? [] : await listOwnDocuments(trx, sourceId)
    const removed: Removed = { passageIds: [], fileKeys: [] }
    for (const documentId of documentIds) {
      const { passageIds, fileKeys } = await removeDocument(trx, { ...key, documentId })
      removed.passageIds.push(...passageIds)
      removed.fileKeys.push(...fileKeys)
    }
    await trx
      .deleteFrom('web_source')
      .where('id', '=', sourceId)
      .where('creator_id', '=', key.creatorId)
      .execute()
    return { ...removed, documents: documentIds.length }
  })
}
