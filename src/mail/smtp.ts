import { createTransport } from 'nodemailer'
import { AppError } from '../errors.ts'
import { readSender, unsubscribeHeaders } from './mailbox.ts'
import type { Mailer } from './mailer.ts'

export interface SmtpSettings {
  /** `smtps://user:password@host:465`, or `smtp://` with STARTTLS where the server offers it. */
  url: string
  from: string
  timeoutMs?: number
}

/** No step of the talk with a server takes longer; a healthy one answers in well under a second. */
const TIMEOUT_MS = 20_000
/** A server that answers each step just in time is given up, too: before another worker takes the mail for left. */
const TOTAL_TIMEOUT_MS = 60_000

/** Sends mail by an SMTP server. */
export function createSmtpMailer({ url, from, timeoutMs = TIMEOUT_MS }: SmtpSettings): Mailer {
  const sender = readSender(from)
  const transport = createTransport({
    url,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    // A mail holds its own text: nothing is ever fetched into it.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return {
    async send(mail, signal) {
      const message = {
        from: { name: sender.name ?? '', address: sender.email },
        to: { name: '', address: mail.to },
        ...(mail.replyTo && { replyTo: { name: '', address: mail.replyTo } }),
        subject: mail.subject,
        text: mail.text,
        html: mail.html,
        // The same however often it is tried: a mailbox that has it already can tell.
        messageId: `<${mail.id}@${sender.email.split('@')[1]}>`,
        headers: { 'X-Mail-Kind': mail.kind, ...unsubscribeHeaders(mail.unsubscribeUrl) },
      }
      const timeout = AbortSignal.timeout(TOTAL_TIMEOUT_MS)
      const ending = signal ? AbortSignal.any([signal, timeout]) : timeout
      await transport.sendMail({ ...message, signal: ending }).catch((error: unknown) => {
        throw explainFailure(error)
      })
    },
  }
}

/** Failures that end before the text of the mail is asked for. */
const NEVER_LEFT = new Set([
  'EDNS',
  'ETLS',
  'EREQUIRETLS',
  'EAUTH',
  'ENOAUTH',
  'EOAUTH2',
  'EPROXY',
  'ECONFIG',
])
const NEVER_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])
const BEFORE_GREETING = new Set(['CONNECT_TIMEOUT', 'GREETING_TIMEOUT', 'UPGRADE_TIMEOUT'])

/** The failure in our words; the error itself may repeat the address. */
function explainFailure(error: unknown): AppError {
  const code = wordOf(error, 'code')
  const answer = Number(wordOf(error, 'responseCode'))
  const details = { reason: code || 'unknown', ...(answer && { vendorCode: answer }) }
  // A login that is refused is the operator's to mend: the mail waits for it.
  if (code === 'EAUTH') return new AppError('mail.unavailable', details)
  if (answer >= 500) return new AppError('mail.rejected', details)
  if (answer >= 400) return new AppError('mail.unavailable', details)
  const hasNotLeft =
    NEVER_LEFT.has(code) ||
    NEVER_CONNECTED.has(code) ||
    NEVER_CONNECTED.has(wordOf(error, 'originalCode')) ||
    BEFORE_GREETING.has(wordOf(error, 'timeoutType'))
  return new AppError(hasNotLeft ? 'mail.unavailable' : 'mail.doubtful', details)
}

function wordOf(error: unknown, name: string): string {
  if (typeof error !== 'object' || error === null) return ''
  const value: unknown = Reflect.get(error, name)
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
