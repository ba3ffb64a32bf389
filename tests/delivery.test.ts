import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { phrase } from '../src/bots/phrases.ts'
import { listDeadUpdates, replayUpdate } from '../src/messaging/inbox.ts'
import { listDoubtedParts } from '../src/messaging/outbox.ts'
import { startTestApp, type TestApp } from '../src/testing/app.ts'
import { isQuiet } from '../src/testing/database-search.ts'
import { type ModelStandIn, startModelStandIn } from '../src/testing/models/stand-in.ts'
import { openTcpProxy, type TcpProxy } from '../src/testing/network/tcp-proxy.ts'
import { telegramTextUpdate } from '../src/testing/telegram/payloads.ts'
import { createTelegramPerson, type TelegramLine } from '../src/testing/telegram/person.ts'
import { startTelegramStandIn, type TelegramStandIn } from '../src/testing/telegram/stand-in.ts'
import { waitForLength, waitUntil } from '../src/testing/wait.ts'

const ask = (locker: number) => `What is the word of locker k${locker}?`
const UNPACED = { TELEGRAM_CHAT_PER_SECOND: '1000', TELEGRAM_BOT_PER_SECOND: '1000' }

/** The locker the stand-in model takes long to think about, in milliseconds. */
const SLOW_LOCKER = 1050
const SLOW_MS = 4_000
/** Long enough for a second message to arrive while the first is being answered. */
const BURST_LOCKER = 1051
const BURST_MS = 1_000
const SEND_TIMEOUT_MS = 800
const MAX_ATTEMPTS = 3

