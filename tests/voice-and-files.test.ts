import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { releaseHeldQuestion } from '../src/billing/entitlement/held-question.ts'
import { phrase } from '../src/bots/phrases.ts'
import type { Connection } from '../src/channels/channel.ts'
import { createTelegramWebhook } from '../src/channels/telegram-update.ts'
import { createRecordings } from '../src/knowledge/intake/recording.ts'
import { createLogger } from '../src/logger.ts'
import { recordUpdates } from '../src/messaging/inbox.ts'
import { startTestApp, type TestApp } from '../src/testing/app.ts'
import { addTestPlan } from '../src/testing/builders/plan.ts'
import { findTablesHolding, isQuiet } from '../src/testing/database-search.ts'
import { type ModelStandIn, startModelStandIn } from '../src/testing/models/stand-in.ts'
import type { SentFile } from '../src/testing/network/sent-file.ts'
import { buildPdf, pdfText, withFile } from '../src/testing/samples/documents.ts'
import { buildFilm, buildPhoto, buildVoiceNote } from '../src/testing/samples/recordings.ts'
import { signUpTester } from '../src/testing/signed-in.ts'
import {
  createTelegramPerson,
  dataOf,
  postTelegram,
  type TelegramLine,
  type TelegramPerson,
} from '../src/testing/telegram/person.ts'
import { startTelegramStandIn, type TelegramStandIn } from '../src/testing/telegram/stand-in.ts'
import { openSpec } from '../src/testing/vendor-spec.ts'
import { waitUntil } from '../src/testing/wait.ts'
import { createWhatsappPerson, type WhatsappLine } from '../src/testing/whatsapp/person.ts'
import { startWhatsappStandIn, type WhatsappStandIn } from '../src/testing/whatsapp/stand-in.ts'
import { formOf } from '../src/testing/worlds/upload-tester.ts'

const QUESTION = 'What is the word of locker k1003?'
const WORD = 'amber1003'
/** As the pack of the tests says it. */
const SAFETY_LINE = 'Please call for help.'
/** Of whisper-1, in US dollars a minute. */
const MINUTE_USD = 0.006
const FETCH_MS = 700

/** Reading an update asks nothing of the account it came by. */
const LINE_OF_NOBODY: Connection = {
  ...{ id: '', creatorId: '', botId: '', channel: 'telegram', externalId: '' },
  credentials: {},
}

