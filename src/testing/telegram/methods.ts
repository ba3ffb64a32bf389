import { z } from 'zod'
import type { SentFile } from '../network/sent-file.ts'
import type { Check } from '../vendor-spec.ts'
import { findEntityFault, findTelegramFault, findTextFault, TelegramOutgoing } from './limits.ts'

/** One message the stand-in took. `order` counts from 0 over all chats. */
export interface TelegramSent {
  order: number
  /** Milliseconds since 1970. */
  atMs: number
  token: string
  chatId: string
  messageId: number
  text: string
  entities: { type: string; offset: number; length: number }[]
  /** `url` for those that open an address; their `data` is empty. */
  buttons: { label: string; data: string; url?: string }[][]
  /** False where Telegram was told to fetch no address in it. */
  hasPreview: boolean
  /** Where it was to be fetched; the text is its caption. */
  photo?: string
}

/** One other call it took. */
export interface TelegramCallTaken {
  method: string
  token: string
  body: Record<string, unknown>
  atMs: number
}

/** What a stand-in remembers. */
export interface TelegramState {
  sent: TelegramSent[]
  calls: TelegramCallTaken[]
  webhooks: Map<string, z.output<typeof Webhook>>
  hasDrafts: boolean
  /** Of people, by id. */
  files: Map<string, SentFile>
}

interface Call {
  token: string
  method: string
  body: Record<string, unknown>
  checkOf(method: string): Check
}

type Result = { result: unknown } | { refusal: { code: number; description: string } }

const FIRST_MESSAGE_ID = 1_000

const METHODS = new Map<string, (state: TelegramState, call: Call) => Result>([
  ['sendMessage', sendMessage],
  ['sendPhoto', sendPhoto],
  ['sendMessageDraft', sendMessageDraft],
  ['sendChatAction', () => ({ result: true })],
  ['answerCallbackQuery', () => ({ result: true })],
  ['setMyCommands', () => ({ result: true })],
  ['createInvoiceLink', createInvoiceLink],
  ['answerPreCheckoutQuery', answerPreCheckoutQuery],
  ['refundStarPayment', () => ({ result: true })],
  ['getMe', (_state, { token }) => ({ result: presentBot(token) })],
  ['getFile', getFile],
  ['setWebhook', setWebhook],
  ['deleteWebhook', deleteWebhook],
  ['getWebhookInfo', getWebhookInfo],
])

/** Carries out one call of the Bot API, once it fits the vendor's schema. */
export function answerTelegramMethod(state: TelegramState, call: Call): Result {
  const act = METHODS.get(call.method)
  if (!act || (call.method === 'sendMessageDraft' && !state.hasDrafts)) {
    return { refusal: { code: 404, description: 'Not Found: method not found' } }
  }
  const fault = call.checkOf(call.method)(call.body)
  if (fault) return refuse(fault)
  const result = act(state, call)
  if ('result' in result && call.method !== 'sendMessage' && call.method !== 'sendPhoto') {
    state.calls.push({ method: call.method, token: call.token, body: call.body, atMs: Date.now() })
  }
  return result
}

function refuse(reason: string): Result {
  return { refusal: { code: 400, description: `Bad Request: ${reason}` } }
}

function sendMessage(state: TelegramState, { token, body }: Call): Result {
  const outgoing = TelegramOutgoing.safeParse(body)
  if (!outgoing.success) return refuse('chat_id and text are wanted')
  const fault = findTelegramFault(outgoing.data)
  if (fault) return refuse(fault)
  const { chat_id: chatId, text, entities, reply_markup: markup } = outgoing.data
  const order = state.sent.length
  const messageId = FIRST_MESSAGE_ID + order
  const buttons = (markup?.inline_keyboard ?? []).map((row) =>
    row.map(({ text: label, callback_data: data = '', url }) => ({
      label,
      data,
      ...(url !== undefined && { url }),
    })),
  )
  const hasPreview = !HasNoPreview.safeParse(body).success
  state.sent.push({ order, atMs: Date.now(), token, chatId, messageId, text, entities, buttons, hasPreview })
  return {
    result: {
      message_id: messageId,
      date: Math.floor(Date.now() / 1_000),
      chat: { id: Number(chatId), type: 'private', first_name: 'Person' },
      from: presentBot(token),
      text,
      ...(entities.length > 0 ? { entities } : {}),
    },
  }
}

const HasNoPreview = z.object({ link_preview_options: z.object({ is_disabled: z.literal(true) }) })

const MAX_CAPTION = 1_024

/** By address alone: a public one, since the server fetches it itself. */
function sendPhoto(state: TelegramState, call: Call): Result {
  const { photo, caption, caption_entities: entities, ...body } = call.body
  if (typeof photo !== 'string' || !/^https:\/\/[^/]+\.[^/]+\//.test(photo)) {
    return refuse('wrong file identifier/HTTP URL specified')
  }
  if (typeof caption !== 'string' || caption.length > MAX_CAPTION)
    return refuse('message caption is too long')
  const result = sendMessage(state, { ...call, body: { ...body, text: caption, entities: entities ?? [] } })
  const sent = state.sent.at(-1)
  if ('result' in result && sent) sent.photo = photo
  return result
}

