import { randomBytes } from 'node:crypto'
import type { ChannelHealth, ChannelRegistrar, Connection } from '../channels/channel.ts'
import { AppError } from '../errors.ts'
import type { Connections } from '../messaging/connection.ts'
import type { Bot } from './bot-settings.ts'

export const VENDOR_CHANNELS = ['telegram', 'whatsapp'] as const
export type VendorChannel = (typeof VENDOR_CHANNELS)[number]

interface AccountParts {
  connections: Connections
  registrars: Record<VendorChannel, ChannelRegistrar>
  publicUrl: string
}

export interface NewAccount {
  channel: VendorChannel
  token: string
  /** WhatsApp's phone_number_id. */
  externalId?: string
  /** WhatsApp: signs this number's webhooks; without it the installation's WHATSAPP_APP_SECRET does. */
  appSecret?: string
}

/** What was agreed with the vendor and is still to be kept. */
export type AgreedAccount = Omit<Connection, 'id'> & { name: string }

/**
 * Puts a bot on a channel: the credential is checked with the vendor, the webhook registered, and both
 * kept encrypted. Connecting again replaces the account.
 *
 * @throws {AppError} `channel.unauthorized` for a wrong token, `connection.taken` when another bot has the account.
 */
export async function connectChannel(
  parts: AccountParts,
  bot: Bot,
  account: NewAccount,
): Promise<{ name: string; webhookUrl: string; nextSteps: string[] }> {
  const agreed = await agreeWithVendor(parts, bot, account)
  await parts.connections.save(agreed)
  return {
    name: agreed.name,
    webhookUrl: webhookUrlOf(parts.publicUrl, bot, account.channel),
    nextSteps: account.channel === 'whatsapp' ? WHATSAPP_STEPS : [],
  }
}

/**
 * The part of {@link connectChannel} that is with the vendor, for who keeps the account in a transaction of
 * their own. An account that another bot has is left as it is.
 *
 * @throws {AppError} as {@link connectChannel}.
 */
export async function agreeWithVendor(
  { connections, registrars, publicUrl }: AccountParts,
  bot: Bot,
  { channel, token, externalId, appSecret }: NewAccount,
): Promise<AgreedAccount> {
  const credentials: Record<string, string> = {
    token,
    ...(channel === 'telegram' && { webhookSecret: randomBytes(32).toString('hex') }),
    ...(appSecret && { appSecret }),
  }
  const account = await registrars[channel].connect({
    credentials,
    webhookUrl: webhookUrlOf(publicUrl, bot, channel),
    ...(externalId && { externalId }),
    async accept(known) {
      const taken = await connections.findByExternalId(channel, known.externalId)
      if (taken && taken.botId !== bot.id) throw new AppError('connection.taken', { channel })
    },
  })
  const username = account.name.replace(/^@/, '')
  return {
    creatorId: bot.creatorId,
    botId: bot.id,
    channel,
    externalId: account.externalId,
    name: account.name,
    credentials: { ...credentials, ...(channel === 'telegram' && { username }) },
  }
}

/** Meta lets an app's webhook be set only in its dashboard. */
const WHATSAPP_STEPS = [
  'In the Meta app dashboard, WhatsApp > Configuration: enter the webhook address below and your',
  'WHATSAPP_VERIFY_TOKEN, then subscribe to the field "messages".',
]

/**
 * Takes a bot off a channel. A vendor that cannot be told does not keep it there: the credential is forgotten
 * all the same, and with it what the vendor still sends.
 *
 * @returns whether the vendor was told.
 * @throws {AppError} `connection.not_found`
 */
export async function disconnectChannel(
  parts: AccountParts,
  bot: Bot,
  channel: VendorChannel,
): Promise<boolean> {
  const wasTold = await leaveVendor(parts, bot, channel)
  await parts.connections.remove(bot.id, channel)
  return wasTold
}

/** The part of {@link disconnectChannel} that is with the vendor. */
export async function leaveVendor(
  { connections, registrars }: AccountParts,
  bot: Bot,
  channel: VendorChannel,
): Promise<boolean> {
  const connection = await connections.find(bot.id, channel)
  if (!connection) throw new AppError('connection.not_found', { slug: bot.slug, channel })
  return registrars[channel].disconnect(connection).then(
    () => true,
    (error: unknown) => {
      if (!(error instanceof AppError)) throw error
      return false
    },
  )
}

/** A page waits no longer than this for a vendor's word on a connection. */
const CHECK_TIMEOUT_MS = 6_000

/**
 * Asks the vendor how a connection stands. A vendor that does not answer is an answer, too.
 *
 * @throws {AppError} `connection.not_found`
 */
export async function checkChannel(
  { connections, registrars, publicUrl }: AccountParts,
  bot: Bot,
  channel: VendorChannel,
): Promise<ChannelHealth> {
  const connection = await connections.find(bot.id, channel)
  if (!connection) throw new AppError('connection.not_found', { slug: bot.slug, channel })
  const webhookUrl = webhookUrlOf(publicUrl, bot, channel)
  return registrars[channel]
    .check(connection, { webhookUrl, signal: AbortSignal.timeout(CHECK_TIMEOUT_MS) })
    .catch((error: unknown) => explainTrouble(error, channel))
}

const NAMES = { telegram: 'Telegram', whatsapp: 'WhatsApp' } as const

/** A vendor's failure as the health of the connection, in words for whom the bot belongs to. */
function explainTrouble(error: unknown, channel: VendorChannel): ChannelHealth {
  if (!(error instanceof AppError)) throw error
  const name = NAMES[channel]
  const words = typeof error.details.vendorMessage === 'string' ? ` (${error.details.vendorMessage})` : ''
  switch (error.code) {
    case 'channel.unauthorized':
      return {
        state: 'bad',
        summary: `${name} no longer accepts the token${words}.`,
        advice:
          channel === 'telegram'
            ? 'Ask @BotFather for the token of this bot and connect it again.'
            : 'Make a new system user token in the Meta business settings and connect the number again.',
      }
    case 'channel.rejected':
      return {
        state: 'bad',
        summary: `${name} refuses to tell about this connection${words}.`,
        advice: 'Connect it again; if that is refused as well, what it says then tells why.',
      }
    case 'channel.rate_limited':
      return {
        state: 'warn',
        summary: `${name} asks to wait before it answers again.`,
        advice: 'Check later.',
      }
    default:
      return {
        state: 'warn',
        summary: `${name} cannot be reached just now.`,
        advice: 'Messages wait and are sent once it answers. Check again in a few minutes.',
      }
  }
}

/** One line a channel: as the vendor sees it. */
export async function describeChannels(
  { connections, registrars, publicUrl }: AccountParts,
  bot: Bot,
): Promise<string[]> {
  const lines: string[] = [`web: ${publicUrl}/try/${bot.slug}`]
  for (const channel of VENDOR_CHANNELS) {
    const connection = await connections.find(bot.id, channel)
    lines.push(
      `${channel}: ${connection ? await describe(registrars[channel], connection) : 'not connected'}`,
    )
  }
  return lines
}

function describe(registrar: ChannelRegistrar, connection: Connection): Promise<string> {
  return registrar
    .describe(connection)
    .catch((error: unknown) => (error instanceof Error ? error.message : String(error)))
}

/** Where the vendor delivers a bot's messages. */
export function webhookUrlOf(publicUrl: string, bot: Pick<Bot, 'id'>, channel: VendorChannel): string {
  return channel === 'telegram'
    ? `${publicUrl}/webhooks/telegram/${bot.id}`
    : `${publicUrl}/webhooks/whatsapp`
}
