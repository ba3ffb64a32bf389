import { type Db, inTransaction } from '../db/database.ts'
import { AppError } from '../errors.ts'
import { type Actor, type Role, requireRole } from './access.ts'
import { recordAudit } from './audit.ts'
import { MAX_MEMBERS } from './membership.ts'
import { createToken, hashToken } from './token.ts'

/** A week: people are on holiday. */
const LIFETIME_MS = 7 * 24 * 60 * 60 * 1000

/** Open invitations of one Creator: an account that was broken into sends no more mails than this. */
const MAX_OPEN = 20

export interface InvitationDraft {
  /** As {@link readEmail} reads it. */
  email: string
  role: Role
}

/** An invitation that waits for its answer. */
export interface Invitation {
  id: string
  email: string
  role: Role
  invitedBy: string | null
  expiresAt: Date
}

/**
 * Invites an address; again, it makes a new link in place of the one before. `token` is for the mail alone.
 *
 * @throws {AppError} `access.denied` for all but owners; `invitation.already_member`; `invitation.too_many`.
 */
export async function inviteMember(
  db: Db,
  actor: Actor,
  { email, role }: InvitationDraft,
  now = new Date(),
): Promise<{ id: string; token: string }> {
  requireRole(actor, 'owner')
  return inTransaction(db, async (trx) => {
    await trx.selectFrom('creator').select('id').where('id', '=', actor.creatorId).forUpdate().execute()
    const member = await trx
      .selectFrom('membership')
      .innerJoin('member', 'member.id', 'membership.member_id')
      .select('member.id')
      .where('membership.creator_id', '=', actor.creatorId)
      .where('member.email', '=', email)
      .executeTakeFirst()
    if (member) throw new AppError('invitation.already_member')
    await dropClosedInvitations(trx, actor.creatorId, now)
    const open = await listInvitations(trx, actor)
    const isRepeat = open.some((invitation) => invitation.email === email)
    if (open.length >= MAX_OPEN && !isRepeat) throw new AppError('invitation.too_many', { max: MAX_OPEN })
    const token = createToken()
    const terms = {
      role,
      token_hash: hashToken(token),
      invited_by: actor.memberId ?? null,
      expires_at: new Date(now.getTime() + LIFETIME_MS),
    }
    const { id } = await trx
      .insertInto('invitation')
      .values({ creator_id: actor.creatorId, email, ...terms })
      .onConflict((conflict) => conflict.columns(['creator_id', 'email']).doUpdateSet(terms))
      .returning('id')
      .executeTakeFirstOrThrow()
    await recordAudit(trx, actor, {
      action: 'invitation.create',
      objectType: 'invitation',
      objectId: id,
      details: { role },
    })
    return { id, token }
  })
}

/** Accepted or past their time: the address may be invited anew. */
async function dropClosedInvitations(db: Db, creatorId: string, now: Date): Promise<void> {
  await db
    .deleteFrom('invitation')
    .where('creator_id', '=', creatorId)
    .where((eb) => eb.or([eb('accepted_at', 'is not', null), eb('expires_at', '<=', now)]))
    .execute()
}

/** Those that wait for an answer, the newest first. */
export async function listInvitations(
  db: Db,
  { creatorId }: Pick<Actor, 'creatorId'>,
  now = new Date(),
): Promise<Invitation[]> {
  const rows = await db
    .selectFrom('invitation')
    .leftJoin('member', 'member.id', 'invitation.invited_by')
    .select(['invitation.id', 'invitation.email', 'invitation.role', 'invitation.expires_at', 'member.name'])
    .where('invitation.creator_id', '=', creatorId)
    .where('accepted_at', 'is', null)
    .where('expires_at', '>', now)
    .orderBy('invitation.created_at', 'desc')
    .limit(MAX_OPEN)
    .execute()
  return rows.map(({ expires_at: expiresAt, name: invitedBy, ...row }) => ({ ...row, expiresAt, invitedBy }))
}

/** @throws {AppError} `access.denied` for all but owners; `invitation.not_found`. */
export async function withdrawInvitation(db: Db, actor: Actor, id: string): Promise<void> {
  requireRole(actor, 'owner')
  await inTransaction(db, async (trx) => {
    const dropped = await trx
      .deleteFrom('invitation')
      .where('creator_id', '=', actor.creatorId)
      .where('id', '=', id)
      .where('accepted_at', 'is', null)
      .returning('id')
      .executeTakeFirst()
    if (!dropped) throw new AppError('invitation.not_found', { id })
    await recordAudit(trx, actor, {
      action: 'invitation.withdraw',
      objectType: 'invitation',
      objectId: id,
    })
  })
}

