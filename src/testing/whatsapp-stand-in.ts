import { z } from 'zod'
import {
  createTroubles,
  delay,
  openStandInServer,
  type StandInAnswer,
  type StandInRequest,
} from './stand-in-server.ts'
import { HAS_SPECS, openSpec } from './vendor-spec.ts'
import { findWhatsappFault, WhatsappOutgoing } from './whatsapp-limits.ts'
import { createStatusPost, type StatusWebhook } from './whatsapp-status-post.ts'

/** One message the stand-in took. `order` counts from 0 over all numbers. */
export interface WhatsappSent {
  order: number
  /** Milliseconds since 1970. */
  atMs: number
  phoneNumberId: string
  token: string
  /** The phone number or user id it was sent to. */
  to: string
  wamid: string
  partId: string | undefined
  text: string
  choices: { id: string; title: string }[]
  body: WhatsappOutgoing
}

/** What goes wrong with a send. `isRecorded`: the message was taken all the same, only the answer is lost. */
export type WhatsappTrouble =
  | { kind: 'refuse'; status: number; code: number; details?: string }
  | { kind: 'gateway'; status: number }
  | { kind: 'reset' | 'hang'; isRecorded?: boolean }
  | { kind: 'garbled' }

export interface WhatsappStandInOptions {
  /** Milliseconds before each answer. */
  delayMs?: number | (() => number)
  /** Tokens that are good; without it every token is. */
  tokens?: string[]
  /** Reports on each message that was taken, as the vendor does. */
  statusWebhook?: StatusWebhook
}

export interface WhatsappStandIn extends AsyncDisposable {
  /** The API root, to which the client adds the version. */
  url: string
  /** False when the vendor's specification is not at hand and only the built-in limits are kept. */
  isSpecChecked: boolean
  sent: WhatsappSent[]
  /** What was refused, and why. */
  refused: { reason: string; body: unknown }[]
  /** Messages marked read, with whether "typing" was asked for. */
  reads: { messageId: string; isTyping: boolean; atMs: number }[]
  setDelayMs(delayMs: number | (() => number)): void
  /** The next `count` sends meet this trouble. */
  failNext(count: number, trouble: WhatsappTrouble): void
  /** Resolves when every status so far was taken by the webhook, or given up. */
  settleStatuses(): Promise<void>
  close(): Promise<void>
}

const ADDRESS = /^\/v\d+\.\d+\/(\d+)(\/messages)?$/

const ReadReceipt = z.object({
  status: z.literal('read'),
  message_id: z.string(),
  typing_indicator: z.object({}).optional(),
})

/**
 * A Graph server on loopback that keeps the published schema and limits, and
 * remembers each message before it answers.
 */
export async function startWhatsappStandIn(options: WhatsappStandInOptions = {}): Promise<WhatsappStandIn> {
  const check = openSpec('whatsapp/messages.request.schema.json').check()
  const troubles = createTroubles<WhatsappTrouble>()
  const statuses = options.statusWebhook && createStatusPost(options.statusWebhook)
  const sent: WhatsappSent[] = []
  const refused: WhatsappStandIn['refused'] = []
  const reads: WhatsappStandIn['reads'] = []
  let delayMs = options.delayMs ?? 0

  function refuseAndNote(reason: string, body: unknown): StandInAnswer {
    refused.push({ reason, body })
    return refuse(400, 131009, reason)
  }

  function answerMessage(phoneNumberId: string, token: string, body: unknown): StandInAnswer {
    const fault = check(body)
    if (fault) return refuseAndNote(fault, body)
    const read = ReadReceipt.safeParse(body)
    if (read.success) {
      const { message_id: messageId, typing_indicator: typing } = read.data
      reads.push({ messageId, isTyping: typing !== undefined, atMs: Date.now() })
      return { status: 200, body: { success: true } }
    }
    const outgoing = WhatsappOutgoing.safeParse(body)
    const limit = outgoing.success ? findWhatsappFault(outgoing.data) : 'not a message'
    if (!outgoing.success || limit) return refuseAndNote(limit ?? 'not a message', body)
    return accept(phoneNumberId, token, outgoing.data)
  }

  function accept(phoneNumberId: string, token: string, body: WhatsappOutgoing): StandInAnswer {
    const to = body.to ?? body.recipient ?? ''
    const order = sent.length
    const wamid = `wamid.${phoneNumberId}.${order}`
    const partId = body.biz_opaque_callback_data
    const { action } = body.interactive ?? {}
    const rows = action?.sections?.flatMap((section) => section.rows) ?? []
    sent.push({
      order,
      atMs: Date.now(),
      phoneNumberId,
      token,
      to,
      wamid,
      partId,
      text: body.text?.body ?? body.interactive?.body.text ?? '',
      choices: action?.buttons?.map(({ reply }) => reply) ?? rows,
      body,
    })
    statuses?.report(phoneNumberId, { wamid, recipientId: to, partId })
    const contact = body.to === undefined ? { input: to, user_id: to } : { input: to, wa_id: to }
    return { status: 200, body: { messaging_product: 'whatsapp', contacts: [contact], messages: [{ id: wamid }] } }
  }

  async function meet({ method, path, authorization, body }: StandInRequest): Promise<StandInAnswer> {
    const [, phoneNumberId, isMessages] = ADDRESS.exec(path) ?? []
    if (phoneNumberId === undefined) return refuse(404, 100, 'Unknown path')
    const token = authorization.replace(/^Bearer /, '')
    const isKnown = options.tokens ? options.tokens.includes(token) : token !== ''
    if (!isKnown) return refuse(401, 190, 'Error validating access token')
    if (!isMessages) return { status: 200, body: presentNumber(phoneNumberId) }
    if (method !== 'POST') return refuse(400, 100, 'Unsupported method')
    const trouble = ReadReceipt.safeParse(body).success ? undefined : troubles.take()
    if (trouble && !('isRecorded' in trouble && trouble.isRecorded)) return meetTrouble(trouble)
    const answered = answerMessage(phoneNumberId, token, body)
    await delay(typeof delayMs === 'function' ? delayMs() : delayMs)
    return trouble ? meetTrouble(trouble) : answered
  }

  const server = await openStandInServer(meet)
  async function close(): Promise<void> {
    statuses?.stop()
    await server.close()
  }
  return {
    url: server.url,
    isSpecChecked: HAS_SPECS,
    sent,
    refused,
    reads,
    setDelayMs: (ms) => {
      delayMs = ms
    },
    failNext: troubles.plan,
    settleStatuses: async () => statuses?.settle(),
    close,
    [Symbol.asyncDispose]: close,
  }
}

function meetTrouble(trouble: WhatsappTrouble): StandInAnswer {
  if (trouble.kind === 'refuse') return refuse(trouble.status, trouble.code, trouble.details ?? 'refused as planned')
  if (trouble.kind === 'gateway') return { status: trouble.status, body: '<html>Bad Gateway</html>' }
  if (trouble.kind === 'garbled') return { status: 200, body: { messaging_product: 'whatsapp', messages: [] } }
  return { break: trouble.kind }
}

function refuse(status: number, code: number, details: string): StandInAnswer {
  const error = {
    message: `(#${code}) ${details}`,
    type: 'OAuthException',
    code,
    error_data: { messaging_product: 'whatsapp', details },
    fbtrace_id: 'stand-in',
  }
  return { status, body: { error } }
}

function presentNumber(id: string): Record<string, string> {
  return { id, display_phone_number: '+1 555-000-1111', verified_name: 'Stand-in', quality_rating: 'GREEN' }
}
