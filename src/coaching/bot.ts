import type { Selectable } from 'kysely'
import type { Db } from '../db/database.ts'
import { createRecent } from '../db/recent.ts'
import type { Database } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import { type Bot, BotSettings } from './bot-settings.ts'

/** The Bot of that slug; slugs are unique in an installation. */
export async function findBotBySlug(db: Db, slug: string): Promise<Bot | undefined> {
  const row = await db.selectFrom('bot').selectAll().where('slug', '=', slug).executeTakeFirst()
  return row && readBot(row)
}

/** The Bot of that id; undefined when it is gone. */
export async function findBot(db: Db, botId: string): Promise<Bot | undefined> {
  const row = await db.selectFrom('bot').selectAll().where('id', '=', botId).executeTakeFirst()
  return row && readBot(row)
}

/** A changed setting is in use everywhere within this time. */
const BOT_CACHE_MS = 2_000
const BOT_CACHE_ENTRIES = 10_000

/** {@link findBot} for those who ask at every Turn. */
export function createBotFinder(db: Db): (botId: string) => Promise<Bot | undefined> {
  return createRecent((botId) => findBot(db, botId), { forMs: BOT_CACHE_MS, entries: BOT_CACHE_ENTRIES }).get
}

/**
 * The Bot of that id, within its Creator's walls where one is given.
 *
 * @throws {AppError} `bot.not_found` when there is none, or it is another Creator's.
 */
export async function getBot(
  db: Db,
  { botId, creatorId }: { botId: string; creatorId?: string },
): Promise<Bot> {
  let query = db.selectFrom('bot').selectAll().where('id', '=', botId)
  if (creatorId !== undefined) query = query.where('creator_id', '=', creatorId)
  const row = await query.executeTakeFirst()
  if (!row) throw new AppError('bot.not_found', { botId })
  return readBot(row)
}

/** Every Bot of the installation, or of one Creator, by slug. */
export async function listBots(db: Db, { creatorId }: { creatorId?: string } = {}): Promise<Bot[]> {
  let query = db.selectFrom('bot').selectAll().orderBy('slug')
  if (creatorId !== undefined) query = query.where('creator_id', '=', creatorId)
  return (await query.execute()).map(readBot)
}

function readBot(row: Selectable<Database['bot']>): Bot {
  return {
    id: row.id,
    creatorId: row.creator_id,
    knowledgeBaseId: row.knowledge_base_id,
    slug: row.slug,
    settings: BotSettings.parse(row.settings),
  }
}
