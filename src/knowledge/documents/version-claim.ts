import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { Db } from '../../db/database.ts'
import type { Database } from '../../db/schema.ts'
import type { ErrorCode } from '../../errors.ts'

export type Version = Selectable<Database['document_version']>

/** SQL that is true when the worker of a number no longer lives. */
export type IsWorkerGone = (workerId: RawBuilder<unknown>) => RawBuilder<boolean>

export interface ClaimTerms {
  workerId: number
  isWorkerGone: IsWorkerGone
  /** The embedding model in use; absent: none, and no version waits for vectors. */
  model: string | undefined
}

/** Tries to read one file before it is given up: some files take the process with them. */
const MAX_ATTEMPTS = 3

/**
 * Takes a version for this worker: one that is queued, one whose worker died, or one that is found by
 * keywords but lacks vectors of the model in use. `state` of the result says what is to be done: `extracting`
 * or `embedding`.
 *
 * @returns undefined when there is nothing to do or another worker does it.
 */
export async function claimVersion(
  db: Db,
  versionId: string,
  terms: ClaimTerms,
): Promise<Version | undefined> {
  return db
    .updateTable('document_version')
    .set({
      worker_id: terms.workerId,
      state: sql`CASE WHEN state IN ('embedding', 'ready') THEN 'embedding' ELSE 'extracting' END`,
      attempts: sql`CASE WHEN state IN ('embedding', 'ready') THEN attempts ELSE attempts + 1 END`,
      // Only vectors of the same run go on where they stopped.
      progress_done: sql`CASE WHEN state = 'embedding' THEN progress_done ELSE 0 END`,
    })
    .where('id', '=', versionId)
    .where(isOpen(terms))
    .returningAll()
    .executeTakeFirst()
}

/** SQL that is true for versions with something left to do that no living worker does. */
export function isOpen({ isWorkerGone, model }: Omit<ClaimTerms, 'workerId'>): RawBuilder<boolean> {
  const lacksVectors =
    model === undefined
      ? sql<boolean>`false`
      : sql<boolean>`state = 'ready' AND embedded_with IS DISTINCT FROM ${model} AND passage_count > 0`
  return sql<boolean>`(
    state = 'queued'
    OR (state IN ('extracting', 'embedding') AND ${isWorkerGone(sql`worker_id`)})
    OR (${lacksVectors})
  )`
}

/**
 * Gives a version back after a failure: queued again while it may be tried again, else failed for good with
 * the reason. Nothing happens when the version is no longer this worker's.
 */
export async function releaseVersion(
  db: Db,
  version: Version,
  failure: { code: ErrorCode; isRetryable: boolean },
): Promise<'queued' | 'failed'> {
  const state = failure.isRetryable && version.attempts < MAX_ATTEMPTS ? 'queued' : 'failed'
  await db
    .updateTable('document_version')
    .set({ state, error_code: failure.code, worker_id: null })
    .where('id', '=', version.id)
    .where('worker_id', '=', version.worker_id)
    .where('state', '=', 'extracting')
    .execute()
  return state
}

/** Queues a version again whose work was stopped from outside: that counts as no attempt. */
export async function giveBack(db: Db, version: Version): Promise<void> {
  await db
    .updateTable('document_version')
    .set({ state: 'queued', attempts: version.attempts - 1, worker_id: null })
    .where('id', '=', version.id)
    .where('worker_id', '=', version.worker_id)
    .where('state', '=', 'extracting')
    .execute()
}

/**
 * Ends the work on a version that keywords find: with vectors of this model, or without for now. False when
 * it is no longer this worker's.
 */
export async function markReady(db: Db, version: Version, embeddedWith: string | null): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('document_version')
    .set({ state: 'ready', embedded_with: embeddedWith, worker_id: null })
    .where('id', '=', version.id)
    .where('worker_id', '=', version.worker_id)
    .where('state', '=', 'embedding')
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/**
 * Tells how far the work on a version has come, and no one but its worker may. False when it is no longer this
 * worker's: replaced or deleted meanwhile.
 */
export async function markProgress(
  db: Db,
  version: Version,
  progress: { done: number; total?: number },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('document_version')
    .set({
      progress_done: progress.done,
      ...(progress.total === undefined ? {} : { progress_total: progress.total }),
    })
    .where('id', '=', version.id)
    .where('worker_id', '=', version.worker_id)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}
