import { createServer } from 'node:net'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createLogger } from '../logger.ts'
import { type ModelStandIn, type StandInBehaviour, startModelStandIn } from '../testing/models/stand-in.ts'
import { buildPhoto } from '../testing/samples/recordings.ts'
import { HAS_SPECS, readSpec } from '../testing/vendor-spec.ts'
import { detectOllama } from './detect-ollama.ts'
import { createChatModels } from './langchain.ts'
import type { ChatModel, ModelChunk } from './model.ts'
import { seesPictures } from './seeing.ts'

const KEY = 'sk-canary-0123456789abcdef'
const SECRET = 'words that nobody may log {like} {{these}}'
const PROVIDERS = ['openai', 'ollama'] as const

function openModel(name: string, { url, openAiUrl }: Pick<ModelStandIn, 'url' | 'openAiUrl'>): ChatModel {
  const settings = {
    openai: { apiKey: KEY, baseUrl: openAiUrl },
    ollama: { baseUrl: url, contextTokens: 2048 },
    apiKeys: {},
    contextTokens: 16_000,
  }
  const [model] = createChatModels([name], settings, createLogger('silent'))
  if (!model) throw new Error('no model')
  return model
}

async function collect(model: ChatModel, signal = new AbortController().signal): Promise<ModelChunk[]> {
  const messages = [
    { role: 'system' as const, content: 'Be brief.' },
    { role: 'user' as const, content: SECRET },
  ]
  return Array.fromAsync(model.stream({ messages, maxOutputTokens: 77, signal }))
}

/** A port on which nothing listens. */
async function findClosedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

describe.each(PROVIDERS)('createChatModels with %s', (provider) => {
  it('streams the text, the usage and the end', async () => {
    await using server = await startModelStandIn({
      behaviour: { kind: 'say', text: 'Good morning to you' },
      wordDelayMs: 1,
    })
    const chunks = await collect(openModel(`${provider}:small`, server))

    const text = chunks.flatMap((chunk) => (chunk.kind === 'text' ? [chunk.text] : []))
    expect(text).toEqual(['Good ', 'morning ', 'to ', 'you'])
    expect(chunks.slice(-2)).toEqual([
      { kind: 'usage', usage: { inputTokens: 14, outputTokens: 5, isEstimated: false } },
      { kind: 'end', reason: 'stop' },
    ])
    expect(server.calls[0]?.body.messages.at(-1)?.content).toBe(SECRET)
  })

  it.each<[string, StandInBehaviour, string]>([
    ['a server error', { kind: 'status', status: 500 }, 'model.overloaded'],
    ['a full queue', { kind: 'status', status: 503 }, 'model.overloaded'],
    ['a rate limit', { kind: 'status', status: 429, code: 'rate_limit_exceeded' }, 'model.rate_limited'],
    ['a bad key', { kind: 'status', status: 401 }, 'model.rejected'],
    ['an unknown model', { kind: 'status', status: 404 }, 'model.rejected'],
    ['unreadable words', { kind: 'garbage' }, 'model.garbled'],
    ['no words', { kind: 'empty' }, 'model.garbled'],
    ['an error halfway', { kind: 'stream-error' }, 'model.overloaded'],
  ])('tells %s', async (_, behaviour, code) => {
    await using server = await startModelStandIn({ behaviour })

    await expect(collect(openModel(`${provider}:small`, server))).rejects.toMatchObject({ code })
  })

  it('tells a stream that breaks off', async () => {
    await using server = await startModelStandIn({ behaviour: { kind: 'cut', afterWords: 1 } })
    const outcome = collect(openModel(`${provider}:small`, server))

    await expect(outcome).rejects.toMatchObject({
      code: expect.stringMatching(/^model\.(unreachable|garbled)$/),
    })
  })

  it('tells a server that is not there', async () => {
    const url = `http://127.0.0.1:${await findClosedPort()}`
    const outcome = collect(openModel(`${provider}:small`, { url, openAiUrl: `${url}/v1` }))

    await expect(outcome).rejects.toMatchObject({ code: 'model.unreachable' })
  })

  it('ends a call that hangs when the signal says so', async () => {
    await using server = await startModelStandIn({ behaviour: { kind: 'hang' } })
    const reader = new AbortController()
    const outcome = collect(openModel(`${provider}:small`, server), reader.signal)
    await expect.poll(() => server.calls.length).toBe(1)
    reader.abort()

    await expect(outcome).rejects.toMatchObject({ code: 'model.aborted' })
  })

  it('keeps the key and the prompt out of its errors', async () => {
    await using server = await startModelStandIn({
      behaviour: { kind: 'status', status: 401, code: `${KEY.slice(0, 2)}` },
    })
    const error: unknown = await collect(openModel(`${provider}:small`, server)).catch(
      (reason: unknown) => reason,
    )

    const told = JSON.stringify(error, Object.getOwnPropertyNames(error)) + JSON.stringify(error)
    expect(told).toContain('model.rejected')
    expect(told).not.toContain(KEY)
    expect(told).not.toContain('nobody may log')
  })
})

