import { sql, type Transaction } from 'kysely'
import type { Db } from '../db/database.ts'
import type { Database } from '../db/schema.ts'

/**
 * Takes people out of what they paid: subscriptions, orders and payments stay as figures of the Creator, without
 * address, receipt or anything else that says who it was. What still runs is ended at the payment provider when it is
 * paid up, so that nobody goes on paying for what they no longer have.
 *
 * To be called before the Subscribers go: what names them otherwise (allowances, grants, checkouts, mails of theirs,
 * questions kept for later) goes with them.
 *
 * @returns the provider's ids of what they bought and paid, for {@link forgetPaymentEvents}.
 */
export async function forgetPayers(
  trx: Transaction<Database>,
  { creatorId, subscriberIds }: { creatorId: string; subscriberIds: string[] },
): Promise<string[]> {
  if (subscriberIds.length === 0) return []
  const theirs = sql<boolean>`subscriber_id = ANY (${subscriberIds}::uuid[]) AND creator_id = ${creatorId}`
  const { rows } = await sql<{ id: string }>`
    SELECT provider_id AS id FROM subscription WHERE ${theirs}
    UNION SELECT provider_id FROM checkout WHERE ${theirs} AND provider_id IS NOT NULL
    UNION SELECT id FROM payment WHERE ${theirs}
  `.execute(trx)
  await sql`
    DELETE FROM mail WHERE creator_id = ${creatorId} AND recipient IN (
      SELECT email FROM payer WHERE ${theirs} UNION SELECT email FROM subscription WHERE ${theirs}
      UNION SELECT email FROM "order" WHERE ${theirs}
    )
  `.execute(trx)
  await sql`
    UPDATE subscription SET email = NULL, customer_id = NULL, erased_at = now(),
      cancel_asked_at = CASE WHEN source = 'stripe' AND ended_at IS NULL THEN coalesce(cancel_asked_at, now()) END
    WHERE ${theirs}
  `.execute(trx)
  await sql`
    UPDATE "order" SET email = NULL, shipping = NULL, tracking = NULL WHERE ${theirs}
  `.execute(trx)
  await sql`UPDATE payment SET receipt_url = NULL WHERE ${theirs}`.execute(trx)
  return rows.map(({ id }) => id)
}

/**
 * Empties what the payment provider told of these objects; that it told something stays, so that no event is acted on
 * twice. By a connection of scope `system`, after the erasure is committed.
 */
export async function forgetPaymentEvents(db: Db, objectIds: string[]): Promise<void> {
  if (objectIds.length === 0) return
  await db
    .updateTable('payment_event')
    .set({ payload: '{}' })
    .where('object_id', '=', sql<string>`ANY (${objectIds})`)
    .execute()
}
