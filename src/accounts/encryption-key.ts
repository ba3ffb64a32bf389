import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, open, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Logger } from '../logger.ts'

interface KeyPlace {
  encryptionKey: string | undefined
  dataDir: string
}

/**
 * Where the keys that encrypt credentials come from: ENCRYPTION_KEY when given, else the file in DATA_DIR, one
 * key a line, made on the first start. Whoever loses it must connect every channel again, so making one is
 * said aloud. A file is read each time it is asked, so that a rotation reaches processes that run.
 */
export async function openEncryptionKeys(
  { encryptionKey, dataDir }: KeyPlace,
  log: Logger,
): Promise<() => string> {
  if (encryptionKey) return () => encryptionKey
  const path = keyPath(dataDir)
  await mkdir(dataDir, { recursive: true })
  try {
    // `wx`: of two processes that start at once only one makes the key.
    await writeFile(path, makeKey(), { flag: 'wx', mode: 0o600 })
    log.warn({ path }, 'encryption-key-made: keep this file with your backups, or set ENCRYPTION_KEY')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  return () => readFileSync(path, 'utf8')
}

/**
 * Puts a fresh key before the one of the file, so that both open and the new one seals. Does nothing where an
 * earlier rotation has begun and not ended.
 */
export async function addEncryptionKey(dataDir: string): Promise<void> {
  const known = await readKeyLines(dataDir)
  if (known.length < 2) await replaceKeyFile(dataDir, [makeKey(), ...known])
}

/** Leaves the first key alone in the file: the end of a rotation, when nothing needs the others any more. */
export async function dropOldEncryptionKeys(dataDir: string): Promise<void> {
  await replaceKeyFile(dataDir, (await readKeyLines(dataDir)).slice(0, 1))
}

function makeKey(): string {
  return randomBytes(32).toString('hex')
}

async function readKeyLines(dataDir: string): Promise<string[]> {
  return (await readFile(keyPath(dataDir), 'utf8')).split(/\s+/).filter(Boolean)
}

/** Whole or not at all, and on the disk before anything is sealed with it. */
async function replaceKeyFile(dataDir: string, keys: string[]): Promise<void> {
  const path = keyPath(dataDir)
  const beside = `${path}.new`
  {
    await using file = await open(beside, 'w', 0o600)
    await file.writeFile(`${keys.join('\n')}\n`)
    await file.sync()
  }
  await rename(beside, path)
  await using directory = await open(dirname(path), 'r')
  await directory.sync()
}

function keyPath(dataDir: string): string {
  return join(dataDir, 'encryption.key')
}
