import { sql } from 'kysely'
import { describe, expect, it, vi } from 'vitest'
import { createLogger } from '../logger.ts'
import { addTestBot } from '../testing/builders/bot.ts'
import { addTestChat } from '../testing/builders/conversation.ts'
import { openTestDatabase, type TestDatabase } from '../testing/database.ts'
import { announceChange, announceMessage, openChatFeed, publishDraft } from './chat-feed.ts'

const log = createLogger('silent')

async function isListening({ db }: TestDatabase): Promise<boolean> {
  const { rows } = await sql`
    SELECT 1 FROM pg_stat_activity WHERE datname = current_database()
      AND application_name = 'cornerman-chat-feed' AND state = 'idle' AND query LIKE 'LISTEN%'
  `.execute(db)
  return rows.length > 0
}

describe('openChatFeed', () => {
  it('tells the subscribers of a Chat, and no one else, of its changes', async () => {
    await using test = await openTestDatabase()
    const bot = await addTestBot(test.db)
    const [chat, other] = [await addTestChat(test.db, bot), await addTestChat(test.db, bot)]
    await using feed = openChatFeed(test.url, log)
    await vi.waitUntil(() => isListening(test))
    const [heard, heardOther] = [vi.fn(), vi.fn()]
    feed.subscribe(chat, heard)
    feed.subscribe(other, heardOther)

    await announceChange(test.db, chat)
    await publishDraft(test.db, chat, 'So')
    await announceMessage(test.db, chat)

    await vi.waitFor(() => expect(heard).toHaveBeenCalledTimes(3))
    expect(heardOther).not.toHaveBeenCalled()
  })

  it('calls no one who has left', async () => {
    await using test = await openTestDatabase()
    const chat = await addTestChat(test.db, await addTestBot(test.db))
    await using feed = openChatFeed(test.url, log)
    await vi.waitUntil(() => isListening(test))
    const [left, stayed] = [vi.fn(), vi.fn()]
    const leave = feed.subscribe(chat, left)
    feed.subscribe(chat, stayed)
    leave()

    await announceChange(test.db, chat)

    await vi.waitFor(() => expect(stayed).toHaveBeenCalledTimes(1))
    expect(left).not.toHaveBeenCalled()
  })

  it('calls everyone after its connection was cut, and hears again', async () => {
    await using test = await openTestDatabase()
    const chat = await addTestChat(test.db, await addTestBot(test.db))
    await using feed = openChatFeed(test.url, log)
    await vi.waitUntil(() => isListening(test))
    const heard = vi.fn()
    feed.subscribe(chat, heard)

    await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'cornerman-chat-feed'`.execute(test.db)
    await vi.waitFor(() => expect(heard).toHaveBeenCalledTimes(1), { timeout: 5_000 })
    await announceChange(test.db, chat)

    await vi.waitFor(() => expect(heard).toHaveBeenCalledTimes(2))
  })

  it('waits for a database that is away, and closes all the same', async () => {
    const feed = openChatFeed('postgres://127.0.0.1:1/none', log)

    await expect(feed[Symbol.asyncDispose]()).resolves.toBeUndefined()
  })
})

describe('publishDraft', () => {
  it('keeps the newest text, and the Message ends it', async () => {
    await using test = await openTestDatabase()
    const chat = await addTestChat(test.db, await addTestBot(test.db))
    const readDrafts = () => test.db.selectFrom('draft').select('markdown').execute()

    await publishDraft(test.db, chat, 'So')
    await publishDraft(test.db, chat, 'So be\0 it')
    const written = await readDrafts()
    await announceMessage(test.db, chat)

    expect(written).toEqual([{ markdown: 'So be it' }])
    expect(await readDrafts()).toEqual([])
  })

  it('writes nothing for a Chat that is not there', async () => {
    await using test = await openTestDatabase()
    const bot = await addTestBot(test.db)

    await publishDraft(test.db, { botId: bot.id, channel: 'web', chatKey: 'gone' }, 'So')

    expect(await test.db.selectFrom('draft').selectAll().execute()).toEqual([])
  })
})
