import { randomBytes } from 'node:crypto'
import type { Actor, Role } from '../../accounts/access.ts'
import type { Db } from '../../db/database.ts'

/** A Creator as a test needs one. */
export async function buildCreator(db: Db, name = 'Test creator'): Promise<string> {
  const { id } = await db.insertInto('creator').values({ name }).returning('id').executeTakeFirstOrThrow()
  return id
}

export interface MemberChanges {
  email?: string
  name?: string
  role?: Role
  isVerified?: boolean
  passwordHash?: string
}

/** A Member of the Creator, as who they act. */
export async function buildMember(
  db: Db,
  creatorId: string,
  {
    role = 'owner',
    name = 'Tess',
    isVerified = true,
    passwordHash,
    email = randomEmail(),
  }: MemberChanges = {},
): Promise<Actor & { memberId: string; email: string }> {
  const { id: memberId } = await db
    .insertInto('member')
    .values({
      email,
      name,
      email_verified_at: isVerified ? new Date() : null,
      password_hash: passwordHash ?? null,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  await db.insertInto('membership').values({ creator_id: creatorId, member_id: memberId, role }).execute()
  return { creatorId, memberId, apiKeyId: undefined, name, role, isOperator: false, ip: undefined, email }
}

export function randomEmail(): string {
  return `tess-${randomBytes(6).toString('hex')}@example.test`
}
