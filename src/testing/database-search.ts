import { sql } from 'kysely'
import type { Db } from '../db/database.ts'

/** Every table that holds the text somewhere in a row, whatever the column. */
export async function findTablesHolding(db: Db, text: string): Promise<string[]> {
  const tables = await sql<{ name: string }>`
    SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
    WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')
  `.execute(db)
  const holding: string[] = []
  for (const { name } of tables.rows) {
    const { rows } = await sql`
      SELECT 1 FROM ${sql.raw(name)} AS line WHERE position(${text} IN line::text) > 0 LIMIT 1
    `.execute(db)
    if (rows.length > 0) holding.push(name)
  }
  return holding
}

/** True when every Update has been answered and every Part has left or was given up. */
export async function isQuiet(db: Db): Promise<boolean> {
  const { rows } = await sql<{ open: string }>`
    SELECT (SELECT count(*) FROM inbox WHERE done_at IS NULL)
      + (SELECT count(*) FROM part WHERE state IN ('queued', 'sending', 'doubtful'))
      + (SELECT count(*) FROM receipt WHERE done_at IS NULL) AS open
  `.execute(db)
  return rows[0]?.open === '0'
}

/** How much the vendors have brought in all: messages and reports of what was sent. */
export async function countTaken(db: Db): Promise<number> {
  const { rows } = await sql<{ count: string }>`
    SELECT (SELECT count(*) FROM inbox) + (SELECT count(*) FROM receipt) AS count
  `.execute(db)
  return Number(rows[0]?.count)
}
