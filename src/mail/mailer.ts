/** A mail as it leaves: both forms of one text, made from a template in one language. */
export interface Mail {
  to: string
  subject: string
  text: string
  html: string
  /** Which mail this is, e.g. `verify-email`: for statistics and logs, which hold neither address nor text. */
  kind: string
}

/** Sends mail. */
export interface Mailer {
  /** Resolves once the mail is taken over. @throws {AppError} `mail.unavailable` when it was not. */
  send(mail: Mail): Promise<void>
}
