import type { Selectable } from 'kysely'
import type { Db } from '../db/database.ts'
import type { Database } from '../db/schema.ts'
import type { Actor } from './access.ts'

/** A door that was tried, and how often within the minute. */
export interface SecurityEvent {
  id: string
  kind: string
  details: Record<string, unknown>
  count: number
  ip: string | null
  createdAt: Date
}

export interface SecurityEventFilter {
  limit: number
  /** Only events older than the one of this id: the last of the page before. */
  before?: string | undefined
}

/** What was tried at the Creator's doors, the newest first. */
export async function listSecurityEvents(
  db: Db,
  { creatorId }: Pick<Actor, 'creatorId'>,
  { limit, before }: SecurityEventFilter,
): Promise<SecurityEvent[]> {
  const rows = await selectEvents(db, { limit, before }).where('creator_id', '=', creatorId).execute()
  return rows.map(readEvent)
}

/** What was tried where no Creator is concerned: for the operator, by the system's connection. */
export async function listInstallationEvents(
  db: Db,
  { limit, before }: SecurityEventFilter,
): Promise<SecurityEvent[]> {
  const rows = await selectEvents(db, { limit, before }).where('creator_id', 'is', null).execute()
  return rows.map(readEvent)
}

function selectEvents(db: Db, { limit, before }: SecurityEventFilter) {
  return db
    .selectFrom('security_event')
    .selectAll()
    .$if(before !== undefined, (query) => query.where('id', '<', before ?? ''))
    .orderBy('id', 'desc')
    .limit(limit)
}

function readEvent(row: Selectable<Database['security_event']>): SecurityEvent {
  const { id, kind, details, count, ip, created_at: createdAt } = row
  return { id, kind, details, count, ip, createdAt }
}
