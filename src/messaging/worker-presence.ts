import { setTimeout as sleep } from 'node:timers/promises'
import { type RawBuilder, sql } from 'kysely'
import pg from 'pg'
import { createRecent } from '../db/recent.ts'
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

/** A worker that begins is known to the others within this time. */
const PEERS_KNOWN_MS = 5_000

export interface WorkerPresence extends AsyncDisposable {
  readonly id: number
  /** Takes a name that at most one living worker holds; false while another has it. True where nobody can tell. */
  claim(name: string): Promise<boolean>
  release(name: string): Promise<void>
  /** Whether other workers live, as of some seconds ago. */
  hasPeers(): Promise<boolean>
}

/**
 * Takes a worker number and holds it until disposed or until the process ends. A broken session is opened
 * again with the same number, by one try at a time.
 */
export async function openWorkerPresence(databaseUrl: string, log: Logger): Promise<WorkerPresence> {
  const closing = new AbortController()
  let session = await connect(databaseUrl)
  const { rows } = await session.client.query<{ id: number }>(`SELECT nextval('worker_id_seq')::int AS id`)
  const id = Number(rows[0]?.id)
  await hold(session)
  const keeping = keep()

  async function keep(): Promise<void> {
    while (!closing.signal.aborted) {
      await session.ended
      while (!closing.signal.aborted && !(await reopen())) {
        await sleep(RECONNECT_MS, undefined, { signal: closing.signal }).catch(() => {})
      }
    }
  }

  /** True when a new session holds the number. */
  async function reopen(): Promise<boolean> {
    let fresh: Session | undefined
    try {
      fresh = await connect(databaseUrl)
      session = fresh
      if (closing.signal.aborted) await fresh.client.end()
      else await hold(fresh)
      return true
    } catch (error) {
      log.warn({ err: error, workerId: id }, 'presence-lost')
      await fresh?.client.end().catch(() => {})
      return false
    }
  }

  async function hold({ client }: Session): Promise<void> {
    await client.query('SELECT pg_advisory_lock($1, $2)', [LOCK_CLASS, id])
  }

  /** Of our own session; a name is lost with it, as with the process. */
  async function ask(statement: string, name: string): Promise<boolean> {
    const { rows } = await session.client.query<{ done: boolean }>(
      `SELECT ${statement}(hashtextextended($1, ${LOCK_CLASS})) AS done`,
      [name],
    )
    return rows[0]?.done === true
  }

  const peers = createRecent(
    async () => {
      const { rows } = await session.client.query<{ some: boolean }>(
        `SELECT count(*) > 1 AS some FROM pg_locks
         WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND classid = $1
           AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
        [LOCK_CLASS],
      )
      return rows[0]?.some === true
    },
    { forMs: PEERS_KNOWN_MS, entries: 1 },
  )

  return {
    id,
    claim: (name) => ask('pg_try_advisory_lock', name).catch(() => true),
    release: async (name) => void (await ask('pg_advisory_unlock', name).catch(() => false)),
    hasPeers: () => peers.get('').catch(() => false),
    async [Symbol.asyncDispose]() {
      closing.abort()
      await session.client.end().catch(() => {})
      await keeping
    },
  }
}

interface Session {
  client: pg.Client
  /** Resolves when the session is over, whoever ended it. */
  ended: Promise<void>
}

async function connect(databaseUrl: string): Promise<Session> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'cornerman-presence',
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
  })
  // Without a listener the first broken connection would end the process.
  client.on('error', () => {})
  const ended = new Promise<void>((resolve) => client.once('end', () => resolve()))
  try {
    await client.connect()
    // A machine that vanishes sends no goodbye: the server notices after about 15 s of silence.
    await client.query(
      'SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 2',
    )
    return { client, ended }
  } catch (error) {
    await client.end().catch(() => {})
    throw error
  }
}

/** The columns that say which worker holds a row, and since when. */
export interface Holding {
  holder: string
  since: string
}

/** SQL that is true when no living worker holds a row: one that held it longer than `longestMinutes` forgot it. */
export function isHeldByNone({ holder, since }: Holding, longestMinutes: number): RawBuilder<boolean> {
  return sql<boolean>`(
    ${sql.ref(holder)} IS NULL
    OR ${sql.ref(since)} < now() - make_interval(mins => ${sql.lit(longestMinutes)})
    OR ${isWorkerGone(sql.ref(holder))}
  )`
}

/** SQL that is true when the worker of this number no longer lives. Holds for the rest of the transaction. */
export function isWorkerGone(workerId: RawBuilder<unknown>): RawBuilder<boolean> {
  return sql<boolean>`(
    pg_try_advisory_xact_lock_shared(${sql.lit(LOCK_CLASS)}, ${workerId})
    AND clock_timestamp() - pg_postmaster_start_time() > make_interval(secs => ${sql.lit(GRACE_AFTER_RESTART_SECONDS)})
  )`
}
