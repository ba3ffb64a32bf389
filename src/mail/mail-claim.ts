import { sql } from 'kysely'
import type { Db } from '../db/database.ts'
import { NEWS_KINDS } from './mail-kind.ts'

/** A mail nobody else sends until its lease is over. */
export interface ClaimedMail {
  id: string
  kind: string
  /** This attempt's number, from 1: who lost the lease meanwhile has another. */
  attempts: number
  body: Buffer
}

/** Longer than any mailer takes to give up: who holds a mail for longer is dead. */
const LEASE_MS = 120_000
/**
 * Waits after an attempt that came to nothing: 15 s, doubled up to an hour. So many attempts bridge a mail service
 * that is away for half a day.
 */
const FIRST_WAIT_MS = 15_000
const LONGEST_WAIT_MS = 3_600_000
export const MAX_ATTEMPTS = 20
/** Within a minute the mail service says by its events whether it has a mail. */
const SETTLE_MS = 60_000

/** Takes a mail that is due. `undefined` when it is not: gone, sent, or in other hands. */
export async function claimMail(db: Db, id: string): Promise<ClaimedMail | undefined> {
  const row = await db
    .updateTable('mail')
    .set({ attempts: sql`attempts + 1`, not_before: inMs(LEASE_MS) })
    .where('id', '=', id)
    .where('state', '=', 'queued')
    .where(isDue)
    .where('body', 'is not', null)
    .returning(['id', 'kind', 'attempts', 'body'])
    .executeTakeFirst()
  return row?.body ? { ...row, body: row.body } : undefined
}

/**
 * The last look before a mail leaves: is its reader still to be written to? From here on nobody knows whether it
 * left, until its sender or the mail service says so.
 *
 * @returns `suppressed`: it stays, for good. `undefined`: the claim was lost.
 */
export async function beginMail(
  db: Db,
  { id, attempts }: ClaimedMail,
): Promise<'sending' | 'suppressed' | undefined> {
  const { rows } = await sql<{ state: 'sending' | 'suppressed' }>`
    WITH stop AS (
      SELECT suppression.reason FROM mail JOIN mail_suppression AS suppression ON suppression.email = mail.recipient
      WHERE mail.id = ${id} AND (
        suppression.reason IN ('bounce', 'spam_report')
        OR mail.kind = ANY(${NEWS_KINDS}) AND suppression.kind IN ('*', mail.kind)
          AND (suppression.creator_id IS NULL OR suppression.creator_id = mail.creator_id)
      )
      ORDER BY suppression.reason LIMIT 1
    )
    UPDATE mail SET
      state = CASE WHEN EXISTS (SELECT FROM stop) THEN 'suppressed' ELSE 'sending' END,
      body = CASE WHEN EXISTS (SELECT FROM stop) THEN NULL ELSE body END,
      error_code = (SELECT reason FROM stop),
      not_before = ${inMs(LEASE_MS)}
    WHERE id = ${id} AND state = 'queued' AND attempts = ${attempts}
    RETURNING state
  `.execute(db)
  return rows[0]?.state
}

/** It left: its text is dropped. */
export async function markMailSent(db: Db, ids: string[]): Promise<void> {
  if (ids.length === 0) return
  await db
    .updateTable('mail')
    .set({ state: 'sent', body: null, error_code: null, not_before: null, sent_at: sql<Date>`now()` })
    .where('id', 'in', ids)
    .where('state', 'in', ['sending', 'doubtful'])
    .execute()
}

/** It was not taken; it is tried again until the attempts are used up. */
export async function postponeMail(
  db: Db,
  { id, attempts }: ClaimedMail,
  { code, retryAfterMs = 0 }: { code: string; retryAfterMs?: number },
): Promise<'queued' | 'failed'> {
  if (attempts >= MAX_ATTEMPTS) {
    await failMail(db, { id, attempts }, code)
    return 'failed'
  }
  const waitMs = Math.min(LONGEST_WAIT_MS, Math.max(retryAfterMs, FIRST_WAIT_MS * 2 ** (attempts - 1)))
  await ofAttempt(db, { id, attempts })
    .set({ state: 'queued', error_code: code, not_before: inMs(waitMs) })
    .execute()
  return 'queued'
}

