import type { MailKind } from './mail-kind.ts'

/** A mail as it leaves: both forms of one text, made from a template in one language. */
export interface Mail {
  to: string
  subject: string
  text: string
  html: string
  /** Which mail this is, e.g. `verify-email`: for statistics and logs, which hold neither address nor text. */
  kind: MailKind
  /** Who reads an answer to it; without one, whoever reads the sender's address. */
  replyTo?: string | undefined
  /** Stops this kind of mail when it is posted to: the one click of a mail program. */
  unsubscribeUrl?: string | undefined
}

/** A mail on its way: `id` is ours, the same however often it is tried, and tells nothing of the addressee. */
export interface OutgoingMail extends Mail {
  id: string
}

/** Sends mail. */
export interface Mailer {
  /**
   * Resolves once the mail service has taken the mail over.
   *
   * @throws {AppError} `mail.unavailable` when it provably was not taken, and may be later (`retryAfterSeconds`);
   *   `mail.rejected` when it never will be; `mail.doubtful` when it may have been taken.
   */
  send(mail: OutgoingMail, signal?: AbortSignal): Promise<void>
}
