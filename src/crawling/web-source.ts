import { type Selectable, sql } from 'kysely'
import { type Db, inTransaction } from '../db/database.ts'
import type { Database, WebSourceState } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import { type Reason, readReason } from '../knowledge/documents/list.ts'
import { type BaseKey, lockKnowledgeBase } from '../knowledge/knowledge-base.ts'

export type SourceKind = 'page' | 'sitemap'
export type SourceKey = BaseKey & { sourceId: string }

/** How often a source may be crawled by itself, in hours: daily, weekly, every thirty days. */
export const CRAWL_INTERVALS = [24, 168, 720] as const

/** A web page or sitemap that Documents come from. */
export interface WebSource {
  id: string
  url: string
  kind: SourceKind
  /** Undefined: crawled by hand alone. */
  everyHours: number | undefined
  maxPages: number
  state: WebSourceState
  reason: Reason | undefined
  /** Pages of the crawl under way. `total` is 0 while it is not known. */
  progress: { done: number; total: number }
  /** What the last crawl did, or the one under way has done. */
  outcome: { added: number; changed: number; removed: number; failed: number }
  /** Documents that come from it now. */
  documents: number
  crawledAt: Date | undefined
  nextAt: Date | undefined
}

export interface SourceLimits {
  /** Sources of one base. */
  maxSources: number
  /** Pages of one source. */
  maxPages: number
}

export interface NewSource extends BaseKey {
  url: URL
  kind: SourceKind
  everyHours?: number | undefined
  /** No more than the limit counts. */
  maxPages?: number | undefined
}

/**
 * Adds a source that is to be crawled at once.
 *
 * @returns its id, for the nudge.
 * @throws {AppError} `web_source.known`, `web_source.too_many`, `knowledge_base.not_found`
 */
export async function addSource(
  db: Db,
  { url, kind, everyHours, maxPages, ...key }: NewSource,
  limits: SourceLimits,
): Promise<string> {
  return inTransaction(db, async (trx) => {
    await lockKnowledgeBase(trx, key)
    const { count } = await sourcesOf(trx, key)
      .select(({ fn }) => fn.countAll<string>().as('count'))
      .executeTakeFirstOrThrow()
    if (Number(count) >= limits.maxSources)
      throw new AppError('web_source.too_many', { limit: limits.maxSources })
    const row = await trx
      .insertInto('web_source')
      .values({
        creator_id: key.creatorId,
        knowledge_base_id: key.knowledgeBaseId,
        url: url.href,
        host: url.hostname,
        kind,
        every_hours: everyHours ?? null,
        max_pages: kind === 'page' ? 1 : Math.min(maxPages ?? limits.maxPages, limits.maxPages),
      })
      .onConflict((conflict) => conflict.columns(['knowledge_base_id', 'url']).doNothing())
      .returning('id')
      .executeTakeFirst()
    if (!row) throw new AppError('web_source.known')
    return row.id
  })
}

/** The sources of a base, the last added first. */
export async function listSources(db: Db, key: BaseKey): Promise<WebSource[]> {
  const rows = await shown(db, key).orderBy('web_source.created_at', 'desc').orderBy('id').execute()
  return rows.map(toSource)
}

/** @throws {AppError} `web_source.not_found`, another Creator's or base's included. */
export async function getSource(db: Db, { sourceId, ...key }: SourceKey): Promise<WebSource> {
  const row = await shown(db, key).where('web_source.id', '=', sourceId).executeTakeFirst()
  if (!row) throw new AppError('web_source.not_found', { sourceId })
  return toSource(row)
}

/**
 * Says how often a source is crawled by itself. Counted from its last crawl.
 *
 * @throws {AppError} `web_source.not_found`
 */
export async function setCrawlInterval(
  db: Db,
  key: SourceKey,
  everyHours: number | undefined,
): Promise<void> {
  const { numUpdatedRows } = await db
    .updateTable('web_source')
    .set({
      every_hours: everyHours ?? null,
      next_at: everyHours === undefined ? null : sql<Date>`crawled_at + ${everyHours} * interval '1 hour'`,
    })
    .where('id', '=', key.sourceId)
    .where('creator_id', '=', key.creatorId)
    .where('knowledge_base_id', '=', key.knowledgeBaseId)
    .executeTakeFirst()
  if (numUpdatedRows === 0n) throw new AppError('web_source.not_found', { sourceId: key.sourceId })
}

/**
 * Queues a source to be crawled now. One that is being crawled goes on as it is.
 *
 * @throws {AppError} `web_source.not_found`
 */
export async function queueSource(db: Db, key: SourceKey): Promise<void> {
  await getSource(db, key)
  await db
    .updateTable('web_source')
    .set({ state: 'queued', error_code: null, attempts: 0, run_started_at: null, ...NO_PROGRESS })
    .where('id', '=', key.sourceId)
    .where('creator_id', '=', key.creatorId)
    .where('state', 'in', ['done', 'failed'])
    .execute()
}

/**
 * Ends the crawl of a source; the worker notices with the page it is at. What was taken in stays.
 *
 * @throws {AppError} `web_source.not_found`, `web_source.not_crawling`
 */
export async function stopSource(db: Db, key: SourceKey): Promise<void> {
  await getSource(db, key)
  const { numUpdatedRows } = await db
    .updateTable('web_source')
    .set({ state: 'failed', error_code: 'web_source.stopped', worker_id: null, run_started_at: null })
    .where('id', '=', key.sourceId)
    .where('creator_id', '=', key.creatorId)
    .where('state', 'in', ['queued', 'crawling'])
    .executeTakeFirst()
  if (numUpdatedRows === 0n) throw new AppError('web_source.not_crawling')
}

/** What counts anew with each crawl. */
export const NO_PROGRESS = {
  progress_done: 0,
  progress_total: 0,
  pages_added: 0,
  pages_changed: 0,
  pages_removed: 0,
  pages_failed: 0,
}

function sourcesOf(db: Db, { creatorId, knowledgeBaseId }: BaseKey) {
  return db
    .selectFrom('web_source')
    .where('web_source.creator_id', '=', creatorId)
    .where('web_source.knowledge_base_id', '=', knowledgeBaseId)
}

function shown(db: Db, key: BaseKey) {
  return sourcesOf(db, key)
    .selectAll()
    .select((is) =>
      is
        .selectFrom('web_page')
        .select(sql<number>`count(*)::int`.as('count'))
        .whereRef('web_page.source_id', '=', 'web_source.id')
        .where('web_page.document_id', 'is not', null)
        .as('documents'),
    )
}

function toSource(row: Selectable<Database['web_source']> & { documents: number | null }): WebSource {
  return {
    id: row.id,
    url: row.url,
    kind: row.kind,
    everyHours: row.every_hours ?? undefined,
    maxPages: row.max_pages,
    state: row.state,
    reason: row.error_code === null ? undefined : readReason(row.error_code),
    progress: { done: row.progress_done, total: row.progress_total },
    outcome: {
      added: row.pages_added,
      changed: row.pages_changed,
      removed: row.pages_removed,
      failed: row.pages_failed,
    },
    documents: row.documents ?? 0,
    crawledAt: row.crawled_at ?? undefined,
    nextAt: row.next_at ?? undefined,
  }
}
