import { type Actor, requireRole } from '../accounts/access.ts'
import { recordAudit } from '../accounts/audit.ts'
import type { ChannelHealth, ChannelRegistrar } from '../channels/channel.ts'
import type { WithinCreator } from '../db/tenant-wall.ts'
import { AppError } from '../errors.ts'
import type { Connections } from '../messaging/connection.ts'
import { type ConnectionFacts, listConnectionFacts } from '../messaging/connection-facts.ts'
import { getBot } from './bot.ts'
import type { Bot } from './bot-settings.ts'
import {
  agreeWithVendor,
  checkChannel,
  leaveVendor,
  type NewAccount,
  type VendorChannel,
} from './channel-account.ts'

interface ChannelDeskParts {
  within: WithinCreator
  connections: Connections
  registrars: Record<VendorChannel, ChannelRegistrar>
  settings: { publicUrl: string }
}

/** The accounts of a Creator's bots, for who is signed in. No transaction is open while a vendor is asked. */
export interface ChannelDesk {
  /** @throws {AppError} `bot.not_found`. */
  list(actor: Actor, botId: string): Promise<{ bot: Bot; accounts: ConnectionFacts[] }>
  /**
   * @throws {AppError} `access.denied` below editor; `bot.not_found`; `connection.taken`; `channel.not_connected`,
   *   whose details hold the code of the vendor's `reason` and its `words`.
   */
  connect(actor: Actor, botId: string, account: NewAccount): Promise<{ name: string }>
  /** `wasTold`: the vendor knows. @throws {AppError} `access.denied`, `bot.not_found`, `connection.not_found`. */
  disconnect(actor: Actor, botId: string, channel: VendorChannel): Promise<{ wasTold: boolean }>
  /** @throws {AppError} `bot.not_found`, `connection.not_found`. */
  check(actor: Actor, botId: string, channel: VendorChannel): Promise<ChannelHealth>
}

export function createChannelDesk({ within, settings, ...parts }: ChannelDeskParts): ChannelDesk {
  const account = { ...parts, publicUrl: settings.publicUrl }
  const findBot = ({ creatorId }: Actor, botId: string): Promise<Bot> =>
    within(creatorId, (trx) => getBot(trx, { botId, creatorId }))
  return {
    list: ({ creatorId }, botId) =>
      within(creatorId, async (trx) => {
        const bot = await getBot(trx, { botId, creatorId })
        return { bot, accounts: await listConnectionFacts(trx, { botId, creatorId }) }
      }),
    async connect(actor, botId, wanted) {
      requireRole(actor, 'editor')
      const agreed = await agreeWithVendor(account, await findBot(actor, botId), wanted).catch(refuse)
      await within(actor.creatorId, async (trx) => {
        await parts.connections.save(agreed, trx)
        await recordAudit(trx, actor, auditOf('channel.connect', botId, wanted.channel))
      })
      return { name: agreed.name }
    },
    async disconnect(actor, botId, channel) {
      requireRole(actor, 'editor')
      const wasTold = await leaveVendor(account, await findBot(actor, botId), channel)
      await within(actor.creatorId, async (trx) => {
        await parts.connections.remove(botId, channel, trx)
        await recordAudit(trx, actor, auditOf('channel.disconnect', botId, channel))
      })
      return { wasTold }
    },
    check: async (actor, botId, channel) => checkChannel(account, await findBot(actor, botId), channel),
  }
}

/** To who connects, a vendor that says no is an answer, not a failure of ours. */
function refuse(error: unknown): never {
  if (!(error instanceof AppError) || !error.code.startsWith('channel.')) throw error
  const words = error.details.vendorMessage ?? error.details.reason
  throw new AppError('channel.not_connected', {
    reason: error.code,
    ...(typeof words === 'string' && { words }),
    cause: error,
  })
}

function auditOf(action: 'channel.connect' | 'channel.disconnect', botId: string, channel: VendorChannel) {
  return { action, objectType: 'bot', objectId: botId, details: { channel } }
}
