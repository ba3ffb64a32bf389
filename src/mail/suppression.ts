import { sql } from 'kysely'
import type { Db } from '../db/database.ts'
import { addressKey } from './mail-queue.ts'

/** Why an address is written to no more. */
export type SuppressionReason = 'bounce' | 'spam_report' | 'unsubscribe'

export interface Suppression {
  email: string
  reason: SuppressionReason
  /** A kind of mail; every kind without one. */
  kind?: string | undefined
  /** Of one Creator; of all without one. */
  creatorId?: string | undefined
}

/** Everything of the kind, as `mail_suppression.kind` says it. */
const ALL_KINDS = '*'

/** Writes these down; those that are known stay as they are. */
export async function recordSuppressions(trx: Db, suppressions: Suppression[]): Promise<void> {
  if (suppressions.length === 0) return
  await trx
    .insertInto('mail_suppression')
    .values(
      suppressions.map(({ email, kind, creatorId, reason }) => ({
        email: addressKey(email),
        kind: kind ?? ALL_KINDS,
        creator_id: creatorId ?? null,
        reason,
      })),
    )
    .onConflict((conflict) => conflict.constraint('mail_suppression_key').doNothing())
    .execute()
}

/** Takes back what a reader asked of one Creator, because they ask for it again. */
export async function forgetUnsubscribe(
  trx: Db,
  { email, kind, creatorId }: { email: string; kind: string; creatorId: string },
): Promise<void> {
  await trx
    .deleteFrom('mail_suppression')
    .where('email', '=', addressKey(email))
    .where('kind', '=', kind)
    .where('creator_id', '=', creatorId)
    .where('reason', '=', 'unsubscribe')
    .execute()
}

/** Why the next mail of this kind would not leave; undefined when it would. */
export async function findSuppression(
  db: Db,
  { email, kind, creatorId }: { email: string; kind: string; creatorId: string },
): Promise<SuppressionReason | undefined> {
  const row = await db
    .selectFrom('mail_suppression')
    .select('reason')
    .where('email', '=', addressKey(email))
    .where('kind', 'in', [ALL_KINDS, kind])
    .where((eb) => eb.or([eb('creator_id', 'is', null), eb('creator_id', '=', creatorId)]))
    .orderBy('reason')
    .executeTakeFirst()
  return readReason(row?.reason)
}

/** Writes to an address again that came back before: its mailbox was made or mended. False where none came back. */
export async function liftBounce(db: Db, email: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('mail_suppression')
    .where('email', '=', addressKey(email))
    .where('reason', '=', 'bounce')
    .executeTakeFirst()
  return numDeletedRows > 0n
}

export interface SuppressedAddress {
  email: string
  reason: SuppressionReason
  kind: string
  since: Date
}

/** Addresses this Creator wrote to that get no more of it, the newest first. */
export async function listSuppressed(
  db: Db,
  { creatorId, limit }: { creatorId: string; limit: number },
): Promise<SuppressedAddress[]> {
  const rows = await db
    .selectFrom('mail_suppression')
    .select(['email', 'reason', 'kind', 'created_at'])
    .where((eb) =>
      eb.or([
        eb('creator_id', '=', creatorId),
        eb.and([
          eb('creator_id', 'is', null),
          eb.exists(
            eb
              .selectFrom('mail')
              .select(sql`1`.as('one'))
              .whereRef('mail.recipient', '=', 'mail_suppression.email')
              .where('mail.creator_id', '=', creatorId),
          ),
        ]),
      ]),
    )
    .orderBy('created_at', 'desc')
    .limit(limit)
    .execute()
  return rows.flatMap(({ created_at: since, reason, ...row }) => {
    const known = readReason(reason)
    return known ? [{ ...row, reason: known, since }] : []
  })
}

function readReason(reason: string | undefined): SuppressionReason | undefined {
  return (['bounce', 'spam_report', 'unsubscribe'] as const).find((known) => known === reason)
}
