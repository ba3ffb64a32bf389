import { waitForLength } from '../wait.ts'
import type { TelegramSent } from './methods.ts'
import { telegramCallbackUpdate, telegramTextUpdate } from './payloads.ts'
import type { TelegramStandIn } from './stand-in.ts'

/** What a test needs to play Telegram towards the app. */
export interface TelegramLine {
  webhookUrl: string
  secret: string
}

/** One number for updates, messages and people: each is used once in a process. */
let lastId = 700_000

export function nextTelegramId(): number {
  lastId += 1
  return lastId
}

/** Delivers one update as Telegram does. */
export function postTelegram(
  { webhookUrl, secret }: TelegramLine,
  update: Record<string, unknown>,
): Promise<Response> {
  return fetch(webhookUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-telegram-bot-api-secret-token': secret },
    body: JSON.stringify(update),
  })
}

/** Someone new in a private chat with the bot, who hears what the stand-in was sent for them. */
export function createTelegramPerson(
  line: TelegramLine,
  telegram: TelegramStandIn,
  { firstName = 'Person', languageCode = 'en' }: { firstName?: string; languageCode?: string } = {},
) {
  const chatId = nextTelegramId()
  const inbound = () => ({ updateId: nextTelegramId(), chatId, firstName, languageCode })
  const heard = () => telegram.sent.filter((message) => message.chatId === String(chatId))
  return {
    chatId,
    chatKey: String(chatId),
    inbound,
    heard,
    post: (update: Record<string, unknown>) => postTelegram(line, update),
    says: (text: string, more: { messageId?: number; isEdit?: boolean } = {}) =>
      postTelegram(line, telegramTextUpdate({ ...inbound(), text, ...more })),
    taps: (data: string) => postTelegram(line, telegramCallbackUpdate({ ...inbound(), data })),
    /** Resolves with the newest of `count` messages once that many have come. */
    async hears(count = 1, timeoutMs?: number): Promise<TelegramSent> {
      const messages = await waitForLength(heard, count, timeoutMs)
      const newest = messages[count - 1]
      if (!newest) throw new Error('no message came')
      return newest
    },
  }
}

export type TelegramPerson = ReturnType<typeof createTelegramPerson>

/** The data behind the button of this label. */
export function dataOf(message: TelegramSent, label: string): string {
  const button = message.buttons.flat().find((candidate) => candidate.label === label)
  if (!button) throw new Error(`no button ${label} among ${JSON.stringify(message.buttons)}`)
  return button.data
}
