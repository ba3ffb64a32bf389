import { type Selectable, sql } from 'kysely'
import { z } from 'zod'
import type { Db } from '../db/database.ts'
import { createRecent } from '../db/recent.ts'
import type { Database } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import { type Bot, BotSettings } from './bot-settings.ts'

/** The Bot of that slug; slugs are unique in an installation. */
export async function findBotBySlug(db: Db, slug: string): Promise<Bot | undefined> {
  const row = await selectBots(db).where('slug', '=', slug).executeTakeFirst()
  return row && readBot(row)
}

/** The Bot of that id; undefined when it is gone. */
export async function findBot(db: Db, botId: string): Promise<Bot | undefined> {
  const row = await selectBots(db).where('id', '=', botId).executeTakeFirst()
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
  let query = selectBots(db).where('id', '=', botId)
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

/** What Bots of a Creator are called, by slug; the one `including` names comes first. At most `limit`. */
export async function listBotNames(
  db: Db,
  { creatorId, limit, including }: { creatorId: string; limit: number; including?: string | undefined },
): Promise<{ id: string; slug: string; name: string }[]> {
  return db
    .selectFrom('bot')
    .select(['id', 'slug', sql<string>`settings ->> 'name'`.as('name')])
    .where('creator_id', '=', creatorId)
    .orderBy((is) => is('id', '=', including ?? NO_BOT), 'desc')
    .orderBy('slug')
    .limit(limit)
    .execute()
}

/** An id that no Bot has. */
const NO_BOT = '00000000-0000-0000-0000-000000000000'

/** Each with the wording of its own that is in use: read along, since every answer needs it. */
function selectBots(db: Db) {
  return db
    .selectFrom('bot')
    .selectAll('bot')
    .select(
      sql<unknown>`(
      SELECT jsonb_object_agg(purpose, jsonb_build_object('version', version, 'text', text))
      FROM prompt_override WHERE prompt_override.bot_id = bot.id AND prompt_override.is_active
    )`.as('prompts'),
    )
}

const Prompts = z.record(z.string(), z.object({ version: z.int(), text: z.string() }))

function readBot(row: Selectable<Database['bot']> & { prompts?: unknown }): Bot {
  return {
    id: row.id,
    creatorId: row.creator_id,
    knowledgeBaseId: row.knowledge_base_id,
    slug: row.slug,
    settings: BotSettings.parse(row.settings),
    ...(row.prompts ? { prompts: Prompts.parse(row.prompts) } : {}),
  }
}

/** Bots of a Creator by slug, from behind the slug `after`. */
export async function listBotPage(
  db: Db,
  { creatorId, after = '', limit }: { creatorId: string; after?: string | undefined; limit: number },
): Promise<{ items: Bot[]; nextAfter: string | null }> {
  const rows = await db
    .selectFrom('bot')
    .selectAll()
    .where('creator_id', '=', creatorId)
    .where('slug', '>', after)
    .orderBy('slug')
    .limit(limit + 1)
    .execute()
  const items = rows.slice(0, limit).map(readBot)
  return { items, nextAfter: rows.length > limit ? (items.at(-1)?.slug ?? null) : null }
}
