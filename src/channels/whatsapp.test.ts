import { describe, expect, it } from 'vitest'
import { buildConnection } from '../testing/builders/connection.ts'
import { findRefusedUrl } from '../testing/network/unreachable.ts'
import { startWhatsappStandIn, type WhatsappTrouble } from '../testing/whatsapp/stand-in.ts'
import type { Channel, ChannelRegistrar, OutgoingPart, PartPayload, Progress } from './channel.ts'
import { createWhatsappChannel } from './whatsapp.ts'

const TOKEN = 'EAAGm0PX4ZCpsBAKZCxyzxyzxyz'
const PART_ID = '0b9a4c1e-6a51-4a8c-9a4e-0c1f2d3e4f50'
const BSUID = 'US.13491208655302741918'

const connection = buildConnection({
  channel: 'whatsapp',
  externalId: '106540352242922',
  credentials: { token: TOKEN },
})

function createChannel(apiRoot: string, timeoutMs = 5_000): Channel & ChannelRegistrar {
  return createWhatsappChannel({ apiRoot, apiVersion: 'v26.0', timeoutMs })
}

function buildPart(
  payload: PartPayload = text('Breathe in.'),
  rest: Partial<OutgoingPart> = {},
): OutgoingPart {
  const signal = new AbortController().signal
  return { partId: PART_ID, chatKey: '16505551234', payload, connection, signal, ...rest }
}

function text(words: string): PartPayload {
  return { kind: 'text', text: words }
}

describe('send of WhatsApp', () => {
  it('sends a text to a phone number with the id of its Part', async () => {
    await using whatsapp = await startWhatsappStandIn()

    const { vendorMessageId } = await createChannel(whatsapp.url).send(buildPart())

    expect(whatsapp.refused).toEqual([])
    expect(whatsapp.sent).toMatchObject([
      {
        phoneNumberId: '106540352242922',
        token: TOKEN,
        to: '16505551234',
        partId: PART_ID,
        wamid: vendorMessageId,
        body: { to: '16505551234', type: 'text' },
      },
    ])
  })

  it('sends to a person without a phone number by user id', async () => {
    await using whatsapp = await startWhatsappStandIn()

    await createChannel(whatsapp.url).send(buildPart(text('hi'), { chatKey: BSUID }))

    expect(whatsapp.sent[0]?.body).toMatchObject({ recipient: BSUID })
    expect(whatsapp.sent[0]?.body.to).toBeUndefined()
  })

  it('sends buttons and lists within the specification', async () => {
    await using whatsapp = await startWhatsappStandIn()
    const channel = createChannel(whatsapp.url)
    const buttons = [1, 2, 3].map((n) => ({ id: `cite:${n}`, title: `[${n}]` }))
    const rows = Array.from({ length: 10 }, (_, n) => ({
      id: `cite:${n}`,
      title: `[${n}]`,
      description: 'Naps',
    }))

    await channel.send(buildPart({ kind: 'buttons', text: 'Choose', buttons }))
    await channel.send(buildPart({ kind: 'list', text: 'Choose', button: 'Sources', rows }))

    expect(whatsapp.refused).toEqual([])
    expect(whatsapp.sent.map(({ choices }) => choices.map(({ id }) => id))).toEqual([
      buttons.map(({ id }) => id),
      rows.map(({ id }) => id),
    ])
  })

  it('sends a card with its photo above the button, or above its words where there is none', async () => {
    await using whatsapp = await startWhatsappStandIn()
    const channel = createChannel(whatsapp.url)
    const card = {
      markdown: '**The kit** · €49.00',
      citations: [],
      buttons: [{ label: 'Buy now', url: 'https://coach.example/pay/p' }],
      photo: { url: 'https://coach.example/photos/p', alt: 'The kit' },
    }
    const send = async (message: Parameters<Channel['render']>[0]) => {
      for (const payload of channel.render(message)) await channel.send(buildPart(payload))
    }

    await send(card)
    await send({ ...card, buttons: [] })
    await send({ ...card, photo: { url: 'http://localhost:3000/photos/p', alt: '' } })

    expect(whatsapp.refused).toEqual([])
    const photo = { link: 'https://coach.example/photos/p' }
    expect(whatsapp.sent.map(({ body }) => body)).toMatchObject([
      {
        type: 'interactive',
        interactive: {
          type: 'cta_url',
          header: { type: 'image', image: photo },
          action: { parameters: { display_text: 'Buy now', url: 'https://coach.example/pay/p' } },
        },
      },
      { type: 'image', image: { ...photo, caption: '*The kit* · €49.00' } },
      { type: 'interactive', interactive: { type: 'cta_url', body: { text: '*The kit* · €49.00' } } },
    ])
    expect(whatsapp.sent[2]?.body).not.toHaveProperty('interactive.header')
  })

  it.each<[string, PartPayload]>([
    ['too long a text', text('x'.repeat(4_097))],
    [
      'titles that are alike',
      {
        kind: 'buttons',
        text: 'x',
        buttons: [
          { id: '1', title: 'a' },
          { id: '2', title: 'a' },
        ],
      },
    ],
    ['an unknown kind', { kind: 'glitter', text: 'x' }],
  ])('refuses a stored payload with %s before it is sent', async (_name, payload) => {
    const sending = createChannel('http://127.0.0.1:9').send(buildPart(payload))

    await expect(sending).rejects.toMatchObject({ code: 'channel.rejected' })
  })

  it.each<[string, WhatsappTrouble, string, Record<string, unknown>]>([
    [
      'the pace of a pair',
      { kind: 'refuse', status: 429, code: 131_056 },
      'channel.rate_limited',
      { retryAfterSeconds: 6 },
    ],
    [
      'the pace of a number',
      { kind: 'refuse', status: 429, code: 130_429 },
      'channel.rate_limited',
      { retryAfterSeconds: 2 },
    ],
    [
      'a closed window',
      { kind: 'refuse', status: 400, code: 131_047 },
      'channel.window_closed',
      { vendorCode: 131_047 },
    ],
    ['a person out of reach', { kind: 'refuse', status: 400, code: 131_026 }, 'channel.blocked', {}],
    ['an expired token', { kind: 'refuse', status: 401, code: 190 }, 'channel.unauthorized', {}],
    [
      'a wrong parameter',
      { kind: 'refuse', status: 400, code: 131_009 },
      'channel.rejected',
      { vendorMessage: 'refused as planned' },
    ],
    ['a fault of the service', { kind: 'refuse', status: 500, code: 131_016 }, 'channel.unavailable', {}],
    ['an unknown fault with an answer', { kind: 'refuse', status: 503, code: 99 }, 'channel.unavailable', {}],
    ['a gateway in between', { kind: 'gateway', status: 504 }, 'channel.doubtful', { vendorCode: 504 }],
    ['a refusal in between', { kind: 'gateway', status: 403 }, 'channel.rejected', { vendorCode: 403 }],
    ['an answer without an id', { kind: 'garbled' }, 'channel.doubtful', {}],
    ['a reset', { kind: 'reset', isRecorded: true }, 'channel.doubtful', {}],
    ['silence', { kind: 'hang', isRecorded: true }, 'channel.doubtful', { reason: 'TimeoutError' }],
  ])('calls %s by its name', async (_name, trouble, code, details) => {
    await using whatsapp = await startWhatsappStandIn()
    whatsapp.failNext(1, trouble)

    await expect(createChannel(whatsapp.url, 300).send(buildPart())).rejects.toMatchObject({ code, details })
  })

  it('knows that nothing was sent when nobody listens', async () => {
    const sending = createChannel(await findRefusedUrl()).send(buildPart())

    await expect(sending).rejects.toMatchObject({
      code: 'channel.unreachable',
      details: { reason: 'ECONNREFUSED' },
    })
  })
})

