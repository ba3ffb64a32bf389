import { type RawBuilder, type Selectable, sql } from 'kysely'
import { type Db, inTransaction } from '../db/database.ts'
import type { Database } from '../db/schema.ts'
import type { ErrorCode } from '../errors.ts'
import type { IsWorkerGone } from '../knowledge/documents/version-claim.ts'
import { NO_PROGRESS } from './web-source.ts'

/** A source in the hands of this worker. */
export type ClaimedSource = Selectable<Database['web_source']> & { run_started_at: Date }

/** A crawl that broke off with its process so often has something to do with that. */
const MAX_CLAIMS = 5

/** Sources announced again by one sweep. */
const SWEEP_LIMIT = 100

/** What one page of a crawl came to. */
export type PageOutcome = 'added' | 'changed' | 'unchanged' | 'removed' | 'failed' | 'skipped'

/** SQL that is true for sources with something to do that no living worker does. */
function isDue(isWorkerGone: IsWorkerGone): RawBuilder<boolean> {
  return sql<boolean>`(
    web_source.state = 'queued'
    OR (web_source.state = 'crawling' AND ${isWorkerGone(sql`web_source.worker_id`)})
    OR (web_source.state IN ('done', 'failed') AND web_source.next_at <= now())
  )`
}

/** Sources to be crawled, the longest waiting first. */
export async function listDueSources(db: Db, isWorkerGone: IsWorkerGone): Promise<string[]> {
  const rows = await db
    .selectFrom('web_source')
    .select('id')
    .where(isDue(isWorkerGone))
    .orderBy(sql`coalesce(next_at, created_at)`)
    .limit(SWEEP_LIMIT)
    .execute()
  return rows.map(({ id }) => id)
}

/**
 * Takes a source for this worker, unless another crawl asks the same host: then it waits its turn. A crawl that
 * broke off goes on with its pages left; given up in the end, it is marked failed.
 *
 * @returns undefined when there is nothing to do.
 */
export async function claimSource(
  db: Db,
  sourceId: string,
  { workerId, isWorkerGone }: { workerId: number; isWorkerGone: IsWorkerGone },
): Promise<ClaimedSource | undefined> {
  return inTransaction(db, async (trx) => {
    const source = await trx
      .selectFrom('web_source')
      .select(['host', 'state', 'attempts', 'run_started_at'])
      .where('id', '=', sourceId)
      .where(isDue(isWorkerGone))
      .executeTakeFirst()
    if (!source) return undefined
    await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`crawl ${source.host}`}, 0))`.execute(trx)
    const goesOn = source.run_started_at !== null && !['done', 'failed'].includes(source.state)
    if (goesOn && source.attempts >= MAX_CLAIMS) return giveUp(trx, sourceId)
    const row = await trx
      .updateTable('web_source')
      .set({
        state: 'crawling',
        worker_id: workerId,
        error_code: null,
        attempts: goesOn ? sql`attempts + 1` : 1,
        ...(goesOn ? {} : { run_started_at: sql<Date>`now()`, ...NO_PROGRESS }),
      })
      .where('id', '=', sourceId)
      .where(isDue(isWorkerGone))
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('web_source as other')
              .select('other.id')
              .where('other.host', '=', source.host)
              .where('other.id', '!=', sourceId)
              .where('other.state', '=', 'crawling')
              .where(sql<boolean>`NOT ${isWorkerGone(sql`other.worker_id`)}`),
          ),
        ),
      )
      .returningAll()
      .executeTakeFirst()
    return row?.run_started_at ? { ...row, run_started_at: row.run_started_at } : undefined
  })
}

async function giveUp(trx: Db, sourceId: string): Promise<undefined> {
  await trx
    .updateTable('web_source')
    .set({ ...ENDED, state: 'failed', error_code: 'web_source.broke_off' })
    .where('id', '=', sourceId)
    .execute()
}

/** Counts a page. False when the source is no longer this worker's: stopped, removed or taken over. */
export async function markPage(db: Db, source: ClaimedSource, outcome: PageOutcome): Promise<boolean> {
  const column = COLUMN_OF[outcome]
  return updateOwn(db, source, {
    progress_done: sql`least(progress_done + 1, progress_total)`,
    ...(column && { [column]: sql`${sql.ref(column)} + 1` }),
  })
}

const COLUMN_OF = {
  added: 'pages_added',
  changed: 'pages_changed',
  removed: 'pages_removed',
  failed: 'pages_failed',
  unchanged: undefined,
  skipped: undefined,
} as const

/** Says how many pages there are. False when the source is no longer this worker's. */
export function markTotal(
  db: Db,
  source: ClaimedSource,
  { done, total }: { done: number; total: number },
): Promise<boolean> {
  return updateOwn(db, source, { progress_done: done, progress_total: total })
}

/** Whether the source is still this worker's, held until the transaction ends. */
export async function holdSource(trx: Db, source: ClaimedSource): Promise<boolean> {
  const held = await ownRow(trx, source).forUpdate().executeTakeFirst()
  return held !== undefined
}

/** Ends a crawl, with the reason where it failed, and says when the next is due. */
export async function finishSource(
  db: Db,
  source: ClaimedSource,
  failure: ErrorCode | undefined,
): Promise<boolean> {
  return updateOwn(db, source, {
    ...ENDED,
    state: failure === undefined ? 'done' : 'failed',
    error_code: failure ?? null,
  })
}

const ENDED = {
  worker_id: null,
  run_started_at: null,
  crawled_at: sql<Date>`now()`,
  next_at: sql<Date | null>`now() + every_hours * interval '1 hour'`,
}

/** Gives a source back whose crawl broke off: another worker goes on. Stopped from outside it counts as no attempt. */
export async function giveBackSource(
  db: Db,
  source: ClaimedSource,
  { isAttempt }: { isAttempt: boolean },
): Promise<void> {
  await updateOwn(db, source, {
    state: 'queued',
    worker_id: null,
    ...(!isAttempt && { attempts: sql`attempts - 1` }),
  })
}

async function updateOwn(db: Db, source: ClaimedSource, set: Record<string, unknown>): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('web_source')
    .set(set)
    .where('id', '=', source.id)
    .where('worker_id', '=', source.worker_id)
    .where('state', '=', 'crawling')
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

function ownRow(db: Db, source: ClaimedSource) {
  return db
    .selectFrom('web_source')
    .select('id')
    .where('id', '=', source.id)
    .where('worker_id', '=', source.worker_id)
    .where('state', '=', 'crawling')
}
