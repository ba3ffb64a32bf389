import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApp, type TestApp } from '../src/testing/app.ts'
import { openTestDatabase, type TestDatabase } from '../src/testing/database.ts'
import { findTablesHolding, isQuiet } from '../src/testing/database-search.ts'
import { type ModelStandIn, startModelStandIn } from '../src/testing/models/stand-in.ts'
import { openTcpProxy, type TcpProxy } from '../src/testing/network/tcp-proxy.ts'
import { createTelegramPerson, postTelegram, type TelegramLine } from '../src/testing/telegram/person.ts'
import {
  startTelegramStandIn,
  type TelegramStandIn,
  type TelegramTrouble,
} from '../src/testing/telegram/stand-in.ts'
import { waitForLength, waitUntil } from '../src/testing/wait.ts'
import { createWhatsappPerson, postWhatsapp, type WhatsappLine } from '../src/testing/whatsapp/person.ts'
import {
  startWhatsappStandIn,
  type WhatsappStandIn,
  type WhatsappTrouble,
} from '../src/testing/whatsapp/stand-in.ts'

/** What must be found nowhere. In the forms the vendors give them. */
const CANARIES = {
  telegramToken: `8412345678:AAE${'canary'.repeat(5)}xy`,
  telegramSecret: 'canary-telegram-webhook-secret',
  whatsappToken: `EAAcanary${'0123456789'.repeat(3)}`,
  whatsappAppSecret: 'c0ffee00canary00whatsapp00app00secret',
  whatsappNumberSecret: 'c0ffee00canary00whatsapp00number00secret',
  whatsappVerifyToken: 'canary-whatsapp-verify-token',
  openaiKey: 'sk-canary-openai-0123456789abcdef',
  anthropicKey: 'sk-ant-canary-0123456789abcdef',
  googleKey: 'AIzaCanary0123456789abcdefghijklmnop',
  groqKey: 'gsk_canary0123456789abcdef',
  mistralKey: 'canary-mistral-0123456789abcdef',
  encryptionKey: `${'c0ffee'.repeat(10)}abcd`,
  metricsToken: 'canary-metrics-token',
  chromaPassword: 'canary-chroma-password',
  givenTelegramSecret: 'canary-secret-a-forger-gave',
  givenBearer: 'canary-bearer-someone-sent',
}
/** A person's words, and a vendor's: stored where they belong, said nowhere else. */
const WORDS = {
  question: 'quokka-of-the-question',
  answer: 'narwhal-of-the-answer',
  forged: 'okapi-of-a-forger',
}