/** It never will be taken. */
export async function failMail(
  db: Db,
  claim: Pick<ClaimedMail, 'id' | 'attempts'>,
  code: string,
): Promise<void> {
  await ofAttempt(db, claim)
    .set({ state: 'failed', body: null, error_code: code, not_before: null })
    .execute()
}

/** It may have been taken: the mail service's events have a while to say so. */
export async function doubtMail(db: Db, claim: ClaimedMail): Promise<void> {
  await ofAttempt(db, claim)
    .set({
      state: 'doubtful',
      doubts: sql`doubts + 1`,
      error_code: 'mail.doubtful',
      not_before: inMs(SETTLE_MS),
    })
    .execute()
}

/**
 * Settles what nobody knows any more: a mail whose sender died becomes doubtful; a doubt no event has settled in
 * time ends by the kind of mail. What someone waits for is sent again; news are not.
 *
 * @returns how many senders died, and how many mails stay doubtful for good.
 */
export async function settleDoubtfulMails(db: Db): Promise<{ orphaned: number; givenUp: number }> {
  const orphaned = await db
    .updateTable('mail')
    .set({
      state: 'doubtful',
      doubts: sql`doubts + 1`,
      error_code: 'mail.doubtful',
      not_before: inMs(SETTLE_MS),
    })
    .where('state', '=', 'sending')
    .where(isDue)
    .executeTakeFirst()
  const { rows } = await sql<{ state: string }>`
    UPDATE mail SET
      state = CASE WHEN ${mayRepeat} THEN 'queued' ELSE 'failed' END,
      body = CASE WHEN ${mayRepeat} THEN body END,
      not_before = NULL
    WHERE state = 'doubtful' AND not_before <= now()
    RETURNING state
  `.execute(db)
  const givenUp = rows.filter(({ state }) => state === 'failed').length
  return { orphaned: Number(orphaned.numUpdatedRows), givenUp }
}

const mayRepeat = sql`(kind <> ALL(${NEWS_KINDS}) AND attempts < ${MAX_ATTEMPTS})`

/** Mails that are due and that no queue holds, the oldest first. */
export async function listDueMails(db: Db, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('mail')
    .select('id')
    .where('state', '=', 'queued')
    .where(isDue)
    .orderBy('created_at')
    .limit(limit)
    .execute()
  return rows.map(({ id }) => id)
}

/** How long it is known what was mailed to whom: as long as a complaint about it is likely. */
const KEPT_DAYS = 90
const oldest = sql<Date>`now() - make_interval(days => ${sql.lit(KEPT_DAYS)})`

/** Forgets old mails and events, some at a time. @returns how many mails. */
export async function forgetOldMails(db: Db, limit: number): Promise<number> {
  const told = db
    .selectFrom('mail_event')
    .select('id')
    .where('received_at', '<', oldest)
    .orderBy('received_at')
    .limit(limit)
  await db.deleteFrom('mail_event').where('id', 'in', told).execute()
  const old = db
    .selectFrom('mail')
    .select('id')
    .where('created_at', '<', oldest)
    .orderBy('created_at')
    .limit(limit)
  const { numDeletedRows } = await db.deleteFrom('mail').where('id', 'in', old).executeTakeFirst()
  return Number(numDeletedRows)
}

/** The mail, while it is still in the hands of this attempt. */
function ofAttempt(db: Db, { id, attempts }: Pick<ClaimedMail, 'id' | 'attempts'>) {
  return db
    .updateTable('mail')
    .where('id', '=', id)
    .where('attempts', '=', attempts)
    .where('state', 'in', ['queued', 'sending'])
}

const isDue = sql<boolean>`(not_before IS NULL OR not_before <= now())`

function inMs(ms: number) {
  return sql<Date>`now() + make_interval(secs => ${ms / 1000})`
}
