import { describe, expect, it } from 'vitest'
import { createExtractor } from '../extraction/extractor.ts'
import { createLogger } from '../logger.ts'
import type { Recording, Transcriber } from '../models/transcriber.ts'
import { buildBotSettings } from '../testing/builders/bot.ts'
import { buildConnection } from '../testing/builders/connection.ts'
import { createFakeChannel } from '../testing/fake-channel.ts'
import { buildPdf, pdfText } from '../testing/samples/documents.ts'
import { buildVoiceNote } from '../testing/samples/recordings.ts'
import type { MediaEvent } from './attachment.ts'
import { createAttachments, type SentFile } from './attachments.ts'

const WORDS = 'What helps against stage fright?'

/** People's files come from memory; whoever listens writes down the same words and notes what it got. */
function open(bytes: Buffer) {
  const listened: Recording[] = []
  const transcriber: Transcriber = {
    names: ['openai:whisper-1'],
    async transcribe(recording) {
      listened.push(recording)
      return { text: WORDS, segments: [], seconds: recording.seconds, model: 'openai:whisper-1', costUsd: 0 }
    },
  }
  const { channel: bare } = createFakeChannel()
  const body = (async function* () {
    yield bytes
  })()
  const channel = { ...bare, openAttachment: async () => ({ mediaType: undefined, body }) }
  const connection = buildConnection({ channel: 'telegram', externalId: '1' })
  const extractor = createExtractor({ maxChildren: 1, idleMs: 1 })
  const attachments = createAttachments({
    channels: { telegram: channel, whatsapp: channel, web: channel },
    connections: { find: async () => connection },
    transcriber,
    extractor,
    settings: { maxBytes: 1_000_000, timeoutMs: 5_000, maxSeconds: 600, transcribeTimeoutMs: 5_000 },
    log: createLogger('silent'),
  })
  return { attachments, listened, [Symbol.asyncDispose]: () => extractor.close() }
}

function sent(event: Partial<MediaEvent>): SentFile {
  return {
    bot: { id: 'b', creatorId: 'c', slug: 'bot', knowledgeBaseId: 'k', settings: buildBotSettings() },
    channel: 'telegram',
    event: { kind: 'media', messageId: '1', media: 'voice', fileId: 'f', ...event },
    signal: new AbortController().signal,
  }
}

describe('what people send', () => {
  it('is not written down where the budget does not pay for it', async () => {
    await using scene = open(buildVoiceNote(WORDS, 120))
    const listening = scene.attachments.listen(sent({}), 0.011)

    await expect(listening).rejects.toMatchObject({ code: 'model.too_dear' })
    expect(scene.listened).toEqual([])
  })

  it('is written down by its content, whatever the channel calls it', async () => {
    await using scene = open(buildVoiceNote(WORDS, 12))

    const heard = await scene.attachments.listen(sent({ media: 'video', mediaType: 'video/mp4' }), 0.0121)

    expect(heard).toEqual({ text: WORDS, model: 'openai:whisper-1', costUsd: 0, seconds: 12 })
    expect(scene.listened).toEqual([expect.objectContaining({ mediaType: 'audio/ogg', seconds: 12 })])
  })

  it('is no recording, no picture and no document where its bytes say so', async () => {
    for (const sense of ['listen', 'look'] as const) {
      await using scene = open(Buffer.from('just a text'))
      await expect(scene.attachments[sense](sent({}))).rejects.toMatchObject({
        code: 'attachment.unreadable',
      })
    }
    await using scene = open(Buffer.from([0, 1, 2, 3]))
    await expect(scene.attachments.read(sent({ media: 'document' }))).rejects.toMatchObject({
      code: 'document.unsupported_type',
    })
  })

  it('is read of a PDF, by its beginning', async () => {
    const page = { content: pdfText(['My week: three runs and a swim.']) }
    await using scene = open(buildPdf(Array.from({ length: 2 }, () => page)))

    const { name, text } = await scene.attachments.read(sent({ media: 'document', fileName: 'week.pdf' }))

    expect(name).toBe('week.pdf')
    expect(text).toContain('My week: three runs and a swim.')
  })

  it('of more than the channel may bring is not even fetched', async () => {
    await using scene = open(buildVoiceNote(WORDS))

    await expect(scene.attachments.listen(sent({ sizeBytes: 1_000_001 }))).rejects.toMatchObject({
      code: 'attachment.too_large',
    })
  })
})
