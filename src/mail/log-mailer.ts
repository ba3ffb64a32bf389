import type { Logger } from '../logger.ts'
import type { Mail, Mailer } from './mailer.ts'

/** How many of the last mails are kept to be looked at. */
const KEPT = 50

/** Sends nothing: for development, where the pages show what would have been sent, and for tests. */
export interface LogMailer extends Mailer {
  /** The last mails, newest last. */
  readonly sent: readonly Mail[]
}

/** Logs that a mail would have left, without its address or text. */
export function createLogMailer(log: Logger): LogMailer {
  const sent: Mail[] = []
  return {
    sent,
    async send(mail) {
      sent.push(mail)
      if (sent.length > KEPT) sent.shift()
      log.info({ kind: mail.kind }, 'mail-not-sent: no mail service is configured')
    },
  }
}
