import { sql } from 'kysely'
import type { Db } from '../db/database.ts'
import { AppError } from '../errors.ts'
import type { Actor } from './access.ts'
import { makeOperator, openAccount } from './account.ts'
import { recordAudit } from './audit.ts'
import { getMember } from './member.ts'

export interface AccountDraft {
  /** As {@link readEmail} reads it. */
  email: string
  name: string
  /** In PHC form; without one they sign in by mailed links. */
  passwordHash?: string | undefined
  isOperator: boolean
}

/**
 * Makes an account whose address is taken as proven: for whoever runs the installation and its commands.
 *
 * @throws {AppError} `account.exists`
 */
export async function foundAccount(
  db: Db,
  { email, name, passwordHash, isOperator }: AccountDraft,
): Promise<Actor & { memberId: string }> {
  return db.transaction().execute(async (trx) => {
    const terms = { name, password_hash: passwordHash ?? null }
    const made = await trx
      .insertInto('member')
      .values({ email, ...terms })
      .onConflict((conflict) =>
        conflict.column('email').doUpdateSet(terms).where('member.email_verified_at', 'is', null),
      )
      .returning('id')
      .executeTakeFirst()
    if (!made) throw new AppError('account.exists')
    const { id: memberId } = made
    const { creatorId } = await openAccount(trx, memberId, { keepsPassword: true })
    if (isOperator) await makeOperator(trx, memberId)
    const { isOperator: runsIt } = await getMember(trx, memberId)
    const actor = {
      ...{ creatorId, memberId, apiKeyId: undefined, ip: undefined },
      ...{ name, role: 'owner' as const, isOperator: runsIt },
    }
    await recordAudit(trx, actor, { action: 'member.create', objectType: 'member', objectId: memberId })
    return actor
  })
}

/** A Creator as whoever runs the installation sees it. */
export interface CreatorSummary {
  id: string
  name: string
  members: { email: string; role: string }[]
  botCount: number
}

/** Every Creator, the oldest first; at most 1,000. */
export async function listCreators(db: Db): Promise<CreatorSummary[]> {
  return db
    .selectFrom('creator')
    .select(['creator.id', 'creator.name'])
    .select((eb) => [
      eb
        .selectFrom('bot')
        .select(sql<number>`count(*)::integer`.as('count'))
        .whereRef('bot.creator_id', '=', 'creator.id')
        .as('botCount'),
      sql<CreatorSummary['members']>`coalesce((
        SELECT jsonb_agg(jsonb_build_object('email', member.email, 'role', membership.role) ORDER BY membership.created_at)
        FROM membership JOIN member ON member.id = membership.member_id
        WHERE membership.creator_id = creator.id
      ), '[]')`.as('members'),
    ])
    .orderBy('creator.created_at')
    .limit(1_000)
    .execute()
    .then((rows) => rows.map((row) => ({ ...row, botCount: row.botCount ?? 0 })))
}
