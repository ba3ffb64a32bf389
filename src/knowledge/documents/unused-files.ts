import { sql } from 'kysely'
import { type Db, inTransaction } from '../../db/database.ts'
import type { FileStore } from '../../files/file-store.ts'

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

/** Files looked up in one query. */
const BATCH = 500

/**
 * Removes stored files that nothing names: a kill came between the storing and the row, or between the row's end
 * and the file's.
 *
 * @param ageMs a file younger than this may belong to an upload that is still under way.
 * @returns how many were removed.
 */
export async function sweepUnusedFiles(
  db: Db,
  files: FileStore,
  { ageMs, signal }: { ageMs: number; signal: AbortSignal },
): Promise<number> {
  let removed = 0
  const removeFrom = async (keys: string[]) => {
    const named = await listNamed(db, keys)
    for (const key of keys.filter((it) => !named.has(it))) {
      await removeUnusedFiles(db, files, key.split('/')[0] ?? '', [key])
      removed += 1
    }
  }
  let batch: string[] = []
  for await (const key of files.listOlderThan(ageMs)) {
    signal.throwIfAborted()
    batch.push(key)
    if (batch.length < BATCH) continue
    await removeFrom(batch)
    batch = []
  }
  if (batch.length > 0) await removeFrom(batch)
  return removed
}

async function listNamed(db: Db, keys: string[]): Promise<Set<string>> {
  const { rows } = await sql<{ key: string }>`
    SELECT file_key AS key FROM document_version WHERE file_key = ANY (${keys}) AND state <> 'replaced'
    UNION SELECT photo_key FROM product WHERE photo_key = ANY (${keys})`.execute(db)
  return new Set(rows.map(({ key }) => key))
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
