import { mkdtemp, readdir, realpath, rm, statfs } from 'node:fs/promises'
import { freemem, tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive } from '../embedded/process-table.ts'

/**
 * Where Linux keeps files in memory. A test database is some 900 small files, made and removed within a second:
 * a disk's file system may take ten times as long over them.
 */
const IN_MEMORY = '/dev/shm'

/** Tests keep some 400 MB at a time, PostgreSQL's log up to 1 GB more. A container's share is often 64 MB. */
const ROOM_BYTES = 3 * 1024 ** 3

const PREFIX = 'cornerman-test-'

/** A temporary DATA_DIR of one test's own: `await using dataDir = await openTestDataDir()`. */
export async function openTestDataDir(): Promise<AsyncDisposable & { readonly path: string }> {
  const parent = (await hasRoomInMemory()) ? IN_MEMORY : await realpath(tmpdir())
  const path = await mkdtemp(join(parent, `${PREFIX}${process.pid}-`))
  return { path, [Symbol.asyncDispose]: () => removeTestDataDir(path) }
}

/** Removes what killed runs left in memory, which would stay there until the machine restarts. */
export async function sweepTestDataDirs(): Promise<void> {
  for (const name of await readdir(IN_MEMORY).catch(() => [])) {
    const pid = name.startsWith(PREFIX) ? Number.parseInt(name.slice(PREFIX.length), 10) : Number.NaN
    if (pid > 0 && !isAlive(pid)) await removeTestDataDir(join(IN_MEMORY, name))
  }
}

async function hasRoomInMemory(): Promise<boolean> {
  const room = await statfs(IN_MEMORY).catch(() => undefined)
  return room !== undefined && room.bavail * room.bsize > ROOM_BYTES && freemem() > ROOM_BYTES
}

/** Removes a temporary DATA_DIR, and its cluster where that had to stand elsewhere. */
async function removeTestDataDir(dataDir: string): Promise<void> {
  const cluster = await realpath(join(dataDir, 'postgres')).catch(() => dataDir)
  for (const directory of [cluster, dataDir]) await rm(directory, { recursive: true, force: true })
}
