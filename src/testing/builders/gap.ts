import { randomUUID } from 'node:crypto'
import type { Actor } from '../../accounts/access.ts'
import type { Bot } from '../../bots/bot-settings.ts'
import { groupNewGaps } from '../../coaching/gap-group.ts'
import type { Db } from '../../db/database.ts'
import { createLogger } from '../../logger.ts'
import { addTestChat, type TestChat } from './conversation.ts'

/** A question the bot refused, of someone new or in the given Chat. */
export async function addTestGap(
  db: Db,
  bot: Bot,
  question: string,
  { chat, language = 'en', at = new Date() }: { chat?: TestChat; language?: string; at?: Date } = {},
): Promise<{ id: string; chat: TestChat }> {
  const asker = chat ?? (await addTestChat(db, bot))
  const gap = await db
    .insertInto('gap')
    .values({
      creator_id: bot.creatorId,
      bot_id: bot.id,
      turn_id: asker.turnId,
      chat_id: asker.id,
      question,
      language,
      created_at: at,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return { id: gap.id, chat: asker }
}

/** Groups all that wait, by words alone. */
export async function groupTestGaps(db: Db, bot: Bot): Promise<void> {
  const parts = { db, log: createLogger('silent') }
  while (await groupNewGaps(parts, bot.id)) {
    // Until none waits.
  }
}

/** A Member of the bot's Creator who may answer. */
export async function addTestEditor(
  db: Db,
  bot: Bot,
  name = 'Nell Coach',
): Promise<Actor & { memberId: string }> {
  const member = await db
    .insertInto('member')
    .values({ email: `${randomUUID()}@example.test`, name })
    .returning('id')
    .executeTakeFirstOrThrow()
  await db
    .insertInto('membership')
    .values({ creator_id: bot.creatorId, member_id: member.id, role: 'editor' })
    .execute()
  return {
    creatorId: bot.creatorId,
    memberId: member.id,
    apiKeyId: undefined,
    name,
    role: 'editor',
    isOperator: false,
    ip: undefined,
  }
}
