import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ERRORS } from '../src/errors.ts'
import { startTestApp, type TestApp } from '../src/testing/app.ts'
import { sendRaw } from '../src/testing/attacks/raw-http.ts'
import { countTaken } from '../src/testing/database-search.ts'
import type { TelegramLine } from '../src/testing/telegram/person.ts'
import { signWhatsapp } from '../src/testing/whatsapp/payloads.ts'
import type { WhatsappLine } from '../src/testing/whatsapp/person.ts'

const BODY_BYTES = 200_000
const BODY_TIMEOUT_MS = 1_000

const Failure = z.strictObject({
  success: z.literal(false),
  error: z.strictObject({
    code: z.enum(Object.keys(ERRORS) as [keyof typeof ERRORS]),
    message: z.string().min(1),
    details: z.record(z.string(), z.unknown()),
  }),
  timestamp: z.iso.datetime(),
})

/** What a stack trace or a path of ours looks like. */
const INSIDES = /node_modules|\/src\/|\.ts:\d+|at \w+ \(|node:internal|SELECT |INSERT |zod/i

describe('requests that are not what they should be', () => {
  const opened = new AsyncDisposableStack()
  let app: TestApp
  let telegram: TelegramLine
  let whatsapp: WhatsappLine

  beforeAll(async () => {
    app = opened.use(
      await startTestApp({
        env: {
          WEBHOOK_BODY_BYTES: String(BODY_BYTES),
          WEBHOOK_BODY_TIMEOUT_MS: String(BODY_TIMEOUT_MS),
          METRICS_TOKEN: 'metrics-token',
        },
      }),
    )
    telegram = await app.connectTelegram()
    whatsapp = await app.connectWhatsapp()
  })
  afterAll(() => opened.disposeAsync())

  const telegramPost = (body: string | Buffer, headers: Record<string, string> = {}) =>
    fetch(telegram.webhookUrl, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-telegram-bot-api-secret-token': telegram.secret,
        ...headers,
      },
      body,
    })
  const whatsappPost = (body: string) =>
    fetch(whatsapp.webhookUrl, {
      method: 'POST',
      headers: { 'x-hub-signature-256': signWhatsapp(body, whatsapp.appSecret) },
      body,
    })

  /** The contract's failure, which says nothing of the inside. */
  async function expectFailure(response: Response, status: number): Promise<void> {
    const text = await response.text()
    expect([response.status, text]).toEqual([status, expect.stringContaining('"success":false')])
    expect(Failure.safeParse(JSON.parse(text)).error?.issues ?? []).toEqual([])
    expect(text).not.toMatch(INSIDES)
  }

  const DEEP = '['.repeat(BODY_BYTES / 2 - 10) + ']'.repeat(BODY_BYTES / 2 - 10)
  const MALFORMED = {
    nothing: '',
    'half a body': '{"update_id": 1, "message": {',
    'no object': '7',
    null: 'null',
    'a list': '[]',
    'no update id': '{}',
    'an id of another type': '{"update_id": "one"}',
    'an id beyond every number': '{"update_id": 1e999}',
    'a message without a chat': '{"update_id": 1, "message": {"text": "x"}}',
    'a chat of another type': '{"update_id":1,"message":{"message_id":1,"date":1,"chat":"x","text":"x"}}',
    'a hundred thousand brackets': DEEP,
    'brackets in a field': `{"update_id":1,"message":${DEEP.slice(0, -60)}`,
    'bytes that are no text': '\u0000\ufffd{',
    'an entry that is no list': '{"entry": {"changes": 3}}',
    'a prototype': '{"__proto__": {"update_id": 1}, "constructor": {"prototype": 1}}',
  }

  it.each(Object.entries(MALFORMED))('refuse %s with a catalogued error', async (_, body) => {
    const rowsBefore = await countTaken(app.app.installation.db)

    await expectFailure(await telegramPost(body), 400)
    const whatsappAnswer = await whatsappPost(body)
    await expectFailure(whatsappAnswer, whatsappAnswer.status === 401 ? 401 : 400)

    expect(await countTaken(app.app.installation.db)).toBe(rowsBefore)
    expect((await fetch(`${app.url}/healthz`)).status).toBe(200)
  })

  it('refuse bodies that are too large, declared or not, packed or not', async () => {
    const large = Buffer.alloc(10_000_000, 'a')
    const head = (more: string) =>
      `POST ${new URL(telegram.webhookUrl).pathname} HTTP/1.1\r\nHost: x\r\nX-Telegram-Bot-Api-Secret-Token: ${telegram.secret}\r\n${more}\r\n\r\n`
    const chunk = Buffer.concat([Buffer.from('186a0\r\n'), Buffer.alloc(100_000, 'a'), Buffer.from('\r\n')])

    const declared = await sendRaw(
      app.url,
      Buffer.concat([Buffer.from(head(`Content-Length: ${large.length}`)), large]),
    )
    const chunked = await sendRaw(
      app.url,
      Buffer.concat([
        Buffer.from(head('Transfer-Encoding: chunked')),
        ...Array.from({ length: 100 }, () => chunk),
        Buffer.from('0\r\n\r\n'),
      ]),
    )
    const endless = await sendRaw(app.url, head('Transfer-Encoding: chunked'), {
      feed: () => chunk,
      everyMs: 5,
    })
    const bomb = await telegramPost(gzipSync(Buffer.alloc(50_000_000)), { 'content-encoding': 'gzip' })
    const noGzip = await telegramPost('not packed at all', { 'content-encoding': 'gzip' })
    const unknown = await telegramPost('x', { 'content-encoding': 'zstd-of-tomorrow' })

    expect([declared.status, chunked.status]).toEqual([413, 413])
    // What is refused is read off, so that the answer is seen, but no longer than any body may take.
    expect(endless.ms).toBeLessThan(BODY_TIMEOUT_MS + 4_000)
    for (const { text } of [declared, chunked]) expect(text).toContain('"code":"request.too_large"')
    await expectFailure(bomb, 413)
    await expectFailure(noGzip, 400)
    await expectFailure(unknown, 400)
    expect((await fetch(`${app.url}/healthz`)).status).toBe(200)
  })

  it('end a body that comes a byte at a time, and headers that never end', async () => {
    const path = new URL(telegram.webhookUrl).pathname
    const slowBody = sendRaw(
      app.url,
      `POST ${path} HTTP/1.1\r\nHost: x\r\nX-Telegram-Bot-Api-Secret-Token: ${telegram.secret}\r\nContent-Length: 5000\r\n\r\n{`,
      { feed: () => ' ' },
    )
    const slowHeaders = sendRaw(app.url, `POST ${path} HTTP/1.1\r\nHost: x\r\n`, { feed: () => 'X-A: b\r\n' })
    const largeHeaders = sendRaw(
      app.url,
      `GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(100_000)}\r\n\r\n`,
    )
    const noHttp = sendRaw(app.url, `\x16\x03\x01 what is this\r\n\r\n`)

    const [body, headers, large, foreign] = await Promise.all([slowBody, slowHeaders, largeHeaders, noHttp])

    // The server looks at its connections once a second.
    for (const { ms } of [body, headers]) expect(ms).toBeLessThan(BODY_TIMEOUT_MS + 4_000)
    expect([body.status, headers.status, large.status, foreign.status]).toEqual([408, 408, 431, 400])
    for (const { text } of [body, headers, large, foreign]) expect(text).not.toMatch(INSIDES)
    expect((await fetch(`${app.url}/healthz`)).status).toBe(200)
  })

  it.each([
    ['GET', '/nowhere', 404],
    ['GET', '/webhooks/telegram/x', 404],
    ['PUT', '/webhooks/whatsapp', 404],
    ['DELETE', '/healthz', 404],
    ['PATCH', '/metrics', 404],
    ['POST', '/webhooks/telegram/%E0%A4%A', 400],
    ['POST', '/webhooks/telegram/', 404],
    ['GET', '/try/%E0%A4%A', 400],
    ['GET', '/try/%00', 404],
    ['GET', '/try/no-such-bot', 404],
    ['GET', '/../../etc/passwd', 404],
    ['GET', '/assets/..%2f..%2f..%2fpackage.json', 404],
    ['GET', '/assets/%2e%2e/%2e%2e/server.ts', 404],
    ['GET', `/${'a'.repeat(5_000)}`, 404],
  ])('answer %s %.60s with a catalogued error', async (method, path, status) => {
    const response = await fetch(app.url + path, { method, headers: { accept: 'application/json' } })

    await expectFailure(response, status)
  })

  it('answer HEAD and OPTIONS without a body of the inside', async () => {
    for (const method of ['HEAD', 'OPTIONS']) {
      for (const path of ['/', '/healthz', '/webhooks/whatsapp', '/metrics', '/nowhere']) {
        const response = await fetch(app.url + path, { method })
        expect([200, 204, 401, 404]).toContain(response.status)
        expect(await response.text()).not.toMatch(INSIDES)
      }
    }
  })

  it('show metrics to the token alone, and no one in them', async () => {
    const read = (authorization?: string) =>
      fetch(`${app.url}/metrics`, authorization === undefined ? {} : { headers: { authorization } })

    for (const wrong of [undefined, '', 'Bearer', 'Bearer metrics-toke', 'metrics-token', 'Basic bWV0'])
      await expectFailure(await read(wrong), 401)
    const chat = { id: 49_170_000, type: 'private', first_name: 'Person' }
    const message = { message_id: 1, date: 1_790_000_000, chat, from: chat, text: 'Hi' }
    expect((await telegramPost(JSON.stringify({ update_id: 77, message }))).status).toBe(200)
    const metrics = await read('Bearer metrics-token')

    expect(metrics.status).toBe(200)
    const text = await metrics.text()
    expect(text).toContain('cornerman_updates_total{channel="telegram"}')
    expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-/)
    for (const id of ['4242', '100200300', '49170000']) expect(text).not.toMatch(new RegExp(`"${id}`))
  })
})
