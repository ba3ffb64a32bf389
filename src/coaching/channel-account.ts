import { randomBytes } from 'node:crypto'
import type { ChannelRegistrar, Connection } from '../channels/channel.ts'
import { AppError } from '../errors.ts'
import type { Connections } from '../messaging/connection.ts'
import type { Bot } from './bot-settings.ts'

export type VendorChannel = 'telegram' | 'whatsapp'

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

/**
 * Puts a bot on a channel: the credential is checked with the vendor, the webhook registered, and both
 * kept encrypted. Connecting again replaces the account.
 *
 * @throws {AppError} `channel.unauthorized` for a wrong token, `connection.taken` when another bot has the account.
 */
export async function connectChannel(
  { connections, registrars, publicUrl }: AccountParts,
  bot: Bot,
  { channel, token, externalId, appSecret }: NewAccount,
): Promise<{ name: string; webhookUrl: string; nextSteps: string[] }> {
  const webhookUrl = webhookUrlOf(publicUrl, bot, channel)
  const credentials: Record<string, string> = {
    token,
    ...(channel === 'telegram' && { webhookSecret: randomBytes(32).toString('hex') }),
    ...(appSecret && { appSecret }),
  }
  const account = await registrars[channel].connect({
    credentials,
    webhookUrl,
    ...(externalId && { externalId }),
  })
  const username = account.name.replace(/^@/, '')
  await connections.save({
    creatorId: bot.creatorId,
    botId: bot.id,
    channel,
    externalId: account.externalId,
    name: account.name,
    credentials: { ...credentials, ...(channel === 'telegram' && { username }) },
  })
  return { name: account.name, webhookUrl, nextSteps: channel === 'whatsapp' ? WHATSAPP_STEPS : [] }
}

/** Meta lets an app's webhook be set only in its dashboard. */
const WHATSAPP_STEPS = [
  'In the Meta app dashboard, WhatsApp > Configuration: enter the webhook address below and your',
  'WHATSAPP_VERIFY_TOKEN, then subscribe to the field "messages".',
]

export async function disconnectChannel(
  { connections, registrars }: AccountParts,
  bot: Bot,
  channel: VendorChannel,
): Promise<void> {
  const connection = await connections.find(bot.id, channel)
  if (!connection) throw new AppError('connection.not_found', { slug: bot.slug, channel })
  await registrars[channel].disconnect(connection)
  await connections.remove(bot.id, channel)
}

/** One line a channel: as the vendor sees it. */
export async function describeChannels(
  { connections, registrars, publicUrl }: AccountParts,
  bot: Bot,
): Promise<string[]> {
  const lines: string[] = [`web: ${publicUrl}/try/${bot.slug}`]
  for (const channel of ['telegram', 'whatsapp'] as const) {
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

function webhookUrlOf(publicUrl: string, bot: Bot, channel: VendorChannel): string {
  return channel === 'telegram'
    ? `${publicUrl}/webhooks/telegram/${bot.id}`
    : `${publicUrl}/webhooks/whatsapp`
}
