import { createReadStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { TextDecoder } from 'node:util'
import { type Entry, openPromise, type ZipFile } from 'yauzl'
import { AppError } from '../../errors.ts'
import { keepWithinBytes } from '../../files/within-bytes.ts'

/** One file of an uploaded zip. */
export interface PackedFile {
  /** A name for people, as the sender packed it: it is never opened as a path. */
  fileName: string
  /** @throws {AppError} `document.encrypted`, `document.nested_archive`, `document.inflated_too_large`, `document.damaged` */
  open(): Promise<Readable>
}

/** An uploaded zip, kept until it is disposed of. */
export interface PackedUpload extends AsyncDisposable {
  /** In the order of the zip, without what file managers leave in one. Absent where the zip is itself a Document. */
  files: PackedFile[] | undefined
  /** The upload itself. */
  read(): Readable
}

/** Files of one zip that become Documents. */
const MAX_FILES = 500
/** Members looked at: the files, their folders, and the clutter beside them. */
const MAX_MEMBERS = 3 * MAX_FILES

/** A zip may hold this many times the largest file: a course with its slides and transcripts. */
const MAX_TIMES_FILE = 4

/** Plain text shrinks to a twentieth, a table of zeros to a hundredth: a file beyond is made to be large. */
const MAX_RATIO = 200
const RATIO_FROM_BYTES = 1024 * 1024

const CLUTTER = /(?:^|\/)(?:__MACOSX(?:\/|$)|\.[^./]|Thumbs\.db$|desktop\.ini$)/i
const ARCHIVE = /\.(?:zip|7z|rar|tar|t?gz|bz2|xz|zst)$/i

/** Members by which office files and e-books are known: such a zip is one Document. */
const DOCUMENT_MARKS = new Set(['[Content_Types].xml', 'mimetype', 'META-INF/container.xml'])

/** True for an upload that is to be unpacked, if it turns out to be a zip of files. */
export function isPackedName(fileName: string): boolean {
  return /\.zip$/i.test(fileName)
}

/**
 * Receives a zip and lists what is in it. Nothing is unpacked to the disk, and nothing is inflated before a
 * file is opened; a file that inflates to more than it declares fails.
 *
 * @param maxBytes of the zip, and of each file in it.
 * @throws {AppError} `document.too_large`, `document.damaged`, `upload.too_many_files`,
 *   `document.inflated_too_large`, `upload.empty`
 */
export async function receivePacked(
  source: Readable,
  { fileName, maxBytes }: { fileName: string; maxBytes: number },
): Promise<PackedUpload> {
  await using opened = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'cornerman-packed-'))
  opened.defer(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'upload.zip')
  await keepWithinBytes(source, path, {
    maxBytes,
    tooLarge: (limitBytes) => new AppError('document.too_large', { limitBytes }),
  })
  const zip = await asDamaged(
    openPromise(path, { lazyEntries: true, autoClose: false, decodeStrings: false }),
  )
  opened.defer(() => zip.close())
  const members = await listMembers(zip)
  const isDocument = members.some(({ name }) => DOCUMENT_MARKS.has(name))
  if (!isDocument) checkBounds(members, maxBytes)
  const kept = opened.move()
  return {
    files: isDocument ? undefined : members.map((member) => present(zip, member, fileName)),
    read: () => createReadStream(path),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

interface Member {
  name: string
  entry: Entry
}

async function listMembers(zip: ZipFile): Promise<Member[]> {
  const members: Member[] = []
  let count = 0
  try {
    for await (const entry of zip.eachEntry()) {
      count += 1
      if (count > MAX_MEMBERS) throw new AppError('upload.too_many_files', { most: MAX_FILES })
      const name = decodeName(entry)
      if (!name.endsWith('/') && !CLUTTER.test(name)) members.push({ name, entry })
    }
  } catch (cause) {
    throw cause instanceof AppError ? cause : new AppError('document.damaged', { cause })
  }
  return members
}

/** Marked as UTF-8 or not: most programs of today write it, and the others' letters are kept apart at least. */
function decodeName({ fileNameRaw }: Entry): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(fileNameRaw).replaceAll('\\', '/')
  } catch {
    return fileNameRaw.toString('latin1').replaceAll('\\', '/')
  }
}

function checkBounds(members: Member[], maxBytes: number): void {
  if (members.length === 0) throw new AppError('upload.empty')
  if (members.length > MAX_FILES) throw new AppError('upload.too_many_files', { most: MAX_FILES })
  const total = members.reduce((sum, { entry }) => sum + entry.uncompressedSize, 0)
  const limitBytes = maxBytes * MAX_TIMES_FILE
  if (total > limitBytes) throw new AppError('document.inflated_too_large', { limitBytes })
}

function present(zip: ZipFile, { name, entry }: Member, archiveName: string): PackedFile {
  return {
    fileName: placeName(name, archiveName),
    async open() {
      if (ARCHIVE.test(name)) throw new AppError('document.nested_archive')
      if (entry.isEncrypted()) throw new AppError('document.encrypted')
      const isBlownUp = entry.uncompressedSize > Math.max(RATIO_FROM_BYTES, entry.compressedSize * MAX_RATIO)
      if (isBlownUp) throw new AppError('document.inflated_too_large', { limitRatio: MAX_RATIO })
      return Readable.from(readMember(zip, entry))
    },
  }
}

/** Below the zip's own name, unless its folder is called so already: two courses may both have a `1.md`. */
function placeName(name: string, archiveName: string): string {
  const stem = archiveName.replace(/\.zip$/i, '')
  const folder = stem.slice(Math.max(stem.lastIndexOf('/'), stem.lastIndexOf('\\')) + 1)
  return name.startsWith(`${folder}/`) ? `${stem.slice(0, -folder.length)}${name}` : `${stem}/${name}`
}

/** Opened when it is read: an error of a stream that no one listens to yet would end the process. */
async function* readMember(zip: ZipFile, entry: Entry): AsyncGenerator<Buffer> {
  const stream = await asDamaged(zip.openReadStreamPromise(entry))
  try {
    for await (const piece of stream) yield Buffer.from(piece)
  } catch (cause) {
    throw new AppError('document.damaged', { cause })
  } finally {
    stream.destroy()
  }
}

async function asDamaged<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (cause) {
    throw new AppError('document.damaged', { cause })
  }
}
