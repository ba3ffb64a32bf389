import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Bot } from '../bots/bot-settings.ts'
import { readPrompts } from '../bots/prompt.ts'
import { createLogger } from '../logger.ts'
import { createChatModels } from '../models/langchain.ts'
import { createModelChain } from '../models/model-chain.ts'
import { addTestBot, buildBotSettings } from '../testing/builders/bot.ts'
import { addTestChat, type TestChat } from '../testing/builders/conversation.ts'
import { buildPassage, retrieveFrom } from '../testing/builders/passage.ts'
import { openTestDatabase, type TestDatabase } from '../testing/database.ts'
import { type ModelStandIn, startModelStandIn } from '../testing/models/stand-in.ts'
import { createAnswerer } from './answer.ts'
import { type BudgetSettings, checkOrFree, createBudgets, FREE } from './budget.ts'

const prompts = await readPrompts(fileURLToPath(new URL('../../prompts', import.meta.url)))
const log = createLogger('silent')
const UNBOUND: BudgetSettings = { subscriberDayUsd: 0, botMonthUsd: 0, installationDayUsd: 0 }
const NOTICE = 'I can only quote the material just now.'

const PASSAGES = [
  buildPassage({ id: 'naps', document: 'Rest', text: 'A nap takes 15 minutes at most. No nap after 16:00.' }),
]