describe('showProgress of WhatsApp', () => {
  const progress: Progress = {
    connection,
    chatKey: '1',
    draftId: 1,
    markdown: '',
    inboundMessageId: 'wamid.1',
  }

  it('marks the message read and shows typing once, however often it is called', async () => {
    await using whatsapp = await startWhatsappStandIn()
    const channel = createChannel(whatsapp.url)

    await channel.showProgress(progress)
    await channel.showProgress({ ...progress, markdown: 'So far' })

    expect(whatsapp.refused).toEqual([])
    expect(whatsapp.reads).toMatchObject([{ messageId: 'wamid.1', isTyping: true }])
  })

  it('does nothing without a message to mark, and never throws', async () => {
    const channel = createChannel(await findRefusedUrl())

    await channel.showProgress({ connection, chatKey: '1', draftId: 1, markdown: '' })
    await channel.showProgress(progress)
    await channel.acknowledge({ connection, callbackId: '1' })
  })
})

describe('the registrar of WhatsApp', () => {
  it('checks the number and names it', async () => {
    await using whatsapp = await startWhatsappStandIn()
    const channel = createChannel(whatsapp.url)
    const asked = {
      credentials: { token: TOKEN },
      externalId: '106540352242922',
      webhookUrl: 'https://x.example',
    }

    expect(await channel.connect(asked)).toEqual({
      externalId: '106540352242922',
      name: 'Stand-in (+1 555-000-1111)',
    })
    expect(await channel.describe(connection)).toMatch(/^WhatsApp knows Stand-in .*quality GREEN.*dashboard/)
    await channel.disconnect(connection)
  })

  it('refuses a bad token, and a missing or malformed number id', async () => {
    await using whatsapp = await startWhatsappStandIn({ tokens: [] })
    const channel = createChannel(whatsapp.url)
    const asked = { credentials: { token: TOKEN }, webhookUrl: 'https://x.example' }

    for (const externalId of ['106540352242922', '+1 555', '../me']) {
      await expect(channel.connect({ ...asked, externalId })).rejects.toMatchObject({
        code: 'channel.unauthorized',
      })
    }
    await expect(channel.connect(asked)).rejects.toMatchObject({ code: 'channel.unauthorized' })
  })
})
