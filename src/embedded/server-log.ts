import { copyFile, type FileHandle, open, stat, truncate } from 'node:fs/promises'

/** A log grows to this, then starts over; the part before is kept once, as `<name>.1`. */
const MAX_BYTES = 4 * 1024 * 1024

/** How often the size is looked at; a server here writes a few lines an hour. */
const CHECK_EVERY_MS = 30_000

/** What an error report quotes of a log: enough for a cause, short enough for a terminal. */
const TAIL_BYTES = 4096
const TAIL_LINES = 20

/** The file a server writes its output to, by itself: no pipe of ours that could break or fill. */
export type ServerLog = AsyncDisposable & {
  /** Handed to the server as its standard output and error. */
  descriptor: number
  /** The last lines written since the log was opened, for an error report. */
  tail(): Promise<string>
}

/** Opens a server's log for appending, readable by its owner alone, and keeps its size bounded. */
export async function openServerLog(path: string): Promise<ServerLog> {
  await startOverWhenFull(path)
  const file = await open(path, 'a+', 0o600)
  const startAt = (await file.stat()).size
  const timer = setInterval(() => void startOverWhenFull(path).catch(() => {}), CHECK_EVERY_MS)
  timer.unref()
  return {
    descriptor: file.fd,
    tail: () => readTail(file, startAt),
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer)
      await file.close()
    },
  }
}

/** Servers append (O_APPEND), so after a truncation they go on at the new end. */
async function startOverWhenFull(path: string): Promise<void> {
  const { size } = await stat(path).catch(() => ({ size: 0 }))
  if (size <= MAX_BYTES) return
  await copyFile(path, `${path}.1`)
  await truncate(path)
}

async function readTail(file: FileHandle, startAt: number): Promise<string> {
  const { size } = await file.stat()
  const from = Math.max(size - TAIL_BYTES, size < startAt ? 0 : startAt)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from)
  return buffer.toString('utf8', 0, bytesRead).trim().split('\n').slice(-TAIL_LINES).join('\n')
}
