import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Db } from '../../src/db/database.ts'
import type { SeededBot } from './creators.ts'
import { pick } from './creators.ts'
import { GAPS, NAMES, QUESTIONS, SENTENCES } from './words.ts'

interface SeededChat extends SeededBot {
  chatId: string
  subscriberId: string
  /** A question and its answer each. */
  turns: number
}

/** Chats of one statement: large enough to cost few round trips, small enough to show progress. */
const CHATS_PER_STATEMENT = 250
/** Statements at a time; more do not help two cores. */
const WRITERS = 2
const DAYS = 90

/**
 * Chats with their people and everything said in them over the last {@link DAYS} days. As in life a few bots
 * have many chats and a few people talk much: the first bot has about a fifteenth of all.
 */
export async function seedConversations(
  db: Db,
  { bots, chats, messages }: { bots: SeededBot[]; chats: number; messages: number },
  onProgress: (done: number) => void,
): Promise<void> {
  const made = spread(bots, chats, Math.floor(messages / 2))
  const batches: SeededChat[][] = []
  for (let start = 0; start < made.length; start += CHATS_PER_STATEMENT) {
    batches.push(made.slice(start, start + CHATS_PER_STATEMENT))
  }
  let done = 0
  await Promise.all(
    Array.from({ length: WRITERS }, async () => {
      for (let batch = batches.pop(); batch; batch = batches.pop()) {
        await writeBatch(db, batch)
        done += batch.length
        onProgress(done)
      }
    }),
  )
}

function spread(bots: SeededBot[], chats: number, turns: number): SeededChat[] {
  const weights = Array.from({ length: chats }, (_, index) => 1 / Math.sqrt(index + 10))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  let left = turns
  const made = weights.map((weight, index) => {
    const share =
      index === chats - 1 ? left : Math.min(left, Math.max(1, Math.round((weight / total) * turns)))
    left -= share
    const bot = bots[Math.floor(bots.length * Math.random() ** 2)]
    if (!bot) throw new Error('no bots were seeded')
    return { ...bot, chatId: randomUUID(), subscriberId: randomUUID(), turns: share }
  })
  return made.sort(() => Math.random() - 0.5)
}

