import { randomInt } from 'node:crypto'
import type { Transaction } from 'kysely'
import { z } from 'zod'
import { type Actor, requireRole } from '../accounts/access.ts'
import { recordAudit } from '../accounts/audit.ts'
import { type Db, inTransaction } from '../db/database.ts'
import type { Database } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import { type Bot, BotSettings } from './bot-settings.ts'
import { phrase } from './phrases.ts'

/** Bots of one Creator: far above what anyone runs, far below what would slow the lists. */
export const MAX_BOTS = 500

/** What someone has to say to have a Bot; everything else has a default that can be changed later. */
export const NewBot = z.object({
  name: BotSettings.shape.name,
  persona: BotSettings.shape.persona,
  /** The language it speaks first, in which its own words are written. */
  language: BotSettings.shape.languages.element,
  description: BotSettings.shape.description,
})
export type NewBot = z.input<typeof NewBot>

/**
 * Makes a Bot with an empty KnowledgeBase of its own and the words every Bot needs, in its language. Its slug
 * comes from its name; one that is taken, by whomever, gets a short ending.
 *
 * @throws {AppError} `access.denied` below editor; `bot.too_many`.
 */
export async function createBot(db: Db, actor: Actor, draft: NewBot): Promise<Bot> {
  requireRole(actor, 'editor')
  const { creatorId } = actor
  const settings = buildSettings(NewBot.parse(draft))
  return inTransaction(db, async (trx) => {
    if ((await countBots(trx, creatorId)) >= MAX_BOTS) throw new AppError('bot.too_many', { most: MAX_BOTS })
    const made = await insertBot(trx, { creatorId, settings })
    const { id: objectId, slug } = made
    await recordAudit(trx, actor, { action: 'bot.create', objectType: 'bot', objectId, details: { slug } })
    return { ...made, creatorId, settings }
  })
}

function buildSettings({ name, persona, language, description }: z.output<typeof NewBot>): BotSettings {
  return BotSettings.parse({
    name,
    persona,
    description,
    languages: [language],
    greeting: { [language]: phrase(language, 'new_bot_greeting', { name }) },
    no_answer: { [language]: phrase(language, 'new_bot_no_answer') },
    safety_line: { [language]: phrase(language, 'new_bot_safety_line') },
  })
}

/** How many Bots a Creator has. */
export async function countBots(db: Db, creatorId: string): Promise<number> {
  const { count } = await db
    .selectFrom('bot')
    .select((is) => is.fn.countAll<string>().as('count'))
    .where('creator_id', '=', creatorId)
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** Slugs tried before giving up: each has four random letters, of which there are half a million. */
const MAX_TRIES = 8

async function insertBot(
  trx: Transaction<Database>,
  { creatorId, settings }: { creatorId: string; settings: BotSettings },
): Promise<Pick<Bot, 'id' | 'slug' | 'knowledgeBaseId'>> {
  const wanted = slugOf(settings.name)
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const slug = tries === 0 ? wanted : `${wanted}-${randomEnding()}`
    const knowledgeBaseId = await insertBase(trx, { creatorId, name: slug })
    if (!knowledgeBaseId) continue
    // Another Creator's Bot of this slug cannot be seen here; that it is there shows in nothing being inserted.
    const bot = await trx
      .insertInto('bot')
      .values({
        creator_id: creatorId,
        knowledge_base_id: knowledgeBaseId,
        slug,
        settings: JSON.stringify(settings),
      })
      .onConflict((conflict) => conflict.column('slug').doNothing())
      .returning('id')
      .executeTakeFirst()
    if (bot) return { id: bot.id, slug, knowledgeBaseId }
    await trx
      .deleteFrom('knowledge_base')
      .where('id', '=', knowledgeBaseId)
      .where('creator_id', '=', creatorId)
      .execute()
  }
  throw new AppError('bot.name_taken', { slug: wanted })
}

async function insertBase(
  trx: Transaction<Database>,
  { creatorId, name }: { creatorId: string; name: string },
): Promise<string | undefined> {
  const made = await trx
    .insertInto('knowledge_base')
    .values({ creator_id: creatorId, name })
    .onConflict((conflict) => conflict.columns(['creator_id', 'name']).doNothing())
    .returning('id')
    .executeTakeFirst()
  return made?.id
}

/** Leaves room for an ending within the 63 letters of a slug. */
const MAX_SLUG = 48

/** "Élan & Söhne" is `elan-sohne`; a name without Latin letters is `bot`. */
export function slugOf(name: string): string {
  const plain = name
    .replaceAll('ß', 'ss')
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}+/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_SLUG)
    .replace(/^-+|-+$/g, '')
  return plain || 'bot'
}

/** Without vowels and look-alikes, so that it spells no word. */
const LETTERS = 'bcdfghjkmnpqrstvwxyz23456789'

function randomEnding(): string {
  return Array.from({ length: 4 }, () => LETTERS[randomInt(LETTERS.length)]).join('')
}