describe('twenty secrets', () => {
  const opened = new AsyncDisposableStack()
  const log: string[] = []
  const answers: string[] = []
  let secrets: string[]
  let telegram: TelegramStandIn
  let whatsapp: WhatsappStandIn
  let model: ModelStandIn
  let telegramProxy: TcpProxy
  let databaseProxy: TcpProxy
  let database: TestDatabase
  let app: TestApp
  let telegramLine: TelegramLine
  let whatsappLine: WhatsappLine

  beforeAll(async () => {
    telegram = opened.use(await startTelegramStandIn())
    whatsapp = opened.use(await startWhatsappStandIn())
    model = opened.use(await startModelStandIn())
    telegramProxy = opened.use(await openTcpProxy(telegram.url))
    database = opened.use(await openTestDatabase())
    databaseProxy = opened.use(await openTcpProxy(database.url))
    const databaseUrl = new URL(database.url)
    databaseUrl.port = new URL(databaseProxy.url).port
    secrets = [...Object.values(CANARIES), decodeURIComponent(databaseUrl.password)].filter((it) => it !== '')
    app = opened.use(
      await startTestApp({
        onLog: (line) => log.push(line),
        env: {
          LOG_LEVEL: 'trace',
          DATABASE_URL: databaseUrl.href,
          // Nothing answers there: every search says so in the log.
          CHROMA_URL: `http://someone:${CANARIES.chromaPassword}@127.0.0.1:9`,
          ENCRYPTION_KEY: CANARIES.encryptionKey,
          METRICS_TOKEN: CANARIES.metricsToken,
          TELEGRAM_API_ROOT: telegramProxy.url,
          TELEGRAM_CHAT_PER_SECOND: '1000',
          WHATSAPP_API_ROOT: whatsapp.url,
          WHATSAPP_APP_SECRET: CANARIES.whatsappAppSecret,
          WHATSAPP_VERIFY_TOKEN: CANARIES.whatsappVerifyToken,
          SEND_TIMEOUT_MS: '500',
          MODEL_CHAT: 'openai:stand-in',
          MODEL_EMBED: 'openai:stand-in-embedding',
          OPENAI_BASE_URL: model.openAiUrl,
          OPENAI_API_KEY: CANARIES.openaiKey,
          ANTHROPIC_API_KEY: CANARIES.anthropicKey,
          GOOGLE_API_KEY: CANARIES.googleKey,
          GROQ_API_KEY: CANARIES.groqKey,
          MISTRAL_API_KEY: CANARIES.mistralKey,
        },
      }),
    )
    const account = { creatorId: app.bot.creatorId, botId: app.bot.id, name: 'test' }
    const { connections } = app.app.installation
    await connections.save({
      ...account,
      channel: 'telegram',
      externalId: '8412345678',
      credentials: { token: CANARIES.telegramToken, webhookSecret: CANARIES.telegramSecret },
    })
    await connections.save({
      ...account,
      channel: 'whatsapp',
      externalId: '100200300',
      credentials: { token: CANARIES.whatsappToken, appSecret: CANARIES.whatsappNumberSecret },
    })
    telegramLine = {
      webhookUrl: `${app.url}/webhooks/telegram/${app.bot.id}`,
      secret: CANARIES.telegramSecret,
    }
    whatsappLine = {
      webhookUrl: `${app.url}/webhooks/whatsapp`,
      appSecret: CANARIES.whatsappNumberSecret,
      phoneNumberId: '100200300',
    }
  })
  afterAll(() => opened.disposeAsync())

  const QUESTION = `What is the word of locker k1003, ${WORDS.question}?`
  const settle = () => waitUntil(() => isQuiet(database.db))

  /** True once a send of this Chat has failed, also when it was repeated and has arrived by now. */
  async function hasMetTrouble(chatKey: string): Promise<boolean> {
    const parts = await database.db
      .selectFrom('part')
      .innerJoin('chat', 'chat.id', 'part.chat_id')
      .select(['part.attempts', 'part.error_code'])
      .where('chat.chat_key', '=', chatKey)
      .execute()
    return parts.some((part) => part.error_code !== null || part.attempts > 1)
  }

  /** Waits until nothing is on its way out. On Telegram a doubtful answer goes again; on WhatsApp it may stay so. */
  async function settleSends(channel: 'telegram' | 'whatsapp'): Promise<void> {
    const states = ['queued', 'sending', ...(channel === 'telegram' ? (['doubtful'] as const) : [])] as const
    await waitUntil(async () => {
      const open = database.db.selectFrom('part').select('id').where('state', 'in', states)
      return (await open.limit(1).execute()).length === 0
    })
  }

  /** Everything the app answers over HTTP is kept for the search. */
  async function keep(responding: Promise<Response>): Promise<number> {
    const response = await responding
    answers.push(`${JSON.stringify([...response.headers])} ${await response.text()}`)
    return response.status
  }

  it('pass through every trouble with Telegram', async () => {
    const echo = `Bad Request: ${CANARIES.telegramToken} said ${WORDS.answer}`
    const troubles: TelegramTrouble[] = [
      { kind: 'refuse', errorCode: 400, description: echo },
      { kind: 'refuse', errorCode: 401, description: `Unauthorized ${CANARIES.telegramToken}` },
      { kind: 'refuse', errorCode: 403, description: `Forbidden: ${CANARIES.telegramToken}` },
      { kind: 'refuse', errorCode: 429, description: echo, parameters: { retry_after: 1 } },
      { kind: 'refuse', errorCode: 500, description: echo },
      { kind: 'gateway', status: 502 },
      { kind: 'reset' },
      { kind: 'hang' },
    ]
    for (const trouble of troubles) {
      const person = createTelegramPerson(telegramLine, telegram)
      telegram.failNext(1, trouble)
      expect(await keep(person.says(QUESTION))).toBe(200)
      await waitUntil(() => hasMetTrouble(person.chatKey))
      await settleSends('telegram') // A repeat would take the next trouble from the next person.
    }
    const unreached = createTelegramPerson(telegramLine, telegram)
    await telegramProxy.cut()
    await keep(unreached.says(QUESTION))
    await waitUntil(() => hasMetTrouble(unreached.chatKey))
    await telegramProxy.restore()
    await settle()
  })

  it('pass through every trouble with WhatsApp', async () => {
    const details = `${CANARIES.whatsappToken} said ${WORDS.answer}`
    const troubles: WhatsappTrouble[] = [
      { kind: 'refuse', status: 400, code: 100, details },
      { kind: 'refuse', status: 401, code: 190, details },
      { kind: 'refuse', status: 500, code: 131000, details },
      { kind: 'gateway', status: 502 },
      { kind: 'garbled' },
      { kind: 'reset' },
    ]
    for (const trouble of troubles) {
      const person = createWhatsappPerson(whatsappLine, whatsapp)
      whatsapp.failNext(1, trouble)
      expect(await keep(person.says(QUESTION))).toBe(200)
      await waitUntil(() => hasMetTrouble(person.key))
      await settleSends('whatsapp')
    }
  })

  it('pass through every trouble with the model', async () => {
    const seen = createTelegramPerson(telegramLine, telegram)
    let heard = 0
    for (const [status, code] of [
      [401, CANARIES.openaiKey],
      [500, CANARIES.openaiKey],
      [400, `${CANARIES.openaiKey} ${WORDS.question}`],
    ] as const) {
      model.behave({ kind: 'answer' }) // A success between, so that the model is asked again.
      await keep(seen.says(QUESTION))
      await seen.hears(++heard)
      model.behave({ kind: 'status', status, code })
      await keep(seen.says(QUESTION))
      await seen.hears(++heard)
    }
    model.behave({ kind: 'say', text: `An answer of ${WORDS.answer}.` })
    await keep(seen.says(QUESTION))
    await seen.hears(++heard)
  })

  it('pass through requests that are refused', async () => {
    const forged = { ...telegramLine, secret: CANARIES.givenTelegramSecret }
    const authorization = `Bearer ${CANARIES.givenBearer}`
    const url = `${app.url}/webhooks/whatsapp?hub.mode=subscribe&hub.challenge=x&hub.verify_token=${CANARIES.givenBearer}`
    const statuses = [
      await keep(postTelegram(forged, { update_id: 1, message: { text: WORDS.forged } })),
      await keep(postTelegram(telegramLine, { update_id: WORDS.forged })),
      await keep(postWhatsapp({ ...whatsappLine, appSecret: 'x' }, `{"entry":"${WORDS.forged}"}`)),
      await keep(fetch(`${app.url}/metrics`, { headers: { authorization } })),
      await keep(fetch(url)),
      await keep(fetch(`${app.url}/api/v1/bots`, { headers: { authorization } })),
    ]
    expect(statuses).toEqual([401, 400, 400, 401, 401, 401])
  })

  it('pass through an outage of the database', async () => {
    await databaseProxy.cut()
    const person = createTelegramPerson(telegramLine, telegram)
    expect(await keep(person.says(QUESTION))).toBe(503)
    await keep(fetch(`${app.url}/readyz`))
    await waitForLength(() => log.filter((line) => line.includes('sweep-failed')), 1)
    await databaseProxy.restore()
    await waitUntil(async () => (await keep(person.says(QUESTION))) === 200)
    await person.hears()
  })

  it('are in no log line, no answer and no table', async () => {
    const events = new Set(log.map((line) => String(JSON.parse(line).msg)))
    for (const event of ['send-failed', 'model-failed', 'request-failed', 'sweep-failed'])
      expect(
        [...events].some((it) => it.startsWith(event)),
        `${event} among ${[...events]}`,
      ).toBe(true)

    for (const secret of secrets) {
      expect(log.filter((line) => line.includes(secret))).toEqual([])
      expect(answers.filter((text) => text.includes(secret))).toEqual([])
      expect(await findTablesHolding(database.db, secret)).toEqual([])
    }
  })

  it('nor are the words that were said, but where they belong', async () => {
    for (const word of Object.values(WORDS)) {
      expect(log.filter((line) => line.includes(word))).toEqual([])
      expect(answers.filter((text) => text.includes(word))).toEqual([])
    }
    expect(await findTablesHolding(database.db, WORDS.forged)).toEqual([])
    const holding = await findTablesHolding(database.db, WORDS.question)
    expect(
      holding.filter(
        (table) =>
          !['public.inbox', 'public.message', 'public.turn', 'public.gap', 'public.gap_group'].includes(
            table,
          ),
      ),
    ).toEqual([])
  })
})
