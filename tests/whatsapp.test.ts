import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { phrase } from '../src/bots/phrases.ts'
import { startTestApp, type TestApp } from '../src/testing/app.ts'
import { isQuiet } from '../src/testing/database-search.ts'
import { type ModelStandIn, startModelStandIn } from '../src/testing/models/stand-in.ts'
import { waitForLength, waitUntil } from '../src/testing/wait.ts'
import { whatsappStatusBody, whatsappTextBody } from '../src/testing/whatsapp/payloads.ts'
import { createWhatsappPerson, postWhatsapp, type WhatsappLine } from '../src/testing/whatsapp/person.ts'
import { startWhatsappStandIn, type WhatsappStandIn } from '../src/testing/whatsapp/stand-in.ts'

const QUESTION = 'What is the word of locker k1003?'
const WORD = 'amber1003'

const Body = z.object({
  entry: z.array(z.looseObject({ changes: z.array(z.looseObject({ value: z.looseObject({}) })) })),
})

/** Several webhook bodies as the one Meta makes of them when they come close together. */
function joinBodies(bodies: string[]): string {
  const entries = bodies.flatMap((body) => Body.parse(JSON.parse(body)).entry)
  const changes = entries.flatMap((entry) => entry.changes)
  return JSON.stringify({ object: 'whatsapp_business_account', entry: [{ ...entries[0], changes }] })
}

