import { sql } from 'kysely'
import { type Db, inTransaction } from '../../db/database.ts'
import type { ChatAddress } from '../../messaging/inbox.ts'
import { releaseHeldQuestion } from '../entitlement/held-question.ts'

export type Redeemed =
  /** `already`: this person has used this code before. `until` is absent for good. */
  | { kind: 'granted' | 'already'; planName: string; until?: Date; released: ChatAddress[] }
  | { kind: 'unknown' | 'expired' | 'used_up' }

/** Longest code that is looked for. */
const MAX_CODE = 64

/**
 * Gives a Subscriber the plan of an access code. Case and the spaces around a code do not matter. Each person
 * uses a code once, and of a code with so many uses exactly so many succeed, however many try at once.
 *
 * A question they were stopped at is put back into the Inbox in the same transaction.
 */
export async function redeemAccessCode(
  db: Db,
  request: { creatorId: string; botId: string; subscriberId: string; code: string; now?: Date },
): Promise<Redeemed> {
  const { creatorId, botId, subscriberId } = request
  const code = request.code.trim()
  if (code === '' || code.length > MAX_CODE) return { kind: 'unknown' }
  return inTransaction(db, async (trx): Promise<Redeemed> => {
    // The lock makes everyone with this code take their turn.
    const found = await trx
      .selectFrom('access_code')
      .innerJoin('plan', 'plan.id', 'access_code.plan_id')
      .select([
        'access_code.id',
        'access_code.plan_id',
        'access_code.max_uses',
        'access_code.used_count',
        'plan.name',
      ])
      .select(({ ref }) => [
        sql<boolean>`coalesce(${ref('access_code.expires_at')} <= ${nowOf(request.now)}, false)`.as(
          'is_over',
        ),
        sql<Date | null>`${nowOf(request.now)} + make_interval(days => ${ref('access_code.days')})`.as(
          'until',
        ),
      ])
      .where('access_code.bot_id', '=', botId)
      .where(sql`lower(access_code.code)`, '=', code.toLowerCase())
      .orderBy('access_code.created_at', 'desc')
      .limit(1)
      .forUpdate('access_code')
      .executeTakeFirst()
    if (!found) return { kind: 'unknown' }
    const before = await trx
      .selectFrom('access_grant')
      .select('expires_at')
      .where('subscriber_id', '=', subscriberId)
      .where('access_code_id', '=', found.id)
      .executeTakeFirst()
    if (before) return { kind: 'already', planName: found.name, ...untilOf(before.expires_at), released: [] }
    if (found.is_over) return { kind: 'expired' }
    if (found.max_uses !== null && found.used_count >= found.max_uses) return { kind: 'used_up' }
    await trx
      .updateTable('access_code')
      .set((is) => ({ used_count: is('used_count', '+', 1) }))
      .where('id', '=', found.id)
      .execute()
    await trx
      .insertInto('access_grant')
      .values({
        creator_id: creatorId,
        bot_id: botId,
        subscriber_id: subscriberId,
        plan_id: found.plan_id,
        access_code_id: found.id,
        expires_at: found.until,
      })
      .execute()
    const released = await releaseHeldQuestion(trx, { subscriberId, botId })
    return { kind: 'granted', planName: found.name, ...untilOf(found.until), released }
  })
}

function nowOf(now: Date | undefined) {
  return sql<Date>`coalesce(${now ?? null}::timestamptz, now())`
}

function untilOf(until: Date | null): { until?: Date } {
  return until === null ? {} : { until }
}