const Draft = z.object({
  chat_id: z.int().positive(),
  draft_id: z.int().refine((id) => id !== 0),
  text: z.string().default(''),
  entities: TelegramOutgoing.shape.entities,
})

function sendMessageDraft(_state: TelegramState, { body }: Call): Result {
  const draft = Draft.safeParse(body)
  if (!draft.success) return refuse('a draft wants a private chat and a draft_id that is not 0')
  const { text, entities } = draft.data
  const fault = (text === '' ? undefined : findTextFault(text)) ?? findEntityFault(text, entities)
  return fault ? refuse(fault) : { result: true }
}

const Invoice = z.object({
  payload: z.string(),
  provider_token: z.literal('').optional(),
  currency: z.literal('XTR'),
  prices: z.tuple([z.object({ label: z.string().min(1), amount: z.int().min(1).max(10_000) })]),
  subscription_period: z.literal(2_592_000).optional(),
})

/** An invoice in Stars: no provider, one price, and a subscription of 30 days or none. The link carries the payload. */
function createInvoiceLink(_state: TelegramState, { body }: Call): Result {
  const invoice = Invoice.safeParse(body)
  if (!invoice.success) return refuse('STARS_INVOICE_INVALID')
  const bytes = Buffer.byteLength(invoice.data.payload)
  if (bytes < 1 || bytes > 128) return refuse('INVOICE_PAYLOAD_INVALID')
  return { result: `https://t.me/$${Buffer.from(invoice.data.payload).toString('base64url')}` }
}

function answerPreCheckoutQuery(_state: TelegramState, { body }: Call): Result {
  const isExplained =
    body.ok === true || (typeof body.error_message === 'string' && body.error_message !== '')
  return isExplained ? { result: true } : refuse('error_message is wanted')
}

/** The most a bot is given of a file. */
const MAX_FILE_BYTES = 20 * 1024 * 1024

function getFile(state: TelegramState, { body }: Call): Result {
  const id = String(body.file_id)
  const file = state.files.get(id)
  if (!file) return refuse('invalid file_id')
  if ((file.bytes?.length ?? 0) > MAX_FILE_BYTES) return refuse('file is too big')
  const size = file.bytes ? { file_size: file.bytes.length } : {}
  return { result: { file_id: id, file_unique_id: `u${id}`, ...size, file_path: `files/${id}.bin` } }
}

const Webhook = z.object({
  url: z.url(),
  secret_token: z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/)
    .optional(),
  allowed_updates: z.array(z.string()).optional(),
  max_connections: z.int().default(40),
})

const WEBHOOK_PORTS = new Set(['', '443', '80', '88', '8443'])

/** HTTPS on one of four ports, as the vendor asks; loopback is let through so that tests need no certificate. */
function setWebhook(state: TelegramState, { token, body }: Call): Result {
  const webhook = Webhook.safeParse(body)
  if (!webhook.success) return refuse('bad webhook: invalid parameters')
  const { protocol, hostname, port } = new URL(webhook.data.url)
  const isLoopback = hostname === '127.0.0.1' || hostname === 'localhost'
  if (protocol !== 'https:' && !isLoopback) return refuse('bad webhook: An HTTPS URL must be provided')
  if (!WEBHOOK_PORTS.has(port) && !isLoopback) {
    return refuse('bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443')
  }
  state.webhooks.set(token, webhook.data)
  return { result: true }
}

function deleteWebhook(state: TelegramState, { token }: Call): Result {
  state.webhooks.delete(token)
  return { result: true }
}

function getWebhookInfo(state: TelegramState, { token }: Call): Result {
  const webhook = state.webhooks.get(token)
  return {
    result: {
      url: webhook?.url ?? '',
      has_custom_certificate: false,
      pending_update_count: 0,
      ...(webhook ? { max_connections: webhook.max_connections } : {}),
      ...(webhook?.allowed_updates ? { allowed_updates: webhook.allowed_updates } : {}),
    },
  }
}

function presentBot(token: string): Record<string, unknown> {
  const [id = '0'] = token.split(':')
  return {
    id: Number(id),
    is_bot: true,
    first_name: 'Stand-in',
    username: `standin_${id}_bot`,
    can_join_groups: true,
    can_read_all_group_messages: false,
    supports_guest_queries: false,
    supports_inline_queries: false,
    supports_join_request_queries: false,
    can_connect_to_business: false,
    has_main_web_app: false,
    has_topics_enabled: false,
    allows_users_to_create_topics: false,
    can_manage_bots: false,
  }
}
