import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { HAS_SPECS, openSpec } from '../vendor-spec.ts'
import { signWhatsapp } from './payloads.ts'
import { startWhatsappStandIn, type WhatsappStandIn } from './stand-in.ts'

const APP_SECRET = 'a secret'
const PART_ID = '0b9a4c1e-6a51-4a8c-9a4e-0c1f2d3e4f50'

async function post(whatsapp: WhatsappStandIn, message: Record<string, unknown>, token = 'EAA') {
  const response = await fetch(`${whatsapp.url}/v26.0/106/messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ messaging_product: 'whatsapp', to: '1650', ...message }),
  })
  return { status: response.status, body: z.looseObject({}).parse(await response.json()) }
}

function buttons(...replies: { id: string; title: string }[]): Record<string, unknown> {
  const action = { buttons: replies.map((reply) => ({ type: 'reply', reply })) }
  return { type: 'interactive', interactive: { type: 'button', body: { text: 'Choose' }, action } }
}

function list(count: number, title = (n: number) => `Row ${n}`): Record<string, unknown> {
  const rows = Array.from({ length: count }, (_, n) => ({ id: String(n), title: title(n) }))
  const sections = [
    { title: 'One', rows: rows.slice(0, 6) },
    { title: 'Two', rows: rows.slice(6) },
  ]
  return {
    type: 'interactive',
    interactive: { type: 'list', body: { text: 'Choose' }, action: { button: 'Open', sections } },
  }
}

function text(body: string): Record<string, unknown> {
  return { type: 'text', text: { body } }
}

describe('startWhatsappStandIn', () => {
  it.each<[string, Record<string, unknown>]>([
    ['white space', text(' \n')],
    ['4,097 units', text('x'.repeat(4_097))],
    ['4,096 characters of two units', text('😀'.repeat(4_096))],
    ['titles that are alike', buttons({ id: '1', title: 'a' }, { id: '2', title: 'a' })],
    ['ids that are alike', buttons({ id: '1', title: 'a' }, { id: '1', title: 'b' })],
    ['a title of 21 characters', buttons({ id: '1', title: 'x'.repeat(21) })],
    ['an empty title', buttons({ id: '1', title: '' })],
    ['a padded id', buttons({ id: ' 1', title: 'a' })],
    ['four buttons', buttons(...[1, 2, 3, 4].map((n) => ({ id: `${n}`, title: `${n}` })))],
    ['eleven rows', list(11)],
    ['row titles of 25 characters', list(2, (n) => `${n}${'x'.repeat(24)}`)],
    ['no recipient', { ...text('a'), to: undefined }],
  ])('refuses %s', async (_name, message) => {
    await using whatsapp = await startWhatsappStandIn()

    expect(await post(whatsapp, message)).toMatchObject({ status: 400, body: { error: { code: 131_009 } } })
    expect(whatsapp.sent).toEqual([])
    expect(whatsapp.refused).toHaveLength(1)
  })

  it('takes what is just within the limits, and tells what was sent', async () => {
    await using whatsapp = await startWhatsappStandIn()

    expect((await post(whatsapp, text('x'.repeat(4_096)))).status).toBe(200)
    expect((await post(whatsapp, list(10))).status).toBe(200)
    expect(
      (await post(whatsapp, { ...buttons({ id: '1', title: 'a' }), biz_opaque_callback_data: PART_ID }))
        .status,
    ).toBe(200)

    expect(whatsapp.sent.map(({ choices, partId }) => [choices.length, partId])).toEqual([
      [0, undefined],
      [10, undefined],
      [1, PART_ID],
    ])
  })

  it.skipIf(!HAS_SPECS)('keeps the specification both ways', async () => {
    await using whatsapp = await startWhatsappStandIn()
    const spec = openSpec('whatsapp/webhook.schema.json')

    const taken = await post(whatsapp, text('a'))
    const refused = await post(whatsapp, { ...text('a'), colour: 'red' })

    expect(spec.check('ServerSentMessageResponse')(taken.body)).toBeUndefined()
    expect(refused.status).toBe(400)
  })

  it('asks for a token', async () => {
    await using whatsapp = await startWhatsappStandIn({ tokens: ['EAA'] })

    expect(await post(whatsapp, text('a'), 'EAB')).toMatchObject({
      status: 401,
      body: { error: { code: 190 } },
    })
  })

  it('reports each message, signed, again until it is taken, and out of order on demand', async () => {
    const taken: string[] = []
    let refusals = 2
    const webhook = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      const body = Buffer.concat(chunks)
      const isSigned = request.headers['x-hub-signature-256'] === signWhatsapp(body, APP_SECRET)
      const isTaken = isSigned && refusals-- <= 0
      if (isTaken) taken.push(body.toString())
      response.writeHead(isTaken ? 200 : 503).end()
    })
    await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve))
    const { port } = webhook.address() as AddressInfo
    let seed = 0
    await using whatsapp = await startWhatsappStandIn({
      // Falling numbers turn the order around.
      statusWebhook: {
        url: `http://127.0.0.1:${port}/hook`,
        appSecret: APP_SECRET,
        isShuffled: true,
        copies: 2,
        random: () => -seed++,
      },
    })

    await post(whatsapp, { ...text('a'), biz_opaque_callback_data: PART_ID })
    await whatsapp.settleStatuses()
    await new Promise((resolve) => webhook.close(resolve))

    const states = taken.map((body) => /"status":"(\w+)"/.exec(body)?.[1])
    expect(states).toEqual(['read', 'read', 'delivered', 'delivered', 'sent', 'sent'])
    expect(taken.every((body) => body.includes(PART_ID))).toBe(true)
  })
})
