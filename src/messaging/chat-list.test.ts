import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Bot } from '../bots/bot-settings.ts'
import { type Db, openDatabase } from '../db/database.ts'
import { createTenantWall, type WithinCreator } from '../db/tenant-wall.ts'
import { addTestBot } from '../testing/builders/bot.ts'
import { addTestAnswer, addTestChat, addTestQuestion } from '../testing/builders/conversation.ts'
import { buildUpdate } from '../testing/builders/update.ts'
import { openTestDatabase, type TestDatabase } from '../testing/database.ts'
import { type ChatSummary, listChats, toLine } from './chat-list.ts'
import { searchChats } from './chat-search.ts'
import { recordUpdates } from './inbox.ts'

const CHATS = 500

let test: TestDatabase
let tenants: Db
let within: WithinCreator
beforeAll(async () => {
  test = await openTestDatabase()
  tenants = openDatabase(test.url, { scope: 'tenant' })
  within = createTenantWall(tenants)
})
afterAll(async () => {
  await tenants?.destroy()
  await test?.[Symbol.asyncDispose]()
})

const refOf = (bot: Bot) => ({ creatorId: bot.creatorId, botId: bot.id })

/** Chats of a Bot, many of them of the same moment, with a question and an answer each. */
async function fill(bot: Bot, count: number, messagesEach = 2): Promise<void> {
  await sql`
    WITH numbered AS (SELECT n, gen_random_uuid() AS subscriber, gen_random_uuid() AS chat FROM generate_series(1, ${count}::int) AS n),
    people AS (
      INSERT INTO subscriber (id, creator_id, name)
      SELECT subscriber, ${bot.creatorId}::uuid, 'Person ' || n FROM numbered
    ), chats AS (
      INSERT INTO chat (id, creator_id, bot_id, subscriber_id, channel, chat_key, last_message_at)
      SELECT chat, ${bot.creatorId}::uuid, ${bot.id}::uuid, subscriber, 'telegram', (491510000000 + n)::text,
        now() - make_interval(secs => (n / 7)::int)
      FROM numbered
    )
    INSERT INTO message (creator_id, chat_id, turn_id, direction, kind, markdown)
    SELECT ${bot.creatorId}::uuid, chat, gen_random_uuid(), CASE WHEN m % 2 = 1 THEN 'in' ELSE 'out' END, 'question',
      'Line ' || m || ' of chat ' || n || ' about sleep, naps and a **calm** evening before the night begins.'
    FROM numbered, generate_series(1, ${messagesEach}::int) AS m
  `.execute(test.db)
}

