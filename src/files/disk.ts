import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, opendir, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { AppError } from '../errors.ts'
import type { FileStore, StoredFile } from './file-store.ts'

const CREATOR_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
/** No upload is under way this long. */
const STALE_MS = 24 * 60 * 60 * 1000
const KEY = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\/[0-9a-f]{64}$/

/**
 * Keeps files in a folder of this machine. A file appears under its key whole and on the disk, or not at
 * all: it is written beside, synced, and then renamed. The same bytes of one Creator are kept once.
 */
export function createDiskFileStore(folder: string): FileStore {
  const pathOf = (key: string) => {
    if (!KEY.test(key)) throw new AppError('file.key_invalid')
    return join(folder, key)
  }
  let tidied: Promise<void> | undefined
  return {
    async write(creatorId, source, { maxBytes }) {
      if (!CREATOR_ID.test(creatorId)) throw new AppError('file.key_invalid')
      const incoming = join(folder, 'incoming')
      await onDisk(mkdir(incoming, { recursive: true, mode: 0o700 }))
      tidied ??= removeStale(incoming)
      await tidied
      const temporary = join(incoming, randomUUID())
      try {
        const { sha256, sizeBytes } = await pour(source, temporary, maxBytes)
        const stored = { key: `${creatorId}/${sha256}`, sizeBytes, sha256 }
        await onDisk(settle(temporary, pathOf(stored.key)))
        return stored
      } finally {
        await rm(temporary, { force: true }).catch(() => {})
      }
    },

    async openLocal(key) {
      const path = pathOf(key)
      const found = await stat(path).catch(() => undefined)
      if (!found?.isFile()) throw new AppError('file.missing', { key })
      return { path, async [Symbol.asyncDispose]() {} }
    },

    async remove(key) {
      await rm(pathOf(key), { force: true })
    },

    async *listOlderThan(ageMs) {
      const before = Date.now() - ageMs
      for await (const creatorId of listNames(folder)) {
        if (!CREATOR_ID.test(creatorId)) continue
        for await (const name of listNames(join(folder, creatorId))) {
          const key = `${creatorId}/${name}`
          const found = KEY.test(key) && (await stat(join(folder, key)).catch(() => undefined))
          if (found && found.mtimeMs <= before) yield key
        }
      }
    },
  }
}

async function pour(source: Readable, path: string, maxBytes: number): Promise<Omit<StoredFile, 'key'>> {
  const hash = createHash('sha256')
  let sizeBytes = 0
  await using file = await onDisk(open(path, 'wx', 0o600))
  for await (const piece of source) {
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : Buffer.from(piece)
    sizeBytes += bytes.length
    if (sizeBytes > maxBytes) throw new AppError('document.too_large', { maxBytes })
    hash.update(bytes)
    await onDisk(file.writeFile(bytes))
  }
  await onDisk(file.sync())
  return { sha256: hash.digest('hex'), sizeBytes }
}

/** A full or unwritable disk is told apart from a sender who breaks off. */
async function onDisk<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (cause) {
    throw new AppError('file.not_stored', { cause })
  }
}

/** A folder of many files is never held as one list; one that is not there is empty. */
async function* listNames(folder: string): AsyncGenerator<string> {
  const opened = await opendir(folder).catch(() => undefined)
  for await (const { name } of opened ?? []) yield name
}

/** Removes what uploads left behind whose process was killed. */
async function removeStale(incoming: string): Promise<void> {
  const before = Date.now() - STALE_MS
  for (const name of await readdir(incoming).catch(() => [])) {
    const path = join(incoming, name)
    const found = await stat(path).catch(() => undefined)
    if (found && found.mtimeMs < before) await rm(path, { force: true })
  }
}

/** Renames and syncs the folder, without which a power cut may forget the new name. */
async function settle(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 })
  await rename(from, to)
  await using directory = await open(dirname(to), 'r')
  await directory.sync()
}
