import { Kysely, PostgresDialect, type Transaction } from 'kysely'
import pg from 'pg'
import { PreparedClient } from './prepared-client.ts'
import type { Database } from './schema.ts'

/** bigint columns arrive as text, so that no id loses digits; timestamps arrive as Date. */
export type Db = Kysely<Database>

/**
 * What the connections of a pool may see, by row-level security.
 *
 * `system`: every Creator's rows; for webhooks, workers and commands, whose queries name the Creator.
 * `tenant`: nothing, until a transaction says whose (see `createTenantWall`); for whatever a person asks.
 */
export type Scope = 'system' | 'tenant'

/** Startup option of a PostgreSQL connection that sees every Creator's rows. */
const SYSTEM_SCOPE = '-c cornerman.scope=system'

/**
 * Opens a pool of connections to PostgreSQL. No connection is made before the
 * first query. Close it with `destroy()`.
 *
 * A lost connection is not an error of the pool: the next query opens another.
 */
export function openDatabase(
  databaseUrl: string,
  { max = 10, scope = 'system' }: { max?: number; scope?: Scope } = {},
): Db {
  const pool = new pg.Pool({
    Client: PreparedClient,
    connectionString: databaseUrl,
    max,
    connectionTimeoutMillis: 15_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    application_name: 'cornerman',
    ...(scope === 'system' && { options: SYSTEM_SCOPE }),
  })
  // A connection that breaks (the server restarts) would otherwise end the process: the pool listens on idle
  // ones alone, and whoever uses one hears of the break from the query.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
}

/** Runs work in the transaction there is, else in one of its own. */
export function inTransaction<T>(db: Db, work: (trx: Transaction<Database>) => Promise<T>): Promise<T> {
  return db.isTransaction ? work(db as Transaction<Database>) : db.transaction().execute(work)
}
