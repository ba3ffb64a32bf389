import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { phrase } from '../src/bots/phrases.ts'
import { createSweep } from '../src/jobs/sweep.ts'
import { createLogger } from '../src/logger.ts'
import type { TestApp } from '../src/testing/app.ts'
import type { ModelStandIn } from '../src/testing/models/stand-in.ts'
import { type SignedInTester, signUpTester } from '../src/testing/signed-in.ts'
import {
  createTelegramPerson,
  dataOf,
  type TelegramLine,
  type TelegramPerson,
} from '../src/testing/telegram/person.ts'
import type { TelegramStandIn } from '../src/testing/telegram/stand-in.ts'
import { openTelegramWorld, WITH_MODEL } from '../src/testing/telegram/world.ts'
import { waitForLength, waitUntil } from '../src/testing/wait.ts'

const QUESTION = 'What is the word of locker k1003?'
const WORD = 'amber1003'
const STARTED = phrase('en', 'takeover_started', { name: 'Ana' })
const ENDED = phrase('en', 'takeover_ended')

describe('a takeover on Telegram', () => {
  const opened = new AsyncDisposableStack()
  let telegram: TelegramStandIn
  let model: ModelStandIn
  let app: TestApp
  let line: TelegramLine
  let ana: SignedInTester
  let modelDelayMs = 0

  beforeAll(async () => {
    ;({ telegram, model, app, line } = opened.use(
      await openTelegramWorld({ env: WITH_MODEL, model: { delayMs: () => modelDelayMs } }),
    ))
    ana = await signUpTester(app, { role: 'editor', name: 'Ana' })
  }, 120_000)
  afterAll(() => opened.disposeAsync())

  const heard = (person: TelegramPerson) => person.heard().map(({ text }) => text)

  /** Someone the bot has answered once, and the address of their chat for the team. */
  async function arrive() {
    const person = createTelegramPerson(line, telegram)
    await person.says(QUESTION)
    await person.hears()
    const { id } = await app.app.installation.db
      .selectFrom('chat')
      .select('id')
      .where('chat_key', '=', person.chatKey)
      .executeTakeFirstOrThrow()
    return { person, chatId: id, path: `/admin/bots/${app.bot.id}/chats/${id}` }
  }

  /** Waits until every Update of the Chat has had its Turn. */
  async function settled({ chatKey }: TelegramPerson) {
    await waitUntil(async () => {
      const open = await app.app.installation.db
        .selectFrom('inbox')
        .select('id')
        .where('chat_key', '=', chatKey)
        .where('done_at', 'is', null)
        .execute()
      return open.length === 0
    })
  }

  it('tells the person, keeps the bot silent, passes the words on, and hands back with what was said', async () => {
    const { db, takeovers } = app.app.installation
    const { person, chatId, path } = await arrive()

    await ana.post(`${path}/takeover`, { minutes: '30' })
    expect((await person.hears(2)).text).toBe(STARTED)
    await person.says('And who has the spare key of the blue door?')
    await settled(person)
    const words = { text: 'The spare key hangs in **room zebra-9**.', requestId: 'one' }
    await Promise.all([ana.post(`${path}/messages`, words), ana.post(`${path}/messages`, words)])
    expect((await person.hears(3)).text).toBe('The spare key hangs in room zebra-9.')
    await person.says('Thank you, and what is it for?')
    await settled(person)
    await db
      .updateTable('chat')
      .set({ takeover_until: new Date(Date.now() - 1_000) })
      .where('id', '=', chatId)
      .execute()
    // Beside the app's own scheduler.
    const sweep = createSweep({
      db,
      jobs: { add: async () => {}, addMany: async () => {} },
      settings: { intervalMs: 1_000, settleMs: 1_000, reconcileHours: 24 },
      isSelling: false,
      listDueSources: async () => [],
      listOpenVersions: async () => [],
      endTakeoversInTime: () => takeovers.endAllInTime(db),
      makeDigests: async () => 0,
      log: createLogger('silent'),
    })
    await Promise.all([sweep.sweepOnce(), sweep.sweepOnce(), sweep.sweepOnce()])
    expect((await person.hears(4)).text).toBe(ENDED)
    model.calls.length = 0
    await person.says(QUESTION)

    expect((await person.hears(5)).text).toContain(WORD)
    const prompt = JSON.stringify(model.calls.map(({ body }) => body))
    expect(prompt).toContain('zebra-9')
    expect(prompt).toContain('spare key of the blue door')
    expect(heard(person).filter((text) => text === ENDED)).toHaveLength(1)
    expect(heard(person)).toHaveLength(5)
  })

  it('says nothing of the bot after the notice when an answer was being written', async () => {
    const { db } = app.app.installation
    const { person, chatId, path } = await arrive()
    const before = model.calls.length
    modelDelayMs = 1_500
    await person.says('What is the word of locker k1004?')
    await waitForLength(() => model.calls, before + 1)

    await ana.post(`${path}/takeover`)
    await person.hears(2)
    modelDelayMs = 0
    await settled(person)
    await ana.post(`${path}/messages`, { text: 'It is me now.', requestId: 'two' })
    await person.hears(3)

    expect(heard(person).slice(1)).toEqual([STARTED, 'It is me now.'])
    const kept = await db
      .selectFrom('message')
      .select('kind')
      .where('chat_id', '=', chatId)
      .orderBy('position')
      .execute()
    expect(kept.map(({ kind }) => kind)).toEqual(['question', 'answer', 'notice', 'text', 'takeover'])
  })

  it('gives the chat back before it answers when no scheduler came by', async () => {
    const { db } = app.app.installation
    const { person, chatId, path } = await arrive()
    await ana.post(`${path}/takeover`)
    await person.hears(2)
    await db
      .updateTable('chat')
      .set({ takeover_until: new Date(Date.now() - 1_000) })
      .where('id', '=', chatId)
      .execute()

    await person.says(QUESTION)
    await person.hears(4)

    expect(heard(person)[2]).toBe(ENDED)
    expect(heard(person)[3]).toContain(WORD)
  })

  it('erases who asks to be forgotten also while a person answers them, notes and all', async () => {
    const { db } = app.app.installation
    const { person, chatId, path } = await arrive()
    await ana.post(`${path}/takeover`)
    await person.hears(2)
    await ana.post(`${path}/notes`, { text: 'Likes tea.' })

    await person.says('/forget')
    await person.taps(dataOf(await person.hears(3), phrase('en', 'forget_confirm_button')))

    expect((await person.hears(4)).text).toBe(phrase('en', 'forget_done'))
    const left = await db.selectFrom('chat_note').select('id').where('chat_id', '=', chatId).execute()
    expect(left).toEqual([])
  })
})
