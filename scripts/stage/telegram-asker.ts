import { telegramTextUpdate } from '../../src/testing/telegram/payloads.ts'
import type { TelegramStandIn } from '../../src/testing/telegram/stand-in.ts'

export interface Asker {
  /** Asks the next question in this chat; resolves when its answer has arrived at the vendor. */
  ask(chat: number): Promise<{ webhookMs: number; replyMs: number }>
}

interface Questioned {
  webhookUrl: string
  webhookSecret: string
  questions: string[]
}

const FIRST_CHAT = 1_000

/** Somebody in many chats of a bot on Telegram. */
export function createAsker(telegram: TelegramStandIn, target: Questioned): Asker {
  const waiting = new Map<string, (() => void)[]>()
  let updateId = 1
  let seen = telegram.sent.length
  // Called for each call of the Bot API once it was taken, before it is answered.
  telegram.setDelayMs(() => {
    for (; seen < telegram.sent.length; seen += 1) {
      const chatId = String(telegram.sent[seen]?.chatId)
      const arrived = waiting.get(chatId) ?? []
      waiting.delete(chatId)
      for (const tell of arrived) tell()
    }
    return 0
  })
  return {
    async ask(chat) {
      const id = updateId++
      const chatId = FIRST_CHAT + chat
      const arrived = new Promise<void>((resolve) => {
        // What is written before the answer came is answered with it.
        waiting.set(String(chatId), [...(waiting.get(String(chatId)) ?? []), resolve])
      })
      const text = target.questions[id % target.questions.length] ?? ''
      const startedMs = performance.now()
      const response = await fetch(target.webhookUrl, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-telegram-bot-api-secret-token': target.webhookSecret,
        },
        body: JSON.stringify(telegramTextUpdate({ updateId: id, chatId, text })),
      })
      await response.arrayBuffer()
      const webhookMs = performance.now() - startedMs
      if (response.status !== 200) throw new Error(`the webhook answered ${response.status}`)
      await arrived
      return { webhookMs, replyMs: performance.now() - startedMs }
    },
  }
}
