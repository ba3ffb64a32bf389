import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../db/database.ts'
import { AppError } from '../errors.ts'

/** Runs one short read; a long export is many of them, so that no transaction waits for a slow reader. */
export type Read = <T>(work: (db: Db) => Promise<T>) => Promise<T>

export interface SubscriberKey {
  creatorId: string
  subscriberId: string
}

/** Rows read at a time. */
const PAGE = 500

interface Section {
  from: RawBuilder<unknown>
  /** Unique and ordered within the section, as text. */
  cursor: RawBuilder<unknown>
  present: RawBuilder<unknown>
}

/**
 * Everything that is kept about a person, as the text of one JSON object, piece by piece: who they are, their
 * chats, what was said, why answers are as they are, what was counted, what went unanswered, notes about them,
 * what the channels delivered and reported, what is remembered of them, and what they paid for and may use.
 *
 * @throws {AppError} `subscriber.not_found` before the first piece, another Creator's included.
 */
export async function* exportSubscriber(read: Read, key: SubscriberKey): AsyncGenerator<string> {
  const subscriber = await read((db) => getProfile(db, key))
  yield `{"exportedAt":${JSON.stringify(new Date())},"subscriber":${JSON.stringify(subscriber)}`
  for (const [name, section] of Object.entries(sectionsOf(key))) {
    yield `,"${name}":[`
    let separator = ''
    for await (const line of linesOf(read, section)) {
      yield separator + line
      separator = ','
    }
    yield ']'
  }
  yield '}'
}

async function getProfile(db: Db, { creatorId, subscriberId }: SubscriberKey) {
  const row = await db
    .selectFrom('subscriber')
    .select(['id', 'name', 'language', 'created_at'])
    .where('id', '=', subscriberId)
    .where('creator_id', '=', creatorId)
    .executeTakeFirst()
  if (!row) throw new AppError('subscriber.not_found', { subscriberId })
  return { id: row.id, name: row.name, language: row.language, createdAt: row.created_at }
}

async function* linesOf(read: Read, { from, cursor, present }: Section): AsyncGenerator<string> {
  let after = ''
  for (;;) {
    const { rows } = await read((db) =>
      sql<{ cursor: string; line: string }>`
        SELECT * FROM (SELECT ${cursor} AS cursor, ${present}::text AS line FROM ${from}) AS found
        WHERE cursor COLLATE "C" > ${after} ORDER BY cursor COLLATE "C" LIMIT ${sql.lit(PAGE)}
      `.execute(db),
    )
    for (const { line } of rows) yield line
    if (rows.length < PAGE) return
    after = rows.at(-1)?.cursor ?? after
  }
}

function sectionsOf({ creatorId, subscriberId }: SubscriberKey): Record<string, Section> {
  const ofChats = (table: string) => sql`
    ${sql.table(table)} AS row JOIN chat ON chat.id = row.chat_id
      AND chat.subscriber_id = ${subscriberId} AND chat.creator_id = ${creatorId}`
  const atAddress = sql`
    chat JOIN inbox AS row ON row.bot_id = chat.bot_id AND row.channel = chat.channel
      AND row.chat_key = chat.chat_key AND chat.subscriber_id = ${subscriberId} AND chat.creator_id = ${creatorId}`
  const reported = sql`
    chat JOIN part ON part.chat_id = chat.id AND chat.subscriber_id = ${subscriberId} AND chat.creator_id = ${creatorId}
      JOIN receipt AS row ON row.bot_id = part.bot_id AND row.channel = part.channel
        AND (row.receipt->>'partId' = part.id::text OR row.receipt->>'vendorMessageId' = part.vendor_message_id)`
  const byId = sql`row.id::text`
  /** Sixteen digits: the order of the text is the order of the numbers. */
  const byNumber = (column: string) => sql`lpad(row.${sql.ref(column)}::text, 19, '0')`
  return {
    chats: {
      from: sql`chat AS row WHERE row.subscriber_id = ${subscriberId} AND row.creator_id = ${creatorId}`,
      cursor: byId,
      present: presentColumns([
        'id',
        'bot_id',
        'channel',
        'chat_key',
        'language',
        'state',
        'last_inbound_at',
        'blocked_at',
        'takeover_at',
        'takeover_until',
        'last_message_at',
        'created_at',
      ]),
    },
    messages: {
      from: ofChats('message'),
      cursor: byNumber('position'),
      present: presentColumns([
        'id',
        'chat_id',
        'turn_id',
        'direction',
        'kind',
        'markdown',
        'citations',
        'buttons',
        'vendor_message_id',
        'member_id',
        'created_at',
      ]),
    },
    sends: {
      from: ofChats('part'),
      cursor: byNumber('position'),
      present: presentColumns([
        'id',
        'message_id',
        'channel',
        'payload',
        'state',
        'delivery',
        'attempts',
        'sent_at',
        'vendor_message_id',
        'error_code',
        'error_detail',
        'created_at',
      ]),
    },
    turns: {
      from: ofChats('turn'),
      cursor: byId,
      present: presentColumns(['id', 'chat_id', 'kind', 'trace', 'committed_at']),
    },
    usage: {
      from: sql`usage AS row WHERE row.subscriber_id = ${subscriberId} AND row.creator_id = ${creatorId}`,
      cursor: sql`row.turn_id::text`,
      present: presentColumns([
        'turn_id',
        'bot_id',
        'chat_id',
        'model',
        'input_tokens',
        'output_tokens',
        'cost_usd',
        'outcome',
        'total_ms',
        'created_at',
      ]),
    },
    gaps: {
      from: ofChats('gap'),
      cursor: byId,
      present: presentColumns(['id', 'bot_id', 'chat_id', 'turn_id', 'question', 'language', 'created_at']),
    },
    notes: {
      from: ofChats('chat_note'),
      cursor: byId,
      present: presentColumns(['id', 'chat_id', 'member_id', 'text', 'created_at']),
    },
    updates: {
      from: atAddress,
      cursor: byNumber('id'),
      present: presentColumns([
        'id',
        'bot_id',
        'channel',
        'chat_key',
        'external_id',
        'update',
        'received_at',
        'done_at',
      ]),
    },
    receipts: {
      from: reported,
      cursor: byNumber('id'),
      present: presentColumns(['id', 'bot_id', 'channel', 'external_id', 'receipt', 'received_at']),
    },
    ...memorySectionsOf({ creatorId, subscriberId }),
    ...moneySectionsOf({ creatorId, subscriberId }),
  }
}

