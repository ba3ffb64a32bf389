import { type Selectable, sql } from 'kysely'
import type { Db } from '../db/database.ts'
import type { Database } from '../db/schema.ts'
import type { ErrorCode } from '../errors.ts'
import { type Reason, readReason } from '../knowledge/documents/list.ts'
import type { ClaimedSource } from './source-claim.ts'
import type { SourceKey } from './web-source.ts'

/** What is kept of a page between two crawls. */
export type WebPageRow = Selectable<Database['web_page']>

/** A page as people are shown it. */
export interface WebPage {
  url: string
  documentId: string | undefined
  /** Why the last crawl did not take it; the Document of an earlier one may stand all the same. */
  reason: Reason | undefined
  checkedAt: Date | undefined
  changedAt: Date | undefined
}

/** The pages of a source, those with a reason first, then by address. */
export async function listPages(
  db: Db,
  { sourceId, creatorId, knowledgeBaseId }: SourceKey,
  { limit, offset = 0 }: { limit: number; offset?: number | undefined },
): Promise<{ items: WebPage[]; nextOffset: number | null }> {
  const rows = await db
    .selectFrom('web_page')
    .selectAll()
    .where('source_id', '=', sourceId)
    .where('creator_id', '=', creatorId)
    .where('knowledge_base_id', '=', knowledgeBaseId)
    .orderBy(sql<boolean>`(error_code IS NULL)`)
    .orderBy('url')
    .offset(offset)
    .limit(limit + 1)
    .execute()
  const items = rows.slice(0, limit).map((row) => ({
    url: row.url,
    documentId: row.document_id ?? undefined,
    reason: row.error_code === null ? undefined : readReason(row.error_code),
    checkedAt: row.checked_at ?? undefined,
    changedAt: row.changed_at ?? undefined,
  }))
  return { items, nextOffset: rows.length > limit ? offset + limit : null }
}

/** Every page that is known of a source, by address. */
export async function readPages(db: Db, source: ClaimedSource): Promise<Map<string, WebPageRow>> {
  const rows = await db.selectFrom('web_page').selectAll().where('source_id', '=', source.id).execute()
  return new Map(rows.map((row) => [row.url, row]))
}

/** Forgets pages without a Document that a whole crawl did not come across. */
export async function forgetPages(db: Db, source: ClaimedSource): Promise<void> {
  await db
    .deleteFrom('web_page')
    .where('source_id', '=', source.id)
    .where('document_id', 'is', null)
    .where('checked_at', '<', source.run_started_at)
    .execute()
}

/** What a look at a page left to be kept. What is not named stays as it was. */
export interface PageChange {
  document_id?: string | null
  fetched_url?: string
  etag?: string | null
  last_modified?: string | null
  digest?: string | null
  error_code: ErrorCode | null
  isChanged?: boolean
}

/** Keeps what a look at a page came to. */
export async function keepPage(
  db: Db,
  source: ClaimedSource,
  url: string,
  { isChanged = false, ...kept }: PageChange,
): Promise<void> {
  const row = {
    ...kept,
    checked_at: sql<Date>`now()`,
    ...(isChanged && { changed_at: sql<Date>`now()` }),
  }
  await db
    .insertInto('web_page')
    .values({
      source_id: source.id,
      url,
      creator_id: source.creator_id,
      knowledge_base_id: source.knowledge_base_id,
      ...row,
    })
    .onConflict((conflict) => conflict.columns(['source_id', 'url']).doUpdateSet(row))
    .execute()
}

/** Of these Documents, those that no other source's page is. */
export async function listOwnDocuments(
  db: Db,
  sourceId: string,
  documentIds?: readonly string[],
): Promise<string[]> {
  let query = db
    .selectFrom('web_page')
    .select('document_id')
    .distinct()
    .where('source_id', '=', sourceId)
    .where('document_id', 'is not', null)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('web_page as other')
            .select('other.url')
            .whereRef('other.document_id', '=', 'web_page.document_id')
            .where('other.source_id', '!=', sourceId),
        ),
      ),
    )
  if (documentIds) query = query.where('document_id', 'in', [...documentIds])
  const rows = await query.execute()
  return rows.flatMap(({ document_id }) => document_id ?? [])
}
