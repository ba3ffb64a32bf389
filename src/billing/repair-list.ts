import type { Db } from '../db/database.ts'

/** Something that was different here from the payment provider, and was mended; or `mismatch`: paid, but not what was sold. */
export interface Repair {
  id: string
  kind: string
  /** The provider's id. */
  objectId: string
  details: Record<string, unknown>
  at: Date
}

/** What was mended for a Creator, the newest first. */
export async function listRepairs(
  db: Db,
  { creatorId, limit }: { creatorId: string; limit: number },
): Promise<Repair[]> {
  const rows = await db
    .selectFrom('payment_repair')
    .selectAll()
    .where('creator_id', '=', creatorId)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
  return rows.map(({ id, kind, object_id: objectId, details, created_at: at }) => ({
    id,
    kind,
    objectId,
    details,
    at,
  }))
}
