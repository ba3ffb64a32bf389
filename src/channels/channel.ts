import type { ChannelName, Receipt, Update } from '../messaging/update.ts'

/** What stands below a message to be tapped. */
export type Button = ChoiceButton | LinkButton | InvoiceButton

/** A tap-able choice: shown as a button or list row where the channel has them, as numbered text where not. */
export interface ChoiceButton {
  label: string
  /** Comes back as the `data` of a button Update. At most 64 bytes (Telegram's limit is the smallest). */
  data: string
}

/** Opens an address: a button where the channel has such, else a line of text. Only http and https are shown. */
export interface LinkButton {
  label: string
  url: string
}

/** Asks for Telegram Stars: shown on Telegram alone. */
export interface InvoiceButton {
  label: string
  invoice: Invoice
}

export interface Invoice {
  /** Longer ones are cut: 32 characters. */
  title: string
  /** 255 characters. */
  description: string
  /** Comes back with the payment. At most 128 bytes. */
  payload: string
  stars: number
  /** Renewed by Telegram every 30 days until the payer cancels; else paid once. */
  isMonthly: boolean
}

/** True for an address a person can be sent to: no script, no other program. */
export function isSafeLink(url: string): boolean {
  return /^https?:\/\//i.test(url) && URL.canParse(url)
}

/** Proof of one claim: `quote` stands verbatim in a Passage of `document`. `n` is the number shown as [n]. */
export interface Citation {
  n: number
  documentId: string
  passageId: string
  document: string
  /** Where in the document: "page 4", "The four anchors > Naps", "00:12:31". */
  locator: string
  quote: string
  /** Of the web page the document was fetched from. */
  url?: string
}

/** What the bot says, before any channel's form: Markdown with [n] markers, proofs and choices. */
export interface OutboundMessage {
  markdown: string
  citations: Citation[]
  buttons: Button[]
  /** Stands above the words. A channel that cannot show it shows the words alone. */
  photo?: Photo
}

/** A picture at an address of our own, where a vendor fetches it. */
export interface Photo {
  url: string
  /** What is on it. */
  alt: string
}

/** One send in a channel's own form. `text` is its readable text; the rest only the channel reads. */
export interface PartPayload {
  text: string
  [field: string]: unknown
}

/** A bot's account on a channel, with its credential in the clear: lives in memory only. */
export interface Connection {
  id: string
  creatorId: string
  botId: string
  channel: ChannelName
  /** Telegram bot id, WhatsApp phone_number_id, or the bot's slug on the web. */
  externalId: string
  /** By channel: telegram `{ token, webhookSecret }`, whatsapp `{ token, appSecret? }`, web `{}`. */
  credentials: Record<string, string>
}

/** One Part on its way out. */
export interface OutgoingPart {
  partId: string
  /** The channel's own id of the conversation. */
  chatKey: string
  payload: PartPayload
  connection: Connection
  signal: AbortSignal
}

/** The vendor took it. `isPlainText` when it refused our formatting and took the bare text instead. */
export interface Sent {
  vendorMessageId: string
  isPlainText?: boolean
}

export interface WebhookRequest {
  /** Lower-case names; a header that came twice is joined by the server with ", ". */
  headers: Record<string, string | string[] | undefined>
  rawBody: Buffer
}

export interface WebhookContents {
  updates: Update[]
  receipts: Receipt[]
  /** Wants to be answered within seconds, before anything is paid. */
  checkouts?: StarsCheckout[]
}

/** Someone is about to pay an invoice in Stars: Telegram asks whether they may. */
export interface StarsCheckout {
  checkoutId: string
  /** The channel's own id of the conversation with the payer. */
  payerKey: string
  /** BCP 47 as the channel tells it. */
  languageCode?: string
  payload: string
  currency: string
  amount: number
}

/** Payments in Telegram Stars. */
export interface StarsDesk {
  /** Answers a {@link StarsCheckout}. `refusal`: why not, in the payer's words. @throws {AppError} `channel.*`. */
  answerCheckout(answer: { connection: Connection; checkoutId: string; refusal?: string }): Promise<void>
  /** Gives Stars back. Harmless when repeated. @throws {AppError} `channel.*`. */
  refundStars(refund: { connection: Connection; payerKey: string; chargeId: string }): Promise<void>
}

