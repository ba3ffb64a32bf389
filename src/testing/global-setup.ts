import { randomBytes } from 'node:crypto'
import type { TestProject } from 'vitest/node'
import { migrateToLatest } from '../db/migrate.ts'
import { startChroma } from '../embedded/chroma.ts'
import { startPostgres } from '../embedded/postgres.ts'
import { createLogger } from '../logger.ts'
import { openTestDataDir, sweepTestDataDirs } from './data-dir.ts'
import { runAsAdmin, withDatabase } from './database-admin.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A database on the test server whose role may create others. */
    adminDatabaseUrl: string
    /** The migrated database every test database is cloned from. */
    templateDatabase: string
    chromaUrl: string
  }
}

/**
 * Starts one PostgreSQL and one Chroma for the whole run, and migrates the
 * database that tests clone. Servers of one's own take their place when
 * TEST_DATABASE_URL (or DATABASE_URL) and TEST_CHROMA_URL name them; only databases
 * made here are touched.
 */
export default async function startTestServers(project: TestProject): Promise<() => Promise<void>> {
  await sweepTestDataDirs()
  await using opened = new AsyncDisposableStack()
  const { path: dataDir } = opened.use(await openTestDataDir())
  const log = createLogger('error')
  const { TEST_DATABASE_URL, DATABASE_URL, TEST_CHROMA_URL } = process.env
  const starting = [
    TEST_DATABASE_URL || DATABASE_URL || openUrl(opened, startPostgres({ dataDir, log, isScratch: true })),
    TEST_CHROMA_URL || openUrl(opened, startChroma({ dataDir, log })),
  ] as const
  await Promise.allSettled(starting) // When one fails, the other must be known here to be stopped.
  const [adminDatabaseUrl, chromaUrl] = await Promise.all(starting)
  const templateDatabase = `cornerman_template_${randomBytes(4).toString('hex')}`
  await runAsAdmin(adminDatabaseUrl, `CREATE DATABASE ${templateDatabase}`)
  opened.defer(() => runAsAdmin(adminDatabaseUrl, `DROP DATABASE ${templateDatabase} WITH (FORCE)`))
  await migrateToLatest(withDatabase(adminDatabaseUrl, templateDatabase))

  project.provide('adminDatabaseUrl', adminDatabaseUrl)
  project.provide('templateDatabase', templateDatabase)
  project.provide('chromaUrl', chromaUrl)
  const owned = opened.move()
  return () => owned.disposeAsync()
}

async function openUrl(
  opened: AsyncDisposableStack,
  starting: Promise<AsyncDisposable & { url: string }>,
): Promise<string> {
  return opened.use(await starting).url
}
