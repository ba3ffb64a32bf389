import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { PreparedClient } from './prepared-client.ts'
import type { Database } from './schema.ts'

/** bigint columns arrive as text, so that no id loses digits; timestamps arrive as Date. */
export type Db = Kysely<Database>

/**
 * Opens a pool of connections to PostgreSQL. No connection is made before the
 * first query. Close it with `destroy()`.
 *
 * A lost connection is not an error of the pool: the next query opens another.
 */
export function openDatabase(databaseUrl: string, { max = 10 }: { max?: number } = {}): Db {
  const pool = new pg.Pool({
    Client: PreparedClient,
    connectionString: databaseUrl,
    max,
    connectionTimeoutMillis: 15_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    application_name: 'cornerman',
  })
  // A connection that breaks (the server restarts) would otherwise end the process: the pool listens on idle
  // ones alone, and whoever uses one hears of the break from the query.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
}
