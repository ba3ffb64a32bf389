import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { AppError, type ErrorCode } from '../errors.ts'
import { createLogger } from '../logger.ts'
import type { ChainChunk, ChatModel, ModelChain, ModelChunk, ModelRequest } from './model.ts'
import { createModelChain } from './model-chain.ts'

const SETTINGS = { firstTokenTimeoutMs: 60, totalTimeoutMs: 200, concurrency: 4 }
const log = createLogger('silent')

type Script = (request: ModelRequest, call: number) => AsyncGenerator<ModelChunk>

function buildModel(name: string, script: Script): ChatModel & { calls: number } {
  const model = {
    name,
    contextTokens: 4096,
    calls: 0,
    stream: (request: ModelRequest) => {
      model.calls += 1
      return script(request, model.calls)
    },
  }
  return model
}

const says = (text: string): Script =>
  async function* () {
    yield { kind: 'text', text }
    yield { kind: 'usage', usage: { inputTokens: 10, outputTokens: 5, isEstimated: false } }
    yield { kind: 'end', reason: 'stop' }
  }

const fails = (code: ErrorCode): Script =>
  // biome-ignore lint/correctness/useYield: a stream that fails before its first chunk.
  async function* () {
    throw new AppError(code)
  }

const hangs: Script = async function* () {
  await new Promise(() => {})
  yield { kind: 'end', reason: 'stop' }
}

function buildChain(models: ChatModel[], settings = SETTINGS): ModelChain {
  const chain = createModelChain(models, settings, log)
  if (!chain) throw new Error('no models')
  return chain
}

async function collect(
  chain: ModelChain,
  signal = new AbortController().signal,
  { maxOutputTokens = 50, mostUsd }: { maxOutputTokens?: number; mostUsd?: number } = {},
) {
  const chunks: ChainChunk[] = []
  for await (const chunk of chain.stream({ promptFor: () => [], maxOutputTokens, signal, mostUsd })) {
    chunks.push(chunk)
  }
  return chunks
}

/** What a reader is left with. */
function textOf(chunks: ChainChunk[]): string {
  let text = ''
  for (const chunk of chunks) {
    if (chunk.kind === 'text') text += chunk.text
    if (chunk.kind === 'restart') text = ''
  }
  return text
}