async function writeBatch(db: Db, chats: SeededChat[]): Promise<void> {
  const column = <K extends keyof SeededChat>(name: K) => chats.map((chat) => chat[name])
  await db.transaction().execute(async (trx) => {
    // A seeded row that a power cut loses is seeded again.
    await sql`SET LOCAL synchronous_commit = off`.execute(trx)
    await sql`SET LOCAL jit = off`.execute(trx)
    await sql`
      WITH given AS (
        SELECT *, now() - random() * make_interval(days => ${sql.lit(DAYS)}) AS began
        FROM unnest(${column('chatId')}::uuid[], ${column('subscriberId')}::uuid[], ${column('creatorId')}::uuid[],
          ${column('botId')}::uuid[]) AS given (chat_id, subscriber_id, creator_id, bot_id)
      ), people AS (
        INSERT INTO subscriber (id, creator_id, name, language, created_at)
        SELECT subscriber_id, creator_id, ${pick(NAMES)} || ' ' || left(subscriber_id::text, 4), 'en', began
        FROM given RETURNING id
      )
      INSERT INTO chat (id, creator_id, bot_id, subscriber_id, channel, chat_key, language, created_at,
        last_inbound_at, last_message_at)
      SELECT chat_id, creator_id, bot_id, subscriber_id, (ARRAY['telegram', 'whatsapp', 'web'])[1 + floor(random() * 3)::int],
        'seed-' || chat_id, 'en', began, ended, ended
      FROM (SELECT *, began + (now() - began) * random() AS ended FROM given) AS lived
    `.execute(trx)
    await sql`
      WITH given AS (
        SELECT * FROM unnest(${column('chatId')}::uuid[], ${column('turns')}::int[]) AS given (chat_id, turns)
      ), source AS (
        SELECT bot.id AS bot_id, cited.document_id, cited.passage_id
        FROM bot CROSS JOIN LATERAL (
          SELECT document_id, id AS passage_id FROM passage
          WHERE passage.knowledge_base_id = bot.knowledge_base_id LIMIT 1
        ) AS cited
        WHERE bot.id = ANY (${[...new Set(column('botId'))]}::uuid[])
      ), said AS MATERIALIZED (
        SELECT chat.id AS chat_id, chat.creator_id, chat.bot_id, chat.subscriber_id, chat.channel,
          source.document_id, source.passage_id,
          gen_random_uuid() AS turn_id, gen_random_uuid() AS in_id, gen_random_uuid() AS out_id,
          random() < 0.06 AS is_refused, (300 + random() * 4000)::int AS total_ms,
          chat.created_at + (chat.last_message_at - chat.created_at) * (number::float8 / given.turns) AS at,
          ${pick(QUESTIONS)} AS question, ${pick(GAPS)} AS unknown,
          ${pick(SENTENCES)} || ' ' || ${pick(SENTENCES)} || ' [1]' AS answer
        FROM given JOIN chat ON chat.id = given.chat_id LEFT JOIN source ON source.bot_id = chat.bot_id
        CROSS JOIN LATERAL generate_series(1, given.turns) AS number
        ORDER BY at
      ), turns AS (
        INSERT INTO turn (id, creator_id, bot_id, chat_id, kind, trace, committed_at)
        SELECT turn_id, creator_id, bot_id, chat_id, 'question', jsonb_build_object(
          'kind', CASE WHEN is_refused THEN 'refusal' ELSE 'answer' END, 'refused', is_refused,
          'question', question, 'model', 'openai:gpt-4o-mini', 'cached', false, 'degraded', '[]'::jsonb,
          'usage', jsonb_build_object('inputTokens', 1800, 'outputTokens', 120, 'costUsd', 0.00034),
          'ms', jsonb_build_object('total', total_ms, 'rewrite', 0, 'retrieve', 20, 'generate', total_ms - 20),
          'passages', jsonb_build_array(jsonb_build_object('id', passage_id::text, 'documentId', document_id,
            'score', 0.5, 'keywordScore', 4.2)),
          'citations', jsonb_build_array(jsonb_build_object('n', 1, 'passageId', passage_id::text)),
          'language', 'en', 'droppedClaims', 0), at
        FROM said
      ), asked AS (
        INSERT INTO message (id, creator_id, chat_id, turn_id, direction, kind, markdown, vendor_message_id, created_at)
        SELECT in_id, creator_id, chat_id, turn_id, 'in', 'question',
          CASE WHEN is_refused THEN unknown ELSE question END, in_id::text, at
        FROM said
      ), answered AS (
        INSERT INTO message (id, creator_id, chat_id, turn_id, direction, kind, markdown, citations, created_at)
        SELECT out_id, creator_id, chat_id, turn_id, 'out', CASE WHEN is_refused THEN 'refusal' ELSE 'answer' END,
          CASE WHEN is_refused THEN 'That is not in my material.' ELSE answer END,
          CASE WHEN is_refused OR document_id IS NULL THEN '[]' ELSE jsonb_build_array(jsonb_build_object('n', 1, 'documentId', document_id,
            'passageId', passage_id::text, 'document', 'Part 1 of the guide', 'locator', 'Chapter 1',
            'quote', split_part(answer, '.', 1) || '.')) END, at + make_interval(secs => total_ms / 1000.0)
        FROM said
      ), parts AS (
        INSERT INTO part (creator_id, bot_id, chat_id, message_id, channel, payload, policy, state, delivery,
          attempts, sent_at, vendor_message_id, created_at)
        SELECT creator_id, bot_id, chat_id, out_id, channel, jsonb_build_object('text', answer), 'answer', 'sent',
          'read', 1, at, out_id::text, at
        FROM said
      ), used AS (
        INSERT INTO usage (turn_id, creator_id, bot_id, chat_id, subscriber_id, model, input_tokens, output_tokens,
          cost_usd, created_at, outcome, total_ms, cited_document_ids)
        SELECT turn_id, creator_id, bot_id, chat_id, subscriber_id, 'openai:gpt-4o-mini', 1800, 120, 0.00034, at,
          CASE WHEN is_refused THEN 'refusal' ELSE 'answer' END, total_ms,
          CASE WHEN document_id IS NULL THEN '{}'::uuid[] ELSE ARRAY[document_id] END
        FROM said
      )
      INSERT INTO gap (creator_id, bot_id, turn_id, chat_id, question, language, created_at)
      SELECT creator_id, bot_id, turn_id, chat_id, unknown, 'en', at FROM said WHERE is_refused
    `.execute(trx)
  })
}

/** What went unanswered in the same words is one group; one in ten has been dismissed. */
export async function seedGapGroups(db: Db, bots: SeededBot[]): Promise<void> {
  const botIds = bots.map(({ botId }) => botId)
  await sql`
    INSERT INTO gap_group (creator_id, bot_id, question, terms_key, language, state, asked_count, asker_count, last_asked_at)
    SELECT creator_id, bot_id, question, md5(question), 'en',
      CASE WHEN random() < 0.1 THEN 'dismissed' ELSE 'open' END,
      count(*), count(DISTINCT chat_id), max(created_at)
    FROM gap WHERE bot_id = ANY (${botIds}::uuid[]) GROUP BY creator_id, bot_id, question
  `.execute(db)
  await sql`
    UPDATE gap SET group_id = gap_group.id FROM gap_group
    WHERE gap_group.bot_id = gap.bot_id AND gap_group.question = gap.question AND gap.bot_id = ANY (${botIds}::uuid[])
  `.execute(db)
}

/** What members leave behind: notes, and the audit of what they did and looked at. */
export async function seedTraces(db: Db, bots: SeededBot[]): Promise<void> {
  const botIds = bots.map(({ botId }) => botId)
  await sql`
    INSERT INTO chat_note (creator_id, chat_id, text)
    SELECT creator_id, id, 'Asked twice about the same thing; call on Friday.' FROM chat
    WHERE bot_id = ANY (${botIds}::uuid[]) AND random() < 0.05
  `.execute(db)
  await sql`
    INSERT INTO audit_entry (creator_id, member_id, action, object_type, object_id, created_at)
    SELECT chat.creator_id, membership.member_id, 'chat.view', 'chat', chat.id::text, chat.last_message_at
    FROM chat JOIN membership USING (creator_id) WHERE chat.bot_id = ANY (${botIds}::uuid[])
  `.execute(db)
}
