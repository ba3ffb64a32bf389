import { randomUUID } from 'node:crypto'
import { type Bot, BotSettings } from '../../bots/bot-settings.ts'
import type { Db } from '../../db/database.ts'

/** Settings of a bot that speaks English and German. */
export function buildBotSettings(changes: Partial<BotSettings> = {}): BotSettings {
  return BotSettings.parse({
    name: 'Doorstep',
    description: 'Small habits, one door at a time.',
    persona: 'A patient coach.',
    languages: ['en', 'de'],
    greeting: { en: 'Hello. Ask me about habits.', de: 'Hallo. Frag mich nach Gewohnheiten.' },
    suggestions: { en: ['How do I start?'], de: ['Wie fange ich an?'] },
    no_answer: { en: 'That is not in my material.' },
    safety_line: { en: 'This is not medical advice.' },
    ...changes,
  })
}

/** A Bot with a Creator and a KnowledgeBase of its own. */
export async function addTestBot(
  db: Db,
  {
    slug = `bot-${randomUUID().slice(0, 8)}`,
    settings = buildBotSettings(),
  }: { slug?: string; settings?: BotSettings } = {},
): Promise<Bot> {
  const creator = await db
    .insertInto('creator')
    .values({ name: 'Nell' })
    .returning('id')
    .executeTakeFirstOrThrow()
  const base = await db
    .insertInto('knowledge_base')
    .values({ creator_id: creator.id, name: slug })
    .returning('id')
    .executeTakeFirstOrThrow()
  const bot = await db
    .insertInto('bot')
    .values({
      creator_id: creator.id,
      knowledge_base_id: base.id,
      slug,
      settings: JSON.stringify(settings),
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return { id: bot.id, creatorId: creator.id, knowledgeBaseId: base.id, slug, settings }
}
