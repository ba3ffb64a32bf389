import { createWriteStream } from 'node:fs'
import { mkdtemp, open, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AttachmentRequest, Channel } from '../channels/channel.ts'
import { AppError, isAppError } from '../errors.ts'

/** What a person sent, on the local disk until it is disposed of. */
export interface FetchedFile extends AsyncDisposable {
  path: string
  sizeBytes: number
  /** What the vendor says it is. */
  mediaType: string | undefined
}

const FOLDER = 'cornerman-sent-'

/** Wait before the one more try of a file that was not handed over. */
const RETRY_DELAY_MS = 300

/** The beginning of a file, enough to tell its kind. */
const HEAD_BYTES = 64

/**
 * Brings a file of a person's to the local disk, piece by piece: in memory there is never more of it than one
 * piece, whatever the vendor sends. Nothing is kept of one that does not arrive whole.
 *
 * @throws {AppError} `attachment.too_large`, `attachment.timed_out`, `attachment.unavailable`
 */
export async function fetchFile(
  channel: Pick<Channel, 'openAttachment'>,
  request: AttachmentRequest,
): Promise<FetchedFile> {
  const startedAt = performance.now()
  try {
    return await download(channel, request)
  } catch (error) {
    const leftMs = request.timeoutMs - (performance.now() - startedAt) - RETRY_DELAY_MS
    if (!isAppError(error, 'attachment.unavailable') || leftMs <= 0 || request.signal.aborted) throw error
    await sleep(RETRY_DELAY_MS)
    return download(channel, { ...request, timeoutMs: Math.ceil(leftMs) })
  }
}

async function download(
  channel: Pick<Channel, 'openAttachment'>,
  request: AttachmentRequest,
): Promise<FetchedFile> {
  await using opened = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), FOLDER))
  opened.defer(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'file')
  const { body, mediaType } = await channel.openAttachment(request)
  const written = createWriteStream(path, { flags: 'wx', mode: 0o600 })
  await pipeline(Readable.from(body, { objectMode: false }), written).catch((cause: unknown) => {
    throw cause instanceof AppError ? cause : new AppError('attachment.unavailable')
  })
  if (written.bytesWritten === 0) throw new AppError('attachment.unreadable')
  const kept = opened.move()
  return {
    path,
    sizeBytes: written.bytesWritten,
    mediaType,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** Older than any Turn takes. */
const LEFT_AFTER_MS = 3_600_000

/** Removes what a killed process left on the disk of people's files. Never throws. */
export async function removeLeftFiles(): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => [])
  for (const name of names.filter((each) => each.startsWith(FOLDER))) {
    const folder = join(tmpdir(), name)
    const { mtimeMs } = await stat(folder).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }))
    if (Date.now() - mtimeMs >= LEFT_AFTER_MS)
      await rm(folder, { recursive: true, force: true }).catch(() => {})
  }
}

/** The first bytes of a file. */
export async function readHead(path: string): Promise<Buffer> {
  await using file = await open(path)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
  return buffer.subarray(0, bytesRead)
}
