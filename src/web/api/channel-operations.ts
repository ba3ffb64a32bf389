import { z } from 'zod'
import { VENDOR_CHANNELS, webhookUrlOf } from '../../bots/channel-account.ts'
import { createChannelDesk } from '../../bots/channel-desk.ts'
import { shareLinkOf, webLinkOf } from '../../bots/share-links.ts'
import { AppError } from '../../errors.ts'
import type { ConnectionFacts } from '../../messaging/connection-facts.ts'
import type { AdminParts } from '../admin/admin-parts.ts'
import { BotPath } from './bot-schemas.ts'
import { defineLongOperation, Instant, type Operation } from './operation.ts'

const ChannelPath = BotPath.extend({ channel: z.enum(VENDOR_CHANNELS) })

const Account = z.object({
  channel: z.enum(VENDOR_CHANNELS),
  name: z.string(),
  link: z.string().nullable().describe('Opens a chat with the bot.'),
  connectedAt: Instant,
  lastReceivedAt: Instant.nullable(),
  lastSentAt: Instant.nullable(),
  lastError: z.string().nullable().describe('The last trouble with the channel, in words.'),
  lastErrorAt: Instant.nullable(),
  lastFailure: z.string().nullable().describe('Why a message of the last day was not sent: an error code.'),
})

const Health = z.object({
  state: z.enum(['ok', 'warn', 'bad']),
  summary: z.string(),
  advice: z.string().nullable().describe('What to do.'),
})

const Connected = z.object({
  channel: z.enum(VENDOR_CHANNELS),
  name: z.string(),
  webhookUrl: z.string(),
  verifyToken: z.string().nullable().describe('WhatsApp: what the Meta dashboard asks for beside the URL.'),
})

const READ = { tag: 'Channels', scope: 'channels:read', role: 'viewer' } as const
const WRITE = { tag: 'Channels', scope: 'channels:write', role: 'editor' } as const
const TelegramToken = z.string().regex(/^\d{1,20}:[\w-]{20,100}$/)
const secret = (max: number) => z.string().trim().min(8).max(max)

type Parts = Pick<AdminParts, 'within' | 'connections' | 'registrars' | 'verifyTokens' | 'settings'>

/** Where a bot can be reached. No credential is ever part of an answer. */
export function createChannelOperations(parts: Parts): Operation[] {
  const { settings, verifyTokens } = parts
  const desk = createChannelDesk(parts)
  return [
    defineLongOperation({
      ...{ ...READ, id: 'listChannels', method: 'get', path: '/bots/:botId/channels' },
      summary: 'List the accounts of a bot',
      params: BotPath,
      answer: z.object({ web: z.string(), accounts: z.array(Account) }),
      async handle({ actor, params: { botId } }) {
        const { bot, accounts } = await desk.list(actor, botId)
        return { web: webLinkOf(settings.publicUrl, bot.slug).url, accounts: accounts.map(presentAccount) }
      },
    }),
    defineLongOperation({
      ...{ ...WRITE, id: 'connectTelegram', method: 'put', path: '/bots/:botId/channels/telegram' },
      summary: 'Connect a bot to Telegram, or again with another token',
      params: BotPath,
      body: z.object({ token: TelegramToken.describe('Of @BotFather. Kept encrypted, never given out.') }),
      answer: Connected,
      async handle({ actor, params: { botId }, body: { token } }) {
        const { name } = await desk.connect(actor, botId, { channel: 'telegram', token })
        const webhookUrl = webhookUrlOf(settings.publicUrl, { id: botId }, 'telegram')
        return { channel: 'telegram' as const, name, webhookUrl, verifyToken: null }
      },
    }),
    defineLongOperation({
      ...{ ...WRITE, id: 'connectWhatsapp', method: 'put', path: '/bots/:botId/channels/whatsapp' },
      summary: 'Connect a bot to a WhatsApp number, or again with another token',
      params: BotPath,
      body: z.object({
        phoneNumberId: z.string().regex(/^\d{5,32}$/),
        token: secret(2_000).describe('Of a system user. Kept encrypted, never given out.'),
        appSecret: secret(200)
          .optional()
          .describe('Where the installation has none of its own it is needed.'),
      }),
      answer: Connected,
      async handle({ actor, params: { botId }, body: { phoneNumberId, token, appSecret } }) {
        if (!appSecret && !settings.hasAppSecret) throw missingSecret()
        const { name } = await desk.connect(actor, botId, {
          ...{ channel: 'whatsapp', token, externalId: phoneNumberId },
          ...(appSecret && { appSecret }),
        })
        const webhookUrl = webhookUrlOf(settings.publicUrl, { id: botId }, 'whatsapp')
        return { channel: 'whatsapp' as const, name, webhookUrl, verifyToken: verifyTokens.of(botId) }
      },
    }),
    defineLongOperation({
      ...{ ...READ, id: 'checkChannel', method: 'get', path: '/bots/:botId/channels/:channel/health' },
      summary: 'Ask the channel how the connection stands',
      params: ChannelPath,
      answer: Health,
      async handle({ actor, params: { botId, channel } }) {
        const { state, summary, advice = null } = await desk.check(actor, botId, channel)
        return { state, summary, advice }
      },
    }),
    defineLongOperation({
      ...{ ...WRITE, id: 'disconnectChannel', method: 'delete', path: '/bots/:botId/channels/:channel' },
      summary: 'Take a bot off a channel',
      params: ChannelPath,
      answer: z.object({
        channel: z.enum(VENDOR_CHANNELS),
        wasTold: z.boolean().describe('False where the channel could not be told, and may go on delivering.'),
      }),
      async handle({ actor, params: { botId, channel } }) {
        return { channel, ...(await desk.disconnect(actor, botId, channel)) }
      },
    }),
  ]
}

function presentAccount(account: ConnectionFacts): z.input<typeof Account> {
  const channel = z.enum(VENDOR_CHANNELS).parse(account.channel)
  return { ...account, channel, link: shareLinkOf({ channel, name: account.name })?.url ?? null }
}

function missingSecret(): AppError {
  const message = 'Needed: this installation has no app secret of its own'
  return new AppError('request.invalid', { issues: [{ path: 'body.appSecret', message }] })
}
