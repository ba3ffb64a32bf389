import { type FileHandle, open } from 'node:fs/promises'
import { RECORDING_HEAD_BYTES, type RecordingKind, sniffRecording } from './kind.ts'

/** A recording and how long it is by its own account; `seconds` is undefined where it does not tell. */
export interface MeasuredRecording {
  kind: RecordingKind
  sizeBytes: number
  seconds: number | undefined
}

/**
 * Looks what recording a file is; undefined when it is none. Reads some kilobytes of it, however large it is. What
 * a file says of its own length bounds no cost for good: it may lie, and is believed only to refuse early.
 */
export async function measureRecording(path: string): Promise<MeasuredRecording | undefined> {
  await using file = await open(path)
  const { size: sizeBytes } = await file.stat()
  const head = await readAt(file, 0, RECORDING_HEAD_BYTES)
  const kind = sniffRecording(head)
  if (!kind) return undefined
  const seconds = kind.measure && (await MEASURES[kind.measure](file, sizeBytes))
  const isPlausible = seconds !== undefined && Number.isFinite(seconds) && seconds > 0
  return { kind, sizeBytes, seconds: isPlausible ? seconds : undefined }
}

type Measure = (file: FileHandle, sizeBytes: number) => Promise<number | undefined>

const MEASURES: Record<NonNullable<RecordingKind['measure']>, Measure> = {
  ogg: measureOgg,
  mp4: measureMp4,
  wav: measureWav,
  mp3: measureMp3,
}

/** An Ogg page has at most 65,307 bytes, so the last of them begins within this. */
const OGG_TAIL_BYTES = 65_536
const OPUS_PER_SECOND = 48_000

/** The last page tells how many samples have been heard by its end. Opus counts 48,000 a second. */
async function measureOgg(file: FileHandle, sizeBytes: number): Promise<number | undefined> {
  const start = await readAt(file, 0, 256)
  const vorbis = start.indexOf('\u0001vorbis', 0, 'latin1')
  const perSecond = vorbis === -1 ? OPUS_PER_SECOND : start.readUInt32LE(vorbis + 12)
  const tail = await readAt(file, Math.max(0, sizeBytes - OGG_TAIL_BYTES), OGG_TAIL_BYTES)
  const page = tail.lastIndexOf('OggS')
  if (page === -1 || page + 14 > tail.length || perSecond === 0) return undefined
  return Number(tail.readBigUInt64LE(page + 6)) / perSecond
}

/** Boxes of the top level looked at: a file has half a dozen, a recording sent in pieces some more. */
const MAX_BOXES = 64

/** The header of the whole film stands in `moov`, at the beginning or behind everything. */
async function measureMp4(file: FileHandle, sizeBytes: number): Promise<number | undefined> {
  let at = 0
  for (let count = 0; count < MAX_BOXES && at + 16 <= sizeBytes; count += 1) {
    const box = await readAt(file, at, 16)
    const short = box.readUInt32BE(0)
    const size = short === 1 ? Number(box.readBigUInt64BE(8)) : short === 0 ? sizeBytes - at : short
    if (box.toString('latin1', 4, 8) === 'moov') return readMovieHeader(await readAt(file, at, 512))
    if (size < 8) return undefined
    at += size
  }
  return undefined
}

function readMovieHeader(moov: Buffer): number | undefined {
  const at = moov.indexOf('mvhd', 0, 'latin1') + 4
  if (at < 4 || at + 32 > moov.length) return undefined
  const isLong = moov[at] === 1
  const perSecond = moov.readUInt32BE(at + (isLong ? 20 : 12))
  const length = isLong ? Number(moov.readBigUInt64BE(at + 24)) : moov.readUInt32BE(at + 16)
  return perSecond === 0 ? undefined : length / perSecond
}

/** Bytes a second stand in the header. */
async function measureWav(file: FileHandle, sizeBytes: number): Promise<number | undefined> {
  const head = await readAt(file, 0, 64)
  const at = head.indexOf('fmt ', 0, 'latin1')
  if (at === -1 || at + 20 > head.length) return undefined
  const bytesPerSecond = head.readUInt32LE(at + 16)
  return bytesPerSecond === 0 ? undefined : sizeBytes / bytesPerSecond
}

/** Kilobits a second of layer III by index: of MPEG 1, and of MPEG 2 and 2.5. */
const BITRATES_1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
const BITRATES_2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]

/** By the first frame's bit rate: right where it is constant, an estimate where it is not. */
async function measureMp3(file: FileHandle, sizeBytes: number): Promise<number | undefined> {
  const head = await readAt(file, 0, 10)
  const tagBytes = head.toString('latin1', 0, 3) === 'ID3' ? 10 + readSyncsafe(head.subarray(6)) : 0
  const frame = await readAt(file, tagBytes, 4)
  if (frame.length < 4 || frame[0] !== 0xff) return undefined
  const isVersion1 = ((frame[1] ?? 0) & 0x18) === 0x18
  const kilobits = (isVersion1 ? BITRATES_1 : BITRATES_2)[(frame[2] ?? 0) >> 4]
  return kilobits ? ((sizeBytes - tagBytes) * 8) / (kilobits * 1000) : undefined
}

function readSyncsafe(bytes: Buffer): number {
  return [0, 1, 2, 3].reduce((sum, at) => (sum << 7) | ((bytes[at] ?? 0) & 0x7f), 0)
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position)
  return buffer.subarray(0, bytesRead)
}