describe('createChatModels', () => {
  it('reads an exhausted quota as refused, not as a rate limit', async () => {
    await using server = await startModelStandIn({
      behaviour: { kind: 'status', status: 429, code: 'insufficient_quota' },
    })

    await expect(collect(openModel('openai:small', server))).rejects.toMatchObject({ code: 'model.rejected' })
  })

  it('sends the length limit under the name each kind of model takes', async () => {
    await using server = await startModelStandIn({ behaviour: { kind: 'say', text: 'yes' } })
    await collect(openModel('openai:mistral-small', server))
    await collect(openModel('openai:o3-mini', server))

    expect(server.calls[0]?.body).toMatchObject({ max_tokens: 77, stream_options: { include_usage: true } })
    expect(server.calls[0]?.body.max_completion_tokens).toBeUndefined()
    expect(server.calls[1]?.body.max_completion_tokens).toBeGreaterThanOrEqual(77)
    expect(server.calls[1]?.body.max_tokens).toBeUndefined()
    expect(server.calls[0]?.authorization).toBe(`Bearer ${KEY}`)
  })

  it('sets the context length of Ollama on every call', async () => {
    await using server = await startModelStandIn({ behaviour: { kind: 'say', text: 'yes' } })
    await collect(openModel('ollama:llama3.1:8b', server))

    expect(server.calls[0]?.body).toMatchObject({
      model: 'llama3.1:8b',
      options: { num_ctx: 2048, num_predict: 77 },
      keep_alive: '30m',
    })
  })

  it.each(['gpt-4o', 'openai:', ':x', 'nobody:model', 'anthropic:claude'])('refuses the name %s', (name) => {
    expect(() => openModel(name, { url: 'http://x', openAiUrl: 'http://x' })).toThrow(
      expect.objectContaining({ code: 'model.unknown' }),
    )
  })
})

describe('seesPictures', () => {
  it.each([
    ['openai:gpt-4o-mini', true],
    ['openai:gpt-3.5-turbo', false],
    ['openai:o3-mini', false],
    ['ollama:llama3.1', false],
    ['ollama:gemma3:4b', true],
    ['ollama:gemma3:1b', false],
    ['anthropic:claude-haiku-4-5', true],
  ])('knows %s by its name', (name, sees) => {
    expect(seesPictures(name, [])).toBe(sees)
  })

  it('believes the operator where they have said which', () => {
    expect(seesPictures('openai:my-own', ['openai:my-'])).toBe(true)
    expect(seesPictures('openai:gpt-4o', ['openai:my-'])).toBe(false)
  })
})

describe('detectOllama', () => {
  it('finds the first model that can chat', async () => {
    await using server = await startModelStandIn({ models: ['nomic-embed-text', 'llama3.1:8b'] })

    expect(await detectOllama(server.url)).toBe('ollama:llama3.1:8b')
  })

  it('finds nothing where no server answers', async () => {
    expect(await detectOllama(`http://127.0.0.1:${await findClosedPort()}`)).toBeUndefined()
  })
})

