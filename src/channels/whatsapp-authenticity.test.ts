import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { buildConnection } from '../testing/builders/connection.ts'
import { HAS_SPECS, openSpec, readSpec } from '../testing/vendor-spec.ts'
import {
  signWhatsapp,
  whatsappButtonBody,
  whatsappStatusBody,
  whatsappTextBody,
} from '../testing/whatsapp/payloads.ts'
import { createWhatsappWebhook } from './whatsapp-update.ts'

const APP_SECRET = 'app_secret_for_tests'
const PART_ID = '0b9a4c1e-6a51-4a8c-9a4e-0c1f2d3e4f50'
const BSUID = 'US.13491208655302741918'

const connection = buildConnection({
  channel: 'whatsapp',
  externalId: '123456123',
  credentials: { token: 'EAA', appSecret: APP_SECRET },
})

const webhook = createWhatsappWebhook()
const inbound = {
  phoneNumberId: '123456123',
  from: '16315551181',
  wamid: 'wamid.1',
  timestamp: 1_504_902_988,
}

const Signatures = z.object({
  whatsapp: z.object({
    app_secret: z.string(),
    raw_body: z.string(),
    header: z.string(),
    cases: z.array(
      z.object({
        name: z.string(),
        accept: z.boolean(),
        header: z.string().nullable().optional(),
        header_over_reserialised_body: z.string().optional(),
      }),
    ),
  }),
})

function isAuthentic(
  rawBody: string,
  header: string | string[] | undefined,
  credentials = connection.credentials,
): boolean {
  const headers = header === undefined ? {} : { 'x-hub-signature-256': header }
  return webhook.isAuthentic({ headers, rawBody: Buffer.from(rawBody) }, { ...connection, credentials })
}

describe('isAuthentic of WhatsApp', () => {
  it.skipIf(!HAS_SPECS)('agrees with every case of the collected signatures', () => {
    const vector = Signatures.parse(readSpec('signatures.json')).whatsapp

    expect(signWhatsapp(vector.raw_body, vector.app_secret)).toBe(vector.header)
    for (const { name, accept, header, header_over_reserialised_body: reserialised } of vector.cases) {
      const given = reserialised ?? (header === undefined ? vector.header : (header ?? undefined))
      expect(isAuthentic(vector.raw_body, given, { appSecret: vector.app_secret }), name).toBe(accept)
    }
    const again = JSON.stringify(JSON.parse(vector.raw_body))
    expect(isAuthentic(again, vector.header, { appSecret: vector.app_secret })).toBe(false)
  })

  it('uses the own secret of a number before that of the installation, and refuses without either', () => {
    const shared = createWhatsappWebhook({ appSecret: 'shared' })
    const rawBody = Buffer.from('{}')
    const headers = { 'x-hub-signature-256': signWhatsapp('{}', 'shared') }

    expect(shared.isAuthentic({ headers, rawBody }, { ...connection, credentials: {} })).toBe(true)
    expect(shared.isAuthentic({ headers, rawBody }, connection)).toBe(false)
    expect(isAuthentic('{}', signWhatsapp('{}', ''), {})).toBe(false)
    expect(isAuthentic('{}', signWhatsapp('{}', 'undefined'), {})).toBe(false)
  })

  it('refuses 10,000 forged requests within two seconds', () => {
    const body = whatsappTextBody({ ...inbound, text: 'hi' })
    const good = signWhatsapp(body, APP_SECRET)
    const sha1 = `sha1=${createHmac('sha1', APP_SECRET).update(body).digest('hex')}`
    const forged = [
      undefined,
      '',
      'sha256=',
      good.slice(0, -2),
      good.slice('sha256='.length),
      good.toUpperCase().replace('SHA256', 'sha256'),
      `${good}, ${good}`,
      [good, good],
      ` ${good}`,
      sha1,
      signWhatsapp(body, 'other'),
      signWhatsapp(`${body} `, APP_SECRET),
      `sha256=${'0'.repeat(64)}`,
    ]
    const startedAt = performance.now()

    let accepted = 0
    for (let count = 0; count < 10_000; count++)
      if (isAuthentic(body, forged[count % forged.length])) accepted++

    expect(isAuthentic(body, good)).toBe(true)
    expect(accepted).toBe(0)
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })
})

describe('verifyHandshake', () => {
  const query = { 'hub.mode': 'subscribe', 'hub.verify_token': 'our word', 'hub.challenge': '1158201444' }

  it('answers the challenge when the token is ours', () => {
    expect(webhook.verifyHandshake(query, 'our word')).toBe('1158201444')
  })

  it.each([
    ['another token', query, 'another'],
    ['no token of ours', query, undefined],
    ['an empty token of ours', { ...query, 'hub.verify_token': '' }, ''],
    ['another mode', { ...query, 'hub.mode': 'unsubscribe' }, 'our word'],
    ['a token given twice', { ...query, 'hub.verify_token': ['our word', 'our word'] }, 'our word'],
    ['nothing', {}, 'our word'],
  ])('refuses %s', (_name, asked, token) => {
    expect(webhook.verifyHandshake(asked, token)).toBeUndefined()
  })
})

describe('the builders of WhatsApp bodies', () => {
  it.skipIf(!HAS_SPECS)('make what the specification allows', () => {
    const check = openSpec('whatsapp/webhook.schema.json').check('PostData')
    const { from: _from, ...withoutPhone } = inbound
    const built = [
      whatsappTextBody({ ...inbound, text: 'hello' }),
      whatsappTextBody({ ...withoutPhone, userId: BSUID, text: 'hello' }),
      whatsappButtonBody({ ...inbound, id: 'cite:1', title: '[1]' }),
      whatsappStatusBody('123456123', [{ wamid: 'w', status: 'sent', recipientId: '1', partId: PART_ID }]),
      whatsappStatusBody('123456123', [{ wamid: 'w', status: 'read', recipientId: BSUID }]),
    ]

    expect(built.map((body) => check(JSON.parse(body)))).toEqual(built.map(() => undefined))
  })
})
