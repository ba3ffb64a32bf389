import {
  createTroubles,
  delay,
  GATEWAY_PAGE,
  openStandInServer,
  type StandInAnswer,
  type StandInRequest,
} from './stand-in-server.ts'
import { HAS_SPECS, openSpec } from './vendor-spec.ts'
import {
  answerWhatsappMessage,
  isReadReceipt,
  refuseWhatsapp,
  type WhatsappSent,
  type WhatsappState,
} from './whatsapp-messages.ts'
import { createStatusPost, type StatusWebhook } from './whatsapp-status-post.ts'

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
  refused: WhatsappState['refused']
  /** Messages marked read, with whether "typing" was asked for. */
  reads: WhatsappState['reads']
  setDelayMs(delayMs: number | (() => number)): void
  /** The next `count` sends meet this trouble. */
  failNext(count: number, trouble: WhatsappTrouble): void
  /** Resolves when every status so far was taken by the webhook, or given up. */
  settleStatuses(): Promise<void>
  close(): Promise<void>
}

const ADDRESS = /^\/v\d+\.\d+\/(\d+)(\/messages)?$/

/**
 * A Graph server on loopback that keeps the published schema and limits, and
 * remembers each message before it answers.
 */
export async function startWhatsappStandIn(options: WhatsappStandInOptions = {}): Promise<WhatsappStandIn> {
  const troubles = createTroubles<WhatsappTrouble>()
  const statuses = options.statusWebhook && createStatusPost(options.statusWebhook)
  const state: WhatsappState = {
    sent: [],
    refused: [],
    reads: [],
    check: openSpec('whatsapp/messages.request.schema.json').check(),
    report: statuses?.report,
  }
  let delayMs = options.delayMs ?? 0

  async function meet({ method, path, authorization, body }: StandInRequest): Promise<StandInAnswer> {
    const [, phoneNumberId, isMessages] = ADDRESS.exec(path) ?? []
    if (phoneNumberId === undefined) return refuseWhatsapp(404, 100, 'Unknown path')
    const token = authorization.replace(/^Bearer /, '')
    const isKnown = options.tokens ? options.tokens.includes(token) : token !== ''
    if (!isKnown) return refuseWhatsapp(401, 190, 'Error validating access token')
    if (!isMessages) return { status: 200, body: presentNumber(phoneNumberId) }
    if (method !== 'POST') return refuseWhatsapp(400, 100, 'Unsupported method')
    const trouble = isReadReceipt(body) ? undefined : troubles.take()
    if (trouble && !('isRecorded' in trouble && trouble.isRecorded)) return meetTrouble(trouble)
    const answered = answerWhatsappMessage(state, { phoneNumberId, token, body })
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
    sent: state.sent,
    refused: state.refused,
    reads: state.reads,
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
  if (trouble.kind === 'refuse')
    return refuseWhatsapp(trouble.status, trouble.code, trouble.details ?? 'refused as planned')
  if (trouble.kind === 'gateway') return { status: trouble.status, body: GATEWAY_PAGE }
  if (trouble.kind === 'garbled')
    return { status: 200, body: { messaging_product: 'whatsapp', messages: [] } }
  return { break: trouble.kind }
}

function presentNumber(id: string): Record<string, string> {
  return { id, display_phone_number: '+1 555-000-1111', verified_name: 'Stand-in', quality_rating: 'GREEN' }
}
