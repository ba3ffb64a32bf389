import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A temporary DATA_DIR of one test's own: `await using dataDir = await openTestDataDir()`. */
export async function openTestDataDir(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(await realpath(tmpdir()), 'cornerman-test-'))
  return { path, [Symbol.asyncDispose]: () => removeTestDataDir(path) }
}

/** Removes a temporary DATA_DIR, and its cluster where that had to stand elsewhere. */
async function removeTestDataDir(dataDir: string): Promise<void> {
  const cluster = await realpath(join(dataDir, 'postgres')).catch(() => dataDir)
  for (const directory of [cluster, dataDir]) await rm(directory, { recursive: true, force: true })
}
