import { recordSecurityEvent } from '../../accounts/security-event.ts'
import type { Db } from '../../db/database.ts'

/** Writes down that something was paid that we did not sell so; once an object, however often it is met. */
export async function recordMismatch(
  db: Db,
  { objectId, creatorId }: { objectId: string; creatorId: string | undefined },
): Promise<void> {
  const known = await db
    .selectFrom('payment_repair')
    .select('id')
    .where('object_id', '=', objectId)
    .where('kind', '=', 'mismatch')
    .limit(1)
    .executeTakeFirst()
  if (known) return
  await db
    .insertInto('payment_repair')
    .values({ creator_id: creatorId ?? null, kind: 'mismatch', object_id: objectId })
    .execute()
  await recordSecurityEvent(db, { kind: 'payment.mismatch', creatorId, details: { objectId } })
}