// The specifications lie beside the repository, not in it.
describe.skipIf(!HAS_SPECS)('the calls and the stand-in (skipped without ../shared/specs)', () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  addFormats.default(ajv)
  if (HAS_SPECS) {
    ajv.addSchema(z.looseObject({}).parse(readSpec('openai/openai-2.3.0.subset.openapi.json')), 'openai')
    ajv.addSchema(z.looseObject({}).parse(readSpec('ollama/ollama.openapi.json')), 'ollama')
  }

  function check(spec: string, schema: string, value: unknown): string {
    const validate = ajv.getSchema(`${spec}#/components/schemas/${schema}`)
    if (!validate) throw new Error(`${spec} does not define ${schema}`)
    return validate(value) ? 'valid' : ajv.errorsText(validate.errors)
  }

  async function post(url: string, body: object): Promise<string> {
    const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) })
    return response.text()
  }

  it('send what the vendors document', async () => {
    await using server = await startModelStandIn({ behaviour: { kind: 'say', text: 'yes' } })
    await collect(openModel('openai:gpt-4o', server))
    await collect(openModel('ollama:llama3.1', server))

    expect(check('openai', 'CreateChatCompletionRequest', server.calls[0]?.body)).toBe('valid')
    expect(check('ollama', 'ChatRequest', server.calls[1]?.body)).toBe('valid')
  })

  it.each([
    ['openai:gpt-4o', 'openai', 'CreateChatCompletionRequest'],
    ['ollama:llava', 'ollama', 'ChatRequest'],
  ])('send a picture to %s as it is documented', async (name, spec, schema) => {
    await using server = await startModelStandIn({ behaviour: { kind: 'answer' } })
    const base64 = buildPhoto('A cracked heel.').toString('base64')
    const picture = { mediaType: 'image/jpeg', base64 } as const
    const messages = [{ role: 'user' as const, content: 'What is this?', picture }]
    const signal = new AbortController().signal

    const chunks = await Array.fromAsync(
      openModel(name, server).stream({ messages, maxOutputTokens: 77, signal }),
    )

    expect(chunks).toContainEqual({ kind: 'text', text: 'A cracked heel.' })
    expect(check(spec, schema, server.calls[0]?.raw)).toBe('valid')
    const sent = server.calls[0]?.body.messages ?? []
    expect(sent.at(-1)?.content).toBe('What is this?')
    expect(sent.flatMap((message) => message.pictures ?? [])).toEqual([base64])
  })

  it('answers as OpenAI does', async () => {
    await using server = await startModelStandIn({ behaviour: { kind: 'say', text: 'Good day' } })
    const call = {
      model: 'm',
      messages: [{ role: 'user', content: 'Hi' }],
      stream_options: { include_usage: true },
    }
    const whole = await post(`${server.openAiUrl}/chat/completions`, call)
    const streamed = await post(`${server.openAiUrl}/chat/completions`, { ...call, stream: true })
    const models = await (await fetch(`${server.openAiUrl}/models`)).json()
    const embeddings = await post(`${server.openAiUrl}/embeddings`, { model: 'm', input: ['a b', 'b a'] })

    expect(check('openai', 'CreateChatCompletionResponse', JSON.parse(whole))).toBe('valid')
    const events = streamed.match(/(?<=^data: )\{.*$/gm) ?? []
    expect(events.length).toBeGreaterThan(2)
    for (const event of events) {
      expect(check('openai', 'CreateChatCompletionStreamResponse', JSON.parse(event))).toBe('valid')
    }
    expect(check('openai', 'ListModelsResponse', models)).toBe('valid')
    expect(check('openai', 'CreateEmbeddingResponse', JSON.parse(embeddings))).toBe('valid')
  })

  it('answers as Ollama does', async () => {
    await using server = await startModelStandIn({ behaviour: { kind: 'say', text: 'Good day' } })
    const call = { model: 'm', messages: [{ role: 'user', content: 'Hi' }] }
    const streamed = await post(`${server.url}/api/chat`, call)
    const whole = await post(`${server.url}/api/chat`, { ...call, stream: false })
    const embedded = await post(`${server.url}/api/embed`, { model: 'm', input: 'a b' })
    const tags = await (await fetch(`${server.url}/api/tags`)).json()

    for (const line of streamed.trim().split('\n')) {
      expect(check('ollama', 'ChatStreamEvent', JSON.parse(line))).toBe('valid')
    }
    expect(check('ollama', 'ChatResponse', JSON.parse(whole))).toBe('valid')
    expect(check('ollama', 'EmbedResponse', JSON.parse(embedded))).toBe('valid')
    expect(check('ollama', 'ListResponse', tags)).toBe('valid')
  })
})
