import { sql } from 'kysely'
import { type Db, inTransaction } from '../db/database.ts'
import { addCreator, claimCreatorName, getInstallationCreator } from './creator.ts'
import { findPasswordHash, getMember } from './member.ts'
import type { Passwords } from './password.ts'
import { dropSignInTokens, findSignInToken, useSignInToken } from './sign-in-token.ts'

/** Of PostgreSQL's advisory locks: taken by whoever opens an account, so that one alone is the first. */
const OPENING_LOCK = 7_270_001

export interface SignUpDraft {
  email: string
  name: string
  passwordHash: string
}

/**
 * Notes who wants an account; it opens once the address is proven. Until then the last one to sign up with
 * the address says name and password.
 *
 * @returns the Member's id, or `undefined` when the address has an account, which stays as it is.
 */
export async function recordSignUp(
  db: Db,
  { email, name, passwordHash }: SignUpDraft,
): Promise<string | undefined> {
  await dropStaleSignUps(db)
  const row = await db
    .insertInto('member')
    .values({ email, name, password_hash: passwordHash })
    .onConflict((conflict) =>
      conflict
        .column('email')
        .doUpdateSet({ name, password_hash: passwordHash })
        .where('member.email_verified_at', 'is', null),
    )
    .returning('id')
    .executeTakeFirst()
  return row?.id
}

/** A sign-up nobody confirmed is forgotten after this long: seven times as long as its link works. */
const STALE_AFTER_MS = 7 * 24 * 60 * 60_000

/** A few at a time: whoever signs up clears away what others left. */
async function dropStaleSignUps(db: Db): Promise<void> {
  const stale = db
    .selectFrom('member')
    .select('id')
    .where('email_verified_at', 'is', null)
    .where('created_at', '<', new Date(Date.now() - STALE_AFTER_MS))
    .orderBy('created_at')
    .limit(100)
  await db.deleteFrom('member').where('id', 'in', stale).execute()
}

/**
 * Marks the address as proven, and sees that the Member has a Creator to act for. The first account of the
 * installation gets the Creator the packs belong to, and runs the installation.
 *
 * @param keepsPassword false where whoever proves the address need not be who chose the password.
 */
export async function openAccount(
  db: Db,
  memberId: string,
  { keepsPassword }: { keepsPassword: boolean },
): Promise<{ creatorId: string }> {
  return inTransaction(db, async (trx) => {
    await sql`SELECT pg_advisory_xact_lock(${OPENING_LOCK})`.execute(trx)
    const member = await getMember(trx, memberId)
    if (!member.isVerified) {
      await trx
        .updateTable('member')
        .set({ email_verified_at: new Date(), ...(!keepsPassword && { password_hash: null }) })
        .where('id', '=', memberId)
        .execute()
    }
    const known = await findHome(trx, memberId)
    if (known) return { creatorId: known }
    const isFirst = !(await trx.selectFrom('membership').select('member_id').limit(1).executeTakeFirst())
    const creatorId = isFirst ? await getInstallationCreator(trx) : await addCreator(trx, member.name)
    if (isFirst) {
      await claimCreatorName(trx, creatorId, member.name)
      await makeOperator(trx, memberId)
    }
    await trx
      .insertInto('membership')
      .values({ creator_id: creatorId, member_id: memberId, role: 'owner' })
      .execute()
    return { creatorId }
  })
}

export async function makeOperator(db: Db, memberId: string): Promise<void> {
  await db.updateTable('member').set({ is_operator: true }).where('id', '=', memberId).execute()
}

/** The Creator the Member last acted for, else their oldest one. */
export async function findHome(db: Db, memberId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('membership')
    .leftJoin('session', (join) =>
      join
        .onRef('session.member_id', '=', 'membership.member_id')
        .onRef('session.creator_id', '=', 'membership.creator_id'),
    )
    .select('membership.creator_id')
    .where('membership.member_id', '=', memberId)
    .orderBy('session.last_seen_at', (order) => order.desc().nullsLast())
    .orderBy('membership.created_at')
    .limit(1)
    .executeTakeFirst()
  return row?.creator_id
}

