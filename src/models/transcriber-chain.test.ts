import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { AppError } from '../errors.ts'
import { createLogger } from '../logger.ts'
import { type ModelStandIn, startModelStandIn } from '../testing/models/stand-in.ts'
import { findRefusedUrl } from '../testing/network/unreachable.ts'
import { type SampleFile, withFile } from '../testing/samples/documents.ts'
import { buildVoiceNote } from '../testing/samples/recordings.ts'
import { costOfRecording } from './prices.ts'
import { createTranscribeModels } from './transcribe-openai.ts'
import type { Recording } from './transcriber.ts'
import { createTranscriber } from './transcriber-chain.ts'

const WORDS = 'The call lasts fifty minutes. Bring water.'
const SECONDS = 30

const opened = new AsyncDisposableStack()
let [first, second]: ModelStandIn[] = []
let file: SampleFile
let refusedUrl: string

beforeAll(async () => {
  first = opened.use(await startModelStandIn())
  second = opened.use(await startModelStandIn())
  file = opened.use(await withFile('note.ogg', buildVoiceNote(WORDS, SECONDS)))
  refusedUrl = await findRefusedUrl()
})
beforeEach(() => {
  first?.listen({ kind: 'hear' })
  second?.listen({ kind: 'hear' })
})
afterAll(() => opened.disposeAsync())

function build(names: string[], openAiUrl = first?.openAiUrl ?? '') {
  const servers = {
    openai: { baseUrl: openAiUrl, apiKey: 'openai-key' },
    groq: { baseUrl: `${second?.openAiUrl}/`, apiKey: 'groq-key' },
  }
  const chain = createTranscriber(
    createTranscribeModels(names, servers),
    { concurrency: 2 },
    createLogger('silent'),
  )
  if (!chain) throw new Error('no chain')
  const recording: Recording = { path: file.path, mediaType: 'audio/ogg', sizeBytes: 1, seconds: undefined }
  return (timeoutMs = 3_000, signal = new AbortController().signal) =>
    chain.transcribe(recording, { timeoutMs, signal })
}

describe('a chain of models that listen', () => {
  it('gives the words, their times and what they cost', async () => {
    const transcribe = build(['openai:whisper-1'])

    const transcript = await transcribe()

    expect(transcript).toEqual({
      text: WORDS,
      seconds: SECONDS,
      segments: [
        { startMs: 0, endMs: 15_000, text: 'The call lasts fifty minutes.' },
        { startMs: 15_000, endMs: 30_000, text: 'Bring water.' },
      ],
      model: 'openai:whisper-1',
      costUsd: 0.003,
    })
  })

  it('asks models that know no times in the form they know', async () => {
    const transcribe = build(['openai:gpt-4o-mini-transcribe'])

    expect(await transcribe()).toMatchObject({ text: WORDS, segments: [], seconds: undefined })
    expect(first?.recordings.at(-1)).toMatchObject({ format: 'json', model: 'gpt-4o-mini-transcribe' })
  })

  it.each([
    ['is out of order', { kind: 'status', status: 503 }],
    ['answers what nobody can read', { kind: 'garbage' }],
    ['does not answer', { kind: 'hang' }],
    ['refuses the recording', { kind: 'status', status: 413 }],
  ] as const)('asks the next one when the first %s', async (_name, behaviour) => {
    first?.listen(behaviour)
    const transcribe = build(['openai:whisper-1', 'groq:whisper-large-v3'])

    expect(await transcribe(300)).toMatchObject({ text: WORDS, model: 'groq:whisper-large-v3' })
    expect(second?.recordings.at(-1)?.authorization).toBe('Bearer groq-key')
  })

  it('asks the next one when nobody is there', async () => {
    const transcribe = build(['openai:whisper-1', 'groq:whisper-large-v3'], refusedUrl)

    expect(await transcribe()).toMatchObject({ model: 'groq:whisper-large-v3' })
  })

  it('leaves a model alone that failed several times, but not one that was sent bad recordings', async () => {
    const transcribe = build(['openai:whisper-1'])
    const fail = () => transcribe().catch((error: unknown) => error)
    const asked = () => first?.recordings.length ?? 0

    first?.listen({ kind: 'status', status: 400 })
    for (let at = 0; at < 4; at++) await fail()
    const afterBad = asked()
    await fail()
    expect(asked()).toBe(afterBad + 1)

    first?.listen({ kind: 'status', status: 401 })
    for (let at = 0; at < 3; at++) await fail()
    const afterBroken = asked()
    expect(await fail()).toMatchObject({ code: 'model.overloaded' })
    expect(asked()).toBe(afterBroken)
  })

  it('ends with the caller', async () => {
    first?.listen({ kind: 'hang' })
    const ending = new AbortController()
    const transcribing = build(['openai:whisper-1', 'groq:whisper-large-v3'])(5_000, ending.signal)
    setTimeout(() => ending.abort(), 50)

    await expect(transcribing).rejects.toMatchObject({ code: 'model.aborted' })
  })

  it('is refused where it names what cannot listen', () => {
    expect(() => build(['ollama:llama3.1'])).toThrow(AppError)
  })
})

describe('costOfRecording', () => {
  it('knows a model by the beginning of its name, and no price for others', () => {
    expect(costOfRecording('groq:whisper-large-v3-turbo', 3_600)).toBeCloseTo(0.04)
    expect(costOfRecording('groq:whisper-large-v3', 3_600)).toBeCloseTo(0.111)
    expect(costOfRecording('openai:gpt-4o-mini-transcribe-2025-12-15', 60)).toBeCloseTo(0.003)
    expect(costOfRecording('openai:my-own-whisper', 60)).toBe(0)
  })
})
