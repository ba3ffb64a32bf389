import { z } from 'zod'
import type { SealedColumn } from '../accounts/key-rotation.ts'
import type { Vault } from '../accounts/vault.ts'
import type { Connection } from '../channels/channel.ts'
import type { Db } from '../db/database.ts'
import { createRecent } from '../db/recent.ts'
import { AppError } from '../errors.ts'
import { CHANNELS, type ChannelName } from './update.ts'

const BotId = z.uuid()

const Credentials = z.record(z.string(), z.string())

/** A changed credential is in use everywhere within this time; a webhook flood reads the database this often. */
const CACHE_MS = 3_000
const CACHE_ENTRIES = 20_000

/** The bots' accounts on the channels, with their credentials in the clear. */
export interface Connections {
  /** `undefined` when the bot is not on that channel. */
  find(botId: string, channel: ChannelName): Promise<Connection | undefined>
  /** By the vendor's id of the account: WhatsApp's phone_number_id, Telegram's bot id. */
  findByExternalId(channel: ChannelName, externalId: string): Promise<Connection | undefined>
  /**
   * Adds or replaces the bot's account on that channel; within a transaction where one is given.
   *
   * @throws {AppError} `connection.taken` when another bot has the account.
   */
  save(connection: Omit<Connection, 'id'> & { name: string }, trx?: Db): Promise<Connection>
  /** Forgets the account; within a transaction where one is given. */
  remove(botId: string, channel: ChannelName, trx?: Db): Promise<void>
  /** Keeps the last trouble with the vendor, in words, for the creator to see. */
  noteError(connection: Connection, words: string): Promise<void>
}

interface ConnectionRow {
  id: string
  creator_id: string
  bot_id: string
  channel: string
  external_id: string
  credentials: Buffer
}

export function createConnections({ db, vault }: { db: Db; vault: Vault }): Connections {
  const columns = ['id', 'creator_id', 'bot_id', 'channel', 'external_id', 'credentials'] as const
  const bounds = { forMs: CACHE_MS, entries: CACHE_ENTRIES }
  const openBy = (column: 'bot_id' | 'external_id') =>
    createRecent(async (key) => {
      const [channel = '', id = ''] = key.split(' ')
      const row = await db
        .selectFrom('connection')
        .select(columns)
        .where(column, '=', id)
        .where('channel', '=', channel)
        .executeTakeFirst()
      return row && openConnection(row)
    }, bounds)
  const byBot = openBy('bot_id')
  const byAccount = openBy('external_id')
  const webByBot = createRecent((botId) => findWebConnection(db, botId), bounds)

  function forget(): void {
    byBot.clear()
    byAccount.clear()
  }

  function openConnection(row: ConnectionRow): Connection {
    const channel = CHANNELS.find((name) => name === row.channel)
    if (!channel) throw new TypeError(`a connection to an unknown channel: ${row.channel}`)
    return {
      id: row.id,
      creatorId: row.creator_id,
      botId: row.bot_id,
      channel,
      externalId: row.external_id,
      credentials: Credentials.parse(JSON.parse(vault.open(row.credentials, contextOf(row)))),
    }
  }

  return {
    async find(botId, channel) {
      if (!BotId.safeParse(botId).success) return undefined
      return channel === 'web' ? webByBot.get(botId) : byBot.get(`${channel} ${botId}`)
    },
    findByExternalId: (channel, externalId) => byAccount.get(`${channel} ${externalId}`),
    async save({ creatorId, botId, channel, externalId, credentials, name }, trx = db) {
      const sealed = vault.seal(
        JSON.stringify(credentials),
        contextOf({ creator_id: creatorId, bot_id: botId, channel }),
      )
      // Asked of all creators' accounts, which a transaction of one of them does not see.
      const taken = await db
        .selectFrom('connection')
        .select('bot_id')
        .where('channel', '=', channel)
        .where('external_id', '=', externalId)
        .executeTakeFirst()
      if (taken && taken.bot_id !== botId) throw new AppError('connection.taken', { channel })
      const values = {
        external_id: externalId,
        name,
        credentials: sealed,
        last_error: null,
        last_error_at: null,
        connected_at: new Date(),
      }
      const row = await trx
        .insertInto('connection')
        .values({ creator_id: creatorId, bot_id: botId, channel, ...values })
        .onConflict((conflict) => conflict.constraint('connection_bot_id_channel_key').doUpdateSet(values))
        .returning('id')
        .executeTakeFirstOrThrow()
        .catch((error: unknown) => {
          throw isTaken(error) ? new AppError('connection.taken', { channel }) : error
        })
      forget()
      return { id: row.id, creatorId, botId, channel, externalId, credentials }
    },
    async remove(botId, channel, trx = db) {
      await trx.deleteFrom('connection').where('bot_id', '=', botId).where('channel', '=', channel).execute()
      forget()
    },
    async noteError(connection, words) {
      await db
        .updateTable('connection')
        .set({ last_error: words.slice(0, 500), last_error_at: new Date() })
        .where('id', '=', connection.id)
        .execute()
    },
  }
}

/** Two bots connected at the same moment. */
function isTaken(error: unknown): boolean {
  return (
    error instanceof Error &&
    'constraint' in error &&
    error.constraint === 'connection_channel_external_id_key'
  )
}

/** Every bot is on the web without being connected: there is no vendor and no credential. */
async function findWebConnection(db: Db, botId: string): Promise<Connection | undefined> {
  const bot = await db
    .selectFrom('bot')
    .select(['creator_id', 'slug'])
    .where('id', '=', botId)
    .executeTakeFirst()
  if (!bot) return undefined
  return {
    id: botId,
    creatorId: bot.creator_id,
    botId,
    channel: 'web',
    externalId: bot.slug,
    credentials: {},
  }
}

/** Where the credentials stand, for what seals them anew. */
export const CONNECTION_SEAL: SealedColumn<'creator_id' | 'bot_id' | 'channel'> = {
  table: 'connection',
  column: 'credentials',
  boundTo: ['creator_id', 'bot_id', 'channel'],
  contextOf,
}

/** What an envelope is bound to: one bot's account on one channel of one Creator. */
function contextOf(row: Pick<ConnectionRow, 'creator_id' | 'bot_id' | 'channel'>): string {
  return `connection ${row.creator_id} ${row.bot_id} ${row.channel}`
}
