import { describe, expect, it } from 'vitest'
import { addTestBot } from '../testing/builders/bot.ts'
import { buildUpdate } from '../testing/builders/update.ts'
import { openTestDatabase } from '../testing/database.ts'
import type { ChatAddress } from './inbox.ts'
import { createInboxWriter } from './inbox-writer.ts'

describe('createInboxWriter', () => {
  it('stores what many bring at once, each Update once, and tells of each Chat', async () => {
    await using test = await openTestDatabase()
    const bots = [await addTestBot(test.db), await addTestBot(test.db)]
    const told: ChatAddress[] = []
    const writer = createInboxWriter(test.db, (chats) => told.push(...chats))

    await Promise.all(
      Array.from({ length: 300 }, (_, index) => {
        const bot = bots[index % 2]
        if (!bot) throw new Error('no bot')
        const id = String(Math.floor(index / 6))
        return writer.record({ creatorId: bot.creatorId, botId: bot.id }, [
          buildUpdate({ externalId: id, chatKey: id }),
        ])
      }),
    )

    expect(await test.db.selectFrom('inbox').selectAll().execute()).toHaveLength(100)
    expect(told).toHaveLength(100)
  })

  it('keeps what can be stored when a neighbour cannot', async () => {
    await using test = await openTestDatabase()
    const bot = await addTestBot(test.db)
    const owner = { creatorId: bot.creatorId, botId: bot.id }
    const writer = createInboxWriter(test.db, () => {})

    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        writer.record(index === 7 ? { ...owner, botId: 'not a uuid' } : owner, [buildUpdate()]),
      ),
    )

    expect(outcomes.map(({ status }) => status === 'rejected').indexOf(true)).toBe(7)
    expect(await test.db.selectFrom('inbox').selectAll().execute()).toHaveLength(19)
  })
})
