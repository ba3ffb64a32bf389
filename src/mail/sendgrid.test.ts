import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AppError } from '../errors.ts'
import {
  type SendgridStandIn,
  type SendgridTrouble,
  startSendgridStandIn,
} from '../testing/mail/sendgrid-stand-in.ts'
import { findRefusedUrl } from '../testing/network/unreachable.ts'
import { HAS_SPECS } from '../testing/vendor-spec.ts'
import { MAIL_LANGUAGES } from './languages.ts'
import { MAIL_KINDS, type MailKind } from './mail-kind.ts'
import { presentSamples } from './samples.ts'
import { createSendgridMailer } from './sendgrid.ts'

const API_KEY = 'SG.test-key'
const SCENE = { creatorName: 'Lumen', publicUrl: 'https://coach.example', amount: '€19.00', language: 'en' }
const receipt = () => ({ ...presentSamples(SCENE).receipt, id: randomUUID() })

let sendgrid: SendgridStandIn
beforeAll(async () => {
  sendgrid = await startSendgridStandIn(API_KEY)
})
afterAll(() => sendgrid[Symbol.asyncDispose]())

function mailer({ apiKey = API_KEY, timeoutMs = 500, apiRoot = sendgrid.url } = {}) {
  return createSendgridMailer({ apiKey, apiRoot, from: 'Cornerman <hello@coach.example>', timeoutMs })
}

async function codeOf(sending: Promise<void>): Promise<string> {
  const error = await sending.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return error instanceof AppError ? error.code : String(error)
}

describe('the SendGrid mailer', () => {
  it('sends every mail in every language in a form SendGrid’s specification allows', async () => {
    for (const language of MAIL_LANGUAGES) {
      for (const mail of Object.values(presentSamples({ ...SCENE, language }))) {
        await mailer().send({ ...mail, id: randomUUID() })
      }
    }

    expect(sendgrid.refused).toEqual([])
    expect(sendgrid.sent).toHaveLength(MAIL_LANGUAGES.length * Object.keys(MAIL_KINDS).length)
  })

  it.skipIf(!HAS_SPECS)('is held against a specification that does refuse', async () => {
    const refusedBefore = sendgrid.refused.length

    expect(await codeOf(mailer().send({ ...receipt(), to: 'no address' }))).toBe('mail.rejected')
    expect(sendgrid.refused.length).toBe(refusedBefore + 1)
  })

  it('puts nothing of a person into categories and arguments', async () => {
    const mail = receipt()
    await mailer().send(mail)

    const taken = sendgrid.sent.at(-1)
    expect(taken?.categories).toEqual(['receipt'])
    expect(taken?.personalizations[0].custom_args).toEqual({ mail_id: mail.id })
    expect(taken?.from).toEqual({ email: 'hello@coach.example', name: 'Cornerman' })
    expect(taken?.content.map(({ type }) => type)).toEqual(['text/plain', 'text/html'])
  })

  it('offers one click out of news, and of nothing else', async () => {
    for (const [kind, mail] of Object.entries(presentSamples(SCENE))) {
      await mailer().send({ ...mail, id: randomUUID() })
      const headers = sendgrid.sent.at(-1)?.headers ?? {}
      const isNews = MAIL_KINDS[kind as MailKind] === 'news'
      expect(headers, kind).toEqual(
        isNews
          ? {
              'List-Unsubscribe': `<${mail.unsubscribeUrl}>`,
              'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
            }
          : {},
      )
    }
  })

  const TROUBLES: [string, SendgridTrouble, string][] = [
    ['a body it refuses', { kind: 'refuse', status: 400 }, 'mail.rejected'],
    ['too much at once', { kind: 'refuse', status: 429 }, 'mail.unavailable'],
    ['an account that is closed', { kind: 'refuse', status: 403 }, 'mail.unavailable'],
    ['trouble of its own', { kind: 'refuse', status: 500 }, 'mail.unavailable'],
    ['a gateway that knows nothing', { kind: 'gateway', status: 502 }, 'mail.doubtful'],
    ['a line that breaks', { kind: 'reset' }, 'mail.doubtful'],
    ['silence', { kind: 'hang' }, 'mail.doubtful'],
  ]
  it.each(TROUBLES)('says what %s means for the mail', async (_name, trouble, code) => {
    sendgrid.failNext(1, trouble)

    expect(await codeOf(mailer().send(receipt()))).toBe(code)
  })

  it('waits as long as SendGrid asks', async () => {
    sendgrid.failNext(1, { kind: 'refuse', status: 429, headers: { 'retry-after': '77' } })

    await expect(mailer().send(receipt())).rejects.toMatchObject({ details: { retryAfterSeconds: 77 } })
  })

  it('loses no mail to a wrong key or an unreachable server, and tells the key to nobody', async () => {
    const wrong = mailer({ apiKey: 'SG.wrong' }).send(receipt())
    await expect(wrong).rejects.toMatchObject({ code: 'mail.unavailable' })
    expect(await codeOf(mailer({ apiRoot: await findRefusedUrl() }).send(receipt()))).toBe('mail.unavailable')

    sendgrid.failNext(1, { kind: 'refuse', status: 400, message: `bad key ${API_KEY}` })
    const error = await mailer()
      .send(receipt())
      .catch((reason: unknown) => reason)
    expect(JSON.stringify((error as AppError).details)).not.toContain(API_KEY)
  })
})
