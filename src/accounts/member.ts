import type { Db } from '../db/database.ts'
import { AppError } from '../errors.ts'

/** A person as they see themselves. */
export interface Member {
  id: string
  email: string
  name: string
  hasPassword: boolean
  isVerified: boolean
  hasTwoSteps: boolean
  isOperator: boolean
  /** Of mails to them; null: not chosen. */
  language: string | null
}

/** `email` as {@link readEmail} reads it. */
export async function findMemberByEmail(db: Db, email: string): Promise<Member | undefined> {
  const row = await selectMembers(db).where('email', '=', email).executeTakeFirst()
  return row && readMember(row)
}

/** @throws {AppError} `member.not_found` */
export async function getMember(db: Db, id: string): Promise<Member> {
  const row = await selectMembers(db).where('id', '=', id).executeTakeFirst()
  if (!row) throw new AppError('member.not_found', { id })
  return readMember(row)
}

export async function renameMember(db: Db, id: string, name: string): Promise<void> {
  await db.updateTable('member').set({ name }).where('id', '=', id).execute()
}

/** In PHC form, or null; for checks alone. */
export async function findPasswordHash(db: Db, id: string): Promise<string | null> {
  const row = await db.selectFrom('member').select('password_hash').where('id', '=', id).executeTakeFirst()
  return row?.password_hash ?? null
}

function selectMembers(db: Db) {
  return db
    .selectFrom('member')
    .select([
      'id',
      'email',
      'name',
      'password_hash',
      'email_verified_at',
      'totp_enabled_at',
      'is_operator',
      'language',
    ])
}

type MemberRow = Awaited<ReturnType<ReturnType<typeof selectMembers>['executeTakeFirstOrThrow']>>

function readMember(row: MemberRow): Member {
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    hasPassword: row.password_hash !== null,
    isVerified: row.email_verified_at !== null,
    hasTwoSteps: row.totp_enabled_at !== null,
    isOperator: row.is_operator,
    language: row.language,
  }
}
