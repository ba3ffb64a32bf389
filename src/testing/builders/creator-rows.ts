import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import type { Db } from '../../db/database.ts'
import { buildBotSettings } from './bot.ts'

/** What {@link addCreatorRows} made, as far as tests ask for it. */
export interface CreatorRows {
  creatorId: string
  memberId: string
  botId: string
  knowledgeBaseId: string
  documentId: string
  passageId: string
  subscriberId: string
  chatId: string
  messageId: string
}

/**
 * A Creator with a row in every table that belongs to Creators, `word` standing in each text. Whoever adds
 * a table adds a row here: the wall's test counts the tables.
 */
export async function addCreatorRows(db: Db, word: string): Promise<CreatorRows> {
  const { rows } = await sql<CreatorRows>`
    WITH new_creator AS (INSERT INTO creator (name) VALUES (${word}) RETURNING id),
    new_member AS (
      INSERT INTO member (email, name) VALUES (${`${word}@example.org`}, ${word}) RETURNING id
    ), new_base AS (
      INSERT INTO knowledge_base (creator_id, name, languages) SELECT id, ${word}, '{en}' FROM new_creator
      RETURNING id, creator_id
    ), new_bot AS (
      INSERT INTO bot (creator_id, knowledge_base_id, slug, settings)
      SELECT creator_id, id, ${word}, ${JSON.stringify(buildBotSettings({ name: word }))}::jsonb FROM new_base
      RETURNING id, creator_id
    ), new_document AS (
      INSERT INTO document (creator_id, knowledge_base_id, name, title)
      SELECT creator_id, id, ${`${word}.md`}, ${word} FROM new_base
      RETURNING id, creator_id, knowledge_base_id
    ), new_version AS (
      INSERT INTO document_version (creator_id, knowledge_base_id, document_id, file_key, sha256, size_bytes, state)
      SELECT creator_id, knowledge_base_id, id, ${`${word}/file`}, ${word}, 1, 'ready' FROM new_document
      RETURNING id, creator_id, knowledge_base_id, document_id
    ), new_passage AS (
      INSERT INTO passage (creator_id, knowledge_base_id, document_id, version_id, ordinal, section, text, term_count)
      SELECT creator_id, knowledge_base_id, document_id, id, 0, 0, ${word}, 1 FROM new_version
      RETURNING id
    ), new_posting AS (
      INSERT INTO posting (knowledge_base_id, term, version_id, creator_id, passage_ids, frequencies, lengths)
      SELECT knowledge_base_id, ${word}, new_version.id, creator_id, ARRAY[new_passage.id], '{1}', '{1}'
      FROM new_version, new_passage
    ), new_subscriber AS (
      INSERT INTO subscriber (creator_id, name) SELECT id, ${word} FROM new_creator RETURNING id
    ), new_chat AS (
      INSERT INTO chat (creator_id, bot_id, subscriber_id, channel, chat_key)
      SELECT new_bot.creator_id, new_bot.id, new_subscriber.id, 'web', ${word} FROM new_bot, new_subscriber
      RETURNING id, creator_id, bot_id, subscriber_id
    ), new_turn AS (
      INSERT INTO turn (creator_id, bot_id, chat_id, kind, trace)
      SELECT creator_id, bot_id, id, 'question', jsonb_build_object('rewritten', ${word}::text) FROM new_chat
      RETURNING id, creator_id, bot_id, chat_id
    ), new_message AS (
      INSERT INTO message (creator_id, chat_id, turn_id, direction, kind, markdown)
      SELECT creator_id, chat_id, id, 'in', 'question', ${word} FROM new_turn
      RETURNING id, creator_id, chat_id, turn_id
    )
    SELECT new_creator.id AS "creatorId", new_member.id AS "memberId", new_bot.id AS "botId",
      new_base.id AS "knowledgeBaseId", new_document.id AS "documentId", new_passage.id::text AS "passageId",
      new_subscriber.id AS "subscriberId", new_chat.id AS "chatId", new_message.id AS "messageId"
    FROM new_creator, new_member, new_base, new_bot, new_document, new_passage, new_subscriber, new_chat, new_message
  `.execute(db)
  const made = rows[0]
  if (!made) throw new Error('the rows of a Creator were not made')
  await addAroundChat(db, made, word)
  await addAroundAccount(db, made, word)
  await addAroundMoney(db, made, word)
  await addAroundKnowledge(db, made, word)
  return made
}

