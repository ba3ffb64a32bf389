import { mkdir, realpath } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { AppError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { type ServerProcess, startServer } from './server-process.ts'

/** A Chroma server of our own. It has no access control: whoever reaches its port owns its data. */
export type EmbeddedChroma = Pick<ServerProcess, 'pid' | 'stop' | typeof Symbol.asyncDispose> & {
  readonly url: string
}

/** A server that is starting either refuses at once or answers within this. */
const HEARTBEAT_TIMEOUT_MS = 1_000

/**
 * Starts the Chroma of a DATA_DIR on this machine's loopback and keeps it
 * running until stopped. When this process dies unasked, the server ends
 * itself; should it not, the next start ends it. It reports to nobody: the
 * server has no product telemetry, and tracing is off unless configured.
 *
 * The caller holds the lock on DATA_DIR.
 *
 * @throws {AppError} `embedded.unavailable` if it is not installed or does not start, with the reason.
 */
export async function startChroma({
  dataDir,
  log,
}: {
  dataDir: string
  log: Logger
}): Promise<EmbeddedChroma> {
  const program = findProgram()
  const home = join(dataDir, 'chroma')
  await mkdir(home, { recursive: true, mode: 0o700 })
  const directory = await realpath(home)
  const server = await startServer({
    name: 'chroma',
    dataDir,
    log,
    directory,
    pidFile: { path: join(dataDir, 'chroma.pid'), writtenBy: 'us' },
    command: (port) => ({
      file: process.execPath,
      args: [program, 'run', '--path', directory, '--host', '127.0.0.1', '--port', `${port}`],
    }),
    isReady: ({ port }) => hasHeartbeat(port),
    // What it acknowledged is on the disk by then, so it may be stopped at any instant.
    ending: { signals: ['SIGTERM', 'SIGKILL'], graceMs: 5_000 },
  })
  return {
    url: `http://127.0.0.1:${server.port}`,
    get pid() {
      return server.pid
    },
    stop: server.stop,
    [Symbol.asyncDispose]: server.stop,
  }
}

/** The package exports its library alone; the server's command lies in the same folder, one above the CommonJS build. */
function findProgram(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('chromadb')), '..', 'cli.mjs')
  } catch (cause) {
    throw new AppError('embedded.unavailable', { part: 'chroma', package: 'chromadb', cause })
  }
}

async function hasHeartbeat(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/api/v2/heartbeat`, {
      signal: AbortSignal.timeout(HEARTBEAT_TIMEOUT_MS),
    })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}
