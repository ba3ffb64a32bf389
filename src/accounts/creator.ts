import type { Db } from '../db/database.ts'

/** The Creator whom packs belong to that no one claimed: the installation's own, made on the first start. */
export async function getInstallationCreator(db: Db): Promise<string> {
  const known = await db.selectFrom('creator').select('id').orderBy('created_at').limit(1).executeTakeFirst()
  if (known) return known.id
  const made = await db
    .insertInto('creator')
    .values({ name: 'Cornerman' })
    .returning('id')
    .executeTakeFirstOrThrow()
  return made.id
}