describe('delivery', () => {
  const opened = new AsyncDisposableStack()
  let telegram: TelegramStandIn
  let telegramProxy: TcpProxy
  let chromaProxy: TcpProxy
  let model: ModelStandIn
  let app: TestApp
  let line: TelegramLine

  beforeAll(async () => {
    telegram = opened.use(await startTelegramStandIn())
    telegramProxy = opened.use(await openTcpProxy(telegram.url))
    chromaProxy = opened.use(await openTcpProxy(inject('chromaUrl')))
    model = opened.use(
      await startModelStandIn({
        delayMs: ({ messages }) => {
          const asked = messages.at(-1)?.content ?? ''
          if (asked.includes(`${ask(SLOW_LOCKER)}\n`)) return SLOW_MS
          return asked.includes(ask(BURST_LOCKER)) ? BURST_MS : 0
        },
      }),
    )
    app = opened.use(
      await startTestApp({
        env: {
          ...UNPACED,
          TELEGRAM_API_ROOT: telegramProxy.url,
          CHROMA_URL: chromaProxy.url,
          MODEL_CHAT: 'openai:stand-in',
          MODEL_EMBED: 'openai:stand-in-embedding',
          OPENAI_BASE_URL: model.openAiUrl,
          OPENAI_API_KEY: 'test-key',
          SEND_TIMEOUT_MS: String(SEND_TIMEOUT_MS),
          TURN_MAX_ATTEMPTS: String(MAX_ATTEMPTS),
        },
      }),
    )
    line = await app.connectTelegram()
  })
  afterAll(() => opened.disposeAsync())

  const arrive = () => createTelegramPerson(line, telegram)
  const database = () => app.app.installation.db
  const settle = () => waitUntil(() => isQuiet(database()))

  /** How many rows of each kind one Chat has. */
  async function countRows(chatKey: string) {
    const { rows } = await sql<Record<'inbox' | 'turns' | 'usage' | 'parts', string>>`
      SELECT (SELECT count(*) FROM inbox WHERE chat_key = ${chatKey}) AS inbox,
        (SELECT count(*) FROM turn WHERE chat_id = chat.id) AS turns,
        (SELECT count(*) FROM usage WHERE chat_id = chat.id) AS usage,
        (SELECT count(*) FROM part WHERE chat_id = chat.id) AS parts
      FROM chat WHERE chat_key = ${chatKey}
    `.execute(database())
    return Object.fromEntries(Object.entries(rows[0] ?? {}).map(([name, count]) => [name, Number(count)]))
  }

  const partsOf = (chatKey: string) =>
    database()
      .selectFrom('part')
      .innerJoin('chat', 'chat.id', 'part.chat_id')
      .selectAll('part')
      .where('chat.chat_key', '=', chatKey)
      .orderBy('part.position')
      .execute()

  const tracesOf = async (chatKey: string) => {
    const rows = await database()
      .selectFrom('turn')
      .innerJoin('chat', 'chat.id', 'turn.chat_id')
      .select('turn.trace')
      .where('chat.chat_key', '=', chatKey)
      .orderBy('turn.committed_at')
      .execute()
    return rows.map(({ trace }) => trace)
  }

  it('answers an Update once that is delivered fifty times at once', async () => {
    const person = arrive()
    const update = telegramTextUpdate({ ...person.inbound(), text: ask(1001) })

    const responses = await Promise.all(Array.from({ length: 50 }, () => person.post(update)))
    await person.hears()
    await settle()

    expect(responses.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200))
    expect(await countRows(person.chatKey)).toEqual({ inbox: 1, turns: 1, usage: 1, parts: 1 })
    expect(person.heard()).toHaveLength(1)
    expect((await person.post(update)).status).toBe(200)
    await settle()
    expect(person.heard()).toHaveLength(1)
  })

  it('answers what is written in a burst as one question', async () => {
    const person = arrive()
    const asked = () =>
      model.calls.filter(({ body }) => body.messages.at(-1)?.content.includes(ask(BURST_LOCKER)))

    await person.says(ask(BURST_LOCKER))
    await waitForLength(asked, 1)
    await person.says('It is the blue one in the hall.')
    await person.hears()
    await settle()

    expect(await countRows(person.chatKey)).toEqual({ inbox: 2, turns: 1, usage: 1, parts: 1 })
    expect(asked().at(-1)?.body.messages.at(-1)?.content).toContain('the blue one in the hall')
    expect(person.heard()).toHaveLength(1)
  })

  it('keeps the questions of a Chat in order while others overtake a slow one', async () => {
    const slow = arrive()
    const others = Array.from({ length: 20 }, () => arrive())
    const begunAt = Date.now()

    await slow.says(ask(SLOW_LOCKER))
    await waitForLength(
      () => model.calls.filter(({ body }) => JSON.stringify(body).includes(`k${SLOW_LOCKER}?`)),
      1,
    )
    await Promise.all(others.map((person, index) => person.says(ask(1000 + index))))
    const heard = await Promise.all(others.map((person) => person.hears()))
    await slow.hears()

    expect(heard.map(({ text }) => /amber\d+/.exec(text)?.[0])).toEqual(
      others.map((_, index) => `amber${1000 + index}`),
    )
    const lastOther = Math.max(...heard.map(({ atMs }) => atMs))
    const slowAt = (await slow.hears()).atMs
    expect(slowAt - begunAt).toBeGreaterThanOrEqual(SLOW_MS)
    expect(lastOther).toBeLessThan(slowAt)
  })

  it('waits as long as Telegram asks, for that Chat alone, and spends no try on it', async () => {
    const waiting = arrive()
    const others = Array.from({ length: 10 }, () => arrive())
    const parameters = { retry_after: 3 }
    const description = 'Too Many Requests: retry after 3'
    telegram.failNext(1, { kind: 'refuse', errorCode: 429, description, parameters })

    const askedAt = Date.now()
    await waiting.says(ask(1002))
    await waitUntil(async () => (await partsOf(waiting.chatKey))[0]?.error_code === 'channel.rate_limited')
    await waiting.says(ask(1003))
    await Promise.all(others.map((person) => person.says(ask(1004))))
    const heard = await Promise.all(others.map((person) => person.hears()))
    const [first, second] = await waitForLength(waiting.heard, 2)

    expect(first?.text).toContain('amber1002')
    expect(second?.text).toContain('amber1003')
    expect((first?.atMs ?? 0) - askedAt).toBeGreaterThanOrEqual(3_000)
    expect(Math.max(...heard.map(({ atMs }) => atMs))).toBeLessThan(first?.atMs ?? 0)
    await settle()
    expect(await partsOf(waiting.chatKey)).toMatchObject([
      { state: 'sent', attempts: 1, doubts: 0 },
      { state: 'sent', attempts: 1, doubts: 0 },
    ])
  })

  it('tries again without doubt what never left', async () => {
    const person = arrive()
    await telegramProxy.cut()

    await person.says(ask(1005))
    await waitUntil(async () => (await partsOf(person.chatKey))[0]?.error_code === 'channel.unreachable')
    await telegramProxy.restore()
    await person.hears()
    await settle()

    expect(await partsOf(person.chatKey)).toMatchObject([{ state: 'sent', doubts: 0 }])
    expect(person.heard()).toHaveLength(1)
  })

  it.each([
    { what: 'a reset after the message was taken', isRecorded: true, kind: 'reset', copies: 2 },
    { what: 'silence before it was', isRecorded: false, kind: 'hang', copies: 1 },
  ] as const)('counts $what as doubt, and sends the answer again', async ({ kind, isRecorded, copies }) => {
    const person = arrive()
    telegram.failNext(1, { kind, isRecorded })

    await person.says(ask(1006))
    await person.hears(copies)
    await settle()

    expect(person.heard()).toHaveLength(copies)
    const [part, ...more] = await partsOf(person.chatKey)
    expect(part).toMatchObject({ state: 'sent', doubts: 1, attempts: 2 })
    expect(more).toEqual([])
    const doubted = await listDoubtedParts(database())
    expect(doubted.map(({ id }) => id)).toContain(part?.id)
  })

  it('answers around a stored Update that it cannot read', async () => {
    const person = arrive()
    await person.says(ask(1007))
    await person.hears()
    const entry = { creator_id: app.bot.creatorId, bot_id: app.bot.id, channel: 'telegram' }
    const update = JSON.stringify({ version: 99, event: { kind: 'hologram' } })

    await database()
      .insertInto('inbox')
      .values({ ...entry, chat_key: person.chatKey, external_id: 'from-the-future', update })
      .execute()
    await person.says(ask(1008))

    expect((await person.hears(2)).text).toBe(phrase('en', 'unsupported_other'))
    expect((await person.hears(3)).text).toContain('amber1008')
  })

  it('sets an Update aside that always fails, goes on, and answers it when it is replayed', async () => {
    const person = arrive()
    // What a Turn cannot foresee: the database itself refuses to keep these words.
    await sql`CREATE FUNCTION refuse_poison() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN IF NEW.markdown LIKE '%hemlock%' THEN RAISE EXCEPTION 'refused'; END IF; RETURN NEW; END $$`.execute(
      database(),
    )
    await sql`CREATE TRIGGER refuse_poison BEFORE INSERT ON message
      FOR EACH ROW EXECUTE FUNCTION refuse_poison()`.execute(database())

    await person.says(`hemlock ${ask(1009)}`)
    expect((await person.hears(1)).text).toBe(phrase('en', 'failed'))
    await person.says(ask(1010))
    expect((await person.hears(2)).text).toContain('amber1010')

    const [dead, ...others] = await listDeadUpdates(database())
    expect(others).toEqual([])
    expect(dead).toMatchObject({ chat_key: person.chatKey, error_code: 'update.poisoned' })
    await sql`DROP TRIGGER refuse_poison ON message`.execute(database())
    await replayUpdate(database(), dead?.id ?? '')
    expect((await person.hears(3)).text).toContain('amber1009')
    expect(await listDeadUpdates(database())).toEqual([])
  })

  it('answers by keywords while Chroma is away, says so in the Trace, and drops nothing', async () => {
    const people = Array.from({ length: 6 }, () => arrive())
    const [before, ...during] = people
    await before?.says(ask(1011))
    await before?.hears()

    await chromaProxy.cut()
    await Promise.all(during.map((person, index) => person.says(ask(1012 + index))))
    const heard = await Promise.all(during.map((person) => person.hears()))
    await chromaProxy.restore()
    const after = arrive()
    await after.says(ask(1020))
    await after.hears()

    expect(heard.map(({ text }, index) => text.includes(`amber${1012 + index}`))).toEqual(
      during.map(() => true),
    )
    expect(await tracesOf(before?.chatKey ?? '')).toMatchObject([{ degraded: [] }])
    for (const person of during) {
      expect(await tracesOf(person.chatKey)).toMatchObject([{ degraded: ['vectors_unavailable'] }])
    }
    await settle()
    expect(await listDeadUpdates(database())).toEqual([])
  })

  it('never had a message of its own refused', () => {
    expect(telegram.refused).toEqual([])
  })
})
