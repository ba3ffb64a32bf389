import type { Transaction } from 'kysely'
import { type Db, inTransaction } from '../db/database.ts'
import type { Database } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import { type Actor, type Role, requireRole } from './access.ts'
import { recordAudit } from './audit.ts'

/** A person who acts for a Creator. */
export interface TeamMember {
  id: string
  name: string
  email: string
  role: Role
  hasTwoSteps: boolean
  joinedAt: Date
}

/** More than any team here; a list of them stays one page. */
export const MAX_MEMBERS = 100

/** The Creator's Members, those who joined first before the others. */
export async function listMembers(db: Db, { creatorId }: Pick<Actor, 'creatorId'>): Promise<TeamMember[]> {
  const rows = await db
    .selectFrom('membership')
    .innerJoin('member', 'member.id', 'membership.member_id')
    .select(['member.id', 'member.name', 'member.email', 'membership.role'])
    .select(['membership.created_at', 'member.totp_enabled_at'])
    .where('membership.creator_id', '=', creatorId)
    .orderBy('membership.created_at')
    .orderBy('member.id')
    .limit(MAX_MEMBERS)
    .execute()
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    email: row.email,
    role: row.role,
    hasTwoSteps: row.totp_enabled_at !== null,
    joinedAt: row.created_at,
  }))
}

/**
 * Gives a Member another role, from their next request on.
 *
 * @throws {AppError} `access.denied` for all but owners; `member.not_found`; `member.last_owner` when no owner
 * would be left.
 */
export async function changeRole(db: Db, actor: Actor, memberId: string, role: Role): Promise<void> {
  requireRole(actor, 'owner')
  await inTransaction(db, async (trx) => {
    const current = await lockMembership(trx, actor, memberId)
    if (current === role) return
    if (current === 'owner') await requireOtherOwner(trx, actor, memberId)
    await trx
      .updateTable('membership')
      .set({ role })
      .where('creator_id', '=', actor.creatorId)
      .where('member_id', '=', memberId)
      .execute()
    await recordAudit(trx, actor, {
      action: 'member.change_role',
      objectType: 'member',
      objectId: memberId,
      details: { from: current, to: role },
    })
  })
}

/**
 * Ends someone's membership, their sessions here (which live by it) and the invitations they sent. Anyone may
 * leave; an owner may send others away.
 *
 * @throws {AppError} `access.denied`; `member.not_found`; `member.last_owner`.
 */
export async function removeMember(db: Db, actor: Actor, memberId: string): Promise<void> {
  if (memberId !== actor.memberId) requireRole(actor, 'owner')
  await inTransaction(db, async (trx) => {
    const role = await lockMembership(trx, actor, memberId)
    if (role === 'owner') await requireOtherOwner(trx, actor, memberId)
    await trx
      .deleteFrom('invitation')
      .where('creator_id', '=', actor.creatorId)
      .where('invited_by', '=', memberId)
      .where('accepted_at', 'is', null)
      .execute()
    await trx
      .deleteFrom('membership')
      .where('creator_id', '=', actor.creatorId)
      .where('member_id', '=', memberId)
      .execute()
    await recordAudit(trx, actor, { action: 'member.remove', objectType: 'member', objectId: memberId })
  })
}

/** The Creator's row is the lock: of two owners who send each other away, one stays. */
async function lockMembership(
  trx: Transaction<Database>,
  { creatorId }: Actor,
  memberId: string,
): Promise<Role> {
  await trx.selectFrom('creator').select('id').where('id', '=', creatorId).forUpdate().execute()
  const row = await trx
    .selectFrom('membership')
    .select('role')
    .where('creator_id', '=', creatorId)
    .where('member_id', '=', memberId)
    .executeTakeFirst()
  if (!row) throw new AppError('member.not_found', { id: memberId })
  return row.role
}

async function requireOtherOwner(
  trx: Transaction<Database>,
  { creatorId }: Actor,
  memberId: string,
): Promise<void> {
  const other = await trx
    .selectFrom('membership')
    .select('member_id')
    .where('creator_id', '=', creatorId)
    .where('role', '=', 'owner')
    .where('member_id', '!=', memberId)
    .limit(1)
    .executeTakeFirst()
  if (!other) throw new AppError('member.last_owner')
}