/** What whoever holds the link may know of it. */
export interface OpenInvitation {
  creatorName: string
  email: string
  role: Role
  /** There is an account of the address already, to sign in to. */
  hasAccount: boolean
}

/** @throws {AppError} `invitation.not_found` when it was withdrawn, accepted or is past its time. */
export async function getInvitation(db: Db, token: string, now = new Date()): Promise<OpenInvitation> {
  const row = await selectByToken(db, token, now)
    .innerJoin('creator', 'creator.id', 'invitation.creator_id')
    .leftJoin('member', 'member.email', 'invitation.email')
    .select(['creator.name', 'invitation.email', 'invitation.role', 'member.email_verified_at'])
    .executeTakeFirst()
  if (!row) throw new AppError('invitation.not_found')
  const { name: creatorName, email, role } = row
  return { creatorName, email, role, hasAccount: row.email_verified_at != null }
}

/**
 * Makes a signed-in Member one of the Creator's.
 *
 * @throws {AppError} `invitation.not_found`; `invitation.other_address` when it was sent to someone else.
 */
export async function acceptInvitation(
  db: Db,
  token: string,
  { memberId, ip }: { memberId: string; ip: string | undefined },
): Promise<{ creatorId: string }> {
  return db.transaction().execute(async (trx) => {
    const invitation = await takeInvitation(trx, token)
    const member = await trx
      .selectFrom('member')
      .select(['name', 'email'])
      .where('id', '=', memberId)
      .executeTakeFirstOrThrow()
    if (member.email !== invitation.email) throw new AppError('invitation.other_address')
    await join(trx, invitation, { memberId, name: member.name, ip })
    return { creatorId: invitation.creator_id }
  })
}

/**
 * Makes the account of the invited address and joins: the link came to it, which proves it.
 *
 * @throws {AppError} `invitation.not_found`; `invitation.has_account` when one has to sign in instead.
 */
export async function acceptAsNewMember(
  db: Db,
  token: string,
  { name, passwordHash, ip }: { name: string; passwordHash: string; ip: string | undefined },
): Promise<{ memberId: string; creatorId: string }> {
  return db.transaction().execute(async (trx) => {
    const invitation = await takeInvitation(trx, token)
    const proven = { name, password_hash: passwordHash, email_verified_at: new Date() }
    const member = await trx
      .insertInto('member')
      .values({ email: invitation.email, ...proven })
      .onConflict((conflict) =>
        conflict.column('email').doUpdateSet(proven).where('member.email_verified_at', 'is', null),
      )
      .returning('id')
      .executeTakeFirst()
    if (!member) throw new AppError('invitation.has_account')
    await join(trx, invitation, { memberId: member.id, name, ip })
    return { memberId: member.id, creatorId: invitation.creator_id }
  })
}

function selectByToken(db: Db, token: string, now: Date) {
  return db
    .selectFrom('invitation')
    .where('invitation.token_hash', '=', hashToken(token))
    .where('invitation.accepted_at', 'is', null)
    .where('invitation.expires_at', '>', now)
}

type TakenInvitation = Awaited<ReturnType<typeof takeInvitation>>

async function takeInvitation(trx: Db, token: string) {
  const now = new Date()
  const row = await selectByToken(trx, token, now)
    .select(['id', 'creator_id', 'email', 'role'])
    .forUpdate()
    .executeTakeFirst()
  if (!row) throw new AppError('invitation.not_found')
  await trx.updateTable('invitation').set({ accepted_at: now }).where('id', '=', row.id).execute()
  return row
}

async function join(
  trx: Db,
  { id, creator_id: creatorId, role }: TakenInvitation,
  { memberId, name, ip }: { memberId: string; name: string; ip: string | undefined },
): Promise<void> {
  const { count } = await trx
    .selectFrom('membership')
    .select((eb) => eb.fn.countAll<string>().as('count'))
    .where('creator_id', '=', creatorId)
    .executeTakeFirstOrThrow()
  if (Number(count) >= MAX_MEMBERS) throw new AppError('invitation.too_many', { max: MAX_MEMBERS })
  await trx
    .insertInto('membership')
    .values({ creator_id: creatorId, member_id: memberId, role })
    .onConflict((conflict) => conflict.columns(['creator_id', 'member_id']).doNothing())
    .execute()
  const actor: Actor = { creatorId, memberId, apiKeyId: undefined, name, role, isOperator: false, ip }
  await recordAudit(trx, actor, {
    action: 'invitation.accept',
    objectType: 'invitation',
    objectId: id,
    details: { role },
  })
}
