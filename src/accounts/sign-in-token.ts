import type { Db } from '../db/database.ts'
import type { SignInPurpose } from '../db/schema.ts'
import { createToken, hashToken } from './token.ts'

const MINUTE_MS = 60_000

/** How long each works: as short as a mail's way allows. */
const LIFETIME_MS: Record<SignInPurpose, number> = {
  verify_email: 24 * 60 * MINUTE_MS,
  magic_link: 15 * MINUTE_MS,
  reset_password: 30 * MINUTE_MS,
  second_step: 10 * MINUTE_MS,
}

/** Tokens of one purpose that work at a time: who asks again may still use the mail that came late. */
const MAX_OPEN = 5

/** A secret that does one thing once for this Member. Only its hash is kept. */
export async function issueSignInToken(
  db: Db,
  memberId: string,
  purpose: SignInPurpose,
  now = new Date(),
): Promise<string> {
  const newest = db
    .selectFrom('sign_in_token')
    .select('id')
    .where('member_id', '=', memberId)
    .where('purpose', '=', purpose)
    .where('expires_at', '>', now)
    .orderBy('created_at', 'desc')
    .limit(MAX_OPEN - 1)
  await db
    .deleteFrom('sign_in_token')
    .where('member_id', '=', memberId)
    .where('purpose', '=', purpose)
    .where('id', 'not in', newest)
    .execute()
  const token = createToken()
  await db
    .insertInto('sign_in_token')
    .values({
      member_id: memberId,
      purpose,
      token_hash: hashToken(token),
      created_at: now,
      expires_at: new Date(now.getTime() + LIFETIME_MS[purpose]),
    })
    .execute()
  return token
}

/** Whose token it is, while it works. Looking does not use it up: mail scanners look, too. */
export async function findSignInToken(
  db: Db,
  token: string,
  purpose: SignInPurpose,
  now = new Date(),
): Promise<string | undefined> {
  const row = await db
    .selectFrom('sign_in_token')
    .select('member_id')
    .where('token_hash', '=', hashToken(token))
    .where('purpose', '=', purpose)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return row?.member_id
}

/**
 * Uses a token up: of any number of tries one gets the Member. The Member's other tokens of the purpose end
 * with it.
 */
export async function useSignInToken(
  db: Db,
  token: string,
  purpose: SignInPurpose,
  now = new Date(),
): Promise<string | undefined> {
  const used = await db
    .deleteFrom('sign_in_token')
    .where('token_hash', '=', hashToken(token))
    .where('purpose', '=', purpose)
    .where('expires_at', '>', now)
    .returning('member_id')
    .executeTakeFirst()
  if (used) await dropSignInTokens(db, used.member_id, purpose)
  return used?.member_id
}

/** Ends every token of these purposes. */
export async function dropSignInTokens(
  db: Db,
  memberId: string,
  ...purposes: SignInPurpose[]
): Promise<void> {
  await db
    .deleteFrom('sign_in_token')
    .where('member_id', '=', memberId)
    .where('purpose', 'in', purposes)
    .execute()
}
