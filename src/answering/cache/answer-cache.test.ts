import { createHash, randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Actor } from '../../accounts/access.ts'
import type { Bot } from '../../bots/bot-settings.ts'
import { readPrompts } from '../../bots/prompt.ts'
import { deleteDocument } from '../../knowledge/documents/delete.ts'
import type { Retrieve } from '../../knowledge/passage.ts'
import { createRetriever } from '../../knowledge/retrieval/retrieve.ts'
import { openWorkerPresence } from '../../messaging/worker-presence.ts'
import { createChatModels } from '../../models/langchain.ts'
import { createModelChain } from '../../models/model-chain.ts'
import { addTestBot, buildBotSettings } from '../../testing/builders/bot.ts'
import { type ModelStandIn, startModelStandIn } from '../../testing/models/stand-in.ts'
import {
  type KnowledgeTest,
  openKnowledgeTest,
  TEST_EMBEDDING,
} from '../../testing/worlds/knowledge-world.ts'
import { type Answerer, createAnswerer } from '../answer.ts'
import type { AnswerRequest } from '../answer-request.ts'
import { createAnswerCache } from './answer-cache.ts'
import { createCacheKeys } from './key.ts'
import { createTurnstile, type Turnstile } from './turnstile.ts'

const prompts = await readPrompts(fileURLToPath(new URL('../../../prompts', import.meta.url)))
const SECRET = randomBytes(32)

const NAPS = `# Naps

A nap should take 18 minutes at most. A nap after lunch is best.

# Coffee

The last cup of coffee is nine hours before bed. Three cups of coffee a day are enough.

# Tea

Five cups of tea a day are enough.`

