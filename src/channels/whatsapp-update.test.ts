import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Receipt, Update } from '../messaging/update.ts'
import { buildConnection } from '../testing/builders/connection.ts'
import { HAS_SPECS, readSpec } from '../testing/vendor-spec.ts'
import { whatsappMessageBody, whatsappStatusBody, whatsappTextBody } from '../testing/whatsapp/payloads.ts'
import type { WebhookContents } from './channel.ts'
import { createWhatsappWebhook } from './whatsapp-update.ts'

const APP_SECRET = 'app_secret_for_tests'
const NOW = new Date('2026-01-02T03:04:05.000Z')
const PART_ID = '0b9a4c1e-6a51-4a8c-9a4e-0c1f2d3e4f50'
const BSUID = 'US.13491208655302741918'

const connection = buildConnection({
  channel: 'whatsapp',
  externalId: '123456123',
  credentials: { token: 'EAA', appSecret: APP_SECRET },
})

const webhook = createWhatsappWebhook({ now: () => NOW })
const inbound = {
  phoneNumberId: '123456123',
  from: '16315551181',
  wamid: 'wamid.1',
  timestamp: 1_504_902_988,
}

function read(body: string | Record<string, unknown>, phoneNumberId = '123456123'): WebhookContents {
  const rawBody = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const contents = webhook.read(rawBody, { ...connection, externalId: phoneNumberId })
  // Whatever is read must be storable.
  return {
    updates: contents.updates.map((update) => Update.parse(update)),
    receipts: contents.receipts.map((receipt) => Receipt.parse(receipt)),
  }
}

function eventOf(content: Record<string, unknown>): unknown {
  return read(whatsappMessageBody(inbound, content)).updates[0]?.event
}

