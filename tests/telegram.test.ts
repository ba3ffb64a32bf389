import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { phrase } from '../src/bots/phrases.ts'
import type { TestApp } from '../src/testing/app.ts'
import { findTablesHolding, isQuiet } from '../src/testing/database-search.ts'
import type { ModelStandIn } from '../src/testing/models/stand-in.ts'
import { telegramMembershipUpdate } from '../src/testing/telegram/payloads.ts'
import {
  createTelegramPerson,
  dataOf,
  nextTelegramId,
  postTelegram,
  type TelegramLine,
} from '../src/testing/telegram/person.ts'
import type { TelegramStandIn } from '../src/testing/telegram/stand-in.ts'
import { openTelegramWorld, WITH_MODEL } from '../src/testing/telegram/world.ts'
import { waitForLength, waitUntil } from '../src/testing/wait.ts'

const QUESTION = 'What is the word of locker k1003?'
const WORD = 'amber1003'
const FACT = 'The word of locker k1003 is amber1003.'

describe('the bot on Telegram', () => {
  const opened = new AsyncDisposableStack()
  let telegram: TelegramStandIn
  let model: ModelStandIn
  let app: TestApp
  let line: TelegramLine

  beforeAll(async () => {
    ;({ telegram, model, app, line } = opened.use(await openTelegramWorld({ env: WITH_MODEL })))
  })
  afterAll(() => opened.disposeAsync())

  const arrive = (options?: Parameters<typeof createTelegramPerson>[2]) =>
    createTelegramPerson(line, telegram, options)

  it('answers a question and shows the proof of [1] when it is tapped', async () => {
    const person = arrive()

    expect((await person.says(QUESTION)).status).toBe(200)
    const answer = await person.hears()
    expect(answer.text).toContain(WORD)
    expect(answer.buttons.flat().map(({ label }) => label)).toEqual(['[1]'])

    const tap = { ...person.inbound(), data: dataOf(answer, '[1]'), callbackId: `tap-${person.chatId}` }
    await person.post({
      update_id: tap.updateId,
      callback_query: {
        id: tap.callbackId,
        from: { id: person.chatId, is_bot: false, first_name: 'Person' },
        message: {
          message_id: answer.messageId,
          date: Math.floor(Date.now() / 1_000),
          chat: { id: person.chatId, type: 'private', first_name: 'Person' },
          text: answer.text,
        },
        chat_instance: '1',
        data: tap.data,
      },
    })
    const proof = await person.hears(2)

    expect(proof.text).toContain('[1]')
    expect(proof.text).toContain('Lockers')
    expect(proof.text).toContain(FACT)
    expect(proof.entities.map(({ type }) => type)).toContain('blockquote')
    await waitUntil(() =>
      telegram.calls.some(
        ({ method, body }) => method === 'answerCallbackQuery' && body.callback_query_id === tap.callbackId,
      ),
    )
  })

  it("keeps one reader's proofs from another", async () => {
    const [reader, stranger] = [arrive(), arrive()]
    await reader.says(QUESTION)
    const answer = await reader.hears()

    await stranger.taps(dataOf(answer, '[1]'))

    expect((await stranger.hears()).text).toBe(phrase('en', 'citation_gone'))
  })

  it('greets on /start with a payload, and answers the suggestion that is tapped', async () => {
    const person = arrive()

    await person.says('/start spring_campaign')
    const greeting = await person.hears()
    expect(greeting.text).toBe('Hello, ask me about lockers.')
    expect(greeting.buttons.flat().map(({ label }) => label)).toEqual([QUESTION])

    await person.taps(dataOf(greeting, QUESTION))
    expect((await person.hears(2)).text).toContain(WORD)
    const chat = await app.app.installation.db
      .selectFrom('chat')
      .select('state')
      .where('chat_key', '=', person.chatKey)
      .executeTakeFirstOrThrow()
    expect(chat.state).toMatchObject({ startPayload: 'spring_campaign' })
  })

  it('tells what it can do and what it knows from', async () => {
    const person = arrive()

    await person.says('/help')
    expect((await person.hears()).text).toContain('/sources')
    await person.says('/sources')
    expect((await person.hears(2)).text).toContain('Lockers')
    await person.says('/nonsense')
    expect((await person.hears(3)).text).toContain(phrase('en', 'unknown_command'))
  })

  it('changes its language by a button, and keeps it', async () => {
    const person = arrive()

    await person.says('/language')
    const choices = await person.hears()
    await person.taps(dataOf(choices, 'Deutsch'))
    expect((await person.hears(2)).text).toBe(phrase('de', 'language_set', { language: 'Deutsch' }))
    await person.says('/start')

    expect((await person.hears(3)).text).toBe('Hallo, frag mich nach Fächern.')
  })

  it('forgets everything about a person who confirms it, and nothing before', async () => {
    const { db } = app.app.installation
    const [name, secret] = ['Zenobia-Quill', 'xylophone-4711']
    const person = arrive({ firstName: name })
    const neighbour = arrive({ firstName: 'Neighbour-Of-Quill' })
    await neighbour.says(QUESTION)
    await neighbour.hears()
    await person.says(`${QUESTION} My ${secret} is private.`)
    await person.hears()
    await person.says('/forget')
    const ask = await person.hears(2)

    await person.taps(dataOf(ask, phrase('en', 'forget_cancel_button')))
    expect((await person.hears(3)).text).toBe(phrase('en', 'forget_cancelled'))
    expect(await findTablesHolding(db, secret)).toContain('public.message')
    await person.taps(dataOf(ask, phrase('en', 'forget_confirm_button')))
    expect((await person.hears(4)).text).toBe(phrase('en', 'forget_done'))

    await waitUntil(() => isQuiet(db))
    expect(await findTablesHolding(db, secret)).toEqual([])
    expect(await findTablesHolding(db, name)).toEqual([])
    expect(await findTablesHolding(db, 'Neighbour-Of-Quill')).not.toEqual([])
    await person.says(QUESTION)
    expect((await person.hears(5)).text).toContain(WORD)
  })

  it('answers an edited message by what it says now', async () => {
    const person = arrive()
    const messageId = nextTelegramId()
    await person.says(QUESTION, { messageId })
    await person.hears()

    await person.says('What is the word of locker k1005?', { messageId, isEdit: true })

    expect((await person.hears(2)).text).toContain('amber1005')
  })

  it('is silent to who blocked it, and answers again when they come back', async () => {
    const person = arrive()
    const blockedAt = async () => {
      const { db } = app.app.installation
      const chat = await db
        .selectFrom('chat')
        .select('blocked_at')
        .where('chat_key', '=', person.chatKey)
        .executeTakeFirstOrThrow()
      return chat.blocked_at
    }
    await person.says(QUESTION)
    await person.hears()

    await person.post(telegramMembershipUpdate({ ...person.inbound(), state: 'blocked' }))
    await waitUntil(async () => (await blockedAt()) !== null)
    await person.post(telegramMembershipUpdate({ ...person.inbound(), state: 'unblocked' }))
    await waitUntil(async () => (await blockedAt()) === null)
    await person.says('What is the word of locker k1007?')

    expect((await person.hears(2)).text).toContain('amber1007')
    expect(person.heard()).toHaveLength(2)
  })

  it('declines a group once, with the way to the private chat', async () => {
    const groupId = -nextTelegramId()
    const say = (text: string) =>
      postTelegram(line, {
        update_id: nextTelegramId(),
        message: {
          message_id: nextTelegramId(),
          date: Math.floor(Date.now() / 1_000),
          chat: { id: groupId, type: 'supergroup', title: 'Runners' },
          from: { id: nextTelegramId(), is_bot: false, first_name: 'Someone' },
          text,
        },
      })
    const heard = () => telegram.sent.filter(({ chatId }) => chatId === String(groupId))

    await say(QUESTION)
    await waitForLength(heard, 1)
    await say(QUESTION)
    await waitUntil(() => isQuiet(app.app.installation.db))

    expect(heard().map(({ text }) => text)).toEqual([
      phrase('en', 'group_declined', { link: 'https://t.me/locker_bot' }),
    ])
  })

  it('says of voice and photos that it cannot read them, and answers a caption', async () => {
    const person = arrive()
    const send = (content: Record<string, unknown>) => {
      const { updateId, chatId, firstName } = person.inbound()
      const message = {
        message_id: updateId,
        date: Math.floor(Date.now() / 1_000),
        chat: { id: chatId, type: 'private', first_name: firstName },
        from: { id: chatId, is_bot: false, first_name: firstName, language_code: 'en' },
        ...content,
      }
      return person.post({ update_id: updateId, message })
    }
    const photo = [{ file_id: 'p1', file_unique_id: 'u1', width: 90, height: 90 }]

    await send({ voice: { file_id: 'v1', file_unique_id: 'u2', duration: 3 } })
    expect((await person.hears(1)).text).toBe(phrase('en', 'unsupported_voice'))
    await send({ photo })
    expect((await person.hears(2)).text).toBe(phrase('en', 'photo_not_seen'))
    await send({ photo, caption: QUESTION })
    expect((await person.hears(3)).text).toBe(phrase('en', 'photo_not_seen'))
    expect((await person.hears(4)).text).toContain(WORD)
  })

  it('sends an answer as plain text when its formatting is refused', async () => {
    const [formatted, plain] = [arrive(), arrive()]
    // Asked by nobody before, or the answer would be one that is kept.
    const question = 'What is the word of locker k1017?'
    model.behave({ kind: 'say', text: '**The word** of locker k1017 is amber1017 [1].' })
    await formatted.says(question)
    expect((await formatted.hears()).entities.map(({ type }) => type)).toContain('bold')

    const description = "Bad Request: can't parse entities: unsupported start at byte offset 4"
    telegram.failNext(1, { kind: 'refuse', errorCode: 400, description })
    await plain.says(question)
    const answer = await plain.hears()
    model.behave({ kind: 'answer' })

    expect(answer.entities).toEqual([])
    expect(answer.text).toBe('The word of locker k1017 is amber1017 [1].')
    await waitUntil(() => isQuiet(app.app.installation.db))
    expect(plain.heard()).toHaveLength(1)
  })

  it('never had a message of its own refused', () => {
    expect(telegram.refused).toEqual([])
  })
})
