import type { Db } from '../db/database.ts'
import type { Actor } from './access.ts'

export interface AuditDraft {
  /** noun.verb, e.g. `document.delete`, `chat.view`. */
  action: string
  /** Table or thing it was done to. */
  objectType: string
  objectId?: string | undefined
  /** Ids, names of fields, counts: never message text or a secret. */
  details?: Record<string, unknown>
}

/** Writes down who did what. In the transaction of the change, so that neither stands without the other. */
export async function recordAudit(db: Db, actor: Actor, entry: AuditDraft): Promise<void> {
  await db
    .insertInto('audit_entry')
    .values({
      creator_id: actor.creatorId,
      member_id: actor.memberId ?? null,
      api_key_id: actor.apiKeyId ?? null,
      action: entry.action,
      object_type: entry.objectType,
      object_id: entry.objectId ?? null,
      details: JSON.stringify(entry.details ?? {}),
      ip: actor.ip ?? null,
    })
    .execute()
}