describe('the answer cache', () => {
  let parts: AsyncDisposableStack
  let test: KnowledgeTest
  let server: ModelStandIn
  let bot: Bot

  beforeEach(async () => {
    parts = new AsyncDisposableStack()
    test = parts.use(await openKnowledgeTest())
    server = parts.use(await startModelStandIn({ delayMs: 20 }))
    bot = await addTestBot(test.db)
    await test.learn(bot, 'naps.md', NAPS)
  })
  afterEach(() => parts.disposeAsync())

  function open(
    replace: { retrieve?: Retrieve; prompts?: typeof prompts; turnstile?: Turnstile } = {},
  ): Answerer {
    const { db, vectors, embedding, log } = test
    const names = ['openai:gpt-4o-mini']
    const settings = {
      openai: { apiKey: 'key', baseUrl: server.openAiUrl },
      ollama: { baseUrl: '', contextTokens: 4_000 },
      apiKeys: {},
      contextTokens: 16_000,
      ...{ firstTokenTimeoutMs: 5_000, totalTimeoutMs: 5_000, concurrency: 4 },
    }
    const wording = {
      prompts,
      models: names,
      embedding: TEST_EMBEDDING.name,
      maxOutputTokens: 200,
      ...replace,
    }
    const cache = createAnswerCache({
      ...{ db, embedding, log },
      keys: createCacheKeys(SECRET, wording),
      settings: { isOn: true, similarity: 0.92, days: 30, entries: 100 },
    })
    parts.use(cache)
    return createAnswerer({
      retrieve: replace.retrieve ?? createRetriever({ db, vectors, embedding, log }),
      turnstile: replace.turnstile,
      chain: createModelChain(createChatModels(names, settings, log), settings, log),
      ...{ cache, prompts, log, settings: { maxOutputTokens: 200 } },
    })
  }

  const ask = (answerer: Answerer, question: string, changes: Partial<AnswerRequest> = {}) =>
    answerer.answer({ bot, question, history: [], signal: AbortSignal.timeout(20_000), ...changes })
  /** Asks, and waits until the answer is kept. */
  const teach = async (answerer: Answerer, question: string) => {
    const answer = await ask(answerer, question)
    await expect.poll(() => count()).toBeGreaterThan(0)
    return answer
  }
  const count = async () => {
    const rows = await test.db.selectFrom('answer_cache').select('id').execute()
    return rows.length
  }

  it('gives the same answer to the same question, for nothing', async () => {
    const answerer = open()
    const first = await teach(answerer, 'How long should a nap be?')
    const second = await ask(answerer, '  how long should a NAP be ')

    expect(first).toMatchObject({ cached: false, cache: { outcome: 'miss', reason: 'unknown' } })
    expect(second).toMatchObject({
      ...{ cached: true, markdown: first.markdown, citations: first.citations, model: first.model },
      usage: { inputTokens: 0, outputTokens: 0, costUsd: 0 },
      cache: { outcome: 'exact', savedUsd: expect.closeTo(first.usage.costUsd, 8) },
    })
    expect(first.usage.costUsd).toBeGreaterThan(0)
    expect(server.calls).toHaveLength(1)
  })

  it('knows the same question in other words, and no other question by like words', async () => {
    const answerer = open()
    await teach(answerer, 'How many cups of coffee are enough?')
    const same = await ask(answerer, 'Can you tell me how many cups of coffee are enough?')
    const other = await ask(answerer, 'How many cups of tea are enough?')

    expect(same).toMatchObject({ cached: true, cache: { outcome: 'semantic' } })
    expect(other).toMatchObject({ cached: false })
    expect(other.markdown).toContain('tea')
  })

  it('asks the model once when fifty ask at once, in one process', async () => {
    const answerer = open()
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => ask(answerer, 'How long should a nap be?')),
    )

    expect(server.calls).toHaveLength(1)
    expect(answers.filter(({ usage }) => usage.costUsd > 0)).toHaveLength(1)
    expect(new Set(answers.map(({ markdown }) => markdown)).size).toBe(1)
    expect(answers.filter(({ cache }) => cache?.outcome === 'shared')).toHaveLength(49)
  })

  it('asks the model once when fifty ask at once, in two processes', async () => {
    const workers = [
      await openWorkerPresence(test.url, test.log),
      await openWorkerPresence(test.url, test.log),
    ]
    const answerers = workers.map((worker) => open({ turnstile: createTurnstile(parts.use(worker)) }))
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, at) => ask(answerers[at % 2] ?? open(), 'How long should a nap be?')),
    )

    expect(server.calls).toHaveLength(1)
    expect(answers.filter(({ usage }) => usage.costUsd > 0)).toHaveLength(1)
    expect(new Set(answers.map(({ markdown }) => markdown)).size).toBe(1)
    expect(answers.filter(({ cached }) => cached)).toHaveLength(49)
  })

  it('loses everything written from a document in the commit that replaces or deletes it', async () => {
    const answerer = open()
    const { documentId } = await test.learn(
      bot,
      'walks.md',
      '# Walks\n\nA walk should take 25 minutes after dinner.',
    )
    await teach(answerer, 'How long should a walk take after dinner?')
    await test.learn(bot, 'walks.md', '# Walks\n\nA walk should take 55 minutes after dinner.')

    expect(await count()).toBe(0)
    const renewed = await teach(answerer, 'How long should a walk take after dinner?')
    expect(renewed.markdown).toContain('55')

    await test.db
      .transaction()
      .execute((trx) => deleteDocument(trx, buildActor(bot.creatorId), { ...bot, documentId }))
    expect(await count()).toBe(0)
    const after = await ask(answerer, 'How long should a walk take after dinner?')
    expect(after.cached).toBe(false)
    expect(after.markdown).not.toContain('55')
  })

  it('keeps nothing that was written while the material changed', async () => {
    const answerer = open()
    const asked = ask(answerer, 'How long should a nap be?')
    await expect.poll(() => server.calls.length).toBe(1)
    await test.learn(bot, 'other.md', '# Other\n\nSomething else altogether.')
    await asked

    const again = await ask(answerer, 'How long should a nap be?')
    expect(again.cached).toBe(false)
  })

  it('gives nothing again that what is found now does not hold', async () => {
    await teach(open(), 'How long should a nap be?')
    const ms = { keyword: 0, embed: 0, vector: 0, total: 0 }
    const blind = open({ retrieve: async () => ({ passages: [], degraded: [], ms }) })
    const answer = await ask(blind, 'How long should a nap be?')

    expect(answer).toMatchObject({ cached: false, refused: true, cache: { reason: 'unsupported' } })
  })

  it('writes anew for another wording of the prompts, other settings and another language', async () => {
    await teach(open(), 'How long should a nap be?')
    const text = prompts.get('answer') ?? ''
    const own = { ...bot, prompts: { answer: { version: 2, text: `${text}\nBe brief.` } } }
    const settings = { ...bot, settings: buildBotSettings({ persona: 'A strict coach.' }) }
    const answerer = open()

    expect((await ask(answerer, 'How long should a nap be?', { bot: own })).cached).toBe(false)
    expect((await ask(answerer, 'How long should a nap be?', { bot: settings })).cached).toBe(false)
    expect((await ask(answerer, 'How long should a nap be?')).cached).toBe(true)
  })

  it('knows nothing of another bot', async () => {
    await teach(open(), 'How long should a nap be?')
    const theirs = await addTestBot(test.db)
    await test.learn(theirs, 'naps.md', NAPS)

    expect((await ask(open(), 'How long should a nap be?', { bot: theirs })).cached).toBe(false)
  })

  it('keeps no refusal, nothing personal, nothing that leans on the conversation, nothing degraded', async () => {
    const answerer = open()
    const history = [
      { role: 'user' as const, text: 'I drink coffee.' },
      { role: 'assistant' as const, text: 'Good.' },
    ]
    server.behave({ kind: 'say', text: 'NO_ANSWER' })
    const refused = await ask(answerer, 'Which football team won in 1998?')
    server.behave({ kind: 'answer' })
    const personal = await ask(answerer, 'My nap is bad. How long should a nap be?')
    const leaning = await ask(answerer, 'And how long is that?', { history })
    server.behave({ kind: 'status', status: 400 })
    const degraded = await ask(answerer, 'How long should a nap be after lunch?')
    server.behave({ kind: 'answer' })
    await teach(answerer, 'How long should a nap be?')

    expect(refused.refused).toBe(true)
    expect(personal.cache).toMatchObject({ outcome: 'miss', reason: 'personal' })
    expect(leaning.cache).toMatchObject({ outcome: 'miss', reason: 'history' })
    expect(degraded.degraded).toContain('model_unavailable')
    expect(await count()).toBe(1)
  })

  it('shows the model nothing of the conversation where the answer may serve others', async () => {
    const history = [{ role: 'user' as const, text: 'I am Quentin, and tired.' }]
    await ask(open(), 'How many cups of coffee are enough each day?', { history })

    expect(JSON.stringify(server.calls[0]?.body)).not.toContain('Quentin')
  })

  it('does nothing for a bot that wants every answer anew', async () => {
    const answerer = open()
    bot = { ...bot, settings: { ...bot.settings, cache: false } }
    await ask(answerer, 'How long should a nap be?')
    const again = await ask(answerer, 'How long should a nap be?')

    expect(again).toMatchObject({ cached: false, cache: { outcome: 'miss', reason: 'off' } })
    expect(await count()).toBe(0)
  })

  it('holds no word of a question: hashes that are worthless without the key', async () => {
    await teach(open(), 'How long should a Nap be after lunch?')
    const { rows } = await sql<{ text: string }>`SELECT answer_cache::text AS text FROM answer_cache`.execute(
      test.db,
    )
    const row = rows.map(({ text }) => text).join()

    expect(row).not.toMatch(/how long/i)
    const bare = createHash('sha256').update('how long should a nap be after lunch').digest('hex')
    expect(row).not.toContain(bare)
  })
})

function buildActor(creatorId: string): Actor {
  const who = { memberId: undefined, apiKeyId: undefined, name: 'Nell', ip: undefined }
  return { ...who, creatorId, role: 'owner', isOperator: false }
}
