import { describe, expect, it } from 'vitest'
import { withFile } from '../../testing/samples/documents.ts'
import { buildFilm, buildPhoto, buildVoiceNote } from '../../testing/samples/recordings.ts'
import { measureRecording } from './length.ts'

async function measure(content: Buffer) {
  await using file = await withFile('recording', content)
  return measureRecording(file.path)
}

/** Two seconds of silence, 8,000 bytes a second. */
function buildWav(): Buffer {
  const head = Buffer.alloc(44)
  head.write('RIFF', 0, 'latin1')
  head.write('WAVEfmt ', 8, 'latin1')
  head.writeUInt32LE(8_000, 28)
  return Buffer.concat([head, Buffer.alloc(16_000)])
}

/** 128 kilobits a second behind a tag of 1,000 bytes. */
function buildMp3(bytes: number): Buffer {
  const tag = Buffer.concat([Buffer.from('ID3\u0004\u0000\u0000', 'latin1'), Buffer.from([0, 0, 7, 104])])
  return Buffer.concat([
    tag,
    Buffer.alloc(1_000),
    Buffer.from([0xff, 0xfb, 0x90, 0x00]),
    Buffer.alloc(bytes - 4),
  ])
}

describe('measureRecording', () => {
  it.each([
    ['a voice note', buildVoiceNote('Hello', 75), 'audio/ogg', 75],
    ['a film', buildFilm('Hello', 32), 'video/mp4', 32],
    ['uncompressed sound', buildWav(), 'audio/wav', 2],
    ['MP3 behind a tag', buildMp3(160_000), 'audio/mpeg', 10],
  ])('tells the kind and the length of %s', async (_name, content, mediaType, seconds) => {
    const measured = await measure(content)

    expect(measured?.kind.mediaType).toBe(mediaType)
    expect(measured?.seconds).toBeCloseTo(seconds, 1)
    expect(measured?.sizeBytes).toBe(content.length)
  })

  it.each([
    ['a picture', buildPhoto('a cat')],
    ['a text', Buffer.from('Ogg is how this text begins.')],
    ['UTF-16', Buffer.from('\ufeffHello', 'utf16le')],
    ['a PDF', Buffer.from('%PDF-1.7')],
    ['nothing', Buffer.alloc(0)],
    ['a picture in the container of films', Buffer.from('\0\0\0\u0018ftypheic\0\0\0\0', 'latin1')],
  ])('takes %s for no recording', async (_name, content) => {
    expect(await measure(content)).toBeUndefined()
  })

  it.each([
    ['Ogg that ends within its page', Buffer.from('OggS\0\0\0')],
    [
      'a film whose boxes lead nowhere',
      Buffer.from('\0\0\0\u0010ftypisom\0\0\0\0\0\0\0\u0004free\0\0\0\0\0\0\0\0', 'latin1'),
    ],
    ['MP3 that is all tag', Buffer.from('ID3\u0004\0\0\u007f\u007f\u007f\u007f', 'latin1')],
    ['sound without a head', Buffer.from('RIFF\0\0\0\0WAVE', 'latin1')],
  ])('does not know the length of %s', async (_name, content) => {
    expect(await measure(content)).toMatchObject({ seconds: undefined })
  })
})