/**
 * Whose password this is. `undefined` for an unknown address, a wrong password and an address that was never
 * proven: nobody can tell these apart, neither by the answer nor by its time.
 */
export async function findMemberByPassword(
  db: Db,
  passwords: Passwords,
  { email, password }: { email: string; password: string },
): Promise<{ memberId: string | undefined; knownId: string | undefined }> {
  const row = await db
    .selectFrom('member')
    .select(['id', 'password_hash', 'email_verified_at'])
    .where('email', '=', email)
    .executeTakeFirst()
  const isRight = await passwords.matches(password, row?.password_hash)
  const isIn = isRight && row?.email_verified_at != null
  return { memberId: isIn ? row?.id : undefined, knownId: row?.id }
}

/**
 * Sets a new password and signs the Member out everywhere but in `keptSessionId`. Links that were mailed
 * before no longer work.
 */
export async function setPassword(
  db: Db,
  memberId: string,
  { passwordHash, keptSessionId }: { passwordHash: string; keptSessionId?: string },
): Promise<void> {
  await inTransaction(db, async (trx) => {
    await trx.updateTable('member').set({ password_hash: passwordHash }).where('id', '=', memberId).execute()
    await dropSignInTokens(trx, memberId, 'magic_link', 'reset_password', 'second_step')
    await trx
      .deleteFrom('session')
      .where('member_id', '=', memberId)
      .$if(keptSessionId !== undefined, (query) => query.where('id', '!=', keptSessionId ?? ''))
      .execute()
  })
}

/** Sets the password by a mailed link, which proves the address, too. `undefined` when the link is used up. */
export async function resetPassword(
  db: Db,
  token: string,
  passwordHash: string,
): Promise<string | undefined> {
  return db.transaction().execute(async (trx) => {
    const memberId = await useSignInToken(trx, token, 'reset_password')
    if (!memberId) return undefined
    await setPassword(trx, memberId, { passwordHash })
    await openAccount(trx, memberId, { keepsPassword: true })
    return memberId
  })
}

/** Signs in by a mailed link, which proves the address, too. `undefined` when the link is used up. */
export async function useMagicLink(db: Db, token: string): Promise<string | undefined> {
  return db.transaction().execute(async (trx) => {
    const memberId = await useSignInToken(trx, token, 'magic_link')
    // Whoever signed up with the address first may not be who reads its mail: their password goes.
    if (memberId) await openAccount(trx, memberId, { keepsPassword: false })
    return memberId
  })
}

export type SignUpConfirmation =
  | { state: 'opened'; memberId: string }
  /** The link is good, but whoever follows it has not shown that the password is theirs. It stays good. */
  | { state: 'unproven' }
  | { state: 'used_up' }

/**
 * Opens the account a sign-up asked for. The link alone does not do it: anyone can sign up with someone
 * else's address and wait for them to follow it. `isChooser` says whether this person chose the password of
 * the hash.
 */
export async function confirmSignUp(
  db: Db,
  token: string,
  isChooser: (memberId: string, passwordHash: string) => Promise<boolean>,
): Promise<SignUpConfirmation> {
  const memberId = await findSignInToken(db, token, 'verify_email')
  const shown = memberId && (await findPasswordHash(db, memberId))
  if (!memberId || !shown) return { state: 'used_up' }
  if (!(await isChooser(memberId, shown))) return { state: 'unproven' }
  return db.transaction().execute(async (trx) => {
    const { password_hash: stored } = await trx
      .selectFrom('member')
      .select('password_hash')
      .where('id', '=', memberId)
      .forUpdate()
      .executeTakeFirstOrThrow()
    if (stored !== shown) return { state: 'unproven' }
    if (!(await useSignInToken(trx, token, 'verify_email'))) return { state: 'used_up' }
    await openAccount(trx, memberId, { keepsPassword: true })
    return { state: 'opened', memberId }
  })
}
