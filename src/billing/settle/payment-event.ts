import { sql } from 'kysely'
import { z } from 'zod'
import type { Db } from '../../db/database.ts'
import type { PaymentObjectKind, ProviderEvent } from '../payment-provider.ts'

/** A stored event as far as it is acted on. */
export interface StoredEvent {
  id: string
  account: string | null
  attempts: number
  object: { kind: PaymentObjectKind; id: string }
}

/** A worker that holds an event longer than this is dead; another takes it. Two at once do no harm. */
const LEASE_SECONDS = 60

/** Longest pause between two tries: the provider's troubles last minutes. */
const MAX_PAUSE_SECONDS = 600

const ObjectKind = z.enum(['subscription', 'checkout', 'payment', 'account', 'other'])
const Payload = z.looseObject({ kind: ObjectKind.catch('other') })

/**
 * Stores an event, before anything is done about it. Of what it says only the object it is about is kept: the rest is
 * asked for again, and names and addresses in it need nobody's protection here. A repeat changes nothing.
 */
export async function recordPaymentEvent(db: Db, event: ProviderEvent): Promise<void> {
  await db
    .insertInto('payment_event')
    .values({
      id: event.id,
      account: event.account ?? null,
      type: event.type,
      object_id: event.object.id,
      payload: JSON.stringify({ kind: event.object.kind, createdAt: event.createdAt.toISOString() }),
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute()
}

/** Takes events that are due for a while, the oldest first. Whoever dies with them lets them go in time. */
export async function claimPaymentEvents(db: Db, limit: number): Promise<StoredEvent[]> {
  const rows = await db
    .updateTable('payment_event')
    .set({
      attempts: sql<number>`attempts + 1`,
      not_before: sql<Date>`clock_timestamp() + make_interval(secs => ${sql.lit(LEASE_SECONDS)})`,
    })
    .where(
      'id',
      'in',
      db
        .selectFrom('payment_event')
        .select('id')
        .where('done_at', 'is', null)
        .where((is) =>
          is.or([is('not_before', 'is', null), is('not_before', '<=', sql<Date>`clock_timestamp()`)]),
        )
        .orderBy('received_at')
        .limit(limit)
        .forUpdate()
        .skipLocked(),
    )
    .returning(['id', 'account', 'object_id', 'payload', 'attempts'])
    .execute()
  return rows.map(({ id, account, object_id, payload, attempts }) => ({
    ...{ id, account, attempts },
    object: { kind: Payload.parse(payload).kind, id: object_id ?? '' },
  }))
}

export async function markEventsDone(db: Db, ids: string[], errorCode: string | null = null): Promise<void> {
  await db
    .updateTable('payment_event')
    .set({ done_at: sql<Date>`clock_timestamp()`, error_code: errorCode })
    .where('id', 'in', ids)
    .execute()
}

/** Puts events off, for longer with every try. */
export async function deferEvents(db: Db, ids: string[], errorCode: string): Promise<void> {
  await db
    .updateTable('payment_event')
    .set({
      error_code: errorCode,
      not_before: sql<Date>`clock_timestamp()
        + make_interval(secs => least(${sql.lit(MAX_PAUSE_SECONDS)}, power(2, least(attempts, 10)))::double precision)`,
    })
    .where('id', 'in', ids)
    .execute()
}

/** True when an event is due that no queue may hold. */
export async function hasDueEvents(db: Db): Promise<boolean> {
  const row = await db
    .selectFrom('payment_event')
    .select('id')
    .where('done_at', 'is', null)
    .where((is) =>
      is.or([is('not_before', 'is', null), is('not_before', '<=', sql<Date>`clock_timestamp()`)]),
    )
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** Forgets events that were settled this many days ago. */
export async function forgetEvents(db: Db, days: number): Promise<void> {
  await db
    .deleteFrom('payment_event')
    .where('done_at', '<', sql<Date>`now() - make_interval(days => ${days})`)
    .execute()
}
