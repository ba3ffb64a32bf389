import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { afterEach, describe, expect, it } from 'vitest'
import { createEmbedding, createRerank, type EmbeddingSettings } from './embeddings.ts'

const log = pino({ level: 'silent' })
const MODELS = `${process.env.SHARED_DIR ?? fileURLToPath(new URL('../../../shared', import.meta.url))}/models`
const hasWeights = existsSync(`${MODELS}/inhouse/static-en-256`)

const settings = (replace: Partial<EmbeddingSettings>): EmbeddingSettings => ({
  embed: 'none',
  rerank: 'none',
  openai: { baseUrl: 'http://127.0.0.1:9/v1' },
  ollama: { baseUrl: 'http://127.0.0.1:9' },
  ...replace,
})
const dot = (a: number[], b: number[]) => a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0)

describe('createEmbedding', () => {
  it('makes none of `none` and refuses names of another form', () => {
    expect(createEmbedding(settings({}), log)).toBeUndefined()
    expect(createRerank(settings({}), log)).toBeUndefined()
    for (const embed of ['', 'local:../../etc/passwd', 'local:no-slash', 'magic:model', 'openai:']) {
      expect(() => createEmbedding(settings({ embed }), log)).toThrowError(
        expect.objectContaining({ code: 'model.unknown' }),
      )
    }
    expect(() => createRerank(settings({ rerank: 'openai:x' }), log)).toThrowError(
      expect.objectContaining({ code: 'model.unknown' }),
    )
  })
})

describe.skipIf(!hasWeights)('local weights (needs ../shared/models)', () => {
  const local = settings({ embed: 'local:inhouse/static-en-256', modelsDir: MODELS })

  it('places a question near the passage that answers it, whatever the batch', async () => {
    await using embedding = createEmbedding(local, log)
    const passages = Array.from({ length: 40 }, (_, i) =>
      `Invoice ${i} is due at the end of the month. `.repeat(i + 1),
    )
    passages[17] = 'Short naps in the afternoon help you sleep at night.'

    const vectors = (await embedding?.embedPassages(passages)) ?? []
    const question = (await embedding?.embedQuestion('Are naps bad for sleep?')) ?? []

    expect(vectors).toHaveLength(40)
    for (const vector of [...vectors, question]) expect(dot(vector, vector)).toBeCloseTo(1, 4)
    const similarities = vectors.map((vector) => dot(vector, question))
    expect(similarities.indexOf(Math.max(...similarities))).toBe(17)
    expect(embedding?.status()).toBe('ready')
  })

  it('tells how much of a question its vocabulary knows', async () => {
    await using embedding = createEmbedding(local, log)

    expect(await embedding?.measureKnown?.('Wie lange darf ein Mittagsschlaf dauern?')).toBe(1)
    expect(await embedding?.measureKnown?.('Сколько должен длиться дневной сон?')).toBeLessThan(0.5)
  })

  it('lets a question pass before a long batch', async () => {
    await using embedding = createEmbedding(local, log)
    await embedding?.embedQuestion('warm')
    let isBatchDone = false
    const batch = embedding?.embedPassages(Array(400).fill('word '.repeat(300))).then(() => {
      isBatchDone = true
    })

    await embedding?.embedQuestion('Am I heard?')

    expect(isBatchDone).toBe(false)
    await batch
  })

  it('says unavailable for weights of another kind, at once from then on', async () => {
    await using rerank = createRerank(
      settings({ rerank: 'local:static-en-256/onnx', modelsDir: `${MODELS}/inhouse` }),
      log,
    )
    const ask = () => rerank?.rerank('naps?', ['Short naps.'])

    await expect(ask()).rejects.toMatchObject({ code: 'embedding.unavailable' })
    const started = performance.now()
    await expect(ask()).rejects.toMatchObject({ code: 'embedding.unavailable' })
    expect(performance.now() - started).toBeLessThan(50)
  })
})

describe('remote embeddings', () => {
  let server: Server
  afterEach(() => {
    server.close()
    server.closeAllConnections()
  })

  async function listen(answer: (input: string[]) => unknown, status = 200): Promise<string> {
    server = createServer(async (req, res) => {
      const parts: Buffer[] = []
      for await (const part of req) parts.push(Buffer.from(part))
      const body: { input: string | string[] } = JSON.parse(Buffer.concat(parts).toString())
      res.writeHead(status, { 'content-type': 'application/json' })
      res.end(JSON.stringify(answer([body.input].flat())))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  }
  const vectorOf = (text: string) => [text.length, 3, 4]

  it('asks an OpenAI-compatible server in batches and scales to length 1', async () => {
    const baseUrl = await listen((input) => ({
      object: 'list',
      model: 'm',
      data: input.map((text, index) => ({ object: 'embedding', index, embedding: vectorOf(text) })),
      usage: { prompt_tokens: 1, total_tokens: 1 },
    }))
    const embedding = createEmbedding(
      settings({ embed: 'openai:m', openai: { baseUrl: `${baseUrl}/v1` } }),
      log,
    )

    const vectors =
      (await embedding?.embedPassages(Array.from({ length: 130 }, () => ''.padEnd(12, 'x')))) ?? []

    expect(vectors).toHaveLength(130)
    expect(vectors[129]).toEqual([12 / 13, 3 / 13, 4 / 13])
  })

  it('asks Ollama', async () => {
    const baseUrl = await listen((input) => ({ model: 'm', embeddings: input.map(vectorOf) }))
    const embedding = createEmbedding(settings({ embed: 'ollama:m', ollama: { baseUrl } }), log)

    expect(await embedding?.embedQuestion('')).toEqual([0, 3 / 5, 4 / 5])
  })

  it('says unavailable for a server that refuses, and keeps its words to itself', async () => {
    const baseUrl = await listen(() => ({ error: { message: 'bad key sk-secret' } }), 401)
    const embedding = createEmbedding(settings({ embed: 'openai:m', openai: { baseUrl } }), log)

    const failure = await embedding?.embedQuestion('x').catch((error: unknown) => error)

    expect(failure).toMatchObject({ code: 'embedding.unavailable' })
    expect(JSON.stringify(failure)).not.toContain('sk-secret')
  })
})
