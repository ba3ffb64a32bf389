import { createWriteStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** How much may come, and what is said of more. */
export interface ByteBound {
  maxBytes: number
  tooLarge(limitBytes: number): Error
}

/**
 * The pieces of a stream as they come.
 *
 * @throws what `tooLarge` makes, in the place of the piece that goes beyond the bound.
 */
export async function* withinBytes<Piece extends Uint8Array>(
  pieces: AsyncIterable<Piece>,
  { maxBytes, tooLarge }: ByteBound,
): AsyncGenerator<Piece> {
  let bytes = 0
  for await (const piece of pieces) {
    bytes += piece.length
    if (bytes > maxBytes) throw tooLarge(maxBytes)
    yield piece
  }
}

/**
 * Writes a stream to a new file that only this account of the machine reads.
 *
 * @throws what `tooLarge` makes; what the source or the disk fails with. The file is then not whole.
 */
export async function keepWithinBytes(source: Readable, path: string, bound: ByteBound): Promise<void> {
  await pipeline(
    source,
    (pieces: AsyncIterable<Buffer>) => withinBytes(pieces, bound),
    createWriteStream(path, { flags: 'wx', mode: 0o600 }),
  )
}
