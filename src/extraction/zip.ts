import type { Readable } from 'node:stream'
import { type Entry, fromBufferPromise, type ZipFile } from 'yauzl'
import { AppError } from '../errors.ts'
import type { ExtractLimits } from './limits.ts'

/** An opened container. Only what is read is inflated, and every inflated byte counts. */
export interface Archive {
  has(name: string): boolean
  /** Inflates one member piece by piece; nothing when there is no such member. */
  read(name: string): AsyncIterable<Buffer>
  /** A whole small member as UTF-8 text, '' when there is no such member. */
  readText(name: string): Promise<string>
}

/**
 * Opens a zip container in memory.
 *
 * @throws {AppError} `document.damaged` when it is no whole zip,
 *   `document.inflated_too_large` when it has too many members or inflates to
 *   too many real bytes, `document.encrypted` when a wanted member is locked.
 */
export async function openArchive(bytes: Buffer, limits: ExtractLimits): Promise<Archive> {
  const zip = await asDamaged(fromBufferPromise(bytes, { lazyEntries: true, validateEntrySizes: false }))
  const entries = await listEntries(zip, limits.zipEntries)
  let inflated = 0

  async function* read(name: string): AsyncGenerator<Buffer> {
    const entry = entries.get(name)
    if (!entry) return
    if (entry.isEncrypted()) throw new AppError('document.encrypted', { member: name })
    const stream: Readable = await asDamaged(zip.openReadStreamPromise(entry))
    try {
      for await (const chunk of stream.iterator()) {
        const piece = Buffer.from(chunk)
        inflated += piece.length
        if (inflated > limits.inflatedBytes) {
          throw new AppError('document.inflated_too_large', { limitBytes: limits.inflatedBytes })
        }
        yield piece
      }
    } catch (error) {
      throw error instanceof AppError ? error : new AppError('document.damaged', { cause: error })
    } finally {
      stream.destroy()
    }
  }

  return {
    has: (name) => entries.has(name),
    read,
    readText: async (name) => Buffer.concat(await Array.fromAsync(read(name))).toString('utf8'),
  }
}

/** The first member of each name counts: a second one is how readers are played against each other. */
async function listEntries(zip: ZipFile, limit: number): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>()
  let count = 0
  for await (const entry of damagedIterator(zip.eachEntry())) {
    count += 1
    if (count > limit) throw new AppError('document.inflated_too_large', { limitEntries: limit })
    if (!entries.has(entry.fileName)) entries.set(entry.fileName, entry)
  }
  return entries
}

async function* damagedIterator<T>(iterator: AsyncIterableIterator<T>): AsyncGenerator<T> {
  try {
    yield* iterator
  } catch (error) {
    throw new AppError('document.damaged', { cause: error })
  }
}

async function asDamaged<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw new AppError('document.damaged', { cause: error })
  }
}

/** The name of a member as seen from a folder of the container. It is only ever looked up, never opened as a path. */
export function resolveMember(folder: string, target: string): string {
  const steps: string[] = []
  for (const step of (target.startsWith('/') ? target : folder + target).split('/')) {
    if (step === '..') steps.pop()
    else if (step !== '' && step !== '.') steps.push(step)
  }
  return steps.join('/')
}
