import { setTimeout as sleep } from 'node:timers/promises'
import type { StandInAnswer } from '../stand-in-server.ts'

/** A file as a vendor's server hands it over. */
export interface SentFile {
  /** Whole; without them it comes as `trouble` says. */
  bytes?: Buffer
  /** Three gigabytes whose number is not told; a byte a second without an end; nothing but a status. */
  trouble?: 'huge' | 'trickle' | 'gone'
}

const HUGE_BYTES = 3 * 1024 ** 3
const PIECE = Buffer.alloc(64 * 1024, 1)
const TRICKLE_MS = 1_000

/** How a vendor answers who fetches it. */
export function handOver({ bytes, trouble }: SentFile): StandInAnswer {
  if (trouble === 'huge') return { status: 200, stream: pour() }
  if (trouble === 'trickle') return { status: 200, stream: trickle() }
  if (trouble === 'gone' || !bytes) return { status: 404, body: 'Not Found' }
  return { status: 200, stream: once(bytes) }
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes
}

async function* pour(): AsyncGenerator<Buffer> {
  for (let sent = 0; sent < HUGE_BYTES; sent += PIECE.length) yield PIECE
}

async function* trickle(): AsyncGenerator<Buffer> {
  for (;;) {
    yield PIECE.subarray(0, 1)
    await sleep(TRICKLE_MS)
  }
}
