import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AppError } from '../errors.ts'
import { type SmtpStandIn, type SmtpTrouble, startSmtpStandIn } from '../testing/mail/smtp-stand-in.ts'
import { MAIL_LANGUAGES } from './languages.ts'
import { MAIL_KINDS } from './mail-kind.ts'
import { presentSamples } from './samples.ts'
import { createSmtpMailer } from './smtp.ts'

const SCENE = { creatorName: 'Lumen', publicUrl: 'https://coach.example', amount: '€19.00', language: 'en' }
const digest = () => ({ ...presentSamples(SCENE)['weekly-digest'], id: randomUUID() })

let smtp: SmtpStandIn
beforeAll(async () => {
  smtp = await startSmtpStandIn()
})
afterAll(() => smtp[Symbol.asyncDispose]())

const mailer = (url = smtp.url) =>
  createSmtpMailer({ url, from: 'Cornerman <hello@coach.example>', timeoutMs: 500 })

function headersOf(raw: string): Record<string, string> {
  const head = raw.slice(0, raw.indexOf('\r\n\r\n')).replaceAll(/\r\n[ \t]+/g, ' ')
  return Object.fromEntries(
    head.split('\r\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  )
}

async function codeOf(sending: Promise<void>): Promise<string> {
  const error = await sending.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return error instanceof AppError ? error.code : String(error)
}

describe('the SMTP mailer', () => {
  it('hands over every mail in every language', async () => {
    for (const language of MAIL_LANGUAGES) {
      for (const mail of Object.values(presentSamples({ ...SCENE, language })))
        await mailer().send({ ...mail, id: randomUUID() })
    }

    expect(smtp.mails).toHaveLength(MAIL_LANGUAGES.length * Object.keys(MAIL_KINDS).length)
    for (const { from, to } of smtp.mails) {
      expect([from, ...to]).toEqual(['hello@coach.example', 'ada@example.org'])
    }
  })

  it('names a mail the same however often it is tried, and offers one click out of news', async () => {
    const mail = digest()
    await mailer().send(mail)

    const headers = headersOf(smtp.mails.at(-1)?.raw ?? '')
    expect(headers['Message-ID']).toBe(`<${mail.id}@coach.example>`)
    expect(headers['List-Unsubscribe']).toBe(`<${mail.unsubscribeUrl}>`)
    expect(headers['List-Unsubscribe-Post']).toBe('List-Unsubscribe=One-Click')
    expect(headers['Content-Type']).toContain('multipart/alternative')
  })

  it('lets no text of a mail become a header or another reader', async () => {
    const evil = 'x\r\nBcc: all@example.test\r\nX-Evil: 1'
    const mail = { ...digest(), subject: evil, unsubscribeUrl: `https://a.example/\r\nBcc: all@example.test` }
    await mailer().send(mail)

    const taken = smtp.mails.at(-1)
    const headers = headersOf(taken?.raw ?? '')
    expect(taken?.to).toEqual(['ada@example.org'])
    expect(Object.keys(headers)).not.toContain('Bcc')
    expect(Object.keys(headers)).not.toContain('X-Evil')
  })

  const TROUBLES: [string, SmtpTrouble, string][] = [
    ['an unknown reader', { at: 'rcpt', answer: '550 5.1.1 no such user' }, 'mail.rejected'],
    ['a reader to be asked for later', { at: 'rcpt', answer: '450 4.2.0 try later' }, 'mail.unavailable'],
    ['a refused text', { at: 'end', answer: '554 5.7.1 spam' }, 'mail.rejected'],
    ['a server that is closing', { at: 'greeting', answer: '421 4.3.2 closing' }, 'mail.unavailable'],
    ['a line that breaks after the text', { at: 'end', break: 'reset' }, 'mail.doubtful'],
  ]
  it.each(TROUBLES)('says what %s means for the mail', async (_name, trouble, code) => {
    smtp.failNext(trouble)

    expect(await codeOf(mailer().send(digest()))).toBe(code)
  })

  it('loses no mail to a server that is not there', async () => {
    expect(await codeOf(mailer('smtp://127.0.0.1:9').send(digest()))).toBe('mail.unavailable')
    expect(await codeOf(mailer('smtp://no-such-host.invalid:25').send(digest()))).toBe('mail.unavailable')
  })
})
