import { z } from 'zod'
import { fetchVendor, type VendorAnswer, vendorWords } from '../channels/vendor-fetch.ts'
import { AppError } from '../errors.ts'
import { readSender, unsubscribeHeaders } from './mailbox.ts'
import type { Mailer, OutgoingMail } from './mailer.ts'

export interface SendgridSettings {
  apiKey: string
  /** Without a trailing slash. */
  apiRoot: string
  from: string
  timeoutMs?: number
  fetch?: typeof globalThis.fetch
}

/** SendGrid answers within a second or two; it only takes the mail, and sends it later. */
const TIMEOUT_MS = 20_000

/** Sends mail by SendGrid. The mail's id travels along, so that SendGrid's events can name it. */
export function createSendgridMailer({
  apiKey,
  apiRoot,
  from,
  timeoutMs = TIMEOUT_MS,
  fetch = globalThis.fetch,
}: SendgridSettings): Mailer {
  const sender = readSender(from)
  return {
    async send(mail, signal) {
      const answer = await post(mail, signal)
      if (answer.status === 202) return
      throw explainAnswer(answer, apiKey)
    },
  }

  async function post(mail: OutgoingMail, signal: AbortSignal | undefined): Promise<VendorAnswer> {
    try {
      return await fetchVendor({
        fetch,
        url: `${apiRoot}/v3/mail/send`,
        method: 'POST',
        headers: { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' },
        body: JSON.stringify(presentMail(mail, sender)),
        timeoutMs,
        signal,
      })
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      const code = error.code === 'channel.unreachable' ? 'mail.unavailable' : 'mail.doubtful'
      throw new AppError(code, { reason: error.details.reason, cause: error })
    }
  }
}

/**
 * The mail in SendGrid's words. Categories and arguments are shown to anyone with access to the account and kept
 * for long: they hold the kind and our id, nothing of a person. Links are not rewritten and nothing is pixelled.
 */
function presentMail(mail: OutgoingMail, { email, name }: { email: string; name: string | undefined }) {
  const headers = unsubscribeHeaders(mail.unsubscribeUrl)
  return {
    personalizations: [{ to: [{ email: mail.to }], custom_args: { mail_id: mail.id } }],
    from: { email, ...(name && { name }) },
    ...(mail.replyTo && { reply_to: { email: mail.replyTo } }),
    subject: mail.subject,
    content: [
      { type: 'text/plain', value: mail.text },
      { type: 'text/html', value: mail.html },
    ],
    ...(Object.keys(headers).length > 0 && { headers }),
    categories: [mail.kind],
    tracking_settings: {
      click_tracking: { enable: false, enable_text: false },
      open_tracking: { enable: false },
      subscription_tracking: { enable: false },
    },
  }
}

const Refusal = z.object({
  errors: z.array(z.object({ message: z.string(), field: z.string().nullish() })).min(1),
})

/** What will be taken once the account is in order is not refused for good: nothing is lost by a wrong key. */
function explainAnswer(answer: VendorAnswer, apiKey: string): AppError {
  const { status, body, retryAfterSeconds } = answer
  const refusal = Refusal.safeParse(body)
  const [first] = refusal.success ? refusal.data.errors : []
  const words = vendorWords([first?.field, first?.message].filter(Boolean).join(': '), apiKey)
  const reason = words || `HTTP ${status}`
  const details = { reason, vendorCode: status }
  if (status === 400 || status === 413) return new AppError('mail.rejected', details)
  if (status === 429 || (status >= 300 && status < 500)) {
    return new AppError('mail.unavailable', { ...details, ...(retryAfterSeconds && { retryAfterSeconds }) })
  }
  // A server error in SendGrid's own words was told before it took anything; of any other nobody can tell.
  return new AppError(refusal.success ? 'mail.unavailable' : 'mail.doubtful', details)
}