describe('the bot on WhatsApp', () => {
  const opened = new AsyncDisposableStack()
  let whatsapp: WhatsappStandIn
  let model: ModelStandIn
  let app: TestApp
  let line: WhatsappLine

  beforeAll(async () => {
    whatsapp = opened.use(await startWhatsappStandIn())
    model = opened.use(await startModelStandIn())
    app = opened.use(
      await startTestApp({
        languages: ['en', 'de', 'fr', 'es'],
        env: {
          WHATSAPP_API_ROOT: whatsapp.url,
          MODEL_CHAT: 'openai:stand-in',
          OPENAI_BASE_URL: model.openAiUrl,
          OPENAI_API_KEY: 'test-key',
        },
      }),
    )
    line = await app.connectWhatsapp()
  })
  afterAll(() => opened.disposeAsync())

  const arrive = (options?: Parameters<typeof createWhatsappPerson>[2]) =>
    createWhatsappPerson(line, whatsapp, options)
  const partsOf = (chatKey: string) =>
    app.app.installation.db
      .selectFrom('part')
      .innerJoin('chat', 'chat.id', 'part.chat_id')
      .selectAll('part')
      .where('chat.chat_key', '=', chatKey)
      .orderBy('part.position')
      .execute()

  it('takes the handshake with our word, and no other', async () => {
    const shake = (word: string) =>
      fetch(`${line.webhookUrl}?hub.mode=subscribe&hub.verify_token=${word}&hub.challenge=1158201444`)

    const right = await shake('test-verify-token')
    expect([right.status, await right.text()]).toEqual([200, '1158201444'])
    for (const word of ['test-verify-tokem', '', 'undefined']) {
      const wrong = await shake(word)
      expect(wrong.status).toBe(401)
      expect(await wrong.text()).not.toContain('1158201444')
    }
  })

  it('answers in one bubble with its sources, marks as read and shows typing', async () => {
    const person = arrive()
    const facts = Array.from(
      { length: 30 },
      (_, index) => `The word of locker k${1000 + index} is amber${1000 + index}`,
    )
    model.behave({ kind: 'say', text: facts.map((fact) => `${fact} [1].`).join(' ') })

    const body = whatsappTextBody({ ...person.inbound(), wamid: 'wamid.read.me', text: QUESTION })
    expect((await postWhatsapp(line, body)).status).toBe(200)
    const answer = await person.hears()
    model.behave({ kind: 'answer' })

    expect(facts.filter((fact) => !answer.text.includes(fact))).toEqual([])
    expect(answer.text).toMatch(/\n\[1\] Lockers/)
    expect(answer.body).toMatchObject({ type: 'text', to: person.key })
    await waitUntil(() => isQuiet(app.app.installation.db))
    expect(person.heard()).toHaveLength(1)
    expect(whatsapp.reads.filter(({ messageId }) => messageId === 'wamid.read.me')).toEqual([
      { messageId: 'wamid.read.me', isTyping: true, atMs: expect.any(Number) },
    ])
  })

  it('answers someone without a phone number under their user id', async () => {
    const person = arrive({ hasPhone: false })

    await person.says(QUESTION)
    const answer = await person.hears()

    expect(answer.text).toContain(WORD)
    expect(answer.body.recipient).toBe(person.key)
    expect(answer.body.to).toBeUndefined()
  })

  it('takes every message and status of a batch', async () => {
    const [ada, ben, eva] = [arrive(), arrive(), arrive()]
    await ada.says(QUESTION)
    const earlier = await ada.hears()
    const { wamid, partId } = earlier

    const batch = joinBodies([
      whatsappTextBody({ ...ben.inbound(), text: 'What is the word of locker k1011?' }),
      whatsappStatusBody(line.phoneNumberId, [
        { wamid, partId, status: 'delivered', recipientId: ada.key },
        { wamid, partId, status: 'read', recipientId: ada.key },
      ]),
      whatsappTextBody({ ...eva.inbound(), text: 'What is the word of locker k1012?' }),
      whatsappTextBody({ ...ada.inbound(), text: 'What is the word of locker k1013?' }),
    ])
    expect((await postWhatsapp(line, batch)).status).toBe(200)

    expect((await ben.hears()).text).toContain('amber1011')
    expect((await eva.hears()).text).toContain('amber1012')
    expect((await ada.hears(2)).text).toContain('amber1013')
    await waitUntil(async () => (await partsOf(ada.key))[0]?.delivery === 'read')
  })

  it('lets statuses move a send up, whatever their order, and never down', async () => {
    const person = arrive()
    await person.says(QUESTION)
    const { wamid, partId } = await person.hears()
    const report = (status: string) =>
      postWhatsapp(
        line,
        whatsappStatusBody(line.phoneNumberId, [{ wamid, partId, status, recipientId: person.key }]),
      )

    await report('read')
    await waitUntil(async () => (await partsOf(person.key))[0]?.delivery === 'read')
    await report('sent')
    await report('delivered')
    await waitUntil(() => isQuiet(app.app.installation.db))

    expect(await partsOf(person.key)).toMatchObject([
      { state: 'sent', delivery: 'read', vendor_message_id: wamid },
    ])
  })

  it("keeps a failed delivery with the vendor's code", async () => {
    const person = arrive()
    await person.says(QUESTION)
    const { wamid, partId } = await person.hears()
    const details = 'Message undeliverable.'
    const errors = [
      { code: 131026, title: 'undeliverable', message: 'undeliverable', error_data: { details } },
    ]

    const failed = { wamid, partId, status: 'failed', recipientId: person.key, errors }
    await postWhatsapp(line, whatsappStatusBody(line.phoneNumberId, [failed]))

    await waitUntil(async () => (await partsOf(person.key))[0]?.state === 'failed')
    expect(await partsOf(person.key)).toMatchObject([
      { error_code: 'channel.rejected', error_detail: `131026: ${details}` },
    ])
  })

  it('settles a doubtful send by its status, and sends nothing twice', async () => {
    const person = arrive()
    whatsapp.failNext(1, { kind: 'reset', isRecorded: true })

    await person.says(QUESTION)
    const { wamid, partId } = await person.hears()
    await waitUntil(async () => (await partsOf(person.key))[0]?.state === 'doubtful')
    await person.says('What is the word of locker k1021?')
    await waitForLength(() => model.calls.filter(({ body }) => JSON.stringify(body).includes('k1021?')), 1)
    expect(person.heard()).toHaveLength(1)
    const sent = { wamid, partId, status: 'sent', recipientId: person.key }
    await postWhatsapp(line, whatsappStatusBody(line.phoneNumberId, [sent]))

    expect((await person.hears(2)).text).toContain('amber1021')
    await waitUntil(() => isQuiet(app.app.installation.db))
    expect(await partsOf(person.key)).toMatchObject([
      { state: 'sent', doubts: 1, attempts: 1 },
      { state: 'sent', doubts: 0 },
    ])
    expect(person.heard()).toHaveLength(2)
  })

  it('sends nothing once the 24 hours are over', async () => {
    const person = arrive()
    const { db } = app.app.installation
    await person.says(QUESTION)
    await person.hears()
    const lastInboundAt = new Date(Date.now() - 24 * 3_600_000 - 1_000)

    whatsapp.failNext(1, { kind: 'refuse', status: 500, code: 131000 })
    await person.says('What is the word of locker k1022?')
    await waitUntil(async () => (await partsOf(person.key))[1]?.attempts === 1)
    await db
      .updateTable('chat')
      .set({ last_inbound_at: lastInboundAt })
      .where('chat_key', '=', person.key)
      .execute()

    await waitUntil(async () => (await partsOf(person.key))[1]?.state === 'failed')
    expect((await partsOf(person.key))[1]).toMatchObject({ error_code: 'channel.window_closed' })
    expect(person.heard()).toHaveLength(1)
  })

  it('offers up to ten choices as a list, and follows the one that is picked', async () => {
    const person = arrive()

    await person.says('/language')
    const offer = await person.hears()
    expect(offer.body.interactive?.type).toBe('list')
    expect(offer.choices.map(({ title }) => title)).toEqual(['English', 'Deutsch', 'Français', 'Español'])
    const [, picked] = offer.choices
    await person.sends({ type: 'interactive', interactive: { type: 'list_reply', list_reply: picked } })

    expect((await person.hears(2)).text).toBe(phrase('de', 'language_set', { language: 'Deutsch' }))
  })

  it('offers up to three choices as buttons, and follows the one that is tapped', async () => {
    const person = arrive()

    await person.says('/forget')
    const offer = await person.hears()
    expect(offer.body.interactive?.type).toBe('button')
    const [, keep] = offer.choices
    await person.taps(keep ?? { id: '', title: '' })

    expect((await person.hears(2)).text).toBe(phrase('en', 'forget_cancelled'))
  })

  it('numbers choices too long for a button, and follows the number', async () => {
    const person = arrive()

    await person.says('/start')
    expect((await person.hears()).text).toContain(`1. ${QUESTION}`)
    await person.says('1')

    expect((await person.hears(2)).text).toContain(WORD)
  })

  it('acknowledges what it cannot read, and leaves reactions alone', async () => {
    const person = arrive()

    await person.sends({ type: 'audio', audio: { id: '1', mime_type: 'audio/ogg', voice: true } })
    expect((await person.hears()).text).toBe(phrase('en', 'unsupported_voice'))
    const { wamid } = await person.hears()
    await person.sends({ type: 'reaction', reaction: { message_id: wamid, emoji: '👍' } })
    await person.sends({ type: 'image', image: { id: '2', mime_type: 'image/jpeg' } })
    expect((await person.hears(2)).text).toBe(phrase('en', 'photo_not_seen'))
  })

  it('never had a message of its own refused', () => {
    expect(whatsapp.refused).toEqual([])
  })
})

describe('a bot on WhatsApp without a verify token', () => {
  it('refuses every handshake, also one with an empty word', async () => {
    await using app = await startTestApp({ env: { WHATSAPP_VERIFY_TOKEN: '' } })
    const { webhookUrl } = await app.connectWhatsapp()

    for (const word of ['', 'test-verify-token', 'undefined']) {
      const response = await fetch(
        `${webhookUrl}?hub.mode=subscribe&hub.verify_token=${word}&hub.challenge=1`,
      )
      expect(response.status).toBe(401)
    }
  })
})
