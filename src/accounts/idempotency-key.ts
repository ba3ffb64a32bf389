import type { Db } from '../db/database.ts'
import { AppError } from '../errors.ts'

/** A request with an Idempotency-Key, as it is recognised when it comes again. */
export interface KeyedRequest {
  creatorId: string
  key: string
  /** SHA-256 of method, address and body. */
  requestHash: Buffer
}

/** The right to carry the request out; {@link keepIdempotentAnswer} ends it. `at` tells claims of a key apart. */
export interface IdempotencyClaim {
  creatorId: string
  key: string
  at: Date
}

/** What the first request was answered with. */
export interface KeptAnswer {
  status: number
  data: unknown
}

/** A claim older than this belongs to a process that died: no request may work this long. */
export const CLAIM_MS = 300_000
/** How long a repeat is recognised. */
export const KEEP_MS = 24 * 3_600_000
/** Keys forgotten at a time; the next sweep goes on. */
const FORGET_BATCH = 1_000

/**
 * Claims the key for this request, or finds what the request was answered with before. Commit the claim before
 * the work begins, so that a repeat meets it.
 *
 * @throws {AppError} `idempotency.in_progress` while the first is at work, `idempotency.conflict` when the key
 * came with another request, `idempotency.answer_gone` when the answer is not kept.
 */
export async function claimIdempotencyKey(
  db: Db,
  { creatorId, key, requestHash }: KeyedRequest,
  now: Date,
): Promise<IdempotencyClaim | KeptAnswer> {
  const fresh = { request_hash: requestHash, status: null, answer: null, created_at: now }
  const claimed = await db
    .insertInto('idempotency_key')
    .values({ creator_id: creatorId, key, ...fresh })
    .onConflict((conflict) =>
      conflict
        .columns(['creator_id', 'key'])
        .doUpdateSet(fresh)
        .where((row) =>
          row.or([
            row('idempotency_key.created_at', '<', new Date(now.getTime() - KEEP_MS)),
            row.and([
              row('idempotency_key.status', 'is', null),
              row('idempotency_key.created_at', '<', new Date(now.getTime() - CLAIM_MS)),
            ]),
          ]),
        ),
    )
    .returning('key')
    .executeTakeFirst()
  return claimed ? { creatorId, key, at: now } : readAnswer(db, { creatorId, key, requestHash }, now)
}

async function readAnswer(
  db: Db,
  { creatorId, key, requestHash }: KeyedRequest,
  now: Date,
): Promise<KeptAnswer> {
  const row = await db
    .selectFrom('idempotency_key')
    .select(['request_hash', 'status', 'answer', 'created_at'])
    .where('creator_id', '=', creatorId)
    .where('key', '=', key)
    .executeTakeFirst()
  if (row && !row.request_hash.equals(requestHash)) throw new AppError('idempotency.conflict')
  if (!row || row.status === null) {
    // Gone in between: the first one failed just now, and a repeat may begin.
    const leftMs = row ? row.created_at.getTime() + CLAIM_MS - now.getTime() : 0
    throw new AppError('idempotency.in_progress', { retryAfterSeconds: leftMs > 10_000 ? 5 : 1 })
  }
  if (row.answer === null) throw new AppError('idempotency.answer_gone')
  return { status: row.status, data: row.answer.data }
}

/**
 * Ends the claim with its answer, in the transaction of the change: neither stands without the other.
 *
 * @param data undefined where the answer must not be kept.
 * @throws {AppError} `idempotency.in_progress` when another request holds the key by now; the change is undone.
 */
export async function keepIdempotentAnswer(
  db: Db,
  { creatorId, key, at }: IdempotencyClaim,
  { status, data }: KeptAnswer,
): Promise<void> {
  const kept = await db
    .updateTable('idempotency_key')
    .set({ status, answer: data === undefined ? null : JSON.stringify({ data }) })
    .where('creator_id', '=', creatorId)
    .where('key', '=', key)
    .where('created_at', '=', at)
    .where('status', 'is', null)
    .executeTakeFirst()
  if (kept.numUpdatedRows === 0n) throw new AppError('idempotency.in_progress', { retryAfterSeconds: 1 })
}

/** Gives the key back when the request failed and nothing was changed. */
export async function releaseIdempotencyKey(db: Db, { creatorId, key, at }: IdempotencyClaim): Promise<void> {
  await db
    .deleteFrom('idempotency_key')
    .where('creator_id', '=', creatorId)
    .where('key', '=', key)
    .where('created_at', '=', at)
    .where('status', 'is', null)
    .execute()
}

/** Empties every kept answer of a Creator, which may hold the words of who is erased. Repeats stay recognised. */
export async function forgetIdempotentAnswers(db: Db, creatorId: string): Promise<void> {
  await db
    .updateTable('idempotency_key')
    .set({ answer: null })
    .where('creator_id', '=', creatorId)
    .where('status', 'is not', null)
    .execute()
}

/** Forgets keys older than a day, some at a time. Returns how many. */
export async function forgetIdempotencyKeys(db: Db, now = new Date()): Promise<number> {
  const forgotten = await db
    .deleteFrom('idempotency_key')
    .where(({ eb, refTuple, selectFrom }) =>
      eb(
        refTuple('creator_id', 'key'),
        'in',
        selectFrom('idempotency_key')
          .select(['creator_id', 'key'])
          .where('created_at', '<', new Date(now.getTime() - KEEP_MS))
          .orderBy('created_at')
          .limit(FORGET_BATCH)
          .$asTuple('creator_id', 'key'),
      ),
    )
    .executeTakeFirst()
  return Number(forgotten.numDeletedRows)
}
