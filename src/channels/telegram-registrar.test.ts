import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { buildConnection } from '../testing/builders/connection.ts'
import { startTelegramStandIn } from '../testing/telegram/stand-in.ts'
import type { Channel, ChannelRegistrar } from './channel.ts'
import { createTelegramChannel } from './telegram.ts'

const TOKEN = '4242:AAEhBP0av28FrI3Xa8cQ0JmR5QTl0KqmZzY'

const connection = buildConnection({
  channel: 'telegram',
  externalId: '4242',
  credentials: { token: TOKEN, webhookSecret: 'a_secret' },
})

const webhook = {
  credentials: connection.credentials,
  webhookUrl: 'https://bots.example/webhooks/telegram/1',
}

function createChannel(apiRoot: string): Channel & ChannelRegistrar {
  return createTelegramChannel({ apiRoot, timeoutMs: 5_000, log: pino({ level: 'silent' }) })
}

describe('the registrar of Telegram', () => {
  it('points the webhook at us with its secret and an explicit list of updates', async () => {
    await using telegram = await startTelegramStandIn()
    const channel = createChannel(telegram.url)

    expect(await channel.connect(webhook)).toEqual({ externalId: '4242', name: '@standin_4242_bot' })
    expect(telegram.calls.find(({ method }) => method === 'setWebhook')?.body).toEqual({
      url: webhook.webhookUrl,
      secret_token: 'a_secret',
      allowed_updates: [
        'message',
        'edited_message',
        'callback_query',
        'my_chat_member',
        'stopped_message_generation',
        'pre_checkout_query',
        'subscription',
      ],
      max_connections: 100,
      drop_pending_updates: false,
    })
    expect(await channel.describe(connection)).toBe(
      'Telegram delivers to https://bots.example/webhooks/telegram/1; 0 waiting; no errors',
    )
    await channel.disconnect(connection)
    expect(await channel.describe(connection)).toContain('no webhook')
  })

  it('refuses a token Telegram does not know, a token of no form, and a missing secret', async () => {
    await using telegram = await startTelegramStandIn({ tokens: [] })
    const channel = createChannel(telegram.url)
    const unauthorized = { code: 'channel.unauthorized' }

    await expect(channel.connect(webhook)).rejects.toMatchObject(unauthorized)
    const malformed = { ...webhook, credentials: { token: 'hello', webhookSecret: 'a_secret' } }
    await expect(channel.connect(malformed)).rejects.toMatchObject(unauthorized)
    await expect(channel.connect({ ...webhook, credentials: { token: TOKEN } })).rejects.toMatchObject(
      unauthorized,
    )
  })

  it("tells in Telegram's words why a webhook is refused", async () => {
    await using telegram = await startTelegramStandIn()

    const connecting = createChannel(telegram.url).connect({
      ...webhook,
      webhookUrl: 'http://bots.example/hook',
    })

    await expect(connecting).rejects.toMatchObject({
      code: 'channel.rejected',
      details: { vendorMessage: 'Bad Request: bad webhook: An HTTPS URL must be provided' },
    })
  })
})
