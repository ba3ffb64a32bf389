import type { Db } from '../db/database.ts'
import type { Actor } from './access.ts'

/** Who did what to what, and when. */
export interface AuditEntry {
  id: string
  action: string
  objectType: string
  objectId: string | null
  details: Record<string, unknown>
  /** By name; null where the Member or key is gone, or the program itself did it. */
  by: { kind: 'member' | 'api_key'; id: string; name: string | null } | null
  ip: string | null
  createdAt: Date
}

export interface AuditFilter {
  limit: number
  /** Only entries older than the one of this id: the last of the page before. */
  before?: string | undefined
  /** Only what was done to things of this kind, e.g. `document`. */
  objectType?: string | undefined
}

/** What was done in the Creator's account, the newest first. */
export async function listAuditEntries(
  db: Db,
  { creatorId }: Pick<Actor, 'creatorId'>,
  { limit, before, objectType }: AuditFilter,
): Promise<AuditEntry[]> {
  const rows = await db
    .selectFrom('audit_entry')
    .leftJoin('member', 'member.id', 'audit_entry.member_id')
    .leftJoin('api_key', (join) =>
      join
        .onRef('api_key.id', '=', 'audit_entry.api_key_id')
        .onRef('api_key.creator_id', '=', 'audit_entry.creator_id'),
    )
    .selectAll('audit_entry')
    .select(['member.name as member_name', 'api_key.name as key_name'])
    .where('audit_entry.creator_id', '=', creatorId)
    .$if(before !== undefined, (query) => query.where('audit_entry.id', '<', before ?? ''))
    .$if(objectType !== undefined, (query) => query.where('audit_entry.object_type', '=', objectType ?? ''))
    .orderBy('audit_entry.id', 'desc')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    id: row.id,
    action: row.action,
    objectType: row.object_type,
    objectId: row.object_id,
    details: row.details,
    by: readActor(row),
    ip: row.ip,
    createdAt: row.created_at,
  }))
}

interface ActedRow {
  member_id: string | null
  member_name: string | null
  api_key_id: string | null
  key_name: string | null
}

function readActor({ member_id, member_name, api_key_id, key_name }: ActedRow): AuditEntry['by'] {
  if (member_id) return { kind: 'member', id: member_id, name: member_name }
  return api_key_id ? { kind: 'api_key', id: api_key_id, name: key_name } : null
}