async function addAroundChat(db: Db, made: CreatorRows, word: string): Promise<void> {
  const owner = { creator_id: made.creatorId, bot_id: made.botId }
  const turn = await db
    .selectFrom('turn')
    .select('id')
    .where('chat_id', '=', made.chatId)
    .executeTakeFirstOrThrow()
  const address = { ...owner, channel: 'web', external_id: word }
  const words = JSON.stringify({ text: word })
  const group = await db
    .insertInto('gap_group')
    .values({ ...owner, question: word, terms_key: word })
    .returning('id')
    .executeTakeFirstOrThrow()
  await insertAll(db, [
    ['inbox', { ...address, chat_key: word, update: words }],
    ['receipt', { ...address, receipt: words }],
    ['usage', { ...owner, turn_id: turn.id, chat_id: made.chatId, subscriber_id: made.subscriberId }],
    [
      'part',
      {
        ...owner,
        chat_id: made.chatId,
        message_id: made.messageId,
        channel: 'web',
        payload: words,
        policy: 'answer',
        state: 'sent',
      },
    ],
    ['gap', { ...owner, turn_id: turn.id, chat_id: made.chatId, question: word, group_id: group.id }],
    ['chat_note', { creator_id: made.creatorId, chat_id: made.chatId, member_id: made.memberId, text: word }],
    ['draft', { chat_id: made.chatId, markdown: word }],
    ['memory_consent', { ...owner, subscriber_id: made.subscriberId, state: 'given' }],
    [
      'memory_fact',
      {
        ...owner,
        subscriber_id: made.subscriberId,
        chat_id: made.chatId,
        kind: 'goal',
        text: word,
        said_at: new Date(),
      },
    ],
    ['chat_memory', { ...owner, chat_id: made.chatId, summary: word }],
    [
      'answer_cache',
      {
        ...owner,
        id: randomUUID(),
        knowledge_base_id: made.knowledgeBaseId,
        revision: 0,
        wording: randomBytes(32),
        language: 'en',
        question_hash: randomBytes(32),
        answer: words,
      },
    ],
    ['pace', { key: `chat:${made.chatId}`, due_at: new Date(), step: '1 second', slack: '1 second' }],
  ])
}

async function addAroundAccount(db: Db, made: CreatorRows, word: string): Promise<void> {
  const creator_id = made.creatorId
  const hash = () => randomBytes(32)
  const later = new Date(Date.now() + 3_600_000)
  await insertAll(db, [
    ['membership', { creator_id, member_id: made.memberId, role: 'owner' }],
    ['invitation', { creator_id, email: word, role: 'viewer', token_hash: hash(), expires_at: later }],
    ['session', { creator_id, member_id: made.memberId, token_hash: hash(), expires_at: later }],
    [
      'sign_in_token',
      { member_id: made.memberId, purpose: 'magic_link', token_hash: hash(), expires_at: later },
    ],
    ['recovery_code', { member_id: made.memberId, code_hash: hash() }],
    [
      'api_key',
      { creator_id, name: word, prefix: word.slice(0, 8), key_hash: hash(), scopes: ['bots:read'] },
    ],
    ['idempotency_key', { creator_id, key: word, request_hash: hash() }],
    ['audit_entry', { creator_id, action: 'bot.save', object_type: 'bot', object_id: made.botId }],
    ['security_event', { creator_id, kind: 'session.failed' }],
    [
      'prompt_override',
      { creator_id, bot_id: made.botId, purpose: 'answer', version: 1, text: word, is_active: true },
    ],
    [
      'connection',
      { creator_id, bot_id: made.botId, channel: 'telegram', external_id: word, credentials: hash() },
    ],
    [
      'vector_collection',
      {
        creator_id,
        knowledge_base_id: made.knowledgeBaseId,
        model: 'm',
        collection_name: word,
        collection_id: word,
      },
    ],
  ])
}

