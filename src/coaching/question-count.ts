import { sql } from 'kysely'
import type { Db } from '../db/database.ts'

/**
 * Questions that the person of a Chat has had answered by its Bot within the last 24 hours, on whatever channel.
 * Greetings and thanks are none, neither is a cry for help, nor what was listened to without an answer.
 */
export async function countRecentQuestions(db: Db, chatId: string): Promise<number> {
  const { count } = await db
    .selectFrom('usage')
    .innerJoin('chat', (join) =>
      join.onRef('chat.subscriber_id', '=', 'usage.subscriber_id').onRef('chat.bot_id', '=', 'usage.bot_id'),
    )
    .select((is) => is.fn.countAll<string>().as('count'))
    .where('chat.id', '=', chatId)
    .where('usage.created_at', '>', sql<Date>`now() - interval '24 hours'`)
    .where(
      sql<boolean>`(usage.outcome IS NULL OR usage.outcome NOT IN ('small_talk', 'safety', 'unanswered'))`,
    )
    .executeTakeFirstOrThrow()
  return Number(count)
}