describe('createWhatsappWebhook', () => {
  it('reads a text with its sender, chat and time', () => {
    expect(read(whatsappTextBody({ ...inbound, name: 'דנה', text: 'שלום 👋' })).updates).toEqual([
      {
        channel: 'whatsapp',
        externalId: 'wamid.1',
        chatKey: '16315551181',
        sender: { externalId: '16315551181', name: 'דנה', phone: '16315551181' },
        sentAt: '2017-09-08T20:36:28.000Z',
        event: { kind: 'text', messageId: 'wamid.1', text: 'שלום 👋' },
      },
    ])
  })

  it('keys a person by the user id, with or without a phone number', () => {
    const both = read(whatsappTextBody({ ...inbound, userId: BSUID, text: 'hi' })).updates[0]
    const { from: _from, ...withoutPhone } = inbound
    const alone = read(whatsappTextBody({ ...withoutPhone, userId: BSUID, text: 'hi' })).updates[0]

    expect(both).toMatchObject({ chatKey: BSUID, sender: { externalId: BSUID, phone: '16315551181' } })
    expect(alone).toMatchObject({ chatKey: BSUID, sender: { externalId: BSUID, name: 'Person' } })
    expect(alone?.sender.phone).toBeUndefined()
  })

  it.each([
    ['/help', { name: 'help', argument: '' }],
    ['/Language  pt-BR ', { name: 'language', argument: 'pt-BR' }],
    [' /start abc', { name: 'start', argument: 'abc' }],
  ])('reads %s as a command', (body, expected) => {
    expect(eventOf({ type: 'text', text: { body } })).toEqual({
      kind: 'command',
      messageId: 'wamid.1',
      ...expected,
    })
  })

  it.each(['/', '/ help', '/etc/hosts', 'and /help', '//'])('reads %s as a text', (body) => {
    expect(eventOf({ type: 'text', text: { body } })).toMatchObject({ kind: 'text', text: body })
  })

  it.each([
    [
      'a reply button',
      {
        type: 'interactive',
        interactive: { type: 'button_reply', button_reply: { id: 'cite:1', title: '[1]' } },
      },
    ],
    [
      'a list row',
      {
        type: 'interactive',
        interactive: { type: 'list_reply', list_reply: { id: 'cite:1', title: '[1]' } },
      },
    ],
    ['a template button', { type: 'button', button: { payload: 'cite:1', text: '[1]' } }],
  ])('reads a tap on %s', (_name, content) => {
    expect(eventOf(content)).toEqual({ kind: 'button', data: 'cite:1', messageId: 'wamid.1' })
  })

  it.each([
    ['without a payload', { type: 'interactive' }, 'interactive'],
    [
      'a filled form',
      { type: 'interactive', interactive: { type: 'nfm_reply', nfm_reply: {} } },
      'interactive.nfm_reply',
    ],
    ['an order', { type: 'order', order: {} }, 'order'],
    ['a named unsupported type', { type: 'unsupported', unsupported: { type: 'poll' } }, 'unsupported.poll'],
    ['a type from the future', { type: 'hologram', hologram: {} }, 'hologram'],
  ])('says of %s that it is not supported', (_name, content, type) => {
    expect(eventOf(content)).toEqual({ kind: 'unsupported', type, messageId: 'wamid.1' })
  })

  it('reads a reaction put on and taken off', () => {
    const reaction = { message_id: 'wamid.0', emoji: '👍' }

    expect(eventOf({ type: 'reaction', reaction })).toEqual({
      kind: 'reaction',
      messageId: 'wamid.0',
      emoji: '👍',
    })
    for (const removed of [{ message_id: 'wamid.0', emoji: '' }, { message_id: 'wamid.0' }]) {
      expect(eventOf({ type: 'reaction', reaction: removed })).toEqual({
        kind: 'reaction',
        messageId: 'wamid.0',
      })
    }
  })

  it('reads an edited text as an edit, and the first opening of a chat as a start', () => {
    const edit = { original_message_id: 'wamid.0', message: { type: 'text', text: { body: 'rather this' } } }

    expect(eventOf({ type: 'edit', edit })).toEqual({
      kind: 'text',
      messageId: 'wamid.0',
      text: 'rather this',
      isEdit: true,
    })
    expect(eventOf({ type: 'request_welcome' })).toMatchObject({ kind: 'command', name: 'start' })
  })

  it('answers neither system notices nor messages taken back', () => {
    expect(eventOf({ type: 'system', system: { type: 'user_changed_number' } })).toBeUndefined()
    expect(eventOf({ type: 'revoke', revoke: { original_message_id: 'wamid.0' } })).toBeUndefined()
  })

  it('reads a status with its Part, its error and its time', () => {
    const error = {
      code: 131047,
      title: 'Re-engagement',
      message: 'Re-engagement',
      error_data: { details: 'too late' },
    }
    const reports = [
      {
        wamid: 'wamid.9',
        status: 'failed',
        recipientId: '1',
        partId: PART_ID,
        timestamp: 1_504_902_988,
        errors: [error],
      },
      { wamid: 'wamid.9', status: 'read', recipientId: BSUID, partId: 'not ours' },
      { wamid: 'wamid.9', status: 'unheard-of', recipientId: '1' },
    ]

    const { receipts } = read(whatsappStatusBody('123456123', reports))

    expect(receipts).toEqual([
      {
        channel: 'whatsapp',
        externalId: 'wamid.9:failed',
        partId: PART_ID,
        vendorMessageId: 'wamid.9',
        state: 'failed',
        errorCode: '131047',
        errorDetail: 'too late',
        at: '2017-09-08T20:36:28.000Z',
      },
      expect.objectContaining({ externalId: 'wamid.9:read', state: 'read' }),
    ])
    expect(receipts[1]?.partId).toBeUndefined()
  })

  it('takes from a body with several numbers what is meant for this one, and names them all', () => {
    const one = JSON.parse(whatsappTextBody({ ...inbound, text: 'first' }))
    const other = JSON.parse(
      whatsappTextBody({ ...inbound, phoneNumberId: '777', wamid: 'wamid.2', text: 'second' }),
    )
    const statuses = JSON.parse(whatsappStatusBody('777', [{ wamid: 'w', status: 'sent', recipientId: '1' }]))
    const body = { object: one.object, entry: [...one.entry, ...other.entry, ...statuses.entry] }

    expect(webhook.phoneNumberIds(Buffer.from(JSON.stringify(body)))).toEqual(['123456123', '777'])
    expect(read(body).updates.map(({ externalId }) => externalId)).toEqual(['wamid.1'])
    expect(read(body, '777')).toMatchObject({
      updates: [{ externalId: 'wamid.2' }],
      receipts: [{ state: 'sent' }],
    })
  })

  it('does not let one odd message spoil the others', () => {
    const body = JSON.parse(whatsappTextBody({ ...inbound, text: 'good' }))
    body.entry[0].changes[0].value.messages.unshift({ id: 5 }, null, 'x')

    expect(read(body).updates).toMatchObject([{ event: { text: 'good' } }])
  })

  it.each([
    '',
    '{',
    '[]',
    'null',
    '{}',
    '{"object":"page","entry":[]}',
    '{"object":"whatsapp_business_account"}',
  ])('refuses %j as malformed', (body) => {
    const malformed = expect.objectContaining({ code: 'request.malformed' })
    expect(() => webhook.read(Buffer.from(body), connection)).toThrow(malformed)
    expect(() => webhook.phoneNumberIds(Buffer.from(body))).toThrow(malformed)
  })
})

const Samples = z.array(z.object({ name: z.string(), body: z.unknown() }))

/** Samples by what comes out of them; every other one gives neither an Update nor a Receipt. */
const READ_AS: Record<string, number> = {
  text: 10,
  button: 8,
  media: 14,
  reaction: 4,
  unsupported: 8,
  receipt: 7,
}

describe.skipIf(!HAS_SPECS)('the collected webhook samples', () => {
  const samples = HAS_SPECS ? Samples.parse(readSpec('whatsapp/webhook.samples.json')) : []

  it('are all read', () => {
    const counts: Record<string, number> = {}
    for (const { body, name } of samples) {
      for (const kind of kindsOf(body, name)) counts[kind] = (counts[kind] ?? 0) + 1
    }

    expect(samples).toHaveLength(86)
    expect(counts).toEqual(READ_AS)
  })
})

/** One file wraps its bodies one level deeper. */
function kindsOf(body: unknown, name: string): string[] {
  const whole = z.looseObject({ object: z.string() }).safeParse(body)
  const bodies = whole.success
    ? [whole.data]
    : Object.values(z.record(z.string(), z.looseObject({})).parse(body))
  return bodies.flatMap((each) => {
    const rawBody = Buffer.from(JSON.stringify(each))
    return webhook.phoneNumberIds(rawBody).flatMap((id) => {
      const { updates, receipts } = read(each, id)
      expect(updates.length + receipts.length, name).toBeLessThanOrEqual(2)
      return [...updates.map(({ event }) => event.kind), ...receipts.map(() => 'receipt')]
    })
  })
}
