import { sql } from 'kysely'
import type { Bot } from '../../bots/bot-settings.ts'
import type { Db } from '../../db/database.ts'

/**
 * Weeks of questions to a bot, made in the database: every day of the last `days` some people ask, most are
 * answered. The same every time.
 */
export async function addTestUsage(db: Db, bot: Bot, { days = 90, people = 40 } = {}): Promise<void> {
  const owner = sql`${bot.creatorId}::uuid`
  await sql`
    WITH person AS (
      INSERT INTO subscriber (creator_id, name)
      SELECT ${owner}, 'Person ' || place FROM generate_series(1, ${people}::integer) AS place
      RETURNING id, name
    ), chats AS (
      INSERT INTO chat (creator_id, bot_id, subscriber_id, channel, chat_key, created_at)
      SELECT ${owner}, ${bot.id}, id, (ARRAY['telegram', 'telegram', 'whatsapp', 'web'])[1 + (hashtext(name) & 3)],
        name, now() - make_interval(days => abs(hashtext(name)) % ${days}::integer)
      FROM person RETURNING id, subscriber_id, chat_key
    ), asked AS (
      SELECT gen_random_uuid() AS turn_id, chats.id AS chat_id, chats.subscriber_id, day, abs(hashtext(chat_key || day)) AS dice
      FROM chats, generate_series(0, ${days}::integer - 1) AS day
    ), turns AS (
      INSERT INTO turn (id, creator_id, bot_id, chat_id, kind, committed_at)
      SELECT turn_id, ${owner}, ${bot.id}, chat_id, 'question', now() - make_interval(days => day) FROM asked
      WHERE dice % 10 < 3 + (day + 2) % 7 / 2
      RETURNING id
    )
    INSERT INTO usage (turn_id, creator_id, bot_id, chat_id, subscriber_id, model, cost_usd, created_at, outcome, total_ms,
      cited_document_ids)
    SELECT turn_id, ${owner}, ${bot.id}, chat_id, subscriber_id, 'openai:stand-in', (dice % 90) / 100000.0,
      now() - make_interval(days => day), CASE WHEN dice % 9 = 0 THEN 'refusal' WHEN dice % 97 = 1 THEN 'notice' ELSE 'answer' END,
      400 + dice % 2600, ARRAY(SELECT id FROM document WHERE knowledge_base_id = ${bot.knowledgeBaseId} LIMIT 3)
    FROM asked JOIN turns ON turns.id = asked.turn_id
  `.execute(db)
}
