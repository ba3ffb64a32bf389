import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '../logger.ts'
import { findCluster, ROLE } from './postgres-cluster.ts'
import { type ServerProcess, startServer } from './server-process.ts'

/** A PostgreSQL server of our own, alone on this machine's loopback. */
export type EmbeddedPostgres = Pick<ServerProcess, 'pid' | 'stop' | typeof Symbol.asyncDispose> & {
  /** Of Cornerman's database, with the credential of its owner, which may create databases but is no superuser. */
  readonly url: string
}

/** A laptop's share: many mostly idle connections, little memory, no compiling of queries that take 1 ms. */
const SETTINGS: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '128MB',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  // An error goes to whoever caused it; with its statement and values it would put people's words in a log.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
}

/** For data nobody will miss: nothing waits for the disk. */
const SCRATCH_SETTINGS: Record<string, string> = {
  // Whoever drops a database may not end the server's own workers in it.
  autovacuum: 'off',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
}

/**
 * Starts the PostgreSQL of a DATA_DIR, making it on the first start, and keeps
 * it running until stopped. When this process dies unasked, the server ends
 * itself; should it not, the next start ends it. Committed means on the disk,
 * unless the data are declared `isScratch`.
 *
 * The caller holds the lock on DATA_DIR.
 *
 * @throws {AppError} `embedded.unavailable` if it is not installed or does not start, with the reason.
 */
export async function startPostgres({
  dataDir,
  log,
  isScratch = false,
}: {
  dataDir: string
  log: Logger
  isScratch?: boolean
}): Promise<EmbeddedPostgres> {
  const { directory, binaries, account, password } = await findCluster({ dataDir, log, isScratch })
  const pidPath = join(directory, 'postmaster.pid')
  const settings = Object.entries({ ...SETTINGS, ...(isScratch ? SCRATCH_SETTINGS : {}) })
  const server = await startServer({
    name: 'postgres',
    dataDir,
    log,
    directory,
    pidFile: { path: pidPath, writtenBy: 'server' },
    command: (port) => ({
      file: join(binaries, 'postgres'),
      args: [
        '-D',
        directory,
        '-p',
        `${port}`,
        ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      ...account,
    }),
    isReady: ({ pid }) => isPostmasterReady(pidPath, pid),
    // Fast shutdown, then immediate: the log is replayed at the next start.
    ending: { signals: ['SIGINT', 'SIGQUIT', 'SIGKILL'], graceMs: 10_000 },
  })
  return {
    url: `postgres://${ROLE}:${password}@127.0.0.1:${server.port}/${ROLE}`,
    get pid() {
      return server.pid
    },
    stop: server.stop,
    [Symbol.asyncDispose]: server.stop,
  }
}

/** PostgreSQL publishes its state in the eighth line of its pid file, as `pg_ctl` reads it. */
async function isPostmasterReady(pidPath: string, pid: number): Promise<boolean> {
  const lines = (await readFile(pidPath, 'utf8').catch(() => '')).split('\n')
  return Number(lines[0]) === pid && lines[7]?.trim() === 'ready'
}