describe('budgets', () => {
  const opened = new AsyncDisposableStack()
  let test: TestDatabase
  let server: ModelStandIn
  let bot: Bot
  let chat: TestChat
  let asker: { subscriberId: string; chatId: string }

  beforeAll(async () => {
    test = opened.use(await openTestDatabase())
    server = opened.use(await startModelStandIn())
  })
  afterAll(() => opened.disposeAsync())
  beforeEach(async () => {
    await test.db.deleteFrom('usage').execute()
    server.calls.length = 0
    bot = await addTestBot(test.db)
    chat = await addTestChat(test.db, bot)
    const row = await test.db
      .selectFrom('chat')
      .select('subscriber_id')
      .where('id', '=', chat.id)
      .executeTakeFirstOrThrow()
    asker = { subscriberId: row.subscriber_id, chatId: chat.id }
  })

  async function spend(costUsd: number, of: Partial<{ bot: Bot; subscriberId: string; at: Date }> = {}) {
    const owner = of.bot ?? bot
    const turn = await test.db
      .insertInto('turn')
      .values({ creator_id: owner.creatorId, bot_id: owner.id, chat_id: chat.id, kind: 'question' })
      .returning('id')
      .executeTakeFirstOrThrow()
    await test.db
      .insertInto('usage')
      .values({
        ...{ turn_id: turn.id, creator_id: owner.creatorId, bot_id: owner.id, chat_id: chat.id },
        subscriber_id: of.subscriberId ?? asker.subscriberId,
        cost_usd: costUsd,
        ...(of.at && { created_at: of.at }),
      })
      .execute()
  }

  const check = (settings: Partial<BudgetSettings>, asked: Bot = bot) =>
    createBudgets({ db: test.db, settings: { ...UNBOUND, ...settings } }).check({ bot: asked, asker })

  function ask(settings: Partial<BudgetSettings>, changes: Partial<Bot['settings']> = {}) {
    const models = {
      openai: { apiKey: 'key', baseUrl: server.openAiUrl },
      ollama: { baseUrl: '', contextTokens: 4_000 },
      apiKeys: {},
      contextTokens: 16_000,
      ...{ firstTokenTimeoutMs: 5_000, totalTimeoutMs: 5_000, concurrency: 4 },
    }
    const chainOf = (name: string) => createModelChain(createChatModels([name], models, log), models, log)
    const answerer = createAnswerer({
      retrieve: retrieveFrom(PASSAGES),
      chain: chainOf('openai:gpt-4o'),
      bulk: chainOf('openai:gpt-4o-mini'),
      budgets: createBudgets({ db: test.db, settings: { ...UNBOUND, ...settings } }),
      ...{ prompts, log, settings: { maxOutputTokens: 200 } },
    })
    return answerer.answer({
      bot: { ...bot, settings: { ...bot.settings, ...changes } },
      ...{ question: 'How long does a nap take?', history: [], asker, signal: AbortSignal.timeout(20_000) },
    })
  }

  it('bound nothing, and read nothing, unless they are set', async () => {
    await spend(1_000)

    expect(await check({})).toEqual({ level: 'free', leftUsd: Infinity })
  })

  it('count the day of a person, the month of a bot and the day of the installation', async () => {
    const [yesterday, other] = [new Date(Date.now() - 86_400_000), await addTestBot(test.db)]
    await spend(5, { at: yesterday })
    await spend(0.5)
    await spend(0.5, { subscriberId: randomUUID() })
    await spend(5, { bot: other, subscriberId: randomUUID() })

    expect(await check({ subscriberDayUsd: 1 })).toMatchObject({ level: 'free' })
    expect(await check({ subscriberDayUsd: 0.6 })).toMatchObject({ level: 'low' })
    expect(await check({ subscriberDayUsd: 0.5 })).toMatchObject({ level: 'spent' })
    expect(await check({ botMonthUsd: 100 })).toMatchObject({ level: 'free' })
    expect(await check({ botMonthUsd: 1 })).toMatchObject({ level: 'spent' })
    expect(await check({ installationDayUsd: 7 })).toMatchObject({ level: 'low' })
    expect(await check({ installationDayUsd: 6 })).toMatchObject({ level: 'spent' })
  })

  it('take the lower of the installation’s bound and the creator’s own', async () => {
    await spend(0.5)
    const settings = buildBotSettings({ budget: { subscriber_day_usd: 0.4 } })

    expect(await check({ subscriberDayUsd: 10 }, { ...bot, settings })).toMatchObject({ level: 'spent' })
    expect(await check({ subscriberDayUsd: 0.1 }, { ...bot, settings })).toMatchObject({ level: 'spent' })
    expect(await check({}, { ...bot, settings })).toMatchObject({ level: 'spent' })
  })

  it('stop no one who waits where they cannot be read', async () => {
    const away = () => Promise.reject(new Error('the database is away'))
    const unreadable = { check: away, wasTold: away }

    expect(await checkOrFree(unreadable, { bot, asker }, log)).toEqual(FREE)
  })

  it('fall to the cheaper models when little is left, and to quotes when nothing is', async () => {
    await spend(0.9)
    const low = await ask({ subscriberDayUsd: 1 })
    const spent = await ask({ subscriberDayUsd: 0.9 })

    expect(low).toMatchObject({ model: 'openai:gpt-4o-mini', degraded: ['budget_low'] })
    expect(low.markdown).not.toContain(NOTICE)
    expect(spent).toMatchObject({ model: 'extractive', degraded: ['budget_spent'], kind: 'answer' })
    expect(spent.citations).not.toEqual([])
    expect(server.calls).toHaveLength(1)
  })

  it('leave a bot its own models until nothing is left', async () => {
    await spend(0.9)

    expect(await ask({ subscriberDayUsd: 1 }, { model: ['openai:gpt-4o'] })).toMatchObject({
      model: 'openai:gpt-4o',
      degraded: [],
    })
  })

  it.each([
    ['nothing is left', 1],
    ['too little is left for one answer', 0.99999],
    ['too little was ever there for one answer', 0],
  ])('are told of once a day where %s', async (_why, spentUsd) => {
    await spend(spentUsd)
    const settings = { subscriberDayUsd: spentUsd === 0 ? 0.00001 : 1 }
    const first = await ask(settings)
    await test.db
      .updateTable('turn')
      .set({ trace: JSON.stringify({ degraded: first.degraded }) })
      .where('id', '=', chat.turnId)
      .execute()
    const second = await ask(settings)

    expect(first.markdown).toContain(NOTICE)
    expect(second.markdown).not.toContain(NOTICE)
    expect(second.degraded).toEqual(['budget_spent'])
  })
})
