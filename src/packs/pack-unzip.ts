import { createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type Entry, openPromise, type ZipFile } from 'yauzl'
import { AppError } from '../errors.ts'
import { invalidPack, MAX_FILE_BYTES, MAX_FILES } from './pack.ts'

/** Members looked at: a pack's own, and as many that a file manager put beside them. */
const MAX_MEMBERS = 3 * MAX_FILES

/** Most a pack may unpack to; it stands on the disk of the server while it is read. */
const MAX_UNPACKED_BYTES = 1024 * 1024 * 1024

/** What belongs to a pack; anything else in the zip is passed over. */
const PACK_PATH =
  /^(?:bot\.yaml|questions\.yaml|prompts\/[a-z-]+\.md|photos\/[a-z0-9-]+\.(?:jpg|png)|knowledge\/.+)$/

/** What file managers leave in a zip. */
const CLUTTER = /(?:^|\/)(?:__MACOSX(?:\/|$)|\.|Thumbs\.db$|desktop\.ini$)/

/** A pack unpacked into a folder of its own, which goes with it. */
export type UnpackedPack = AsyncDisposable & { readonly dir: string }

/**
 * Unpacks a zip into a new temporary folder, for `readPack`. The pack may stand at the top of the zip or in a
 * folder of it. Every unpacked byte counts, whatever the zip says of itself; links become plain files.
 *
 * @throws {AppError} `pack.invalid` when it is no whole zip or holds no pack; `pack.too_large`.
 */
export async function unzipPack(
  path: string,
  { maxBytes = MAX_UNPACKED_BYTES }: { maxBytes?: number } = {},
): Promise<UnpackedPack> {
  const dir = await mkdtemp(join(tmpdir(), 'cornerman-pack-'))
  const unpacked: UnpackedPack = {
    dir,
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  }
  try {
    await unpack(path, dir, maxBytes)
    return unpacked
  } catch (error) {
    await unpacked[Symbol.asyncDispose]()
    throw error instanceof AppError ? error : invalidZip(error)
  }
}

async function unpack(path: string, dir: string, maxBytes: number): Promise<void> {
  // Its checks refuse absolute names and those that climb out of the folder.
  const zip = await openPromise(path, { lazyEntries: true, autoClose: false, strictFileNames: true })
  try {
    const entries = await listEntries(zip)
    const root = findRoot(entries)
    const budget = { left: maxBytes }
    for (const entry of entries) {
      const name = entry.fileName.startsWith(root) ? entry.fileName.slice(root.length) : ''
      if (PACK_PATH.test(name) && !name.endsWith('/')) await write(zip, entry, join(dir, name), budget)
    }
  } finally {
    zip.close()
  }
}

async function listEntries(zip: ZipFile): Promise<Entry[]> {
  const entries: Entry[] = []
  let count = 0
  for await (const entry of zip.eachEntry()) {
    count += 1
    if (count > MAX_MEMBERS) throw new AppError('pack.too_large', { most: MAX_MEMBERS })
    if (!CLUTTER.test(entry.fileName)) entries.push(entry)
  }
  return entries
}

/** The folder that bot.yaml is in: '' or one with a slash at its end. */
function findRoot(entries: Entry[]): string {
  const names = entries.map(({ fileName }) => fileName).filter((name) => /^(?:[^/]+\/)?bot\.yaml$/.test(name))
  const [found] = names.sort((a, b) => a.length - b.length)
  if (found === undefined) throw invalidPack('bot.yaml', '', 'a file of that name in the zip')
  return found.slice(0, -'bot.yaml'.length)
}

async function write(zip: ZipFile, entry: Entry, target: string, budget: { left: number }): Promise<void> {
  if (entry.isEncrypted()) throw invalidPack(entry.fileName.slice(0, 200), '', 'a file without a password')
  await mkdir(dirname(target), { recursive: true })
  let written = 0
  // Nothing is waited for from here on: an error of a stream that no one listens to yet would end the process.
  const stream = await zip.openReadStreamPromise(entry)
  await pipeline(
    stream,
    async function* (pieces: AsyncIterable<Buffer>) {
      for await (const piece of pieces) {
        written += piece.length
        budget.left -= piece.length
        if (written > MAX_FILE_BYTES)
          throw new AppError('pack.too_large', { file: entry.fileName.slice(0, 200) })
        if (budget.left < 0) throw new AppError('pack.too_large')
        yield piece
      }
    },
    // A second member of the same name is refused: it is how readers are played against each other.
    createWriteStream(target, { flags: 'wx', mode: 0o600 }),
  )
}

function invalidZip(cause: unknown): AppError {
  return invalidPack('the upload', '', 'a whole zip file that holds a pack', cause)
}
