import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Db } from '../../db/database.ts'
import type { CreatorRows } from '../builders/creator-rows.ts'

/** The ids of one creator's things, by the name routes give the parameter: `botId`. */
export type TenantIds = Record<string, string>

/** Parameters that name one of a few words, the same for every creator. */
export const WORD_PARAMETERS: Record<string, string> = {
  channel: 'telegram',
  purpose: 'answer',
  version: '1',
  area: 'account',
}

/** Table of what a parameter is an id of, where the creator's rows alone do not tell. */
const TABLES: Record<string, string> = {
  versionId: 'document_version',
  sourceId: 'web_source',
  groupId: 'gap_group',
  gapId: 'gap_group',
  noteId: 'chat_note',
  keyId: 'api_key',
  invitationId: 'invitation',
  sessionId: 'session',
  turnId: 'turn',
  partId: 'part',
  connectionId: 'connection',
  overrideId: 'prompt_override',
  subscriberId: 'subscriber',
  subscriptionId: 'subscription',
  codeId: 'access_code',
  couponId: 'coupon',
  planId: 'plan',
  productId: 'product',
  orderId: 'order',
  factId: 'memory_fact',
}

/** One id of everything the creator has. */
export async function listTenantIds(db: Db, made: CreatorRows): Promise<TenantIds> {
  const ids: TenantIds = { ...made }
  for (const [name, table] of Object.entries(TABLES)) {
    const { rows } = await sql<{ id: string }>`
      SELECT id::text FROM ${sql.table(table)} WHERE creator_id = ${made.creatorId} LIMIT 1
    `.execute(db)
    const [row] = rows
    if (row) ids[name] = row.id
  }
  return ids
}

/** Ids of the same form that nobody has. */
export function unknownIds(ids: TenantIds): TenantIds {
  return Object.fromEntries(
    Object.entries(ids).map(([name, id]) => [name, id.includes('-') ? randomUUID() : '987654321987654']),
  )
}

/** A digest of every row a creator has, by table: what changes when anything of theirs does. */
export async function digestRows(
  db: Db,
  creatorId: string,
  { except = [] }: { except?: string[] } = {},
): Promise<Record<string, string>> {
  const { rows: tables } = await sql<{ name: string }>`
    SELECT table_name AS name FROM information_schema.columns
    WHERE column_name = 'creator_id' AND table_schema = 'public' ORDER BY table_name
  `.execute(db)
  const digests: Record<string, string> = {}
  for (const { name } of tables.filter((table) => !except.includes(table.name))) {
    const { rows } = await sql<{ digest: string | null; count: string }>`
      SELECT count(*) AS count, md5(string_agg(row::text, ',' ORDER BY row::text)) AS digest
      FROM ${sql.table(name)} AS row WHERE creator_id = ${creatorId}
    `.execute(db)
    digests[name] = `${rows[0]?.count} rows ${rows[0]?.digest ?? ''}`
  }
  return digests
}
