import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Actor, Role } from '../accounts/access.ts'
import { countRecentQuestions } from '../coaching/question-count.ts'
import { addTestBot, buildBotSettings } from '../testing/builders/bot.ts'
import { addTestChat } from '../testing/builders/conversation.ts'
import { openTestDatabase, type TestDatabase } from '../testing/database.ts'
import { findBot, getBot } from './bot.ts'
import { BotSettings, listTimeZones } from './bot-settings.ts'
import { activatePrompt, listPromptVersions, MAX_VERSIONS, savePrompt } from './prompt-override.ts'
import { getEditableBot, readBotSettings, saveBotSettings } from './save-bot.ts'

const OFFER = { models: ['openai:one'], answerTokens: 900 }
const TEXT = '{{bot_name}} {{persona}} {{grounding}} {{language}} {{safety_line}} {{mark}}'

let test: TestDatabase
beforeAll(async () => {
  test = await openTestDatabase()
})
afterAll(() => test[Symbol.asyncDispose]())

function actorOf(creatorId: string, role: Role = 'editor'): Actor {
  const nobody = { memberId: undefined, apiKeyId: undefined, ip: undefined, isOperator: false }
  return { ...nobody, creatorId, name: 'Nell', role }
}

describe('settings', () => {
  it('of before these fields are read as they were', async () => {
    const { quiet_hours, model, limits, ...old } = buildBotSettings()

    expect([quiet_hours, model, limits]).toEqual([undefined, undefined, undefined])
    expect(BotSettings.parse(JSON.parse(JSON.stringify(old)))).toEqual(old)
  })

  it.each([
    ['quiet_hours.from', { quiet_hours: { from: '24:00', to: '08:00', time_zone: 'UTC' } }],
    ['quiet_hours.time_zone', { quiet_hours: { from: '21:00', to: '08:00', time_zone: '+01:00' } }],
    ['quiet_hours.to', { quiet_hours: { from: '08:00', to: '08:00', time_zone: 'UTC' } }],
    ['model', { model: ['openai:two'] }],
    ['model', { model: ['openai:one', 'openai:one'] }],
    ['limits.answer_tokens', { limits: { answer_tokens: 901 } }],
    ['limits.daily_questions', { limits: { daily_questions: 0 } }],
  ])('are refused for %s', (path, change) => {
    const read = () => readBotSettings({ ...buildBotSettings(), ...change }, OFFER)

    expect(read).toThrow(
      expect.objectContaining({
        code: 'bot.settings_invalid',
        details: { issues: expect.arrayContaining([expect.objectContaining({ path })]) },
      }),
    )
  })

  it('may name the time zones that the database knows alone', async () => {
    const { rows } = await sql<{ name: string }>`SELECT name FROM pg_timezone_names`.execute(test.db)
    const known = new Set(rows.map(({ name }) => name))
    const unknown = listTimeZones().filter((zone) => !known.has(zone))

    expect(known.has('Europe/Madrid')).toBe(true)
    // The program's list and the server's are of different years.
    expect(unknown.length).toBeLessThan(10)
    const quiet_hours = { from: '21:00', to: '08:00', time_zone: 'Europe/Atlantis' }
    await expect(saveWith({ quiet_hours })).rejects.toMatchObject({ code: 'bot.settings_invalid' })
    expect(await saveWith({ quiet_hours: { ...quiet_hours, time_zone: 'Europe/Madrid' } })).toBeInstanceOf(
      Date,
    )
  })

  it('are saved by an editor of the same creator alone', async () => {
    const bot = await addTestBot(test.db)
    const { updatedAt } = await getEditableBot(test.db, { botId: bot.id, creatorId: bot.creatorId })
    const change = { botId: bot.id, settings: bot.settings, expectedUpdatedAt: updatedAt }

    await expect(saveBotSettings(test.db, actorOf(bot.creatorId, 'viewer'), change)).rejects.toMatchObject({
      code: 'access.denied',
    })
    await expect(saveBotSettings(test.db, actorOf(randomUUID()), change)).rejects.toMatchObject({
      code: 'bot.not_found',
    })
    expect(await saveBotSettings(test.db, actorOf(bot.creatorId), change)).toBeInstanceOf(Date)
    await expect(saveBotSettings(test.db, actorOf(bot.creatorId), change)).rejects.toMatchObject({
      code: 'bot.changed',
    })
  })

  async function saveWith(changes: Partial<BotSettings>): Promise<Date> {
    const bot = await addTestBot(test.db)
    const { updatedAt } = await getEditableBot(test.db, { botId: bot.id, creatorId: bot.creatorId })
    const settings = { ...bot.settings, ...changes }
    return saveBotSettings(test.db, actorOf(bot.creatorId), {
      botId: bot.id,
      settings,
      expectedUpdatedAt: updatedAt,
    })
  }
})

