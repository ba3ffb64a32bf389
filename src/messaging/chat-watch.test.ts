import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Db } from '../db/database.ts'
import { createLogger } from '../logger.ts'
import { addTestBot } from '../testing/builders/bot.ts'
import { buildUpdate } from '../testing/builders/update.ts'
import { openTestDatabase, type TestDatabase } from '../testing/database.ts'
import { addChat } from './chat.ts'
import { type ChatNews, createChatWatch } from './chat-watch.ts'
import { type ChatAddress, recordUpdates } from './inbox.ts'

const log = createLogger('silent')
let test: TestDatabase
let owner: { creatorId: string; botId: string }

beforeAll(async () => {
  test = await openTestDatabase()
  const bot = await addTestBot(test.db)
  owner = { creatorId: bot.creatorId, botId: bot.id }
})
afterAll(() => test[Symbol.asyncDispose]())

describe('watching Chats', () => {
  it('tells each Chat its own news, all of them in one statement a look', async () => {
    const [first, second] = [await openChat('1'), await openChat('2')]
    let looks = 0
    const watch = createChatWatch(
      countStatements(test.db, () => looks++),
      log,
    )
    const heard = { first: [] as ChatNews[], second: [] as ChatNews[] }
    const ends = [
      watch({ ...first, hear: (news) => heard.first.push(news) }),
      watch({ ...second, hear: (news) => heard.second.push(news) }),
    ]
    await vi.waitUntil(() => heard.first.length > 0 && heard.second.length > 0)
    await write('1', 'and one thing more')
    await test.db
      .updateTable('chat')
      .set({ takeover_until: new Date(Date.now() + 60_000) })
      .where('id', '=', second.chatId)
      .execute()
    await vi.waitUntil(() => heard.first.at(-1)?.newcomers.length && heard.second.at(-1)?.isTakenOver)
    for (const end of ends) end()

    expect(heard.first[0]).toEqual({ newcomers: [], isTakenOver: false })
    expect(heard.first.at(-1)).toMatchObject({
      newcomers: [{ event: { kind: 'text', text: 'and one thing more' } }],
      isTakenOver: false,
    })
    expect(heard.second.at(-1)).toEqual({ newcomers: [], isTakenOver: true })
    expect(looks).toBeLessThanOrEqual(heard.first.length + 1)
  })

  it('tells nothing any more once the Turn is over', async () => {
    const chat = await openChat('3')
    const watch = createChatWatch(test.db, log)
    const heard = { ended: 0, other: 0 }
    const end = watch({ ...chat, hear: () => heard.ended++ })
    end()
    const endOther = watch({ ...chat, hear: () => heard.other++ })
    await vi.waitUntil(() => heard.other > 1)
    endOther()

    expect(heard.ended).toBe(0)
  })
})

async function openChat(chatKey: string): Promise<{ chatId: string; afterId: string }> {
  await write(chatKey, 'How do I start?')
  const address: ChatAddress = { botId: owner.botId, channel: 'telegram', chatKey }
  await addChat(test.db, owner, address, buildUpdate().sender)
  const { id } = await test.db
    .selectFrom('chat')
    .select('id')
    .where('chat_key', '=', chatKey)
    .executeTakeFirstOrThrow()
  const open = await test.db
    .selectFrom('inbox')
    .select('id')
    .where('chat_key', '=', chatKey)
    .executeTakeFirstOrThrow()
  return { chatId: id, afterId: open.id }
}

async function write(chatKey: string, text: string): Promise<void> {
  await recordUpdates(test.db, owner, [buildUpdate({ chatKey, text })])
}

function countStatements(db: Db, count: () => void): Db {
  return db.withPlugin({
    transformQuery({ node }) {
      count()
      return node
    },
    transformResult: async ({ result }) => result,
  })
}