async function listAll(bot: Bot, limit: number): Promise<ChatSummary[]> {
  const items: ChatSummary[] = []
  let cursor: string | undefined
  do {
    const page = await within(bot.creatorId, (trx) => listChats(trx, refOf(bot), { limit, cursor }))
    items.push(...page.items)
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  return items
}

describe('listChats', () => {
  it('shows each of 500 chats once, the last spoken in first, page by page and by its index', async () => {
    const [bot, other] = [await addTestBot(test.db), await addTestBot(test.db)]
    await fill(bot, CHATS)
    await fill(other, 20)
    await sql`ANALYZE`.execute(test.db)

    const items = await listAll(bot, 25)

    expect(items).toHaveLength(CHATS)
    expect(new Set(items.map(({ id }) => id)).size).toBe(CHATS)
    const times = items.map(({ lastMessageAt }) => lastMessageAt.getTime())
    expect(times).toEqual([...times].sort((a, b) => b - a))
    const { rows } = await within(bot.creatorId, (trx) =>
      sql<{ 'QUERY PLAN': string }>`EXPLAIN SELECT id FROM chat WHERE bot_id = ${sql.lit(bot.id)}
        AND (last_message_at, id) < (now(), ${sql.lit(bot.id)}) ORDER BY last_message_at DESC, id DESC LIMIT 26`.execute(
        trx,
      ),
    )
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    expect(plan).toContain('chat_bot_id_last_message_at_idx')
    expect(plan).not.toContain('Sort')
  })

  it('goes on where it was when something is said meanwhile', async () => {
    const bot = await addTestBot(test.db)
    await fill(bot, 30)
    const first = await within(bot.creatorId, (trx) => listChats(trx, refOf(bot), { limit: 10 }))
    const [last] = await listAll(bot, 30).then((all) => all.slice(-1))
    await test.db
      .updateTable('chat')
      .set({ last_message_at: new Date() })
      .where('id', '=', last?.id ?? '')
      .execute()

    const second = await within(bot.creatorId, (trx) =>
      listChats(trx, refOf(bot), { limit: 10, cursor: first.nextCursor ?? '' }),
    )

    expect(second.items).toHaveLength(10)
    const before = new Set(first.items.map(({ id }) => id))
    expect(second.items.filter(({ id }) => before.has(id))).toEqual([])
  })

  it('tells what was said last, who waits, who answers and what did not arrive', async () => {
    const bot = await addTestBot(test.db)
    const calm = await addTestChat(test.db, bot, 'calm')
    await addTestQuestion(test.db, calm, { text: 'How?' })
    await addTestAnswer(test.db, calm, {
      markdown: '## Start\n\n- **small** [1]\n- and [slowly](https://x.example)',
    })
    const waiting = await addTestChat(test.db, bot, 'waiting')
    await addTestAnswer(test.db, waiting, { markdown: 'Hello.', state: 'failed' })
    await addTestQuestion(test.db, waiting, { text: 'Are you there?' })
    await recordUpdates(test.db, refOf(bot), [
      buildUpdate({ channel: 'web', chatKey: 'waiting', text: 'Hello?' }),
      buildUpdate({ channel: 'web', chatKey: 'waiting', text: 'Hello??' }),
    ])
    const taken = await addTestChat(test.db, bot, 'taken')
    await addTestAnswer(test.db, taken, { markdown: 'Perhaps.', state: 'doubtful' })
    await test.db
      .updateTable('chat')
      .set({ takeover_until: new Date(Date.now() + 60_000), blocked_at: new Date() })
      .where('id', '=', taken.id)
      .execute()

    const items = await listAll(bot, 10)
    const of = (chatKey: string) => items.find((chat) => chat.chatKey === chatKey)
    const onlyTaken = await within(bot.creatorId, (trx) =>
      listChats(trx, refOf(bot), { limit: 10, state: 'taken_over' }),
    )

    expect(of('calm')).toMatchObject({
      lastLine: { text: 'Start small and slowly', from: 'bot' },
      waitingCount: 0,
      trouble: undefined,
      takeover: undefined,
      isBlocked: false,
    })
    expect(of('waiting')).toMatchObject({
      lastLine: { text: 'Are you there?', from: 'subscriber' },
      waitingCount: 3,
      trouble: 'failed',
    })
    expect(of('taken')).toMatchObject({ trouble: 'doubtful', isBlocked: true })
    expect(onlyTaken.items.map(({ id }) => id)).toEqual([taken.id])
  })

  it('shows nothing of another Creator, whatever is asked for', async () => {
    const [mine, theirs] = [await addTestBot(test.db), await addTestBot(test.db)]
    await fill(theirs, 5)

    const asked = { creatorId: theirs.creatorId, botId: theirs.id }

    expect((await within(mine.creatorId, (trx) => listChats(trx, asked, { limit: 10 }))).items).toEqual([])
    expect((await within(mine.creatorId, (trx) => searchChats(trx, asked, 'Person'))).hits).toEqual([])
  })

  it('refuses a cursor that is not ours', async () => {
    const bot = await addTestBot(test.db)
    const forged = ['', 'x', Buffer.from('["2026-13-45 99:99:99","x"]').toString('base64url')]
    for (const cursor of forged) {
      await expect(
        within(bot.creatorId, (trx) => listChats(trx, refOf(bot), { limit: 10, cursor })),
      ).rejects.toMatchObject({ code: 'request.malformed' })
    }
  })
})

describe('searchChats', () => {
  it('finds people by name and number, and words in what was said, whatever their case', async () => {
    const bot = await addTestBot(test.db)
    await fill(bot, 40)
    const chat = await addTestChat(test.db, bot, 'web-visitor-77')
    await addTestQuestion(test.db, chat, { text: 'My DAUGHTER wakes at 50% of the night_time \\ early' })
    await addTestAnswer(test.db, chat, { markdown: 'Then begin earlier.' })
    const find = (query: string) => within(bot.creatorId, (trx) => searchChats(trx, refOf(bot), query))

    expect((await find('person 17')).hits.map(({ chat: hit }) => hit.subscriberName)).toEqual(['Person 17'])
    expect((await find('+49 1510 000 017')).hits.map(({ chat: hit }) => hit.subscriberName)).toEqual([
      'Person 17',
    ])
    expect((await find('VISITOR-77')).hits.map(({ chat: hit }) => hit.id)).toEqual([chat.id])
    for (const words of ['daughter', '50%', 'night_time', '\\ early']) {
      const { hits } = await find(words)
      expect(hits.map(({ chat: hit }) => hit.id)).toEqual([chat.id])
      expect(hits[0]?.message?.words.toLowerCase()).toBe(words)
    }
    expect((await find('zebra')).hits).toEqual([])
    expect((await find('x')).hits).toEqual([])
    expect((await find("'; DROP TABLE chat; --")).hits).toEqual([])
  })

  it('looks through a bounded part of a long history, in a bounded time', async () => {
    const bot = await addTestBot(test.db)
    await fill(bot, 400, 100)
    const startedMs = performance.now()

    const { hits, isPartial } = await within(bot.creatorId, (trx) =>
      searchChats(trx, refOf(bot), 'about sleep'),
    )

    expect(hits.length).toBeGreaterThan(0)
    expect(hits.length).toBeLessThanOrEqual(30)
    expect(isPartial).toBe(true)
    expect(performance.now() - startedMs).toBeLessThan(3_500)
    const after = await within(bot.creatorId, async (trx) => {
      await searchChats(trx, refOf(bot), 'about sleep')
      return sql<{ statement_timeout: string }>`SHOW statement_timeout`.execute(trx)
    })
    expect(after.rows[0]?.statement_timeout).toBe('0')
  })
})

describe('toLine', () => {
  it.each([
    ['**bold** and `code`', 'bold and code'],
    ['# Title\n\n> quoted\n\n1. one\n2. two', 'Title quoted one two'],
    ['See [this](https://x.example) [2]', 'See this'],
    ['2 * 3 - 1', '2 * 3 - 1'],
  ])('reads %j as %j', (markdown, line) => {
    expect(toLine(markdown)).toBe(line)
  })
})
