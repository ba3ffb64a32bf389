import { promises as fs } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { runMigrations } from 'bullmq'
import { FileMigrationProvider, Migrator } from 'kysely/migration'
import pg from 'pg'
import { openDatabase } from './database.ts'

const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url))

/**
 * Brings the schema forward to the newest migration, ours and the queue's.
 * Safe to call from several processes at once: one works, the others wait.
 *
 * @throws the first failing migration's own error; earlier ones stay applied.
 */
export async function migrateToLatest(databaseUrl: string): Promise<string[]> {
  const db = openDatabase(databaseUrl, { max: 2 })
  try {
    const provider = new FileMigrationProvider({ fs, path, migrationFolder: MIGRATIONS })
    const { error, results } = await new Migrator({ db, provider }).migrateToLatest()
    if (error) throw error
    await migrateQueues(databaseUrl)
    return (results ?? []).map((result) => result.migrationName)
  } finally {
    await db.destroy()
  }
}

async function migrateQueues(databaseUrl: string): Promise<void> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 })
  try {
    await runMigrations(pool)
  } finally {
    await pool.end()
  }
}
