import { sql } from 'kysely'
import type { Db } from '../db/database.ts'

/** What happens to a house that someone tries the doors of. */
export type SecurityEventKind =
  | 'sign_in.failed'
  | 'sign_in.rate_limited'
  | 'two_step.failed'
  | 'session.replayed'
  | 'webhook.forged'
  | 'webhook.silent'
  | 'payment.mismatch'
  | 'access.denied'
  | 'request.forged'
  | 'api_key.refused'

export interface SecurityEventDraft {
  kind: SecurityEventKind
  /** Absent where no Creator is concerned: then it is the operator's to see. */
  creatorId?: string | undefined
  /** Ids and names of things: never a password, a token, or an address that no account has. */
  details?: Record<string, unknown>
  ip?: string | undefined
  /** How often it happened since the last record of it. */
  count?: number
}

/**
 * Writes down that a door was tried. The same kind from the same address at the same Creator within a minute
 * is one row with a count: a flood of tries is no flood of rows. The details are the first one's.
 */
export async function recordSecurityEvent(
  db: Db,
  { kind, creatorId, details = {}, ip, count = 1 }: SecurityEventDraft,
): Promise<void> {
  await db
    .insertInto('security_event')
    .values({
      kind,
      creator_id: creatorId ?? null,
      details: JSON.stringify(details),
      ip: ip ?? null,
      count,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['kind', 'ip', 'creator_id', 'minute'])
        .doUpdateSet({ count: sql`security_event.count + excluded.count` }),
    )
    .execute()
}
