import { z } from 'zod'
import { AppError } from '../errors.ts'
import type { ChannelHealth, ChannelRegistrar, Connection } from './channel.ts'
import { callTelegram, type TelegramServer } from './telegram-api.ts'
import { vendorWords } from './vendor-fetch.ts'

/** What `telegram-update` reads, and nothing else: Telegram keeps the rest to itself. */
const ALLOWED_UPDATES = [
  'message',
  'edited_message',
  'callback_query',
  'my_chat_member',
  'stopped_message_generation',
  'pre_checkout_query',
  'subscription',
] as const

/**
 * Deliveries at once, the most Telegram offers. Each is one insert here, and
 * Telegram never sends two of one chat at a time: more of them only drain what
 * waited during an outage sooner.
 */
const MAX_CONNECTIONS = 100

const COMMANDS = [
  { command: 'start', description: 'Begin, or begin anew' },
  { command: 'help', description: 'What this bot can do' },
  { command: 'sources', description: 'What its answers come from' },
  { command: 'plan', description: 'Your plan and what is left' },
  { command: 'subscribe', description: 'Choose a plan' },
  { command: 'redeem', description: 'Use a code' },
  { command: 'products', description: 'What else can be bought' },
  { command: 'receipts', description: 'Your payments' },
  { command: 'cancel', description: 'End your plan' },
  { command: 'language', description: 'Choose the language of answers' },
  { command: 'memory', description: 'What is remembered of you' },
  { command: 'me', description: 'Your own page' },
  { command: 'forget', description: 'Delete what is known about me' },
]

const Credentials = z.object({
  token: z.string().regex(/^\d+:[A-Za-z0-9_-]+$/, 'a token of BotFather, for example 123456:AAE...'),
  webhookSecret: z.string().regex(/^[A-Za-z0-9_-]{1,256}$/, '1 to 256 of A-Z a-z 0-9 _ -'),
})

/** Registers a bot by its token: Telegram is told the webhook, its secret and the commands. */
export function createTelegramRegistrar(server: TelegramServer): ChannelRegistrar {
  return {
    async connect({ credentials, webhookUrl, accept }) {
      const { token, webhookSecret } = parseCredentials(credentials)
      return callTelegram({ server, token }, async (api) => {
        const bot = await api.getMe()
        await accept?.({ externalId: String(bot.id) })
        await api.setWebhook(webhookUrl, {
          secret_token: webhookSecret,
          allowed_updates: ALLOWED_UPDATES,
          max_connections: MAX_CONNECTIONS,
          drop_pending_updates: false,
        })
        await api.setMyCommands(COMMANDS)
        return { externalId: String(bot.id), name: `@${bot.username}` }
      })
    },
    async disconnect(connection) {
      await callTelegram(callOf(server, connection), (api) =>
        api.deleteWebhook({ drop_pending_updates: false }),
      )
    },
    async describe(connection) {
      const call = callOf(server, connection)
      const info = await callTelegram(call, (api) => api.getWebhookInfo())
      if (!info.url) return 'Telegram has no webhook for this bot. Connect it again.'
      const last = info.last_error_message
        ? `last error ${presentDate(info.last_error_date)}: ${vendorWords(info.last_error_message, call.token)}`
        : 'no errors'
      return `Telegram delivers to ${info.url}; ${info.pending_update_count} waiting; ${last}`
    },
    async check(connection, { webhookUrl, signal }) {
      const call = { ...callOf(server, connection), signal }
      const info = await callTelegram(call, (api) => api.getWebhookInfo())
      return explainWebhook(
        {
          url: info.url ?? '',
          missing: ALLOWED_UPDATES.filter((kind) => info.allowed_updates?.includes(kind) === false),
          waiting: info.pending_update_count,
          lastError: vendorWords(info.last_error_message ?? '', call.token),
          lastErrorAt: new Date((info.last_error_date ?? 0) * 1_000),
        },
        { webhookUrl, now: new Date() },
      )
    },
  }
}

/** A failure this recent is still going on, as far as anyone can tell. */
const RECENT_MS = 15 * 60_000

/** What Telegram says of its deliveries to us. */
export interface DeliveryState {
  /** '' where it delivers nowhere. */
  url: string
  /** Kinds of updates it keeps to itself: it was connected before we read them. */
  missing?: string[]
  waiting: number
  /** '' where there was none. */
  lastError: string
  lastErrorAt: Date
}

/** Telegram's state of a bot's webhook as the health of the connection. */
function explainWebhook(
  { url, missing = [], waiting, lastError, lastErrorAt }: DeliveryState,
  { webhookUrl, now }: { webhookUrl: string; now: Date },
): ChannelHealth {
  if (!url) {
    return {
      state: 'bad',
      summary: 'Telegram passes no messages of this bot on.',
      advice: 'Connect it again with its token.',
    }
  }
  if (url !== webhookUrl) {
    return {
      state: 'bad',
      summary: 'Telegram passes the messages of this bot to another program.',
      advice: 'If they should come here, connect it again with its token; the other program then gets none.',
    }
  }
  if (lastError && now.getTime() - lastErrorAt.getTime() < RECENT_MS) {
    return {
      state: waiting > 0 ? 'bad' : 'warn',
      summary: `Telegram could not hand over messages: ${lastError}. ${countWaiting(waiting)}`,
      advice: `The address ${new URL(webhookUrl).origin} has to be reachable from the internet by https. Whoever runs this installation can check that.`,
    }
  }
  if (missing.length > 0) {
    return {
      state: 'warn',
      summary: `Telegram hands messages over, but not payments in Stars. ${countWaiting(waiting)}`,
      advice: 'Connect it again with its token, so that Telegram passes them on, too.',
    }
  }
  return { state: 'ok', summary: `Telegram hands messages over. ${countWaiting(waiting)}` }
}

function countWaiting(count: number): string {
  if (count === 0) return 'None is waiting.'
  return count === 1 ? '1 is waiting.' : `${count} are waiting.`
}

function callOf(server: TelegramServer, connection: Connection): { server: TelegramServer; token: string } {
  return { server, token: connection.credentials.token ?? '' }
}

function presentDate(seconds: number | undefined): string {
  return seconds === undefined ? 'at an unknown time' : new Date(seconds * 1_000).toISOString()
}

function parseCredentials(credentials: Record<string, string>): z.output<typeof Credentials> {
  const parsed = Credentials.safeParse(credentials)
  if (parsed.success) return parsed.data
  const wanted = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  throw new AppError('channel.unauthorized', { wanted })
}
