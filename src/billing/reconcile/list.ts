import type { Db } from '../../db/database.ts'

/** A look of a Creator's at the provider, to see whether both say the same. */
export interface Reconciliation {
  startedAt: Date
  /** Undefined while it runs. */
  finishedAt: Date | undefined
  checked: number
  repaired: number
}

/** What was different here from the provider, and was mended. */
export interface Repair {
  kind: string
  objectId: string
  createdAt: Date
}

/** The last one the Creator asked for; the nightly ones of the whole installation are not among them. */
export async function findReconciliation(db: Db, creatorId: string): Promise<Reconciliation | undefined> {
  const row = await db
    .selectFrom('reconciliation')
    .select(['started_at', 'finished_at', 'checked', 'repaired'])
    .where('creator_id', '=', creatorId)
    .orderBy('started_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  return (
    row && {
      ...{ startedAt: row.started_at, finishedAt: row.finished_at ?? undefined },
      ...{ checked: row.checked, repaired: row.repaired },
    }
  )
}

/** What was mended for a Creator, by whichever reconciliation, the newest first. */
export async function listRepairs(
  db: Db,
  { creatorId, limit }: { creatorId: string; limit: number },
): Promise<Repair[]> {
  const rows = await db
    .selectFrom('payment_repair')
    .select(['kind', 'object_id', 'created_at'])
    .where('creator_id', '=', creatorId)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
  return rows.map(({ kind, object_id, created_at }) => ({ kind, objectId: object_id, createdAt: created_at }))
}
