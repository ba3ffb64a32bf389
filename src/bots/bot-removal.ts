import { type Actor, requireRole } from '../accounts/access.ts'
import type { ChannelRegistrar } from '../channels/channel.ts'
import type { Db } from '../db/database.ts'
import type { WithinCreator } from '../db/tenant-wall.ts'
import { AppError } from '../errors.ts'
import type { FileStore } from '../files/file-store.ts'
import type { Logger } from '../logger.ts'
import type { Connections } from '../messaging/connection.ts'
import type { VectorIndex } from '../vectors/vector-index.ts'
import { getBot } from './bot.ts'
import { leaveVendor, VENDOR_CHANNELS, type VendorChannel } from './channel-account.ts'
import { clearAfterBot, deleteBot } from './delete-bot.ts'

interface RemovalParts {
  db: Db
  within: WithinCreator
  connections: Connections
  registrars: Record<VendorChannel, ChannelRegistrar>
  vectors: VectorIndex
  files: FileStore
  settings: { publicUrl: string }
  log: Logger
}

/**
 * Deletes a Bot everywhere: the vendors are told, the rows go in one commit, then its vectors and files.
 *
 * @throws {AppError} `access.denied` below owner; `bot.not_found`; `bot.slug_mismatch`.
 */
export async function removeBot(
  parts: RemovalParts,
  actor: Actor,
  { botId, slug }: { botId: string; slug: string },
): Promise<void> {
  requireRole(actor, 'owner')
  const { within, settings } = parts
  const { creatorId } = actor
  const bot = await within(creatorId, (trx) => getBot(trx, { botId, creatorId }))
  if (slug.trim() !== bot.slug) throw new AppError('bot.slug_mismatch', { botId })
  for (const channel of VENDOR_CHANNELS) {
    const isThere = await parts.connections.find(botId, channel)
    if (isThere) await leaveVendor({ ...parts, publicUrl: settings.publicUrl }, bot, channel)
  }
  const left = await within(creatorId, (trx) => deleteBot(trx, actor, { botId, slug }))
  await clearAfterBot(parts, left)
}
