import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { type Db, openDatabase } from '../db/database.ts'
import { runAsAdmin, withDatabase } from './database-admin.ts'

/** A migrated database of one test's own, dropped when the test is over. */
export type TestDatabase = AsyncDisposable & {
  /** For parts that open their own connections. */
  readonly url: string
  readonly db: Db
}

/** Enough for a test's parallel work; every test file has its own share of the server's 200. */
const MAX_CONNECTIONS = 10

/**
 * Clones the migrated template: `await using test = await openTestDatabase()`.
 * Connections still open when it ends are cut.
 */
export async function openTestDatabase(): Promise<TestDatabase> {
  const adminUrl = inject('adminDatabaseUrl')
  const name = `cornerman_test_${randomBytes(6).toString('hex')}`
  await runAsAdmin(
    adminUrl,
    `CREATE DATABASE ${name} TEMPLATE ${inject('templateDatabase')} STRATEGY WAL_LOG`,
  )
  const url = withDatabase(adminUrl, name)
  const db = openDatabase(url, { max: MAX_CONNECTIONS })
  return {
    url,
    db,
    async [Symbol.asyncDispose]() {
      await db.destroy()
      await runAsAdmin(adminUrl, `DROP DATABASE ${name} WITH (FORCE)`)
    },
  }
}
