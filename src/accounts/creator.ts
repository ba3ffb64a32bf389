import { type Db, inTransaction } from '../db/database.ts'
import { AppError } from '../errors.ts'
import { type Actor, requireRole } from './access.ts'
import { recordAudit } from './audit.ts'

/** What the installation's own Creator is called until someone claims it. */
const UNCLAIMED_NAME = 'Cornerman'

/** The Creator whom packs belong to that no one claimed: the installation's own, made on the first start. */
export async function getInstallationCreator(db: Db): Promise<string> {
  const known = await db.selectFrom('creator').select('id').orderBy('created_at').limit(1).executeTakeFirst()
  return known ? known.id : addCreator(db, UNCLAIMED_NAME)
}

export async function addCreator(db: Db, name: string): Promise<string> {
  const { id } = await db.insertInto('creator').values({ name }).returning('id').executeTakeFirstOrThrow()
  return id
}

/** @throws {AppError} `session.missing` when the Creator is gone: no one can be signed in to it. */
export async function getCreator(db: Db, id: string): Promise<{ id: string; name: string }> {
  const row = await db.selectFrom('creator').select(['id', 'name']).where('id', '=', id).executeTakeFirst()
  if (!row) throw new AppError('session.missing')
  return row
}

/** Gives the installation's own Creator its owner's name, unless it has one already. */
export async function claimCreatorName(db: Db, id: string, name: string): Promise<void> {
  await db
    .updateTable('creator')
    .set({ name })
    .where('id', '=', id)
    .where('name', '=', UNCLAIMED_NAME)
    .execute()
}

/** @throws {AppError} `access.denied` for all but owners. */
export async function renameCreator(db: Db, actor: Actor, name: string): Promise<void> {
  requireRole(actor, 'owner')
  await inTransaction(db, async (trx) => {
    await trx.updateTable('creator').set({ name }).where('id', '=', actor.creatorId).execute()
    await recordAudit(trx, actor, {
      action: 'creator.rename',
      objectType: 'creator',
      objectId: actor.creatorId,
    })
  })
}

/** One of the Creators someone is a Member of. */
export interface CreatorChoice {
  id: string
  name: string
  role: Actor['role']
}

/** The Creators a person may act for, by name; at most 100. */
export async function listCreatorChoices(db: Db, memberId: string): Promise<CreatorChoice[]> {
  return db
    .selectFrom('membership')
    .innerJoin('creator', 'creator.id', 'membership.creator_id')
    .select(['creator.id', 'creator.name', 'membership.role'])
    .where('membership.member_id', '=', memberId)
    .orderBy('creator.name')
    .orderBy('creator.id')
    .limit(100)
    .execute()
}
