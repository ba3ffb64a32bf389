import { open } from 'node:fs/promises'
import { AppError } from '../../errors.ts'

/** What chats take as a photo: the smallest of the vendors' limits. */
export const MAX_PHOTO_BYTES = 5 * 1024 * 1024
/** Telegram takes 10,000 pixels of width and height together. */
const MAX_SIDE = 5_000
/** Of the longer side to the shorter. */
const MAX_RATIO = 20

/** Sizes stand far before this in any photo; what a camera puts before them is skipped, not read. */
const HEAD_BYTES = 256 * 1024

export type PhotoType = 'image/jpeg' | 'image/png'

/**
 * What a stored file is, by its bytes and not by its name.
 *
 * @throws {AppError} `product.photo_unusable` unless it is a JPEG or PNG of a size that chats show.
 */
export async function readPhotoType(path: string): Promise<PhotoType> {
  await using file = await open(path, 'r')
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
  const head = buffer.subarray(0, bytesRead)
  const found = readPng(head) ?? readJpeg(head)
  if (!found || !isShowable(found)) throw new AppError('product.photo_unusable')
  return found.type
}

interface Found {
  type: PhotoType
  width: number
  height: number
}

const PNG_HEAD = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')

function readPng(head: Buffer): Found | undefined {
  if (head.length < 24 || !head.subarray(0, PNG_HEAD.length).equals(PNG_HEAD)) return undefined
  return { type: 'image/png', width: head.readUInt32BE(16), height: head.readUInt32BE(20) }
}

const SEGMENT_MARK = 0xff
const START_OF_IMAGE = 0xd8
const START_OF_SCAN = 0xda
/** The frames that hold a size: all but the tables of the same range. */
const FRAMES = new Set([0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf])

function readJpeg(head: Buffer): Found | undefined {
  if (head[0] !== SEGMENT_MARK || head[1] !== START_OF_IMAGE) return undefined
  let at = 2
  while (at + 9 <= head.length && head[at] === SEGMENT_MARK) {
    const kind = head[at + 1] ?? 0
    // Marks may be padded by further ones.
    if (kind === SEGMENT_MARK) at += 1
    else if (FRAMES.has(kind)) {
      return { type: 'image/jpeg', height: head.readUInt16BE(at + 5), width: head.readUInt16BE(at + 7) }
    } else if (kind === START_OF_SCAN) return undefined
    else at += 2 + head.readUInt16BE(at + 2)
  }
  return undefined
}

function isShowable({ width, height }: Found): boolean {
  const [short, long] = [Math.min(width, height), Math.max(width, height)]
  return short > 0 && long <= MAX_SIDE && long <= short * MAX_RATIO
}
