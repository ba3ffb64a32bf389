import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Update } from '../messaging/update.ts'
import { buildConnection } from '../testing/builders/connection.ts'
import {
  telegramCallbackUpdate,
  telegramMembershipUpdate,
  telegramTextUpdate,
} from '../testing/telegram/payloads.ts'
import { HAS_SPECS, openSpec, readSpec } from '../testing/vendor-spec.ts'
import { createTelegramWebhook } from './telegram-update.ts'

const SECRET = 'aA0_-aA0_-aA0_-aA0_-'
const NOW = new Date('2026-01-02T03:04:05.000Z')

const connection = buildConnection({
  channel: 'telegram',
  externalId: '4242',
  credentials: { token: '4242:AAA', webhookSecret: SECRET },
})

const webhook = createTelegramWebhook({ now: () => NOW })
const person = {
  id: 4_503_599_627_370_495,
  is_bot: false,
  first_name: 'Dana',
  last_name: 'Levi',
  language_code: 'he',
}
const privateChat = { id: person.id, type: 'private', first_name: 'Dana' }
const group = { id: -1_001_234_567_890, type: 'supergroup', title: 'Early risers' }

function read(body: unknown): Update[] {
  const { updates, receipts } = webhook.read(Buffer.from(JSON.stringify(body)), connection)
  expect(receipts).toEqual([])
  // Whatever is read must be storable.
  return updates.map((update) => Update.parse(update))
}

function message(content: Record<string, unknown>, chat: Record<string, unknown> = privateChat): unknown {
  return { update_id: 7, message: { message_id: 5, date: 1_700_000_000, chat, from: person, ...content } }
}

function eventOf(body: unknown): unknown {
  return read(body)[0]?.event
}

