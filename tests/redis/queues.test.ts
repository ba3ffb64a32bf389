import { Redis } from 'ioredis'
import { describe, expect, it, vi } from 'vitest'
import { startTestApp } from '../../src/testing/app.ts'
import { telegramTextUpdate } from '../../src/testing/telegram/payloads.ts'
import { startTelegramStandIn } from '../../src/testing/telegram/stand-in.ts'

const REDIS_URL = process.env.REDIS_URL ?? ''

async function openWorld() {
  const telegram = await startTelegramStandIn()
  const app = await startTestApp({
    env: { REDIS_URL, TELEGRAM_API_ROOT: telegram.url, TELEGRAM_CHAT_PER_SECOND: '1000' },
  })
  const { webhookUrl, secret } = await app.connectTelegram()
  let updateId = 1
  return {
    telegram,
    async ask(chatId: number, text: string): Promise<void> {
      const response = await fetch(webhookUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-telegram-bot-api-secret-token': secret },
        body: JSON.stringify(telegramTextUpdate({ updateId: updateId++, chatId, text })),
      })
      expect(response.status).toBe(200)
    },
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]()
      await telegram.close()
    },
  }
}

describe.skipIf(!REDIS_URL)('with the queues on Redis', () => {
  it('answers as it does with the queues on PostgreSQL', async () => {
    await using world = await openWorld()

    await world.ask(1, 'What is the word of locker k1007?')

    await vi.waitUntil(() => world.telegram.sent.length > 0, { timeout: 15_000 })
    expect(world.telegram.sent[0]?.text).toContain('amber1007')
  })

  it('loses nothing when Redis loses everything', async () => {
    await using world = await openWorld()
    const redis = new Redis(REDIS_URL)
    const keys = Array.from({ length: 40 }, (_, index) => 1_000 + index)

    const asked = keys.map(async (key, index) => {
      await world.ask(100 + index, `What is the word of locker k${key}?`)
      if (index % 8 === 0) await redis.flushall()
    })
    await Promise.all(asked)
    redis.disconnect()

    await vi.waitUntil(() => world.telegram.sent.length >= keys.length, { timeout: 30_000 })
    const answers = new Map(world.telegram.sent.map(({ chatId, text }) => [Number(chatId), text]))
    for (const [index, key] of keys.entries()) expect(answers.get(100 + index)).toContain(`amber${key}`)
    expect(world.telegram.sent).toHaveLength(keys.length)
  })
})
