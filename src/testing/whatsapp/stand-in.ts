import { handOver, type SentFile } from '../network/sent-file.ts'
import {
  createTroubles,
  delay,
  GATEWAY_PAGE,
  openStandInServer,
  type StandInAnswer,
  type StandInRequest,
} from '../stand-in-server.ts'
import { HAS_SPECS, openSpec } from '../vendor-spec.ts'
import {
  answerWhatsappMessage,
  isReadReceipt,
  refuseWhatsapp,
  type WhatsappSent,
  type WhatsappState,
} from './messages.ts'
import { createStatusPost, type StatusWebhook } from './status-post.ts'

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
  /** Puts a file of a person's on the server; returns its media id. */
  addMedia(media: SentFile & { mediaType: string }): string
  /** Where the address of each file leads; its own server unless a test says otherwise. */
  setMediaHost(origin: string): void
  /** Downloads, with the token each showed. */
  downloads: { id: string; token: string }[]
  setDelayMs(delayMs: number | (() => number)): void
  /** The next `count` sends meet this trouble. */
  failNext(count: number, trouble: WhatsappTrouble): void
  /** Resolves when every status so far was taken by the webhook, or given up. */
  settleStatuses(): Promise<void>
  close(): Promise<void>
}

const MEDIA_ADDRESS = /^\/(?:v\d+\.\d+\/(\d+)|media\/(\d+))$/
const FIRST_MEDIA_ID = 9_000_000

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
  const checkMedia = openSpec('whatsapp/webhook.schema.json').check('ServerMediaRetrieveResponse')
  let delayMs = options.delayMs ?? 0

  const media = new Map<string, SentFile & { mediaType: string }>()
  const downloads: WhatsappStandIn['downloads'] = []
  let mediaHost = ''

  /** Asked by id it tells the address, asked at the address it hands the file over: both for the token alone. */
  function meetMedia(id: string, token: string, isDownload: boolean): StandInAnswer | undefined {
    const file = media.get(id)
    if (!file) return undefined
    if (isDownload) {
      downloads.push({ id, token })
      return handOver(file)
    }
    const answer = {
      messaging_product: 'whatsapp',
      url: `${mediaHost || server.url}/media/${id}?ext=1&hash=stand-in`,
      mime_type: file.mediaType,
      sha256: 'c3RhbmQtaW4=',
      file_size: String(file.bytes?.length ?? 0),
      id,
    }
    const fault = checkMedia(answer)
    return fault ? refuseWhatsapp(500, 1, fault) : { status: 200, body: answer }
  }

  async function meet({ method, path, authorization, body }: StandInRequest): Promise<StandInAnswer> {
    const [, mediaId = '', downloadId = ''] = MEDIA_ADDRESS.exec(path) ?? []
    const bearer = authorization.replace(/^Bearer /, '')
    const isGood = options.tokens ? options.tokens.includes(bearer) : bearer !== ''
    const handed = isGood && method === 'GET' && meetMedia(mediaId || downloadId, bearer, downloadId !== '')
    if (handed) return handed
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
    downloads,
    addMedia(file) {
      const id = String(FIRST_MEDIA_ID + media.size)
      media.set(id, file)
      return id
    },
    setMediaHost: (origin) => {
      mediaHost = origin
    },
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
