import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import { isAlive } from './process-table.ts'

/** A look at the lock takes under 1 ms; a start that meets one waits it out. */
const LOOK_TIMEOUT_MS = 200

/** As long as an installation may take to start, replaying a log after a crash included. */
const PUBLISH_TIMEOUT_MS = 60_000
const PUBLISH_POLL_MS = 50

/** SQLite's code for a lock held by another process. */
const SQLITE_BUSY = 5

const Addresses = z.object({ databaseUrl: z.string(), chromaUrl: z.string(), webUrl: z.string().optional() })
const Running = Addresses.extend({ pid: z.int().positive() })
const Notice = Addresses.partial().extend({ pid: z.int().positive() })

/** Where the parts of a running installation are reached, with the credentials in the addresses. */
export type InstallationAddresses = z.infer<typeof Addresses>

/** An installation that runs right now. */
export type RunningInstallation = z.infer<typeof Running>

/** The claim of one process on a DATA_DIR. It ends with the process, whatever ends that. */
export type DataDirLock = AsyncDisposable & {
  /** Tells commands that run beside us where our parts are; readable by the owner of DATA_DIR alone. */
  publish(addresses: InstallationAddresses): Promise<void>
  /** Lets another process have DATA_DIR. Harmless when repeated. */
  release(): Promise<void>
}

/**
 * Claims a DATA_DIR for this process, making it if need be.
 *
 * The claim is an exclusive lock on an SQLite file that holds nothing: Node has
 * no other lock that the system itself drops when a process is killed. So no
 * stale lock exists, and no guessing whether a pid is still the same program.
 *
 * @throws {AppError} `instance.already_running`, naming the pid, while another process holds it;
 *   `data_dir.unusable` if the directory cannot be made or written.
 */
export async function lockDataDir(dataDir: string): Promise<DataDirLock> {
  const lock = await openLock(dataDir)
  if (!claim(lock, 'BEGIN EXCLUSIVE')) {
    lock.close()
    throw new AppError('instance.already_running', { dataDir, pid: (await readNotice(dataDir))?.pid })
  }
  await writeNotice(dataDir, { pid: process.pid })
  const release = async () => {
    if (!lock.isOpen) return
    await rm(noticePath(dataDir), { force: true })
    lock.close()
  }
  return {
    publish: (addresses) => writeNotice(dataDir, { ...addresses, pid: process.pid }),
    release,
    [Symbol.asyncDispose]: release,
  }
}

/**
 * Finds the installation that runs on a DATA_DIR, so that a command can work
 * beside it; undefined when none does. One that is still starting is waited for.
 *
 * @throws {AppError} `instance.not_ready` if it has not started within a minute.
 */
export async function readRunning(dataDir: string): Promise<RunningInstallation | undefined> {
  const deadline = performance.now() + PUBLISH_TIMEOUT_MS
  while (isLocked(dataDir)) {
    const running = Running.safeParse(await readNotice(dataDir))
    // A notice left by a killed predecessor counts for nothing.
    if (running.success && isAlive(running.data.pid)) return running.data
    if (performance.now() > deadline) throw new AppError('instance.not_ready', { dataDir })
    await delay(PUBLISH_POLL_MS)
  }
  return undefined
}

async function openLock(dataDir: string): Promise<DatabaseSync> {
  try {
    const made = await mkdir(dataDir, { recursive: true })
    if (made !== undefined) await chmod(dataDir, 0o700)
    return new DatabaseSync(lockPath(dataDir), { timeout: LOOK_TIMEOUT_MS })
  } catch (cause) {
    throw new AppError('data_dir.unusable', { dataDir, cause })
  }
}

function isLocked(dataDir: string): boolean {
  if (!existsSync(lockPath(dataDir))) return false
  const lock = new DatabaseSync(lockPath(dataDir), { readOnly: true, timeout: 0 })
  try {
    return !claim(lock, 'SELECT 1 FROM sqlite_schema')
  } finally {
    lock.close()
  }
}

/** True when the statement got its lock, false when another process holds it. */
function claim(lock: DatabaseSync, statement: string): boolean {
  try {
    lock.exec(`PRAGMA journal_mode = MEMORY; ${statement}`)
    return true
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return false
    throw error
  }
}

async function readNotice(dataDir: string): Promise<z.infer<typeof Notice> | undefined> {
  const text = await readFile(noticePath(dataDir), 'utf8').catch(() => '{}')
  return Notice.safeParse(JSON.parse(text)).data
}

/** Replaces the notice whole, so that no reader sees half of one. */
async function writeNotice(dataDir: string, notice: z.infer<typeof Notice>): Promise<void> {
  const path = noticePath(dataDir)
  await writeFile(`${path}.new`, `${JSON.stringify(notice)}\n`, { mode: 0o600 })
  await rename(`${path}.new`, path)
}

const lockPath = (dataDir: string) => join(dataDir, 'lock')
const noticePath = (dataDir: string) => join(dataDir, 'running.json')