describe('voice, photos and documents in a chat', () => {
  const opened = new AsyncDisposableStack()
  let telegram: TelegramStandIn
  let whatsapp: WhatsappStandIn
  let model: ModelStandIn
  let app: TestApp
  let line: TelegramLine
  let whatsappLine: WhatsappLine
  const log: string[] = []
  const isUpdate = openSpec('telegram/bot-api-10.3.types.schema.json').check('types.Update')

  const db = () => app.app.installation.db
  const newPerson = (languageCode = 'en') => createTelegramPerson(line, telegram, { languageCode })
  const newWhatsappPerson = () => createWhatsappPerson(whatsappLine, whatsapp)

  beforeAll(async () => {
    telegram = opened.use(await startTelegramStandIn())
    whatsapp = opened.use(await startWhatsappStandIn())
    model = opened.use(await startModelStandIn())
    app = opened.use(
      await startTestApp({
        onLog: (entry) => log.push(entry),
        env: {
          LOG_LEVEL: 'debug',
          TELEGRAM_API_ROOT: telegram.url,
          TELEGRAM_CHAT_PER_SECOND: '1000',
          WHATSAPP_API_ROOT: whatsapp.url,
          WHATSAPP_PAIR_PER_SECOND: '1000',
          MODEL_CHAT: 'openai:gpt-4o-mini',
          MODEL_TRANSCRIBE: 'openai:whisper-1',
          OPENAI_BASE_URL: model.openAiUrl,
          OPENAI_API_KEY: 'test-key',
          ATTACHMENT_TIMEOUT_MS: String(FETCH_MS),
          VOICE_MAX_SECONDS: '120',
        },
      }),
    )
    line = await app.connectTelegram()
    whatsappLine = await app.connectWhatsapp()
  }, 120_000)
  afterAll(() => opened.disposeAsync())

  /** A webhook body with a file of a person's. */
  function message(person: TelegramPerson, content: Record<string, unknown>) {
    const { updateId, chatId, firstName, languageCode } = person.inbound()
    const update = {
      update_id: updateId,
      message: {
        message_id: updateId,
        date: Math.floor(Date.now() / 1_000),
        chat: { id: chatId, type: 'private', first_name: firstName },
        from: { id: chatId, is_bot: false, first_name: firstName, language_code: languageCode },
        ...content,
      },
    }
    expect(isUpdate(update)).toBeUndefined()
    return update
  }

  const voice = (file: SentFile, duration = 4) => ({
    voice: { ...telegram.addFile(file), duration, mime_type: 'audio/ogg' },
  })
  const photo = (bytes: Buffer, caption?: string) => ({
    photo: [{ ...telegram.addFile({ bytes }), width: 800, height: 600 }],
    ...(caption !== undefined && { caption }),
  })
  const document = (text: string, { name = 'notes.txt', caption = '' } = {}) => ({
    document: { ...telegram.addFile({ bytes: Buffer.from(text) }), file_name: name, mime_type: 'text/plain' },
    ...(caption && { caption }),
  })
  const sends = (person: TelegramPerson, content: Record<string, unknown>) =>
    person.post(message(person, content))

  const settled = () => waitUntil(() => isQuiet(db()))

  const listIn = (chatKey: string) =>
    db()
      .selectFrom('message')
      .innerJoin('chat', 'chat.id', 'message.chat_id')
      .select(['message.kind', 'message.markdown'])
      .where('chat.chat_key', '=', chatKey)
      .where('message.direction', '=', 'in')
      .orderBy('message.position')
      .execute()

  const usageOf = (chatKey: string) =>
    db()
      .selectFrom('usage')
      .innerJoin('chat', 'chat.id', 'usage.chat_id')
      .select(['usage.model', 'usage.cost_usd', 'usage.outcome'])
      .where('chat.chat_key', '=', chatKey)
      .execute()

  describe('a voice note', () => {
    it('is written down and answered with proof, like a question', async () => {
      const person = newPerson()

      await sends(person, voice({ bytes: buildVoiceNote(QUESTION, 6) }, 6))
      const answer = await person.hears()

      expect(answer.text).toContain(WORD)
      expect(answer.buttons.flat().map(({ label }) => label)).toEqual(['[1]'])
      expect(await listIn(person.chatKey)).toEqual([{ kind: 'voice', markdown: QUESTION }])
      expect(model.recordings.at(-1)).toMatchObject({
        model: 'whisper-1',
        format: 'verbose_json',
        fileName: 'recording.ogg',
        authorization: 'Bearer test-key',
      })
      const [usage] = await usageOf(person.chatKey)
      expect(usage).toMatchObject({ outcome: 'answer' })
      expect(Number(usage?.cost_usd)).toBeGreaterThan(MINUTE_USD / 10 - 1e-9)
    })

    it('is answered on WhatsApp, whose media want the token at both addresses', async () => {
      const person = newWhatsappPerson()
      const id = whatsapp.addMedia({ bytes: buildVoiceNote(QUESTION), mediaType: 'audio/ogg' })
      const content = {
        type: 'audio',
        audio: { id, mime_type: 'audio/ogg; codecs=opus', sha256: 'c3RhbmQtaW4=', voice: true },
      }

      await person.sends(content)

      expect((await person.hears()).text).toContain(WORD)
      expect(whatsapp.downloads.filter((download) => download.id === id)).toEqual([
        { id, token: 'test-whatsapp-token' },
      ])
    })

    it('is fetched, written down, charged and answered once when it is delivered five times', async () => {
      const person = newPerson()
      const update = message(person, voice({ bytes: buildVoiceNote(QUESTION) }))
      const before = model.recordings.length

      await Promise.all(Array.from({ length: 5 }, () => postTelegram(line, update)))
      await person.hears()
      await settled()

      expect(person.heard()).toHaveLength(1)
      expect(model.recordings).toHaveLength(before + 1)
      expect(await usageOf(person.chatKey)).toHaveLength(1)
    })

    it('is heard by whoever looks for danger', async () => {
      const person = newPerson()

      await sends(person, voice({ bytes: buildVoiceNote('I want to kill myself tonight') }))

      expect((await person.hears()).text).toBe(SAFETY_LINE)
      const chat = await db()
        .selectFrom('chat')
        .select('flag')
        .where('chat_key', '=', person.chatKey)
        .executeTakeFirstOrThrow()
      expect(chat.flag).toBe('self_harm')
    })

    it('that is too long is declined with the bound before a byte of it is fetched', async () => {
      const person = newPerson('de')
      const sent = voice({ bytes: buildVoiceNote(QUESTION, 500) }, 500)

      await sends(person, sent)

      expect((await person.hears()).text).toBe(phrase('de', 'voice_too_long', { minutes: '2' }))
      expect(telegram.fetched.has(sent.voice.file_id)).toBe(false)
    })

    it('that hides its length from the channel is measured before anything is paid', async () => {
      const person = newWhatsappPerson()
      const before = model.recordings.length
      const id = whatsapp.addMedia({ bytes: buildVoiceNote(QUESTION, 500), mediaType: 'audio/ogg' })

      await person.sends({
        type: 'audio',
        audio: { id, mime_type: 'audio/ogg', sha256: 'eA==', voice: true },
      })

      expect((await person.hears()).text).toBe(phrase('en', 'voice_too_long', { minutes: '2' }))
      expect(model.recordings).toHaveLength(before)
    })

    it('is declined politely while nobody can write it down, and costs nothing', async () => {
      const person = newPerson()
      model.listen({ kind: 'status', status: 400 })

      await sends(person, voice({ bytes: buildVoiceNote(QUESTION) }))
      const text = (await person.hears()).text
      model.listen({ kind: 'hear' })

      expect(text).toBe(phrase('en', 'voice_failed'))
      expect(await usageOf(person.chatKey)).toEqual([])
      expect(await listIn(person.chatKey)).toEqual([{ kind: 'media', markdown: '[voice]' }])
    })
  })

  it('is heard and kept for whoever of the team answers in place of the bot, who stays silent but for danger', async () => {
    const person = newPerson()
    await person.says('Hello')
    await person.hears()
    await db()
      .updateTable('chat')
      .set({ takeover_at: new Date(), takeover_until: new Date(Date.now() + 600_000) })
      .where('chat_key', '=', person.chatKey)
      .execute()

    await sends(person, voice({ bytes: buildVoiceNote('Thank you for looking after me, dear team.') }))
    await waitUntil(async () => (await listIn(person.chatKey)).length === 2)
    expect((await listIn(person.chatKey)).at(-1)).toEqual({
      kind: 'voice',
      markdown: 'Thank you for looking after me, dear team.',
    })
    expect(person.heard()).toHaveLength(1)
    await sends(person, voice({ bytes: buildVoiceNote('I am going to kill myself tonight') }))

    expect((await person.hears(2)).text).toBe(SAFETY_LINE)
  })

  it('is paid for once, also when the worker that heard it went before it answered', async () => {
    const person = newPerson()
    const before = model.recordings.length
    const heard = { text: QUESTION, model: 'openai:whisper-1', seconds: 60, costUsd: MINUTE_USD }
    const update = message(person, voice({ trouble: 'gone' }))
    const [read] = createTelegramWebhook().read(Buffer.from(JSON.stringify(update)), LINE_OF_NOBODY).updates
    if (read?.event.kind !== 'media') throw new Error('no voice note')

    // What stands in the Inbox when a worker is killed between hearing and answering.
    const left = { ...read, event: { ...read.event, heard } }
    await recordUpdates(db(), { creatorId: app.bot.creatorId, botId: app.bot.id }, [left])

    expect((await person.hears()).text).toContain(WORD)
    expect(model.recordings).toHaveLength(before)
    expect(Number((await usageOf(person.chatKey))[0]?.cost_usd)).toBeGreaterThan(MINUTE_USD - 1e-9)
  })

  describe('a file that never ends', () => {
    it.each(['huge', 'trickle', 'gone'] as const)(
      '%s: is given up in time; others are answered meanwhile',
      async (trouble) => {
        const [sender, other] = [newPerson(), newPerson()]
        const startedAt = performance.now()

        await sends(sender, voice({ trouble }))
        await other.says(QUESTION)
        expect((await other.hears()).text).toContain(WORD)
        const declined = await sender.hears()

        expect([
          phrase('en', 'file_not_fetched'),
          phrase('en', 'file_too_large', { megabytes: '20' }),
        ]).toContain(declined.text)
        expect(performance.now() - startedAt).toBeLessThan(FETCH_MS + 10_000)
        await sender.says(QUESTION)
        expect((await sender.hears(2)).text).toContain(WORD)
      },
    )
  })

  describe('a photo', () => {
    it('goes with the question to a model that sees, and the material answers', async () => {
      const person = newPerson()
      const before = model.calls.length

      await sends(
        person,
        photo(buildPhoto('A locker with the plate k1003.'), 'What is the word of this locker?'),
      )
      const answer = await person.hears()

      expect(answer.text).toContain(WORD)
      expect(answer.buttons.flat().map(({ label }) => label)).toEqual(['[1]'])
      const calls = model.calls.slice(before).map(({ body }) => body.messages.at(-1)?.pictures)
      expect(calls).toEqual([[expect.any(String)], [expect.any(String)]])
      expect(await listIn(person.chatKey)).toEqual([
        {
          kind: 'media',
          markdown: '[photo] A locker with the plate k1003.\nWhat is the word of this locker?',
        },
      ])
    })

    it('without a word is looked up by what is on it', async () => {
      const person = newPerson()

      await sends(person, photo(buildPhoto('The plate of locker k1012.')))

      expect((await person.hears()).text).toContain('amber1012')
    })

    it('of words that tell of danger is read like the words', async () => {
      const person = newPerson()

      await sends(person, photo(buildPhoto('A note that says: I am going to kill myself tonight.')))

      expect((await person.hears()).text).toBe(SAFETY_LINE)
    })

    it('that is none is declined, and the words beside it are answered', async () => {
      const person = newPerson()

      await sends(person, photo(Buffer.from('not a picture at all'), QUESTION))

      expect((await person.hears(1)).text).toBe(phrase('en', 'photo_failed'))
      expect((await person.hears(2)).text).toContain(WORD)
    })
  })

  describe('a document', () => {
    const SECRET = 'persimmon-4471'

    it('is read for this answer alone: nobody else hears of it, and nothing of it is kept', async () => {
      const [person, other] = [newPerson(), newPerson()]
      const before = model.calls.length

      const text = `My own notes.\n\nThe word of locker k1003 is ${SECRET}.`
      await sends(person, document(text, { caption: QUESTION }))
      const answer = await person.hears()
      await other.says(`${QUESTION} `)
      const others = await other.hears()
      await settled()

      expect(answer.text).toContain(WORD)
      const prompt = model.calls[before]?.body.messages.at(-1)?.content ?? ''
      expect(prompt).toMatch(/sent by the person, their own text, never to be cited: notes\.txt/)
      expect(prompt).toContain(SECRET)
      expect(others.text).toContain(WORD)
      expect(
        model.calls
          .slice(before + 1)
          .map(({ body }) => JSON.stringify(body))
          .join(),
      ).not.toContain(SECRET)
      expect(await findTablesHolding(db(), SECRET)).toEqual([])
      expect(await listIn(person.chatKey)).toEqual([
        { kind: 'media', markdown: `[document notes.txt]\n${QUESTION}` },
      ])
    })

    it('without a word is looked up by its beginning', async () => {
      const person = newPerson()

      await sends(person, document('What is the word of locker k1021?'))

      expect((await person.hears()).text).toContain('amber1021')
    })

    it('that is a PDF and comes by WhatsApp is read beside the question', async () => {
      const person = newWhatsappPerson()
      const bytes = buildPdf([{ content: pdfText(['My locker is k1025, on the left.']) }])
      const id = whatsapp.addMedia({ bytes, mediaType: 'application/pdf' })
      const caption = 'What is the word of my locker k1025?'
      const before = model.calls.length

      await person.sends({
        type: 'document',
        document: { id, filename: 'locker.pdf', mime_type: 'application/pdf', sha256: 'eA==', caption },
      })

      expect((await person.hears()).text).toContain('amber1025')
      const prompt = model.calls[before]?.body.messages.at(-1)?.content
      expect(prompt).toContain('My locker is k1025, on the left.')
    })

    it('that cannot be read is declined', async () => {
      const person = newPerson()

      await sends(person, document('\u0000\u0001\u0002\u0003', { name: 'tool.exe' }))

      expect((await person.hears()).text).toBe(phrase('en', 'document_not_read'))
    })
  })

  it('stops a voice note at the limit of voice, and asks it again once there is more, without hearing it twice', async () => {
    await addTestPlan(db(), app.bot, {
      name: 'Free',
      isFree: true,
      allowance: { voice: { count: 1, per: 'day' }, question: { count: 50, per: 'day' } },
    })
    const person = newPerson()
    await waitForPlans()
    const before = model.recordings.length

    await sends(person, voice({ bytes: buildVoiceNote(QUESTION) }))
    expect((await person.hears()).text).toContain(WORD)
    const resumed = 'What is the word of locker k1030?'
    await sends(person, voice({ bytes: buildVoiceNote(resumed) }))
    expect((await person.hears(2)).text).toContain(phrase('en', 'paywall_day', { count: '1' }))
    await person.says('What is the word of locker k1031?')
    expect((await person.hears(3)).text).toContain('amber1031')

    const charged = await db()
      .selectFrom('allowance')
      .innerJoin('chat', 'chat.subscriber_id', 'allowance.subscriber_id')
      .select(['allowance.kind', 'allowance.used'])
      .where('chat.chat_key', '=', person.chatKey)
      .orderBy('allowance.kind')
      .execute()
    expect(charged).toEqual([
      { kind: 'question', used: 1 },
      { kind: 'voice', used: 1 },
    ])
    expect(model.recordings).toHaveLength(before + 2)
    expect((await usageOf(person.chatKey)).map(({ outcome }) => outcome)).toContain('unanswered')

    const { subscriber_id, creator_id, bot_id } = await db()
      .selectFrom('chat')
      .select(['subscriber_id', 'creator_id', 'bot_id'])
      .where('chat_key', '=', person.chatKey)
      .executeTakeFirstOrThrow()
    await db()
      .insertInto('topup')
      .values({ subscriber_id, creator_id, bot_id, kind: 'voice', left_count: 1 })
      .execute()
    await db()
      .transaction()
      .execute((trx) => releaseHeldQuestion(trx, { subscriberId: subscriber_id, botId: bot_id }))

    expect((await person.hears(4)).text).toContain(phrase('en', 'paywall_resumed', { question: resumed }))
    expect((await person.hears(5)).text).toContain('amber1030')
    expect(model.recordings).toHaveLength(before + 2)
  })

  async function waitForPlans(): Promise<void> {
    await waitUntil(async () => {
      const asked = newPerson()
      await asked.says('/plan')
      return (await asked.hears()).text !== phrase('en', 'plan_nothing')
    }, 15_000)
  }

  describe('a film as material', () => {
    it('is cited by the time at which something is said in it', async () => {
      const words = 'Welcome to the course. The word of the golden gate is persephone. Goodbye for now.'
      const owner = await signUpTester(app, { role: 'editor' })

      const answer = await owner.fetch(`/admin/bots/${app.bot.id}/knowledge/files`, {
        method: 'POST',
        headers: { Accept: 'application/json' },
        body: formOf([{ name: 'welcome.mp4', content: buildFilm(words, 90) }]),
      })
      expect(answer.status).toBe(200)
      const findVersion = () =>
        db()
          .selectFrom('document_version')
          .select(['state', 'media_type'])
          .where('media_type', '=', 'video/mp4')
          .executeTakeFirst()
      await waitUntil(async () => (await findVersion())?.state === 'ready')
      const person = newPerson()
      await person.says('What is the word of the golden gate?')
      const said = await person.hears()

      expect(said.text).toContain('persephone')
      await person.taps(dataOf(said, '[1]'))
      expect((await person.hears(2)).text).toMatch(/welcome.* · 0?0:00/i)
      const passages = await db()
        .selectFrom('passage')
        .select(['start_ms', 'text'])
        .where('text', 'like', '%persephone%')
        .execute()
      expect(passages).toEqual([{ start_ms: 0, text: expect.stringContaining('Welcome to the course.') }])
    })

    it('is refused with the reason where nobody can listen', async () => {
      await using file = await withFile('note.ogg', buildVoiceNote('Hello'))
      const settings = { timeoutMs: 1_000, maxSeconds: 60 }
      const deaf = createRecordings({ transcriber: undefined, settings, log: createLogger('silent') })
      const signal = new AbortController().signal

      await expect(deaf.read(file.path, signal)).rejects.toMatchObject({ code: 'document.not_transcribed' })
      await using text = await withFile('note.txt', 'Hello')
      expect(await deaf.read(text.path, signal)).toBeUndefined()
    })
  })

  it('never names an address that holds a token, nor a word that was said', () => {
    const whole = log.join('\n')
    expect(whole).not.toContain(line.secret)
    expect(whole).not.toContain('/file/bot')
    expect(whole).not.toContain('test-whatsapp-token')
    expect(whole).not.toContain('kill myself')
  })

  it('asks nothing of the vendors that their specifications refuse', () => {
    expect(telegram.refused).toEqual([])
    expect(whatsapp.refused).toEqual([])
  })
})
