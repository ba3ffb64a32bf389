import { z } from 'zod'
import type { Receipt } from '../messaging/update.ts'
import { keepText } from './inbound-text.ts'
import { readTime } from './whatsapp-time.ts'
import type { WhatsappStatus } from './whatsapp-wire.ts'

/** `played` is said of a voice message: it was heard, which is more than read. */
const STATES: Record<string, Receipt['state']> = {
  sent: 'sent',
  delivered: 'delivered',
  read: 'read',
  played: 'read',
  failed: 'failed',
}

const PartId = z.uuid()

const MAX_CODE = 64
const MAX_DETAIL = 1_024

/** What WhatsApp says of an earlier send; undefined for a state we do not know. */
export function readReceipt(status: WhatsappStatus, now: () => Date): Receipt | undefined {
  const state = Object.hasOwn(STATES, status.status) ? STATES[status.status] : undefined
  if (!state) return undefined
  const partId = PartId.safeParse(status.biz_opaque_callback_data).data
  const [error] = status.errors ?? []
  const detail = error?.error_data?.details ?? error?.message ?? error?.title
  return {
    channel: 'whatsapp',
    externalId: `${status.id}:${status.status}`,
    vendorMessageId: status.id,
    state,
    at: readTime(status.timestamp, now),
    ...(partId ? { partId } : {}),
    ...(error ? { errorCode: String(error.code).slice(0, MAX_CODE) } : {}),
    ...(detail ? { errorDetail: keepText(detail, MAX_DETAIL) } : {}),
  }
}
