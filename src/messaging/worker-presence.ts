import { type RawBuilder, sql } from 'kysely'
import pg from 'pg'
import type { Logger } from '../logger.ts'

/*
 * Who is alive is said by PostgreSQL itself: a worker holds an advisory lock on its number for as long as
 * its session lives. Kill the process and the lock is gone at once; block its event loop and it stays.
 * So work in flight is taken over the moment its holder dies, and never while it only thinks.
 *
 * The session must be the server's own (or a session-pooled one): transaction pooling breaks the lock.
 */

/** First half of the lock's key, so that our numbers meet no one else's advisory locks. */
const LOCK_CLASS = 0x434e

/** After a server restart every lock is gone for a moment; no one is taken for dead until this has passed. */
const GRACE_AFTER_RESTART_SECONDS = 3

const RECONNECT_MS = 200

export interface WorkerPresence extends AsyncDisposable {
  readonly id: number
}

/**
 * Takes a worker number and holds it until disposed or until the process ends. A broken session is opened
 * again with the same number.
 */
export async function openWorkerPresence(databaseUrl: string, log: Logger): Promise<WorkerPresence> {
  let isClosed = false
  let client = await connect(databaseUrl)
  const { rows } = await client.query<{ id: number }>(`SELECT nextval('worker_id_seq')::int AS id`)
  const id = Number(rows[0]?.id)
  await hold(client)

  async function hold(session: pg.Client): Promise<void> {
    session.on('error', () => {})
    session.on('end', () => void reopen())
    await session.query('SELECT pg_advisory_lock($1, $2)', [LOCK_CLASS, id])
  }

  async function reopen(): Promise<void> {
    while (!isClosed) {
      try {
        client = await connect(databaseUrl)
        await hold(client)
        return
      } catch (error) {
        log.warn({ err: error, workerId: id }, 'presence-lost')
        await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS))
      }
    }
  }

  return {
    id,
    async [Symbol.asyncDispose]() {
      isClosed = true
      await client.end().catch(() => {})
    },
  }
}

async function connect(databaseUrl: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'cornerman-presence',
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
  })
  // Without a listener the first broken connection would end the process.
  client.on('error', () => {})
  await client.connect()
  // A machine that vanishes sends no goodbye: the server notices after about 15 s of silence.
  await client.query(
    'SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 2',
  )
  return client
}

/** SQL that is true when the worker of this number no longer lives. Holds for the rest of the transaction. */
export function isWorkerGone(workerId: RawBuilder<unknown>): RawBuilder<boolean> {
  return sql<boolean>`(
    pg_try_advisory_xact_lock_shared(${sql.lit(LOCK_CLASS)}, ${workerId})
    AND clock_timestamp() - pg_postmaster_start_time() > make_interval(secs => ${sql.lit(GRACE_AFTER_RESTART_SECONDS)})
  )`
}
