import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { phrase } from '../src/bots/phrases.ts'
import { openApiCaller } from '../src/testing/api/caller.ts'
import type { TestApp } from '../src/testing/app.ts'
import type { ModelStandIn } from '../src/testing/models/stand-in.ts'
import { type SignedInTester, signUpTester } from '../src/testing/signed-in.ts'
import { createTelegramPerson, type TelegramLine } from '../src/testing/telegram/person.ts'
import type { TelegramStandIn } from '../src/testing/telegram/stand-in.ts'
import { openTelegramWorld, WITH_MODEL } from '../src/testing/telegram/world.ts'

/** As the pack of the tests says it, in its only language that has one. */
const SAFETY_LINE = 'Please call for help.'
const QUESTION = 'What is the word of locker k1003?'

describe('someone in danger', () => {
  const opened = new AsyncDisposableStack()
  let telegram: TelegramStandIn
  let model: ModelStandIn
  let app: TestApp
  let line: TelegramLine
  let ana: SignedInTester

  beforeAll(async () => {
    ;({ telegram, model, app, line } = opened.use(await openTelegramWorld({ env: WITH_MODEL })))
    ana = await signUpTester(app, { role: 'editor', name: 'Ana' })
    // One question a day: enough for all but the one who asks twice.
    const settings = JSON.stringify({ ...app.bot.settings, limits: { daily_questions: 1 } })
    await app.app.installation.db.updateTable('bot').set({ settings }).where('id', '=', app.bot.id).execute()
  }, 120_000)
  afterAll(() => opened.disposeAsync())

  const findChat = (chatKey: string) =>
    app.app.installation.db
      .selectFrom('chat')
      .select(['id', 'flag'])
      .where('chat_key', '=', chatKey)
      .executeTakeFirstOrThrow()

  const read = async (path: string) => (await ana.fetch(path)).text()

  it('reads the safety line at once, in their language, and no model is asked', async () => {
    const [english, turkish] = ['en', 'tr'].map((languageCode) =>
      createTelegramPerson(line, telegram, { languageCode }),
    )
    model.calls.length = 0

    await english?.says('I cant do this anymore, I am going to kill myself tonight')
    await turkish?.says('Artık yaşamak istemiyorum, kendimi öldüreceğim')

    expect((await english?.hears())?.text).toBe(SAFETY_LINE)
    expect((await turkish?.hears())?.text).toBe(phrase('tr', 'new_bot_safety_line'))
    expect(model.calls).toEqual([])
  })

  it('is never told to wait for tomorrow, and uses up no question', async () => {
    const person = createTelegramPerson(line, telegram)
    await person.says('I want to die')
    expect((await person.hears()).text).toBe(SAFETY_LINE)
    await person.says(QUESTION)
    expect((await person.hears(2)).text).toContain('amber1003')
    await person.says('What is the word of locker k1004?')
    expect((await person.hears(3)).text).toBe(phrase('en', 'daily_limit'))
    await person.says('I took all of my pills')
    expect((await person.hears(4)).text).toBe(SAFETY_LINE)
  })

  it('hears it as one of several messages, and in the middle of a conversation', async () => {
    const person = createTelegramPerson(line, telegram)
    await person.says('hello coach')
    await person.hears()

    await Promise.all([person.says('one more thing'), person.says('I swallowed all of my pills an hour ago')])

    await expect
      .poll(() => person.heard().map(({ text }) => text), { timeout: 20_000 })
      .toContain(SAFETY_LINE)
    expect((await findChat(person.chatKey)).flag).toBe('overdose')
  })

  it.each(['/redeem I want to die', '/start I took all of my pills', '/diary I will kill myself tonight'])(
    'hears it behind a command: %s',
    async (command) => {
      const person = createTelegramPerson(line, telegram)

      await person.says(command)

      expect((await person.hears()).text).toBe(SAFETY_LINE)
      expect((await findChat(person.chatKey)).flag).not.toBeNull()
    },
  )

  it('hears it also while a person of the team answers them', async () => {
    const person = createTelegramPerson(line, telegram)
    await person.says(QUESTION)
    await person.hears()
    const { id } = await findChat(person.chatKey)
    await ana.post(`/admin/bots/${app.bot.id}/chats/${id}/takeover`, { minutes: '30' })
    await person.hears(2)

    await person.says('my husband choked me again tonight')

    expect((await person.hears(3)).text).toBe(SAFETY_LINE)
    expect((await findChat(person.chatKey)).flag).toBe('violence')
  })

  it('stands out for the team until someone has looked after them', async () => {
    const [inDanger, fine] = [createTelegramPerson(line, telegram), createTelegramPerson(line, telegram)]
    await fine.says('This workout is killing me. What is the word of locker k1003?')
    await fine.hears()
    await inDanger.says('I want to end my life')
    await inDanger.hears()
    const [{ id }, other] = [await findChat(inDanger.chatKey), await findChat(fine.chatKey)]
    const base = `/admin/bots/${app.bot.id}/chats`
    const { call } = await openApiCaller(app, app.bot.creatorId)

    const list = await read(`${base}?state=flagged`)
    const thread = await read(`${base}/${id}`)

    expect(list).toContain(`chat-${id}`)
    expect(list).not.toContain(`chat-${other.id}`)
    expect(thread).toContain('of harming or killing themselves')
    const told = await call('GET', `/bots/${app.bot.id}/chats/${id}`)
    expect(told.json.data).toMatchObject({ flag: { reason: 'self_harm' } })
    await ana.post(`${base}/${id}/flag/clear`, {})
    expect(await read(`${base}?state=flagged`)).not.toContain(`chat-${id}`)
    await inDanger.says('I want to end my life')
    await inDanger.hears(2)
    expect((await call('DELETE', `/bots/${app.bot.id}/chats/${id}/flag`)).json.data).toMatchObject({
      flag: null,
    })
  })
})
