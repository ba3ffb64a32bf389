import { delay } from '../stand-in-server.ts'
import { signWhatsapp, type WhatsappStatusReport, whatsappStatusBody } from './payloads.ts'

export interface StatusWebhook {
  url: string
  appSecret: string
  /** What is reported of each accepted message, in this order. */
  states?: string[]
  /** Out of order and late, as it happens. */
  isShuffled?: boolean
  /** Each status this many times. */
  copies?: number
  /** Milliseconds until the first is posted. */
  afterMs?: number
  /** Replaces Math.random, so that a run can be repeated. */
  random?: () => number
}

/** Between tries while the webhook does not answer 200, and how many: as a whole about a minute. */
const RETRY_MS = 200
const MAX_TRIES = 300

/** Posts signed statuses, again and again until each is taken, as the vendor does. */
export function createStatusPost(webhook: StatusWebhook): {
  report(phoneNumberId: string, message: Omit<WhatsappStatusReport, 'status'>): void
  /** Resolves when every status posted so far was taken or given up. */
  settle(): Promise<void>
  stop(): void
} {
  const { states = ['sent', 'delivered', 'read'], copies = 1, random = Math.random } = webhook
  const open = new Set<Promise<void>>()
  const stopping = new AbortController()

  async function post(body: string): Promise<void> {
    const headers = {
      'content-type': 'application/json',
      'x-hub-signature-256': signWhatsapp(body, webhook.appSecret),
    }
    for (let tries = 0; tries < MAX_TRIES && !stopping.signal.aborted; tries++) {
      const request = { method: 'POST', headers, body, signal: stopping.signal }
      const response = await fetch(webhook.url, request).catch(() => undefined)
      await response?.arrayBuffer().catch(() => undefined)
      if (response?.status === 200) return
      await delay(RETRY_MS)
    }
  }

  async function postAll(bodies: string[]): Promise<void> {
    await delay(webhook.afterMs ?? 0)
    for (const body of bodies) await post(body)
  }

  return {
    report(phoneNumberId, message) {
      const wanted = states.flatMap((status) => Array.from({ length: copies }, () => status))
      const ordered = webhook.isShuffled ? shuffle(wanted, random) : wanted
      const bodies = ordered.map((status) => whatsappStatusBody(phoneNumberId, [{ ...message, status }]))
      const posting = postAll(bodies).finally(() => open.delete(posting))
      open.add(posting)
    },
    async settle() {
      while (open.size > 0) await Promise.all(open)
    },
    stop: () => stopping.abort(),
  }
}

function shuffle<T>(list: T[], random: () => number): T[] {
  return list
    .map((value) => ({ value, rank: random() }))
    .sort((one, other) => one.rank - other.rank)
    .map(({ value }) => value)
}
