import { getBot } from '../../bots/bot.ts'
import type { Db } from '../../db/database.ts'
import type { BaseKey } from '../../knowledge/knowledge-base.ts'

/** The KnowledgeBase of a Bot. @throws {AppError} `bot.not_found`, another Creator's included. */
export async function getBaseKey(
  db: Db,
  { creatorId }: { creatorId: string },
  { botId }: { botId: string },
): Promise<BaseKey> {
  const { knowledgeBaseId } = await getBot(db, { botId, creatorId })
  return { creatorId, knowledgeBaseId }
}
