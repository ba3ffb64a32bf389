import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { HAS_SPECS, openSpec } from '../vendor-spec.ts'
import { startTelegramStandIn, type TelegramStandIn } from './stand-in.ts'

const TOKEN = '4242:AAA'

const Answer = z.object({
  ok: z.boolean(),
  result: z.unknown().optional(),
  description: z.string().optional(),
})

async function call(telegram: TelegramStandIn, method: string, body: unknown, token = TOKEN) {
  const response = await fetch(`${telegram.url}/bot${token}/${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, ...Answer.parse(await response.json()) }
}

const bold = { type: 'bold', offset: 0, length: 2 }
const keyboard = (text: string, callback_data: string) => ({ inline_keyboard: [[{ text, callback_data }]] })

describe('startTelegramStandIn', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['nothing to say', { text: '' }, 'message text is empty'],
    ['white space', { text: ' \n\t' }, 'message text is empty'],
    ['4,097 units', { text: 'x'.repeat(4_097) }, 'message is too long'],
    ['too many bytes', { text: '€'.repeat(11_000) }, 'text is too long'],
    [
      'an entity beyond the end',
      { text: 'ab', entities: [{ ...bold, length: 3 }] },
      "can't parse MessageEntity",
    ],
    [
      'an entity before the start',
      { text: 'ab', entities: [{ ...bold, offset: -1 }] },
      "can't parse MessageEntity",
    ],
    [
      'an entity within a character',
      { text: '😀', entities: [{ ...bold, length: 1 }] },
      'middle of a character',
    ],
    [
      'entities that cross',
      { text: 'abcd', entities: [bold, { type: 'italic', offset: 1, length: 2 }] },
      'overlap',
    ],
    [
      'formatting in code',
      { text: 'abcd', entities: [{ type: 'code', offset: 0, length: 4 }, bold] },
      'overlap',
    ],
    [
      'a link without an address',
      { text: 'ab', entities: [{ ...bold, type: 'text_link', url: 'no' }] },
      'ENTITY_URL_INVALID',
    ],
    ['101 entities', { text: 'ab', entities: Array.from({ length: 101 }, () => bold) }, 'entities too long'],
    ['65 bytes of data', { text: 'ab', reply_markup: keyboard('a', 'é'.repeat(33)) }, 'BUTTON_DATA_INVALID'],
    ['no data', { text: 'ab', reply_markup: keyboard('a', '') }, 'BUTTON_DATA_INVALID'],
    ['a button without words', { text: 'ab', reply_markup: keyboard(' ', 'd') }, 'button text is empty'],
  ])('refuses %s', async (_name, message, reason) => {
    await using telegram = await startTelegramStandIn()

    const answer = await call(telegram, 'sendMessage', { chat_id: 1, ...message })

    expect(answer).toMatchObject({ status: 400, ok: false, description: expect.stringContaining(reason) })
    expect(telegram.sent).toEqual([])
    expect(telegram.refused).toMatchObject([
      { method: 'sendMessage', reason: expect.stringContaining(reason) },
    ])
  })

  it.each<[string, Record<string, unknown>]>([
    ['4,096 units', { text: 'x'.repeat(4_096) }],
    ['64 bytes of data', { text: 'ab', reply_markup: keyboard('a', 'é'.repeat(32)) }],
    [
      'styles within styles',
      {
        text: 'abcd',
        entities: [
          { ...bold, length: 4 },
          { type: 'italic', offset: 1, length: 2 },
        ],
      },
    ],
    [
      'code within a quote',
      {
        text: 'abcd',
        entities: [
          { type: 'blockquote', offset: 0, length: 4 },
          { type: 'code', offset: 1, length: 2 },
        ],
      },
    ],
  ])('takes %s', async (_name, message) => {
    await using telegram = await startTelegramStandIn()

    expect(await call(telegram, 'sendMessage', { chat_id: '1', ...message })).toMatchObject({
      status: 200,
      ok: true,
    })
    expect(telegram.sent).toHaveLength(1)
  })

  it.skipIf(!HAS_SPECS)('refuses what the specification does not know', async () => {
    await using telegram = await startTelegramStandIn()

    expect(telegram.isSpecChecked).toBe(true)
    expect(await call(telegram, 'sendMessage', { chat_id: 1, text: 'a', colour: 'red' })).toMatchObject({
      status: 400,
    })
    expect(await call(telegram, 'sendMessage', { text: 'a' })).toMatchObject({ status: 400 })
    expect(
      await call(telegram, 'answerCallbackQuery', { callback_query_id: 'c', text: 'x'.repeat(201) }),
    ).toMatchObject({ status: 400 })
    expect(
      await call(telegram, 'setWebhook', { url: 'https://x.example', max_connections: 101 }),
    ).toMatchObject({ status: 400 })
  })

  it.skipIf(!HAS_SPECS)('answers in the form of the specification', async () => {
    await using telegram = await startTelegramStandIn()
    const spec = openSpec('telegram/bot-api-10.3.types.schema.json')

    const bot = await call(telegram, 'getMe', {})
    const message = await call(telegram, 'sendMessage', { chat_id: 1, text: 'ab', entities: [bold] })
    const webhook = await call(telegram, 'getWebhookInfo', {})

    expect(spec.check('UserFromGetMe')(bot.result)).toBeUndefined()
    expect(spec.check('Message')(message.result)).toBeUndefined()
    expect(spec.check('WebhookInfo')(webhook.result)).toBeUndefined()
  })

  it('knows good tokens from bad ones, and methods from others', async () => {
    await using telegram = await startTelegramStandIn({ tokens: [TOKEN] })

    expect(await call(telegram, 'getMe', {}, '1:other')).toMatchObject({ status: 401 })
    expect(await call(telegram, 'getMe', {}, 'nonsense')).toMatchObject({ status: 404 })
    expect(await call(telegram, 'makeCoffee', {})).toMatchObject({
      status: 404,
      description: 'Not Found: method not found',
    })
  })

  it('fails as often as planned, with the wait in body and header', async () => {
    await using telegram = await startTelegramStandIn()
    telegram.failNext(2, {
      kind: 'refuse',
      errorCode: 429,
      description: 'Too Many Requests',
      parameters: { retry_after: 3 },
    })

    const statuses = []
    for (let count = 0; count < 3; count++) {
      statuses.push((await call(telegram, 'sendMessage', { chat_id: 1, text: 'a' })).status)
    }

    expect(statuses).toEqual([429, 429, 200])
    expect(telegram.sent).toHaveLength(1)
  })

  it('remembers a message before it answers, also when the answer is lost', async () => {
    await using telegram = await startTelegramStandIn({ delayMs: 60_000 })
    const calling = new AbortController()
    const body = JSON.stringify({ chat_id: 1, text: 'slow' })
    const headers = { 'content-type': 'application/json' }

    const sending = fetch(`${telegram.url}/bot${TOKEN}/sendMessage`, {
      method: 'POST',
      headers,
      body,
      signal: calling.signal,
    })
    await expect.poll(() => telegram.sent.length).toBe(1)
    calling.abort()
    await expect(sending).rejects.toThrow()

    telegram.setDelayMs(0)
    telegram.failNext(1, { kind: 'reset' })
    telegram.failNext(1, { kind: 'reset', isRecorded: true })
    await expect(call(telegram, 'sendMessage', { chat_id: 1, text: 'lost' })).rejects.toThrow()
    await expect(call(telegram, 'sendMessage', { chat_id: 1, text: 'taken' })).rejects.toThrow()
    expect(telegram.sent.map(({ text }) => text)).toEqual(['slow', 'taken'])
  })
})
