import { crc32, deflateSync } from 'node:zlib'

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex')

/** Bit depth 8, shades of grey, and the only method there is of the rest. */
const GREY_8 = [8, 0, 0, 0, 0]

/** Fast before small: the picture goes to the next process and is forgotten. */
const LEVEL = 3

export interface GreyPicture {
  width: number
  height: number
  /** From one row's first byte to the next. */
  stride: number
  bytes: Uint8Array
}

/** A picture in shades of grey as PNG. */
export function encodePng({ width, height, stride, bytes }: GreyPicture): Buffer {
  const rows = Buffer.alloc((width + 1) * height)
  for (let y = 0; y < height; y += 1) {
    // Each row begins with its filter: 0, none.
    rows.set(bytes.subarray(y * stride, y * stride + width), y * (width + 1) + 1)
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set(GREY_8, 8)
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: LEVEL })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(content.length, 0)
  frame.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
}