describe('createModelChain', () => {
  it('is nothing without models', () => {
    expect(createModelChain([], SETTINGS, log)).toBeUndefined()
  })

  it('asks the first model and prices its usage', async () => {
    const spare = buildModel('ollama:spare', says('spare'))
    const chunks = await collect(buildChain([buildModel('openai:gpt-4o', says('hello')), spare]))

    expect(chunks).toEqual([
      { kind: 'model', name: 'openai:gpt-4o', step: 0 },
      { kind: 'text', text: 'hello' },
      { kind: 'usage', usage: { inputTokens: 10, outputTokens: 5, isEstimated: false, costUsd: 0.000075 } },
      { kind: 'end', reason: 'stop' },
    ])
    expect(spare.calls).toBe(0)
  })

  it.each(['model.rejected', 'model.garbled', 'model.timed_out'] as const)(
    'goes straight on to the next model after %s',
    async (code) => {
      const broken = buildModel('openai:broken', fails(code))
      const chunks = await collect(buildChain([broken, buildModel('ollama:spare', says('spare'))]))

      expect(textOf(chunks)).toBe('spare')
      expect(chunks.at(0)).toMatchObject({ name: 'openai:broken', step: 0 })
      expect(broken.calls).toBe(1)
    },
  )

  it('asks no model that could cost more than there is, and lets one write what that pays for', async () => {
    const asked: number[] = []
    const notes = (name: string) =>
      buildModel(name, (request, call) => {
        asked.push(request.maxOutputTokens)
        return says(name)(request, call)
      })
    const models = [notes('openai:gpt-4o'), notes('openai:gpt-4o-mini')]
    const within = (mostUsd: number) =>
      collect(buildChain(models), undefined, { maxOutputTokens: 1_000, mostUsd })

    // 1,000 tokens of the first cost $0.01, of the second $0.0006.
    expect(textOf(await within(0.01))).toBe('openai:gpt-4o')
    expect(textOf(await within(0.005))).toBe('openai:gpt-4o')
    expect(textOf(await within(0.0006))).toBe('openai:gpt-4o-mini')
    expect(asked).toEqual([1_000, 500, 1_000])
    await expect(within(0.00001)).rejects.toMatchObject({ code: 'model.too_dear' })
  })

  it('tries once more where a moment may help', async () => {
    const shaky = buildModel('openai:shaky', (request, call) =>
      call === 1 ? fails('model.overloaded')(request, call) : says('second time')(request, call),
    )

    expect(textOf(await collect(buildChain([shaky])))).toBe('second time')
    expect(shaky.calls).toBe(2)
  })

  it('does not wait for a retry that is asked for far in the future', async () => {
    const busy = buildModel('openai:busy', () => {
      throw new AppError('model.rate_limited', { retryAfterSeconds: 60 })
    })

    expect(textOf(await collect(buildChain([busy, buildModel('ollama:spare', says('spare'))])))).toBe('spare')
    expect(busy.calls).toBe(1)
  })

  it('starts over with the next model when one breaks off mid-sentence', async () => {
    const cut = buildModel('openai:cut', async function* () {
      yield { kind: 'text', text: 'The call is on' }
      throw new AppError('model.garbled')
    })
    const chunks = await collect(buildChain([cut, buildModel('ollama:spare', says('Thursday.'))]))

    expect(chunks.map(({ kind }) => kind)).toEqual([
      'model',
      'text',
      'restart',
      'model',
      'text',
      'usage',
      'end',
    ])
    expect(textOf(chunks)).toBe('Thursday.')
  })

  it('gives a silent model up after the first-token time-out', async () => {
    const startedAt = performance.now()
    const chunks = await collect(
      buildChain([buildModel('openai:mute', hangs), buildModel('ollama:spare', says('here'))]),
    )

    expect(textOf(chunks)).toBe('here')
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(SETTINGS.firstTokenTimeoutMs - 5)
  })

  it('ends a slow answer at the total time with what was written', async () => {
    const slow = buildModel('openai:slow', async function* () {
      while (true) {
        yield { kind: 'text', text: 'word ' }
        await sleep(5)
      }
    })
    const chunks = await collect(buildChain([slow]), undefined, { maxOutputTokens: 10_000 })

    expect(chunks.at(-1)).toEqual({ kind: 'end', reason: 'length' })
    expect(textOf(chunks).startsWith('word word')).toBe(true)
  })

  it('cuts an endless answer at a length no honest model reaches, and counts what it took', async () => {
    let isEnded = false
    const endless = buildModel('openai:endless', async function* () {
      try {
        while (true) yield { kind: 'text', text: 'and on '.repeat(20) }
      } finally {
        isEnded = true
      }
    })
    const chunks = await collect(buildChain([endless]), undefined, { maxOutputTokens: 50 })

    expect(textOf(chunks).length).toBeLessThan(50 * 8 + 300)
    expect(chunks.slice(-2)).toMatchObject([
      { kind: 'usage', usage: { isEstimated: true } },
      { kind: 'end', reason: 'length' },
    ])
    expect(isEnded).toBe(true)
  })

  it('leaves a model alone after three failures in a row', async () => {
    const broken = buildModel('openai:broken', fails('model.rejected'))
    const chain = buildChain([broken, buildModel('ollama:spare', says('spare'))])
    for (let turn = 0; turn < 6; turn += 1) expect(textOf(await collect(chain))).toBe('spare')

    expect(broken.calls).toBe(3)
  })

  it('throws the last failure when no model can answer', async () => {
    const chain = buildChain([
      buildModel('openai:a', fails('model.rejected')),
      buildModel('ollama:b', fails('model.garbled')),
    ])

    await expect(collect(chain)).rejects.toMatchObject({ code: 'model.garbled' })
  })

  it('stops at once when the reader does, and asks no further model', async () => {
    const reader = new AbortController()
    const spare = buildModel('ollama:spare', says('spare'))
    const answer = collect(buildChain([buildModel('openai:mute', hangs), spare]), reader.signal)
    reader.abort()

    await expect(answer).rejects.toMatchObject({ code: 'model.aborted' })
    expect(spare.calls).toBe(0)
  })

  it('asks a provider for no more answers at a time than allowed', async () => {
    let running = 0
    let most = 0
    const model = buildModel('openai:m', async function* () {
      running += 1
      most = Math.max(most, running)
      await sleep(2)
      running -= 1
      yield { kind: 'text', text: 'done' }
      yield { kind: 'end', reason: 'stop' }
    })
    const chain = buildChain([model], { firstTokenTimeoutMs: 5_000, totalTimeoutMs: 5_000, concurrency: 3 })
    const answers = await Promise.all(Array.from({ length: 20 }, () => collect(chain)))

    expect(answers.map(textOf)).toEqual(Array(20).fill('done'))
    expect(most).toBe(3)
  })

  it('turns callers away once the queue is full', async () => {
    const slow = buildModel('openai:slow', async function* () {
      await sleep(2)
      yield { kind: 'text', text: 'done' }
      yield { kind: 'end', reason: 'stop' }
    })
    const chain = buildChain([slow], { firstTokenTimeoutMs: 5_000, totalTimeoutMs: 5_000, concurrency: 1 })
    const outcomes = await Promise.allSettled(Array.from({ length: 12 }, () => collect(chain)))

    const refused = outcomes.filter(({ status }) => status === 'rejected')
    expect(refused).toHaveLength(3)
    expect(refused[0]).toMatchObject({ reason: { code: 'model.overloaded' } })
  })
})