/**
 * A messenger, in our words.
 *
 * `send` either returns (the vendor took it) or throws an AppError:
 * - `channel.rate_limited` with `retryAfterSeconds`: nothing was sent, try then
 * - `channel.blocked`: the person cannot be written to (blocked, deactivated, never started)
 * - `channel.window_closed`: WhatsApp's 24 hours are over
 * - `channel.rejected`: the vendor refused it for good (`vendorCode`, `vendorMessage`)
 * - `channel.unauthorized`: the credential is no longer good
 * - `channel.unreachable`: the request provably never left (DNS, refused, TLS): safe to repeat
 * - `channel.unavailable`: the vendor answered 5xx: safe to repeat where the vendor says so
 * - `channel.doubtful`: it may have arrived (time-out or break after the request left)
 */
export interface Channel {
  readonly name: ChannelName
  /** Cuts a message into Parts within the channel's limits. Pure: the same message gives the same Parts. */
  render(message: OutboundMessage): PartPayload[]
  send(part: OutgoingPart): Promise<Sent>
  /**
   * Shows that an answer is being written: a draft with the text so far, or a typing sign.
   * Neither durable nor important: never throws, and returns at once where the channel has none.
   */
  showProgress(progress: Progress): Promise<void>
  /** Acknowledges a tapped button where the channel wants it. Never throws. */
  acknowledge(request: { connection: Connection; callbackId: string; text?: string }): Promise<void>
  /**
   * Opens a file that a person sent. Nothing about its address shows in an error: it may hold a credential.
   *
   * @throws {AppError} `attachment.too_large`, `attachment.timed_out`, `attachment.unavailable`, at once or while
   *   the body is read.
   */
  openAttachment(request: AttachmentRequest): Promise<OpenedAttachment>
}

export interface AttachmentRequest {
  connection: Connection
  /** The vendor's handle, as the Update tells it. */
  fileId: string
  /** The body ends with an error once it has more bytes than this, whatever the vendor said before. */
  maxBytes: number
  /** From the first call to the last byte. */
  timeoutMs: number
  signal: AbortSignal
}

export interface OpenedAttachment {
  /** What the vendor says it is. */
  mediaType: string | undefined
  /** To be read to its end, or left by `return`: either ends the download. */
  body: AsyncIterable<Uint8Array>
}

export interface Progress {
  connection: Connection
  chatKey: string
  /** Stable and not zero for one answer, so that a draft is animated rather than repeated. */
  draftId: number
  /** The Markdown written so far; empty while nothing is written yet. */
  markdown: string
  /** The message being answered, for read receipts. */
  inboundMessageId?: string
}

/** How a channel's webhook is proven to be the vendor's, and read. Each vendor channel has one. */
export interface WebhookReader {
  /** True when the request provably comes from the vendor. A connection without a secret refuses everything. */
  isAuthentic(request: WebhookRequest, connection: Connection): boolean
  /**
   * @throws {AppError} `request.malformed` when the body is not the vendor's form.
   */
  read(rawBody: Buffer, connection: Connection): WebhookContents
}

/** Registers and checks a bot's account with the vendor; used by `npm run channel` and the admin pages. */
export interface ChannelRegistrar {
  /** Checks the credential and points the vendor's webhook at us. Returns the account's id and name. */
  connect(request: {
    credentials: Record<string, string>
    externalId?: string
    webhookUrl: string
    /** Asked once the credential has proven good and before anything is changed at the vendor; may throw. */
    accept?: (account: { externalId: string }) => Promise<void>
  }): Promise<{ externalId: string; name: string }>
  disconnect(connection: Connection): Promise<void>
  /** One line in words on how the vendor sees the connection, with its last error. */
  describe(connection: Connection): Promise<string>
  /** Asks the vendor how the connection stands, in words for whom the bot belongs to. @throws {AppError} `channel.*`. */
  check(connection: Connection, options: { webhookUrl: string; signal: AbortSignal }): Promise<ChannelHealth>
}

/** How a connection stands. */
export interface ChannelHealth {
  state: 'ok' | 'warn' | 'bad'
  /** One sentence. */
  summary: string
  /** What to do about it. */
  advice?: string
}
