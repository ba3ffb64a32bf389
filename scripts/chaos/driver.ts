import { setTimeout as delay } from 'node:timers/promises'
import { telegramTextUpdate } from '../../src/testing/telegram/payloads.ts'
import type { TelegramStandIn } from '../../src/testing/telegram/stand-in.ts'
import { signWhatsapp, whatsappTextBody } from '../../src/testing/whatsapp/payloads.ts'
import type { WhatsappStandIn } from '../../src/testing/whatsapp/stand-in.ts'
import { keyOf, type World } from '../stage/world.ts'
import { countChat, SOURCES_ANSWER } from './expectation.ts'

export type DrivenChannel = 'telegram' | 'whatsapp'

/** One chat of the driver's own ledger: what was sent, in order, by what its answer must hold. */
export interface DrivenChat {
  channel: DrivenChannel
  id: string
  expected: string[]
}

interface DriverParts {
  world: World
  telegram: TelegramStandIn
  whatsapp: WhatsappStandIn
  random: () => number
}

/** A vendor repeats what was not answered with 200, faster here than in life. */
const REDELIVER_MS = 100
const ANSWER_TIMEOUT_MS = 90_000
const POLL_MS = 15

/**
 * Plays the people: every chat asks one question after the other, each as soon as the last was answered,
 * now and then with a /sources right behind it that must be answered second. Every Update is delivered
 * twice, the second time at some moment of its own, and again until it is answered with 200.
 */
export function createDriver({ world, telegram, whatsapp, random }: DriverParts) {
  let nextUpdateId = 1
  let released = 0
  let taken = 0
  const repeats: Promise<void>[] = []

  /** Resolves once it was taken; the repeat follows by itself. */
  async function deliver(chat: DrivenChat, text: string): Promise<void> {
    const request = buildRequest(world, chat.channel, chat.id, text, nextUpdateId++)
    repeats.push(delay(random() * 400).then(() => post(request)))
    await post(request)
  }

  /** Delivers until it is answered with 200, each time to either of the web processes, as a load balancer would. */
  async function post({ path, headers, body }: WebhookPost): Promise<void> {
    for (;;) {
      const port = world.webPorts[random() < 0.5 ? 0 : 1]
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        method: 'POST',
        headers,
        body,
        signal: AbortSignal.timeout(10_000),
      }).catch(() => undefined)
      await response?.arrayBuffer().catch(() => undefined)
      if (response?.status === 200) return
      await delay(REDELIVER_MS)
    }
  }

  async function runChat(chat: DrivenChat, total: number): Promise<void> {
    while (taken < total) {
      if (taken >= released) {
        await delay(POLL_MS)
        continue
      }
      const key = keyOf(taken++)
      await deliver(chat, `What is the word of locker ${key}?`)
      chat.expected.push(`amber${key}`)
      if (random() < 0.25 && taken < total) {
        taken++
        // Sent while the first is being answered, and to be answered second.
        await deliver(chat, '/sources')
        chat.expected.push(SOURCES_ANSWER)
      }
      await waitForAnswers(chat)
    }
  }

  async function waitForAnswers(chat: DrivenChat): Promise<void> {
    const deadline = Date.now() + ANSWER_TIMEOUT_MS
    while (Date.now() < deadline && countChat(chat.expected, listArrivals(chat)).lost > 0)
      await delay(POLL_MS)
  }

  /** Texts that reached this chat, in order of arrival. */
  function listArrivals(chat: DrivenChat): string[] {
    return chat.channel === 'telegram'
      ? telegram.sent.filter((sent) => String(sent.chatId) === chat.id).map((sent) => sent.text)
      : whatsapp.sent.filter((sent) => sent.to === chat.id).map((sent) => sent.text)
  }

  return {
    listArrivals,
    /** Lets the chats take messages up to this number. */
    release: (count: number) => {
      released = count
    },
    run: async (chats: DrivenChat[], total: number) => {
      await Promise.all(chats.map((chat) => runChat(chat, total)))
      await Promise.all(repeats)
    },
  }
}

interface WebhookPost {
  path: string
  headers: Record<string, string>
  body: string
}

function buildRequest(
  world: World,
  channel: DrivenChannel,
  chatId: string,
  text: string,
  updateId: number,
): WebhookPost {
  if (channel === 'telegram') {
    return {
      path: `/webhooks/telegram/${world.botId}`,
      headers: {
        'content-type': 'application/json',
        'x-telegram-bot-api-secret-token': world.telegramSecret,
      },
      body: JSON.stringify(telegramTextUpdate({ updateId, chatId: Number(chatId), text })),
    }
  }
  const body = whatsappTextBody({
    phoneNumberId: world.phoneNumberId,
    from: chatId,
    text,
    wamid: `wamid.in.${updateId}`,
  })
  return {
    path: '/webhooks/whatsapp',
    headers: {
      'content-type': 'application/json',
      'x-hub-signature-256': signWhatsapp(body, world.appSecret),
    },
    body,
  }
}
