import { createHmac, randomUUID } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApp, type TestApp } from '../src/testing/app.ts'
import { countTaken } from '../src/testing/database-search.ts'
import { telegramTextUpdate } from '../src/testing/telegram/payloads.ts'
import { nextTelegramId, type TelegramLine } from '../src/testing/telegram/person.ts'
import { signWhatsapp, whatsappTextBody } from '../src/testing/whatsapp/payloads.ts'
import { nextWamid, type WhatsappLine } from '../src/testing/whatsapp/person.ts'

const FORGERIES = 10_000
/** Requests under way at once: what a flood from one machine looks like. */
const AT_ONCE = 50

/** What a stack trace or a path of ours looks like. */
const INSIDES = /node_modules|\/src\/|\.ts:\d+|at \w+ \(|node:internal|SELECT |INSERT |zod/i

interface Forged {
  url: string
  headers: Record<string, string | string[]>
  body: string
}

/** `node:http` rather than fetch: fetch joins a header that comes twice before it is sent. */
function post({ url, headers, body }: Forged): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url, { method: 'POST', headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
      )
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

async function inTurns<T>(tasks: (() => Promise<T>)[], atOnce: number): Promise<T[]> {
  const results: T[] = []
  let next = 0
  const run = async () => {
    for (let at = next++; at < tasks.length; at = next++) {
      const task = tasks[at]
      if (task) results.push(await task())
    }
  }
  await Promise.all(Array.from({ length: atOnce }, run))
  return results
}

describe('the doors', () => {
  const opened = new AsyncDisposableStack()
  let app: TestApp
  let telegram: TelegramLine
  let whatsapp: WhatsappLine

  beforeAll(async () => {
    app = opened.use(await startTestApp())
    telegram = await app.connectTelegram()
    whatsapp = await app.connectWhatsapp()
  })
  afterAll(() => opened.disposeAsync())

  const telegramBody = () =>
    JSON.stringify(telegramTextUpdate({ updateId: nextTelegramId(), chatId: nextTelegramId(), text: 'Hi' }))
  const whatsappBody = () =>
    whatsappTextBody({
      phoneNumberId: whatsapp.phoneNumberId,
      from: '491700000000',
      wamid: nextWamid(),
      text: 'Hi',
    })

  function forgeTelegram(): Forged[] {
    const { webhookUrl: url, secret } = telegram
    const withSecret = (value: string | string[], to = url): Forged => ({
      url: to,
      headers: { 'x-telegram-bot-api-secret-token': value },
      body: telegramBody(),
    })
    return [
      { url, headers: {}, body: telegramBody() },
      withSecret(''),
      withSecret('another-webhook-secret'),
      withSecret(secret.slice(0, -1)),
      withSecret(`${secret}x`),
      withSecret(secret.toUpperCase()),
      withSecret(` ${secret} x`),
      withSecret([secret, secret]),
      withSecret([secret, 'another']),
      // The right secret at another bot's address: of another creator, of nobody, of no form.
      withSecret(secret, url.replace(/[^/]+$/, randomUUID())),
      withSecret(secret, url.replace(/[^/]+$/, app.bot.creatorId)),
      withSecret(secret, url.replace(/[^/]+$/, '4242')),
      withSecret(secret, url.replace(/[^/]+$/, "'%20OR%20'1'='1")),
    ]
  }

  function forgeWhatsapp(): Forged[] {
    const { webhookUrl: url, appSecret } = whatsapp
    const body = whatsappBody()
    const right = signWhatsapp(body, appSecret)
    const signed = (value: string | string[], sent = body): Forged => ({
      url,
      headers: { 'x-hub-signature-256': value },
      body: sent,
    })
    const otherNumber = whatsappTextBody({
      phoneNumberId: '999',
      from: '49170',
      wamid: nextWamid(),
      text: 'Hi',
    })
    const sha1 = `sha1=${createHmac('sha1', appSecret).update(body).digest('hex')}`
    return [
      { url, headers: {}, body },
      signed(''),
      signed(signWhatsapp(body, 'another-app-secret')),
      signed(signWhatsapp(body, '')),
      signed(right.slice(0, -2)),
      signed(right.toUpperCase()),
      signed(right.replace('sha256=', 'SHA256=')),
      signed(right.replace('sha256=', '')),
      signed(`sha256=${right.slice('sha256='.length).toUpperCase()}`),
      signed(right.replace('sha256=', 'sha1=')),
      signed(sha1),
      { url, headers: { 'x-hub-signature': sha1 }, body },
      signed([right, right]),
      signed([right, signWhatsapp(body, 'another')]),
      signed(right, JSON.stringify(JSON.parse(body), undefined, 1)),
      signed(right, body.replace('Hi', 'Ho')),
      signed(right, `${body} `),
      signed(signWhatsapp(otherNumber, appSecret), otherNumber),
    ]
  }

  it('let in none of ten thousand forged webhooks', { timeout: 60_000 }, async () => {
    const tasks: (() => Promise<{ status: number; text: string }>)[] = []
    while (tasks.length < FORGERIES) {
      for (const forged of [...forgeTelegram(), ...forgeWhatsapp()]) tasks.push(() => post(forged))
    }
    const rowsBefore = await countTaken(app.app.installation.db)
    const startedMs = performance.now()

    const answers = await inTurns(tasks.slice(0, FORGERIES), AT_ONCE)

    const ms = performance.now() - startedMs
    expect(answers).toHaveLength(FORGERIES)
    expect(answers.filter(({ status }) => status !== 401 && status !== 400)).toEqual([])
    expect(await countTaken(app.app.installation.db)).toBe(rowsBefore)
    expect(ms).toBeLessThan(40_000)
    for (const { text } of answers.slice(0, 100)) expect(text).not.toMatch(INSIDES)
  })

  it('let in what is genuine, after all that', async () => {
    const rowsBefore = await countTaken(app.app.installation.db)
    const body = whatsappBody()
    const genuine: Forged[] = [
      {
        url: telegram.webhookUrl,
        headers: { 'x-telegram-bot-api-secret-token': telegram.secret },
        body: telegramBody(),
      },
      {
        url: whatsapp.webhookUrl,
        headers: { 'x-hub-signature-256': signWhatsapp(body, whatsapp.appSecret) },
        body,
      },
    ]
    for (const each of genuine) expect((await post(each)).status).toBe(200)
    expect(await countTaken(app.app.installation.db)).toBeGreaterThan(rowsBefore)
  })
})

describe('the doors of an installation without a secret', () => {
  it('stay shut', async () => {
    await using app = await startTestApp({ env: { WHATSAPP_APP_SECRET: '' } })
    const whatsapp = await app.connectWhatsapp()
    const { connections } = app.app.installation
    const { creatorId, id: botId } = app.bot
    const credentials = { token: `4242:${'T'.repeat(35)}` }
    await connections.save({
      creatorId,
      botId,
      channel: 'telegram',
      externalId: '4242',
      name: '',
      credentials,
    })
    const body = whatsappTextBody({
      phoneNumberId: whatsapp.phoneNumberId,
      from: '49170',
      wamid: nextWamid(),
      text: 'Hi',
    })
    const update = JSON.stringify(telegramTextUpdate({ updateId: 1, chatId: 1, text: 'Hi' }))

    for (const secret of ['', 'undefined', whatsapp.appSecret]) {
      const signed = { 'x-hub-signature-256': signWhatsapp(body, secret) }
      const named = { 'x-telegram-bot-api-secret-token': secret }
      const address = `${app.url}/webhooks/telegram/${botId}`
      expect((await post({ url: whatsapp.webhookUrl, headers: signed, body })).status).toBe(401)
      expect((await post({ url: address, headers: named, body: update })).status).toBe(401)
    }

    const { rows } = await sql`SELECT id FROM inbox`.execute(app.app.installation.db)
    expect(rows).toEqual([])
  })
})
