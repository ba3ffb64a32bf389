import type { Update, UpdateEvent } from '../messaging/update.ts'
import type { WebhookReader } from './channel.ts'
import { keepText } from './inbound-text.ts'
import { parseBody } from './parse-body.ts'
import { isSameSecret } from './secret-match.ts'
import { readMessageEvent } from './telegram-event.ts'
import { readCheckout, readPayment, readSubscription } from './telegram-stars.ts'
import {
  type TelegramCallbackQuery,
  type TelegramMessage,
  type TelegramMyChatMember,
  TelegramUpdate,
  type TelegramUser,
} from './telegram-wire.ts'

const SECRET_HEADER = 'x-telegram-bot-api-secret-token'

const MAX_NAME = 256
const MAX_TITLE = 512
const MAX_BUTTON_DATA = 256

/** An Update but for what every Update of Telegram has alike. */
type Read = Pick<Update, 'chatKey' | 'sender' | 'sentAt' | 'event'>

/**
 * Reads Telegram's webhook: one update a request, proven by the secret that
 * was given with the webhook. There is no signature and no time stamp, so a
 * replay is caught by the stored `update_id` alone.
 *
 * `now` dates what Telegram does not date: taps and stops.
 */
export function createTelegramWebhook({ now = () => new Date() } = {}): WebhookReader {
  return {
    isAuthentic({ headers }, connection) {
      const given = headers[SECRET_HEADER]
      const expected = connection.credentials.webhookSecret
      if (typeof given !== 'string' || !expected) return false
      return isSameSecret(given, expected)
    },
    read(rawBody) {
      const update = parseBody(rawBody, TelegramUpdate)
      if (update.pre_checkout_query) {
        return { updates: [], receipts: [], checkouts: [readCheckout(update.pre_checkout_query)] }
      }
      const read = readUpdate(update, now)
      if (!read) return { updates: [], receipts: [] }
      const externalId = String(update.update_id)
      return { updates: [{ channel: 'telegram', externalId, ...read }], receipts: [] }
    },
  }
}

/** What happened; undefined for kinds we do not read, which are taken and forgotten. */
function readUpdate(update: TelegramUpdate, now: () => Date): Read | undefined {
  if (update.message) return readMessage(update.message)
  if (update.edited_message) return readEdit(update.edited_message)
  if (update.callback_query) return readTap(update.callback_query, now)
  if (update.my_chat_member) return readMembership(update.my_chat_member)
  if (update.subscription) return { ...readSubscription(update.subscription), sentAt: now().toISOString() }
  if (!update.stopped_message_generation) return undefined
  const chatKey = String(update.stopped_message_generation.chat.id)
  const sender = { externalId: chatKey }
  return { chatKey, sender, sentAt: now().toISOString(), event: { kind: 'stop' } }
}

function readMessage(message: TelegramMessage): Read | undefined {
  const event = readPayment(message) ?? readMessageEvent(message)
  if (!event) return undefined
  return fromMessage(message, isPrivate(message.chat) ? event : groupEvent(message.chat))
}

/** An edit counts where text was replaced by text; a new caption changes no answer. */
function readEdit(message: TelegramMessage): Read | undefined {
  if (message.text === undefined || !isPrivate(message.chat)) return undefined
  const event = readMessageEvent({ ...message, entities: undefined })
  return event?.kind === 'text' ? fromMessage(message, { ...event, isEdit: true }) : undefined
}

function readTap(tap: TelegramCallbackQuery, now: () => Date): Read | undefined {
  if (tap.data === undefined) return undefined
  const { message } = tap
  const event: UpdateEvent =
    message && !isPrivate(message.chat)
      ? groupEvent(message.chat)
      : {
          kind: 'button',
          data: keepText(tap.data, MAX_BUTTON_DATA),
          callbackId: tap.id,
          ...(message ? { messageId: String(message.message_id) } : {}),
        }
  // A private chat has the id of the person.
  const chatKey = String(message?.chat.id ?? tap.from.id)
  return { chatKey, sender: readSender(tap.from), sentAt: now().toISOString(), event }
}

/** In a private chat this comes on block and unblock alone; in a group we greet when we are added. */
function readMembership(change: TelegramMyChatMember): Read | undefined {
  const { chat, from, date } = change
  const isGone = isAway(change.new_chat_member)
  const base = { chatKey: String(chat.id), sender: readSender(from), sentAt: toIso(date) }
  if (isPrivate(chat)) {
    return { ...base, event: { kind: 'membership', state: isGone ? 'blocked' : 'unblocked' } }
  }
  const wasAdded = !isGone && isAway(change.old_chat_member)
  return wasAdded ? { ...base, event: groupEvent(chat) } : undefined
}

function isAway(member: TelegramMyChatMember['new_chat_member'] | undefined): boolean {
  return member === undefined || member.status === 'kicked' || member.status === 'left'
}

function fromMessage({ chat, from, date }: TelegramMessage, event: UpdateEvent): Read {
  const chatKey = String(chat.id)
  return { chatKey, sender: from ? readSender(from) : { externalId: chatKey }, sentAt: toIso(date), event }
}

function readSender({ id, first_name, last_name, language_code }: TelegramUser): Update['sender'] {
  const name = keepText([first_name, last_name].filter(Boolean).join(' '), MAX_NAME)
  return {
    externalId: String(id),
    ...(name ? { name } : {}),
    ...(language_code && language_code.length <= 35 ? { languageCode: language_code } : {}),
  }
}

function isPrivate(chat: TelegramMessage['chat']): boolean {
  return chat.type === 'private'
}

function groupEvent(chat: TelegramMessage['chat']): UpdateEvent {
  return { kind: 'group', title: keepText(chat.title ?? '', MAX_TITLE) }
}

function toIso(seconds: number): string {
  return new Date(seconds * 1_000).toISOString()
}
