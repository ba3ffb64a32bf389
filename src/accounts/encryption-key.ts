import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '../logger.ts'

/**
 * The key that encrypts credentials: ENCRYPTION_KEY when given, else the one in DATA_DIR, made on the first
 * start. Whoever loses it must connect every channel again, so making one is said aloud.
 */
export async function readEncryptionKey(
  { encryptionKey, dataDir }: { encryptionKey: string | undefined; dataDir: string },
  log: Logger,
): Promise<string> {
  if (encryptionKey) return encryptionKey
  const path = join(dataDir, 'encryption.key')
  await mkdir(dataDir, { recursive: true })
  try {
    // `wx`: of two processes that start at once only one makes the key.
    await writeFile(path, randomBytes(32).toString('hex'), { flag: 'wx', mode: 0o600 })
    log.warn({ path }, 'encryption-key-made: keep this file with your backups, or set ENCRYPTION_KEY')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  return (await readFile(path, 'utf8')).trim()
}
