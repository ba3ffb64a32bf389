import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { buildConnection } from '../testing/builders/connection.ts'
import { findRefusedUrl, UNRESOLVABLE_URL } from '../testing/network/unreachable.ts'
import { startTelegramStandIn, type TelegramTrouble } from '../testing/telegram/stand-in.ts'
import type { Channel, ChannelRegistrar, OutgoingPart, PartPayload, Progress } from './channel.ts'
import { createTelegramChannel } from './telegram.ts'

const TOKEN = '4242:AAEhBP0av28FrI3Xa8cQ0JmR5QTl0KqmZzY'

const connection = buildConnection({
  channel: 'telegram',
  externalId: '4242',
  credentials: { token: TOKEN, webhookSecret: 'a_secret' },
})

function createChannel(apiRoot: string, timeoutMs = 5_000): Channel & ChannelRegistrar {
  return createTelegramChannel({ apiRoot, timeoutMs, log: pino({ level: 'silent' }) })
}

function buildPart(payload: Partial<PartPayload> = {}, rest: Partial<OutgoingPart> = {}): OutgoingPart {
  return {
    partId: '0b9a4c1e-6a51-4a8c-9a4e-0c1f2d3e4f50',
    chatKey: '77',
    payload: { text: 'Breathe in.', ...payload },
    connection,
    signal: new AbortController().signal,
    ...rest,
  }
}

function buildProgress(rest: Partial<Progress> = {}): Progress {
  return { connection, chatKey: '77', draftId: 5, markdown: 'So far', ...rest }
}

describe('send of Telegram', () => {
  it('sends text, formatting and buttons within the specification', async () => {
    await using telegram = await startTelegramStandIn()
    const entities = [
      { type: 'bold', offset: 0, length: 7 },
      { type: 'text_link', offset: 8, length: 3, url: 'https://example.org' },
      { type: 'pre', offset: 12, length: 1, language: 'ts' },
    ]
    const buttons = [[{ label: '[1]', data: 'cite:1' }]]

    const sent = await createChannel(telegram.url).send(
      buildPart({ text: 'Breathe in. 1', entities, buttons }),
    )

    expect(telegram.refused).toEqual([])
    expect(telegram.sent).toMatchObject([
      {
        token: TOKEN,
        chatId: '77',
        text: 'Breathe in. 1',
        entities,
        buttons,
        messageId: Number(sent.vendorMessageId),
      },
    ])
    expect(sent.isPlainText).toBeUndefined()
  })

  it('sends a card as a photo with its caption, and as words where the photo cannot be fetched', async () => {
    await using telegram = await startTelegramStandIn()
    const channel = createChannel(telegram.url)
    const card = {
      markdown: '**The kit** · €49.00',
      citations: [],
      buttons: [{ label: 'Buy now', url: 'https://coach.example/pay/p' }],
      photo: { url: 'https://coach.example/photos/p', alt: 'The kit' },
    }
    const [payload] = channel.render(card)

    await channel.send(buildPart(payload))
    await channel.send(buildPart({ ...payload, photo: 'https://nowhere/x' }))

    expect(telegram.sent).toMatchObject([
      { text: 'The kit · €49.00', photo: 'https://coach.example/photos/p', entities: [{ type: 'bold' }] },
      { text: 'The kit · €49.00', entities: [{ type: 'bold' }] },
    ])
    expect(telegram.sent[1]?.photo).toBeUndefined()
    expect(telegram.sent.map(({ buttons }) => buttons.flat()[0]?.url)).toEqual(
      Array.from({ length: 2 }, () => 'https://coach.example/pay/p'),
    )
    expect(telegram.refused).toHaveLength(1)
    const elsewhere = { ...card, photo: { ...card.photo, url: 'http://localhost:3000/photos/p' } }
    expect(channel.render(elsewhere)[0]?.photo).toBeUndefined()
    expect(channel.render({ ...card, markdown: 'word '.repeat(300) })[0]?.photo).toBeUndefined()
  })

  it('sends the bare text once when the formatting is refused', async () => {
    await using telegram = await startTelegramStandIn()
    const entities = [{ type: 'bold', offset: 0, length: 99 }]
    const buttons = [[{ label: '[1]', data: 'cite:1' }]]

    const sent = await createChannel(telegram.url).send(buildPart({ entities, buttons }))

    expect(sent.isPlainText).toBe(true)
    expect(telegram.refused).toHaveLength(1)
    expect(telegram.sent).toMatchObject([{ text: 'Breathe in.', entities: [], buttons }])
  })

  it('leaves the buttons out when they are refused', async () => {
    await using telegram = await startTelegramStandIn()
    const buttons = [[{ label: '[1]', data: 'x'.repeat(65) }]]

    const sent = await createChannel(telegram.url).send(buildPart({ buttons }))

    expect(sent.isPlainText).toBe(true)
    expect(telegram.sent).toMatchObject([{ text: 'Breathe in.', buttons: [] }])
  })

  it('does not try a bare text that is refused again', async () => {
    await using telegram = await startTelegramStandIn()

    const sending = createChannel(telegram.url).send(buildPart({ text: 'x'.repeat(4_097) }))

    await expect(sending).rejects.toMatchObject({
      code: 'channel.rejected',
      details: { vendorCode: 400, vendorMessage: 'Bad Request: message is too long' },
    })
    expect(telegram.refused).toHaveLength(1)
  })

  it.each<[string, TelegramTrouble, string, Record<string, unknown>]>([
    [
      'a flood wait',
      {
        kind: 'refuse',
        errorCode: 429,
        description: 'Too Many Requests: retry after 3',
        parameters: { retry_after: 3 },
      },
      'channel.rate_limited',
      { retryAfterSeconds: 3 },
    ],
    [
      'a block',
      { kind: 'refuse', errorCode: 403, description: 'Forbidden: bot was blocked by the user' },
      'channel.blocked',
      {},
    ],
    [
      'an upgraded group',
      {
        kind: 'refuse',
        errorCode: 400,
        description: 'Bad Request: group chat was upgraded to a supergroup chat',
        parameters: { migrate_to_chat_id: -100_123 },
      },
      'channel.rejected',
      { migratedToChatKey: '-100123' },
    ],
    [
      'a revoked token',
      { kind: 'refuse', errorCode: 401, description: 'Unauthorized' },
      'channel.unauthorized',
      {},
    ],
    [
      'a restart',
      { kind: 'refuse', errorCode: 500, description: 'Internal Server Error: restart' },
      'channel.unavailable',
      {},
    ],
    ['a gateway in between', { kind: 'gateway', status: 502 }, 'channel.doubtful', { vendorCode: 502 }],
    ['a reset', { kind: 'reset', isRecorded: true }, 'channel.doubtful', {}],
    ['silence', { kind: 'hang', isRecorded: true }, 'channel.doubtful', { reason: 'TimeoutError' }],
  ])('calls %s by its name', async (_name, trouble, code, details) => {
    await using telegram = await startTelegramStandIn()
    telegram.failNext(1, trouble)

    const sending = createChannel(telegram.url, 300).send(buildPart())

    await expect(sending).rejects.toMatchObject({ code, details })
    const wasTaken = 'isRecorded' in trouble
    expect(telegram.sent).toHaveLength(wasTaken ? 1 : 0)
  })

  it('knows that nothing was sent when nobody listens or no name resolves', async () => {
    const unreachable = { code: 'channel.unreachable', details: { reason: 'ECONNREFUSED' } }
    await expect(createChannel(await findRefusedUrl()).send(buildPart())).rejects.toMatchObject(unreachable)

    const sending = createChannel(UNRESOLVABLE_URL).send(buildPart())
    await expect(sending).rejects.toMatchObject({ code: 'channel.unreachable' })
  })

  it('sends nothing when it was called off before', async () => {
    await using telegram = await startTelegramStandIn()

    const sending = createChannel(telegram.url).send(buildPart({}, { signal: AbortSignal.abort() }))

    await expect(sending).rejects.toMatchObject({ code: 'channel.unreachable' })
    expect(telegram.sent).toEqual([])
  })

  it('doubts a send that is called off under way', async () => {
    await using telegram = await startTelegramStandIn({ delayMs: 60_000 })
    const calling = new AbortController()

    const sending = createChannel(telegram.url).send(buildPart({}, { signal: calling.signal }))
    await expect.poll(() => telegram.sent.length).toBe(1)
    calling.abort()

    await expect(sending).rejects.toMatchObject({ code: 'channel.doubtful' })
  })

  it('refuses a stored payload that is not of Telegram', async () => {
    const sending = createChannel('http://127.0.0.1:9').send(buildPart({ entities: [{ type: 'glitter' }] }))

    await expect(sending).rejects.toMatchObject({ code: 'channel.rejected' })
  })
})

