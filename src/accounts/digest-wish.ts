import { sql } from 'kysely'
import { type Db, inTransaction } from '../db/database.ts'

/** The mails a Member may have about a Creator's week. */
const DIGESTS = ['weekly', 'gap'] as const
export type Digest = (typeof DIGESTS)[number]

/** Where a Member's wish stands, and when they were last written one. */
const COLUMNS = {
  weekly: { wish: 'wants_weekly_digest', at: 'weekly_digest_at' },
  gap: { wish: 'wants_gap_digest', at: 'gap_digest_at' },
} as const

interface MembershipKey {
  creatorId: string
  memberId: string
}

/** Which digests a Member wants of a Creator, and the language of all mails to them; null: not chosen. */
export interface DigestWishes {
  weekly: boolean
  gap: boolean
  language: string | null
}

export async function getDigestWishes(db: Db, { creatorId, memberId }: MembershipKey): Promise<DigestWishes> {
  const row = await db
    .selectFrom('membership')
    .innerJoin('member', 'member.id', 'membership.member_id')
    .select(['wants_weekly_digest', 'wants_gap_digest', 'member.language'])
    .where('creator_id', '=', creatorId)
    .where('member_id', '=', memberId)
    .executeTakeFirst()
  return {
    weekly: row?.wants_weekly_digest ?? false,
    gap: row?.wants_gap_digest ?? false,
    language: row?.language ?? null,
  }
}

export async function setDigestWishes(
  db: Db,
  { creatorId, memberId }: MembershipKey,
  { weekly, gap, language }: DigestWishes,
): Promise<void> {
  await inTransaction(db, async (trx) => {
    await trx
      .updateTable('membership')
      .set({ wants_weekly_digest: weekly, wants_gap_digest: gap })
      .where('creator_id', '=', creatorId)
      .where('member_id', '=', memberId)
      .execute()
    await trx.updateTable('member').set({ language }).where('id', '=', memberId).execute()
  })
}

/** Someone a digest is to be written to. */
export interface DigestReader extends MembershipKey {
  creatorName: string
  email: string
  name: string
  language: string | null
}

/**
 * Members who want this digest and have not been written it since `dueAt`, one Creator's together. Who joined later
 * has nothing to look back on yet.
 */
export async function listDigestReaders(
  db: Db,
  digest: Digest,
  { dueAt, mailKind, limit }: { dueAt: Date; mailKind: string; limit: number },
): Promise<DigestReader[]> {
  const { wish, at } = COLUMNS[digest]
  const { rows } = await sql<DigestReader>`
    SELECT membership.creator_id AS "creatorId", membership.member_id AS "memberId", creator.name AS "creatorName",
      member.email, member.name, member.language
    FROM membership JOIN member ON member.id = membership.member_id JOIN creator ON creator.id = membership.creator_id
    WHERE ${sql.ref(wish)} AND (${sql.ref(at)} IS NULL OR ${sql.ref(at)} < ${dueAt})
      AND membership.created_at < ${dueAt} AND member.email_verified_at IS NOT NULL
      AND NOT EXISTS (
        SELECT FROM mail_suppression AS stop
        WHERE stop.email = lower(member.email) AND stop.kind IN ('*', ${mailKind})
          AND (stop.creator_id IS NULL OR stop.creator_id = membership.creator_id)
      )
    ORDER BY membership.creator_id, membership.member_id LIMIT ${limit}
  `.execute(db)
  return rows
}

/** Notes that this digest is written, for whoever is first to say so; false for everyone else. */
export async function claimDigest(
  trx: Db,
  digest: Digest,
  { creatorId, memberId, dueAt }: MembershipKey & { dueAt: Date },
): Promise<boolean> {
  const { wish, at } = COLUMNS[digest]
  const { numAffectedRows } = await sql`
    UPDATE membership SET ${sql.ref(at)} = ${dueAt}
    WHERE creator_id = ${creatorId} AND member_id = ${memberId} AND ${sql.ref(wish)}
      AND (${sql.ref(at)} IS NULL OR ${sql.ref(at)} < ${dueAt})
  `.execute(trx)
  return numAffectedRows === 1n
}