/** What is remembered of them: whether they agreed to it, what they told, and the notes of their chats. */
function memorySectionsOf({ creatorId, subscriberId }: SubscriberKey): Record<string, Section> {
  const theirs = (table: string) =>
    sql`${sql.table(table)} AS row WHERE row.subscriber_id = ${subscriberId} AND row.creator_id = ${creatorId}`
  return {
    memoryConsents: {
      from: theirs('memory_consent'),
      cursor: sql`row.bot_id::text`,
      present: presentColumns(['bot_id', 'state', 'decided_at']),
    },
    memories: {
      from: theirs('memory_fact'),
      cursor: sql`row.id::text`,
      present: presentColumns(['id', 'bot_id', 'chat_id', 'kind', 'text', 'said_at']),
    },
    chatSummaries: {
      from: sql`chat_memory AS row JOIN chat ON chat.id = row.chat_id
        AND chat.subscriber_id = ${subscriberId} AND chat.creator_id = ${creatorId}`,
      cursor: sql`row.chat_id::text`,
      present: presentColumns(['chat_id', 'summary', 'updated_at']),
    },
  }
}

/** What they bought and paid, and what they may still use. Their address for parcels is sealed and not among it. */
function moneySectionsOf({ creatorId, subscriberId }: SubscriberKey): Record<string, Section> {
  const section = (table: string, cursor: string, columns: string[]): Section => ({
    from: sql`${sql.table(table)} AS row WHERE row.subscriber_id = ${subscriberId} AND row.creator_id = ${creatorId}`,
    cursor: sql`row.${sql.ref(cursor)}::text`,
    present: presentColumns(columns),
  })
  return {
    payers: section('payer', 'customer_id', ['customer_id', 'email', 'created_at']),
    subscriptions: section('subscription', 'id', [
      ...['id', 'bot_id', 'plan_id', 'price_id', 'source', 'provider_id', 'customer_id', 'email', 'status'],
      ...['period_end', 'trial_end', 'cancels_at', 'ended_at', 'grace_until', 'blocked_at', 'created_at'],
    ]),
    payments: section('payment', 'id', [
      ...['id', 'bot_id', 'subscription_id', 'order_id', 'kind', 'state', 'currency', 'amount', 'refunded'],
      ...['receipt_url', 'paid_at'],
    ]),
    orders: section('order', 'id', [
      ...['id', 'bot_id', 'product_id', 'quantity', 'currency', 'amount', 'state', 'email', 'tracking'],
      ...['paid_at', 'shipped_at', 'refunded_at', 'created_at'],
    ]),
    checkouts: section('checkout', 'id', [
      ...['id', 'bot_id', 'chat_id', 'purpose', 'price_id', 'order_id', 'currency', 'amount', 'state'],
      ...['expires_at', 'created_at'],
    ]),
    accessGrants: section('access_grant', 'id', ['id', 'bot_id', 'plan_id', 'expires_at', 'created_at']),
    allowances: {
      ...section('allowance', 'bot_id', ['bot_id', 'kind', 'period_start', 'used']),
      cursor: sql`concat_ws(' ', row.bot_id, row.kind, row.period_start)`,
    },
    topups: {
      ...section('topup', 'bot_id', ['bot_id', 'kind', 'left_count']),
      cursor: sql`concat_ws(' ', row.bot_id, row.kind)`,
    },
    heldQuestions: section('held_question', 'chat_id', ['chat_id', 'bot_id', 'update', 'created_at']),
    mails: section('mail', 'id', ['id', 'kind', 'recipient', 'state', 'sent_at', 'created_at']),
  }
}

/** SQL that is the row's columns as JSON, in the names of the API. */
function presentColumns(columns: string[]): RawBuilder<unknown> {
  const pairs = columns.flatMap((column) => [
    sql.lit(column.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())),
    sql`row.${sql.ref(column)}`,
  ])
  return sql`jsonb_build_object(${sql.join(pairs)})`
}