describe('showProgress of Telegram', () => {
  it('shows a draft with a stop button in a private chat, and typing before there is text', async () => {
    await using telegram = await startTelegramStandIn()
    const channel = createChannel(telegram.url)

    await channel.showProgress(buildProgress({ markdown: '' }))
    await channel.showProgress(buildProgress())

    expect(telegram.refused).toEqual([])
    expect(telegram.calls).toMatchObject([
      { method: 'sendChatAction', body: { chat_id: '77', action: 'typing' } },
      { method: 'sendMessageDraft', body: { chat_id: 77, draft_id: 5, text: 'So far', can_stop: true } },
    ])
  })

  it('shows typing in a group', async () => {
    await using telegram = await startTelegramStandIn()

    await createChannel(telegram.url).showProgress(buildProgress({ chatKey: '-100123' }))

    expect(telegram.calls.map(({ method }) => method)).toEqual(['sendChatAction'])
  })

  it('asks an older server for a draft once and shows typing from then on', async () => {
    await using telegram = await startTelegramStandIn({ hasDrafts: false })
    const channel = createChannel(telegram.url)

    await channel.showProgress(buildProgress())
    await channel.showProgress(buildProgress({ chatKey: '78' }))

    expect(telegram.refused.map(({ method }) => method)).toEqual(['sendMessageDraft'])
    expect(telegram.calls.map(({ method }) => method)).toEqual(['sendChatAction', 'sendChatAction'])
  })

  it('never throws', async () => {
    const channel = createChannel(await findRefusedUrl())

    await channel.showProgress(buildProgress())
    await channel.showProgress(buildProgress({ markdown: '' }))
    await channel.acknowledge({ connection, callbackId: '1', text: 'ok' })
  })
})

describe('acknowledge of Telegram', () => {
  it('answers the tap with at most 200 characters', async () => {
    await using telegram = await startTelegramStandIn()

    await createChannel(telegram.url).acknowledge({ connection, callbackId: 'c', text: 'x'.repeat(300) })

    expect(telegram.calls).toMatchObject([
      { method: 'answerCallbackQuery', body: { callback_query_id: 'c', text: 'x'.repeat(200) } },
    ])
  })
})