describe('a prompt of a bot’s own', () => {
  it('comes with the bot while it is active', async () => {
    const { id: botId, creatorId } = await addTestBot(test.db)
    const actor = actorOf(creatorId)
    expect((await getBot(test.db, { botId })).prompts).toBeUndefined()

    await savePrompt(test.db, actor, { botId, purpose: 'answer', text: `${TEXT} one` })
    await savePrompt(test.db, actor, { botId, purpose: 'answer', text: `${TEXT} two` })
    await savePrompt(test.db, actor, { botId, purpose: 'grounding-strict', text: '{{refusal}}' })
    expect((await findBot(test.db, botId))?.prompts).toEqual({
      answer: { version: 2, text: `${TEXT} two` },
      'grounding-strict': { version: 1, text: '{{refusal}}' },
    })

    await activatePrompt(test.db, actor, { botId, purpose: 'answer', version: 0 })
    expect((await findBot(test.db, botId))?.prompts).toEqual({
      'grounding-strict': { version: 1, text: '{{refusal}}' },
    })
  })

  it('has one version for each save that changes it, numbered in order however many save at once', async () => {
    const { id: botId, creatorId } = await addTestBot(test.db)
    const actor = actorOf(creatorId)
    const texts = ['a', 'b', 'c', 'd'].map((word) => `${TEXT} ${word}`)
    const saved = await Promise.all(
      texts.map((text) => savePrompt(test.db, actor, { botId, purpose: 'answer', text })),
    )
    const key = { botId, creatorId, purpose: 'answer' } as const
    const [newest] = await listPromptVersions(test.db, key)

    expect(saved.sort()).toEqual([1, 2, 3, 4])
    expect(await savePrompt(test.db, actor, { ...key, text: newest?.text ?? '' })).toBe(4)
    expect(await listPromptVersions(test.db, key)).toHaveLength(4)
  })

  it('keeps the last versions, and the one in use however old', async () => {
    const { id: botId, creatorId } = await addTestBot(test.db)
    const actor = actorOf(creatorId)
    const key = { botId, creatorId, purpose: 'answer' } as const
    for (let at = 1; at <= MAX_VERSIONS + 5; at++) {
      await savePrompt(test.db, actor, { ...key, text: `${TEXT} ${at}` })
    }
    const versions = await listPromptVersions(test.db, key)

    expect(versions.map(({ version }) => version)).toEqual(
      Array.from({ length: MAX_VERSIONS }, (_, at) => MAX_VERSIONS + 5 - at),
    )
  })

  it('of another creator is not there', async () => {
    const { id: botId } = await addTestBot(test.db)
    const change = { botId, purpose: 'answer', text: TEXT } as const

    await expect(savePrompt(test.db, actorOf(randomUUID()), change)).rejects.toMatchObject({
      code: 'bot.not_found',
    })
    await expect(
      activatePrompt(test.db, actorOf(randomUUID()), { ...change, version: 0 }),
    ).rejects.toMatchObject({ code: 'bot.not_found' })
  })
})

describe('countRecentQuestions', () => {
  it('counts a person’s questions of the last day to this bot, on all their chats and without greetings', async () => {
    const bot = await addTestBot(test.db)
    const [chat, other] = [await addTestChat(test.db, bot), await addTestChat(test.db, bot)]
    const { subscriber_id } = await test.db
      .selectFrom('chat')
      .select('subscriber_id')
      .where('id', '=', chat.id)
      .executeTakeFirstOrThrow()
    await test.db.updateTable('chat').set({ subscriber_id }).where('id', '=', other.id).execute()
    const add = async (of: typeof chat, outcome: string, hoursAgo: number) => {
      const owner = { creator_id: bot.creatorId, bot_id: bot.id, chat_id: of.id }
      const turn_id = randomUUID()
      await test.db
        .insertInto('turn')
        .values({ ...owner, id: turn_id, kind: 'question' })
        .execute()
      const created_at = new Date(Date.now() - hoursAgo * 3_600_000)
      await test.db
        .insertInto('usage')
        .values({ ...owner, turn_id, subscriber_id, outcome, created_at })
        .execute()
    }
    await add(chat, 'answer', 0)
    await add(chat, 'small_talk', 0)
    await add(other, 'refusal', 23)
    await add(other, 'answer', 25)

    expect(await countRecentQuestions(test.db, chat.id)).toBe(2)
    expect(await countRecentQuestions(test.db, randomUUID())).toBe(0)
  })
})
