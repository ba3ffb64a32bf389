import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { postGuardian } from './guardian.ts'
import { endProcess, isAlive, runsWith } from './process-table.ts'
import type { ServerLog } from './server-log.ts'

/** Long enough for PostgreSQL to replay its log after a crash on a slow disk. */
const START_TIMEOUT_MS = 60_000

/** How often a starting server is asked whether it is ready. */
const READY_POLL_MS = 10

/** How one kind of server is run. */
export type ServerRecipe = {
  name: 'postgres' | 'chroma'
  /** Where its log and its port are kept. */
  dataDir: string
  log: Logger
  /** The directory that is this server's alone; it stands among its arguments and so tells it apart. */
  directory: string
  /** A file whose first line is the server's pid, written by itself or else by us. */
  pidFile: { path: string; writtenBy: 'server' | 'us' }
  command(port: number): { file: string; args: readonly string[]; uid?: number; gid?: number }
  isReady(server: { pid: number; port: number }): Promise<boolean>
  /** What ends it, from polite to final, each given `graceMs`. */
  ending: { signals: readonly ['SIGINT' | 'SIGTERM', ...NodeJS.Signals[]]; graceMs: number }
}

/** One life of a server: from its launch until its process is gone. */
export type Life = {
  readonly pid: number
  /** Resolves when the process is gone, for whatever reason. */
  readonly ended: Promise<void>
  /** Ends the process and waits until it is gone. */
  end(): Promise<void>
}

/**
 * Launches a server as a child in a session of its own, so that a Ctrl-C
 * reaches us alone and we end things in order, and waits until it is ready.
 *
 * @throws {AppError} `embedded.unavailable` with the last log lines if it does not become ready.
 */
export async function beginLife(recipe: ServerRecipe, output: ServerLog, port: number): Promise<Life> {
  await endSurvivor(recipe)
  const life = await launch(recipe, output, port)
  try {
    await untilReady(recipe, life.pid, port)
    return life
  } catch (cause) {
    await life.end()
    throw new AppError('embedded.unavailable', { part: recipe.name, output: await output.tail(), cause })
  }
}

async function launch(recipe: ServerRecipe, output: ServerLog, port: number): Promise<Life> {
  const { file, args, ...owner } = recipe.command(port)
  const child = spawn(file, args, {
    ...owner,
    cwd: '/',
    // Nothing of ours is handed on: no credential, no PG* or CHROMA_* variable that would change its ways.
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', HOME: recipe.directory },
    detached: true,
    stdio: ['ignore', output.descriptor, output.descriptor],
  })
  const { pid } = child
  if (pid === undefined) {
    const [cause] = await once(child, 'error')
    throw new AppError('embedded.unavailable', { part: recipe.name, file, cause })
  }
  const guardian = postGuardian(pid, recipe.ending.signals[0] === 'SIGINT' ? 'INT' : 'TERM')
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve())).then(guardian.dismiss)
  child.unref()
  if (recipe.pidFile.writtenBy === 'us') await writeFile(recipe.pidFile.path, `${pid}\n`)
  return {
    pid,
    ended,
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.ref()
      await endProcess(pid, recipe.ending)
      await ended
      await rm(recipe.pidFile.path, { force: true })
    },
  }
}

async function untilReady(recipe: ServerRecipe, pid: number, port: number): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS
  while (!(await recipe.isReady({ pid, port }))) {
    if (!isAlive(pid)) throw new Error(`${recipe.name} ended while starting`)
    if (performance.now() > deadline)
      throw new Error(`${recipe.name} was not ready within ${START_TIMEOUT_MS} ms`)
    await delay(READY_POLL_MS)
  }
}

/**
 * Ends the server a killed start left behind and removes its pid file. A pid
 * that meanwhile belongs to another program is left in peace.
 */
async function endSurvivor({ pidFile, directory, log, name, ending }: ServerRecipe): Promise<void> {
  const pid = Number.parseInt(await readFile(pidFile.path, 'utf8').catch(() => ''), 10)
  if (Number.isNaN(pid)) return
  const isOurs = isAlive(pid) ? runsWith(pid, directory) : false
  if (isOurs === undefined) return // Cannot be told on this system: the server judges its own pid file.
  if (isOurs) {
    log.warn({ part: name, pid }, 'embedded-survivor-ended')
    await endProcess(pid, ending)
  }
  await rm(pidFile.path, { force: true })
}
