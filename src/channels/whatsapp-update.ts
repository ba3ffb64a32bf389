import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { Receipt, Update, UpdateEvent } from '../messaging/update.ts'
import type { WebhookReader } from './channel.ts'
import { keepText } from './inbound-text.ts'
import { parseBody } from './parse-body.ts'
import { isSameSecret } from './secret-match.ts'
import { readMessageEvent } from './whatsapp-event.ts'
import { readReceipt } from './whatsapp-receipt.ts'
import { readTime } from './whatsapp-time.ts'
import {
  WhatsappAddressees,
  WhatsappBody,
  type WhatsappContact,
  type WhatsappMessage,
  type WhatsappValue,
} from './whatsapp-wire.ts'

const SIGNATURE_HEADER = 'x-hub-signature-256'

/** Exactly what Meta writes; a header that came twice is joined by a comma and does not match. */
const SIGNATURE = /^sha256=([0-9a-f]{64})$/

const MAX_NAME = 256
const MAX_PHONE = 32

const Handshake = z.object({
  'hub.mode': z.literal('subscribe'),
  'hub.verify_token': z.string(),
  'hub.challenge': z.string().min(1).max(1_024),
})

export interface WhatsappWebhook extends WebhookReader {
  /** The numbers a body is for, each once: one body may serve several connections. Read before it is authentic. */
  phoneNumberIds(rawBody: Buffer): string[]
  /** The challenge to answer the subscription with, or undefined when the token is not ours. */
  verifyHandshake(query: unknown, verifyToken: string | undefined): string | undefined
}

/**
 * Reads WhatsApp's webhook, proven by the HMAC of the raw bytes under the app
 * secret: the connection's own, else the installation's.
 */
export function createWhatsappWebhook({
  appSecret,
  now = () => new Date(),
}: {
  appSecret?: string | undefined
  now?: () => Date
} = {}): WhatsappWebhook {
  return {
    isAuthentic({ headers, rawBody }, connection) {
      const header = headers[SIGNATURE_HEADER]
      const [, given] = (typeof header === 'string' && SIGNATURE.exec(header)) || []
      const secret = connection.credentials.appSecret || appSecret
      if (!given || !secret) return false
      const expected = createHmac('sha256', secret).update(rawBody).digest()
      return timingSafeEqual(Buffer.from(given, 'hex'), expected)
    },
    read(rawBody, connection) {
      const values = listValues(rawBody).filter(
        (value) => value.metadata.phone_number_id === connection.externalId,
      )
      return {
        updates: values.flatMap((value) => readUpdates(value, now)),
        receipts: values.flatMap((value) => readReceipts(value, now)),
      }
    },
    phoneNumberIds(rawBody) {
      const { entry } = parseBody(rawBody, WhatsappAddressees)
      const changes = entry.flatMap((each) => each.changes)
      return [...new Set(changes.flatMap(({ value }) => value?.metadata.phone_number_id ?? []))]
    },
    verifyHandshake(query, verifyToken) {
      const handshake = Handshake.safeParse(query)
      if (!handshake.success || !verifyToken) return undefined
      return isSameSecret(handshake.data['hub.verify_token'], verifyToken)
        ? handshake.data['hub.challenge']
        : undefined
    },
  }
}

function listValues(rawBody: Buffer): WhatsappValue[] {
  const { entry } = parseBody(rawBody, WhatsappBody)
  return entry
    .flatMap((each) => each.changes)
    .flatMap(({ field, value }) => (field === 'messages' && value ? [value] : []))
}

function readReceipts({ statuses = [] }: WhatsappValue, now: () => Date): Receipt[] {
  return statuses.flatMap((status) => (status && readReceipt(status, now)) ?? [])
}

function readUpdates({ messages = [], contacts = [] }: WhatsappValue, now: () => Date): Update[] {
  const people = contacts.filter((contact) => contact !== undefined)
  return messages.flatMap((message) => (message && readUpdate(message, people, now)) ?? [])
}

function readUpdate(
  message: WhatsappMessage,
  people: WhatsappContact[],
  now: () => Date,
): Update | undefined {
  const person = findPerson(message, people)
  const externalId = message.from_user_id ?? person?.user_id ?? message.from
  const event = readMessageEvent(message)
  if (!externalId || !event) return undefined
  const name = keepText(person?.profile?.name ?? '', MAX_NAME)
  return {
    channel: 'whatsapp',
    externalId: message.id,
    chatKey: message.group_id ?? externalId,
    sender: {
      externalId,
      ...(name ? { name } : {}),
      ...(message.from ? { phone: message.from.slice(0, MAX_PHONE) } : {}),
    },
    sentAt: readTime(message.timestamp, now),
    event: message.group_id === undefined ? event : groupEvent(),
  }
}

/** The contact a message comes from, by either id: which of the two is told differs from person to person. */
function findPerson(message: WhatsappMessage, people: WhatsappContact[]): WhatsappContact | undefined {
  return people.find(
    ({ wa_id, user_id }) =>
      (user_id !== undefined && user_id === message.from_user_id) ||
      (wa_id !== undefined && wa_id === message.from),
  )
}

/** The webhook does not tell a group's title. */
function groupEvent(): UpdateEvent {
  return { kind: 'group', title: '' }
}