describe('createTelegramWebhook', () => {
  it('reads a text with its sender, chat and time, and keeps 52-bit ids exact', () => {
    expect(read(message({ text: 'שלום' }))).toEqual([
      {
        channel: 'telegram',
        externalId: '7',
        chatKey: '4503599627370495',
        sender: { externalId: '4503599627370495', name: 'Dana Levi', languageCode: 'he' },
        sentAt: '2023-11-14T22:13:20.000Z',
        event: { kind: 'text', messageId: '5', text: 'שלום' },
      },
    ])
  })

  it.each([
    ['/start abc', 6, { name: 'start', argument: 'abc' }],
    ['/Help@Some_Bot', 14, { name: 'help', argument: '' }],
    ['/sources  of sleep\nplease', 8, { name: 'sources', argument: 'of sleep\nplease' }],
  ])('reads %s as a command', (text, length, expected) => {
    const entities = [{ type: 'bot_command', offset: 0, length }]

    expect(eventOf(message({ text, entities }))).toEqual({ kind: 'command', messageId: '5', ...expected })
  })

  it('takes a command only where Telegram marked the beginning as one', () => {
    const later = message({ text: 'try /help', entities: [{ type: 'bot_command', offset: 4, length: 5 }] })

    expect(eventOf(later)).toMatchObject({ kind: 'text', text: 'try /help' })
    expect(eventOf(message({ text: '/etc/hosts' }))).toMatchObject({ kind: 'text', text: '/etc/hosts' })
  })

  it('reads an edited text as an edit, and an edited caption as nothing', () => {
    const base = {
      message_id: 5,
      date: 1_700_000_000,
      edit_date: 1_700_000_001,
      chat: privateChat,
      from: person,
    }

    expect(eventOf({ update_id: 8, edited_message: { ...base, text: 'rather this' } })).toEqual({
      kind: 'text',
      messageId: '5',
      text: 'rather this',
      isEdit: true,
    })
    const caption = { ...base, caption: 'rather this', photo: [{ file_id: 'p' }] }
    expect(read({ update_id: 8, edited_message: caption })).toEqual([])
  })

  it('reads a tap, also under a message that is too old to be shown', () => {
    const tap = { id: 'callback', from: person, chat_instance: '1', data: 'cite:3' }
    const old = { chat: privateChat, message_id: 5, date: 0 }

    expect(read({ update_id: 9, callback_query: { ...tap, message: old } })).toMatchObject([
      {
        chatKey: '4503599627370495',
        sentAt: NOW.toISOString(),
        event: { kind: 'button', data: 'cite:3', callbackId: 'callback', messageId: '5' },
      },
    ])
    expect(read({ update_id: 9, callback_query: tap })[0]?.chatKey).toBe('4503599627370495')
  })

  it.each([
    ['voice', { voice: { file_id: 'f', mime_type: 'audio/ogg', file_size: 9 } }, 'voice'],
    ['audio', { audio: { file_id: 'f' } }, 'audio'],
    ['photo', { photo: [{ file_id: 'small' }, { file_id: 'f' }] }, 'photo'],
    ['video', { video: { file_id: 'f' } }, 'video'],
    ['video note', { video_note: { file_id: 'f' } }, 'video'],
    ['animation', { animation: { file_id: 'f' }, document: { file_id: 'f' } }, 'animation'],
    ['document', { document: { file_id: 'f' }, caption: 'my plan' }, 'document'],
    ['sticker', { sticker: { file_id: 'f' } }, 'sticker'],
    ['location', { location: { latitude: 1, longitude: 2 } }, 'location'],
    ['contact', { contact: { phone_number: '1' } }, 'contact'],
  ])('reads %s as media', (_name, content, media) => {
    expect(eventOf(message(content))).toMatchObject({ kind: 'media', messageId: '5', media })
  })

  it('keeps what is known of a file', () => {
    const voice = { file_id: 'f', mime_type: 'audio/ogg', file_size: 9 }

    expect(eventOf(message({ voice, caption: 'listen' }))).toEqual({
      kind: 'media',
      messageId: '5',
      media: 'voice',
      caption: 'listen',
      fileId: 'f',
      mediaType: 'audio/ogg',
      sizeBytes: 9,
    })
  })

  it('says of a poll that it is not supported, and of a pinned message nothing', () => {
    expect(eventOf(message({ poll: { id: '1' } }))).toEqual({
      kind: 'unsupported',
      type: 'poll',
      messageId: '5',
    })
    expect(read(message({ pinned_message: { message_id: 1 } }))).toEqual([])
  })

  it.each([
    ['kicked', 'blocked'],
    ['member', 'unblocked'],
  ])('reads %s in a private chat as %s', (status, state) => {
    const change = {
      chat: privateChat,
      from: person,
      date: 1_700_000_000,
      old_chat_member: { status: 'member' },
      new_chat_member: { status },
    }

    expect(eventOf({ update_id: 1, my_chat_member: change })).toEqual({ kind: 'membership', state })
  })

  it('reads whatever comes from a group as a group, and being added to one', () => {
    const added = {
      chat: group,
      from: person,
      date: 1_700_000_000,
      old_chat_member: { status: 'left' },
      new_chat_member: { status: 'member' },
    }

    expect(eventOf(message({ text: 'hello bot' }, group))).toEqual({ kind: 'group', title: 'Early risers' })
    expect(read(message({ text: 'hi' }, group))[0]?.chatKey).toBe('-1001234567890')
    expect(eventOf({ update_id: 1, my_chat_member: added })).toEqual({ kind: 'group', title: 'Early risers' })
    const removed = { ...added, old_chat_member: { status: 'member' }, new_chat_member: { status: 'left' } }
    expect(read({ update_id: 1, my_chat_member: removed })).toEqual([])
    expect(read(message({ new_chat_title: 'x' }, group))).toEqual([])
  })

  it('reads the stop of a draft', () => {
    const stopped = { chat: privateChat, draft_id: 3 }

    expect(read({ update_id: 1, stopped_message_generation: stopped })).toMatchObject([
      { chatKey: '4503599627370495', event: { kind: 'stop' }, sentAt: NOW.toISOString() },
    ])
  })

  it('takes kinds it does not know without an Update and without an error', () => {
    expect(read({ update_id: 1, message_reaction: {} })).toEqual([])
    expect(read({ update_id: 1, something_new: { a: 1 } })).toEqual([])
  })

  it('drops odd optional fields rather than refusing the message', () => {
    const odd = { text: 'hi', from: { id: 'x' }, entities: 'none', voice: 5 }

    expect(read(message(odd))).toMatchObject([
      { sender: { externalId: '4503599627370495' }, event: { text: 'hi' } },
    ])
  })

  it('makes text storable: no NUL, no half characters, not too long', () => {
    const event = eventOf(message({ text: `a\0b\ud800c${'😀'.repeat(5_000)}` }))

    const { text } = z.object({ text: z.string() }).parse(event)
    expect(text.length).toBeLessThanOrEqual(8_192)
    expect(text.isWellFormed()).toBe(true)
    expect(text).not.toContain('\0')
  })

  it.each([
    ['nothing', ''],
    ['no JSON', '{"update_id":1'],
    ['a list', '[]'],
    ['null', 'null'],
    ['no update_id', '{"message":{}}'],
    ['a message without a chat', '{"update_id":1,"message":{"message_id":1,"date":1}}'],
    ['a message that is a word', '{"update_id":1,"message":"hello"}'],
    ['a deep nest', '['.repeat(200_000)],
  ])('refuses %s as malformed', (_name, body) => {
    expect(() => webhook.read(Buffer.from(body), connection)).toThrow(
      expect.objectContaining({ code: 'request.malformed' }),
    )
  })
})

