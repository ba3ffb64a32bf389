/** What is said in a sample stands between these, with its length: a stand-in that listens finds it there. */
const SPOKEN = /SAYS\[(\d+(?:\.\d+)?)\]:([\s\S]*?):SAYS/

const OPUS_PER_SECOND = 48_000

/** A voice note as messengers send it, Ogg with Opus: so long by its own account, with these words for a stand-in. */
export function buildVoiceNote(words: string, seconds = 4): Buffer {
  const said = Buffer.from(`OpusTags SAYS[${seconds}]:${words}:SAYS`)
  return Buffer.concat([
    oggPage(Buffer.from('OpusHead'), 0),
    oggPage(said, 0),
    oggPage(Buffer.alloc(200, 7), seconds * OPUS_PER_SECOND),
  ])
}

function oggPage(content: Buffer, samples: number): Buffer {
  const head = Buffer.alloc(27)
  head.write('OggS', 0, 'latin1')
  head.writeBigUInt64LE(BigInt(Math.round(samples)), 6)
  return Buffer.concat([head, content])
}

/** A film whose header says how long it is. */
export function buildFilm(words: string, seconds = 4): Buffer {
  const type = Buffer.concat([Buffer.from([0, 0, 0, 16]), Buffer.from('ftypisom\0\0\0\0', 'latin1')])
  const header = Buffer.alloc(108)
  header.writeUInt32BE(header.length, 0)
  header.write('mvhd', 4, 'latin1')
  header.writeUInt32BE(1_000, 20)
  header.writeUInt32BE(seconds * 1_000, 24)
  return Buffer.concat([
    type,
    box('moov', header),
    box('mdat', Buffer.from(`SAYS[${seconds}]:${words}:SAYS`)),
  ])
}

function box(name: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(content.length + 8, 0)
  head.write(name, 4, 'latin1')
  return Buffer.concat([head, content])
}

/** A picture with these words for a stand-in that sees. */
export function buildPhoto(words: string): Buffer {
  return Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.from(`SHOWS:${words}:SHOWS`)])
}

/** What is said in a sample; undefined in anything else. */
export function hearSample(bytes: Buffer): { words: string; seconds: number } | undefined {
  const [, seconds, words] = SPOKEN.exec(bytes.toString('utf8')) ?? []
  return words === undefined ? undefined : { words, seconds: Number(seconds) }
}

/** What is to be seen on a sample; '' on anything else. */
export function lookAtSample(bytes: Buffer): string {
  return /SHOWS:([\s\S]*?):SHOWS/.exec(bytes.toString('utf8'))?.[1] ?? ''
}