async function addAroundKnowledge(db: Db, made: CreatorRows, word: string): Promise<void> {
  const owner = { creator_id: made.creatorId, knowledge_base_id: made.knowledgeBaseId }
  const [source_id, document_id] = [randomUUID(), made.documentId]
  const url = `https://${word}.example.org/`
  const { id: version_id } = await db
    .selectFrom('document_version')
    .select('id')
    .where('document_id', '=', document_id)
    .executeTakeFirstOrThrow()
  await insertAll(db, [
    ['web_source', { ...owner, id: source_id, url, host: word, kind: 'page', max_pages: 1, state: 'done' }],
    ['web_page', { ...owner, source_id, url, document_id, digest: word }],
    [
      'version_change',
      {
        ...{ creator_id: made.creatorId, document_id, version_id, before_id: randomUUID() },
        ...{ added: 1, removed: 0, lines: JSON.stringify([['added', word]]) },
      },
    ],
  ])
}

async function addAroundMoney(db: Db, made: CreatorRows, word: string): Promise<void> {
  const { creatorId: creator_id, botId: bot_id, subscriberId: subscriber_id, chatId: chat_id } = made
  const [plan_id, price_id, product_id, order_id] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()]
  const owner = { creator_id, bot_id }
  const price = { currency: 'eur', amount: 900 }
  const later = new Date(Date.now() + 3_600_000)
  await insertAll(db, [
    ['payment_account', { creator_id, account_id: word }],
    ['plan', { ...owner, id: plan_id, key: word, name: word }],
    ['price', { ...price, creator_id, id: price_id, plan_id, interval: 'month' }],
    ['product', { ...owner, ...price, id: product_id, key: word, kind: 'goods', name: word }],
    ['coupon', { ...owner, code: word, percent_off: 10, duration: 'once' }],
    ['access_code', { ...owner, plan_id, code: word }],
    ['access_grant', { ...owner, subscriber_id, plan_id }],
    ['payer', { creator_id, subscriber_id, customer_id: word }],
    [
      'subscription',
      {
        ...owner,
        subscriber_id,
        plan_id,
        price_id,
        provider_id: word,
        status: 'active',
        read_at: new Date(),
      },
    ],
    ['allowance', { ...owner, subscriber_id, plan_id, kind: word, per: 'day', period_start: new Date() }],
    ['topup', { ...owner, subscriber_id, kind: word, left_count: 1 }],
    [
      'allowance_charge',
      {
        ...owner,
        inbox_id: randomInt(2 ** 40),
        subscriber_id,
        kind: word,
        period_start: new Date(),
        source: 'topup',
      },
    ],
    ['held_question', { ...owner, chat_id, subscriber_id, update: JSON.stringify({ text: word }) }],
    [
      'checkout',
      { ...owner, ...price, subscriber_id, chat_id, purpose: 'subscription', price_id, expires_at: later },
    ],
    ['order', { ...owner, ...price, id: order_id, subscriber_id, product_id }],
    ['order_notice', { creator_id, order_id, kind: word }],
    ['order_refund', { creator_id, order_id, payment_id: word, reason: word }],
    ['fulfilment_hook', { ...owner, url: word, secret: randomBytes(32) }],
    ['fulfilment_call', { creator_id, order_id, kind: word }],
    [
      'payment',
      { ...owner, ...price, id: word, subscriber_id, kind: 'invoice', state: 'paid', read_at: new Date() },
    ],
    ['payment_repair', { creator_id, kind: word, object_id: word }],
    ['reconciliation', { creator_id }],
    ['mail', { creator_id, kind: word, dedupe_key: word, recipient: word }],
    ['mail_suppression', { creator_id, email: word, reason: word }],
    ['mail_event', { id: word, kind: word }],
    ['payment_event', { id: word, type: word, payload: JSON.stringify({ text: word }) }],
  ])
}

/** Tables by name: the rows of so many differ too much to be typed in one list. */
async function insertAll(db: Db, rows: [table: string, row: Record<string, unknown>][]): Promise<void> {
  const open = db as unknown as Kysely<Record<string, Record<string, unknown>>>
  for (const [table, row] of rows) await open.insertInto(table).values(row).execute()
}