const Signatures = z.object({
  telegram: z.object({
    secret_token: z.string(),
    cases: z.array(
      z.object({ name: z.string(), accept: z.boolean(), header: z.string().nullable().optional() }),
    ),
  }),
})

describe('isAuthentic of Telegram', () => {
  it.skipIf(!HAS_SPECS)('agrees with every case of the collected signatures', () => {
    const { secret_token: secret, cases } = Signatures.parse(readSpec('signatures.json')).telegram
    const known = { ...connection, credentials: { webhookSecret: secret } }

    for (const { name, accept, header = secret } of cases) {
      const headers = header === null ? {} : { 'x-telegram-bot-api-secret-token': header }
      expect(webhook.isAuthentic({ headers, rawBody: Buffer.from('{}') }, known), name).toBe(accept)
    }
    expect(cases.length).toBeGreaterThan(0)
  })

  it('refuses everything for a connection without a secret', () => {
    const bare = { ...connection, credentials: { token: '4242:AAA', webhookSecret: '' } }

    for (const given of ['', 'undefined', SECRET]) {
      const headers = { 'x-telegram-bot-api-secret-token': given }
      expect(webhook.isAuthentic({ headers, rawBody: Buffer.from('{}') }, bare)).toBe(false)
    }
  })

  it('refuses 10,000 forged requests within two seconds', () => {
    const forged = ['', SECRET.toLowerCase(), SECRET.slice(1), `${SECRET} `, `${SECRET}, ${SECRET}`]
    const rawBody = Buffer.from(JSON.stringify(message({ text: 'hi' })))
    const startedAt = performance.now()

    let accepted = 0
    for (let count = 0; count < 10_000; count++) {
      const headers = { 'x-telegram-bot-api-secret-token': forged[count % forged.length] }
      if (webhook.isAuthentic({ headers, rawBody }, connection)) accepted++
    }

    expect(accepted).toBe(0)
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })
})

describe('the builders of Telegram updates', () => {
  it.skipIf(!HAS_SPECS)('make what the specification allows and the reader reads', () => {
    const check = openSpec('telegram/bot-api-10.3.types.schema.json').check('Update')
    const base = { updateId: 1, chatId: 9, languageCode: 'en' }
    const built = [
      telegramTextUpdate({ ...base, text: 'hello' }),
      telegramTextUpdate({ ...base, text: '/start abc' }),
      telegramTextUpdate({ ...base, text: 'rather this', isEdit: true }),
      telegramCallbackUpdate({ ...base, data: 'cite:1' }),
      telegramMembershipUpdate({ ...base, state: 'blocked' }),
      telegramMembershipUpdate({ ...base, state: 'unblocked' }),
    ]

    expect(built.map(check)).toEqual(built.map(() => undefined))
    expect(built.map((update) => read(update)[0]?.event.kind)).toEqual([
      'text',
      'command',
      'text',
      'button',
      'membership',
      'membership',
    ])
  })
})
