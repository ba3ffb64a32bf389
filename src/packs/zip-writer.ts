import { crc32 } from 'node:zlib'
import { AppError } from '../errors.ts'

/** A file to put into a zip. */
export interface ZipEntry {
  /** Path inside the zip, with `/` between folders. */
  name: string
  /** Undefined where it is gone by the time it is wanted: it is left out. */
  open(): Promise<ZipSource | undefined>
}

/** It is read twice: once to be measured, once to be written. */
export interface ZipSource {
  read(): Iterable<Buffer> | AsyncIterable<Buffer>
  close?(): Promise<void>
}

/** Signatures and sizes of the format (PKWARE APPNOTE 4.3.7, 4.3.12, 4.3.16). */
const LOCAL_HEADER = 0x04034b50
const DIRECTORY_HEADER = 0x02014b50
const DIRECTORY_END = 0x06054b50

/** Where the plain format ends: beyond it every reader would have to know its 64-bit extension. */
const MAX_BYTES = 0xffff_ffff
const MAX_ENTRIES = 0xffff

/** Names are UTF-8. */
const FLAGS = 0x0800
const VERSION = 20
/** 1 January 1980, the first day the format knows: the same files make the same zip. */
const DATE = 0x0021

interface Written extends Measure {
  name: Buffer
  offset: number
}

interface Measure {
  crc: number
  sizeBytes: number
}

/**
 * Writes a zip of files as they are, not packed: documents mostly are so already, and every program reads it.
 * Memory does not grow with the files.
 *
 * @throws {AppError} `pack.too_large` past 4 GiB or 65,535 files, before the file that is too much is written.
 */
export async function* writeZip(entries: readonly ZipEntry[]): AsyncGenerator<Buffer> {
  if (entries.length > MAX_ENTRIES) throw new AppError('pack.too_large', { most: MAX_ENTRIES })
  const written: Written[] = []
  let offset = 0
  for (const entry of entries) {
    const source = await entry.open()
    if (!source) continue
    try {
      const name = Buffer.from(entry.name)
      const measure = await measureSource(source)
      const header = Buffer.concat([presentLocalHeader(name, measure), name])
      if (offset + header.length + measure.sizeBytes > MAX_BYTES) throw new AppError('pack.too_large')
      written.push({ name, offset, ...measure })
      offset += header.length + measure.sizeBytes
      yield header
      yield* pour(entry.name, source, measure)
    } finally {
      await source.close?.()
    }
  }
  const directory = Buffer.concat(written.flatMap((entry) => [presentDirectoryHeader(entry), entry.name]))
  if (offset + directory.length > MAX_BYTES) throw new AppError('pack.too_large')
  yield directory
  yield presentEnd({ count: written.length, sizeBytes: directory.length, offset })
}

async function measureSource(source: ZipSource): Promise<Measure> {
  const measure: Measure = { crc: 0, sizeBytes: 0 }
  for await (const piece of source.read()) {
    measure.crc = crc32(piece, measure.crc)
    measure.sizeBytes += piece.length
  }
  return measure
}

/** What was announced is what has to come: a file that changed meanwhile would break the whole zip. */
async function* pour(name: string, source: ZipSource, { crc, sizeBytes }: Measure): AsyncGenerator<Buffer> {
  const measure: Measure = { crc: 0, sizeBytes: 0 }
  for await (const piece of source.read()) {
    measure.crc = crc32(piece, measure.crc)
    measure.sizeBytes += piece.length
    if (measure.sizeBytes > sizeBytes) throw new AppError('file.missing', { name })
    yield piece
  }
  if (measure.crc !== crc) throw new AppError('file.missing', { name })
}

function presentLocalHeader(name: Buffer, measure: Measure): Buffer {
  return present([[LOCAL_HEADER, 4], ...presentCommon(name, measure)])
}

function presentDirectoryHeader({ name, offset, ...measure }: Written): Buffer {
  return present([
    [DIRECTORY_HEADER, 4],
    [VERSION, 2],
    ...presentCommon(name, measure),
    // No comment, first disk, no attributes.
    [0, 2],
    [0, 2],
    [0, 2],
    [0, 4],
    [offset, 4],
  ])
}

/** What both headers of a file say: version, flags, stored as it is, time, date, checksum, sizes, name, no extra. */
function presentCommon(name: Buffer, { crc, sizeBytes }: Measure): [number, 2 | 4][] {
  return [
    [VERSION, 2],
    [FLAGS, 2],
    [0, 2],
    [0, 2],
    [DATE, 2],
    [crc, 4],
    [sizeBytes, 4],
    [sizeBytes, 4],
    [name.length, 2],
    [0, 2],
  ]
}

function presentEnd({
  count,
  sizeBytes,
  offset,
}: {
  count: number
  sizeBytes: number
  offset: number
}): Buffer {
  return present([
    [DIRECTORY_END, 4],
    [0, 2],
    [0, 2],
    [count, 2],
    [count, 2],
    [sizeBytes, 4],
    [offset, 4],
    [0, 2],
  ])
}

/** Unsigned numbers of 2 or 4 bytes, little-endian, one after the other. */
function present(fields: [value: number, bytes: 2 | 4][]): Buffer {
  const buffer = Buffer.alloc(fields.reduce((sum, [, bytes]) => sum + bytes, 0))
  let at = 0
  for (const [value, bytes] of fields) at = buffer.writeUIntLE(value, at, bytes)
  return buffer
}
