import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { Response } from 'express'
import type { FileStore } from '../files/file-store.ts'
import { presentFileName } from '../knowledge/documents/name.ts'

/**
 * Answers with an uploaded file as it came: to be saved, never to be shown, whatever it holds and is called. A
 * browser neither runs it nor guesses what it is.
 *
 * @throws {AppError} `file.missing`
 */
export async function sendFile(
  res: Response,
  files: FileStore,
  { key, name, sizeBytes }: { key: string; name: string; sizeBytes: number },
): Promise<void> {
  await using file = await files.openLocal(key)
  res.attachment(presentFileName(name))
  res.set({
    'Content-Type': 'application/octet-stream',
    'Content-Length': String(sizeBytes),
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "default-src 'none'; sandbox",
    'Cache-Control': 'private, no-store',
  })
  // A reader who leaves is no failure of ours.
  await pipeline(createReadStream(file.path), res).catch(() => res.destroy())
}
