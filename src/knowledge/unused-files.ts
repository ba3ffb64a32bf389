import { sql } from 'kysely'
import { type Db, inTransaction } from '../db/database.ts'
import type { FileStore } from '../files/file-store.ts'

/**
 * Removes stored files that no version and no product's photo needs any more; the same bytes may serve several.
 *
 * Each is looked at and removed under its lock, so that a version of the same bytes comes either before, and
 * keeps the file, or after, and hears that it is gone.
 */
export async function removeUnusedFiles(
  db: Db,
  files: FileStore,
  creatorId: string,
  keys: string[],
): Promise<void> {
  for (const key of keys) {
    await inTransaction(db, async (trx) => {
      await lockFile(trx, key)
      const used = await trx
        .selectFrom('document_version')
        .select('id')
        .where('file_key', '=', key)
        .where('creator_id', '=', creatorId)
        .where('state', '!=', 'replaced')
        .limit(1)
        .executeTakeFirst()
      if (!used && !(await isPhoto(trx, key))) await files.remove(key)
    })
  }
}

/** The same bytes may be a product's photo, too. */
async function isPhoto(trx: Db, key: string): Promise<boolean> {
  const row = await trx
    .selectFrom('product')
    .select('id')
    .where('photo_key', '=', key)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** Holds a stored file until the transaction ends: it is neither removed nor newly relied on by another. */
export async function lockFile(trx: Db, key: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${key}, 0))`.execute(trx)
}
