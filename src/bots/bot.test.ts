import { describe, expect, it } from 'vitest'
import { addTestBot } from '../testing/builders/bot.ts'
import { openTestDatabase } from '../testing/database.ts'
import { findBotBySlug, getBot, listBots } from './bot.ts'

describe('the bots of an installation', () => {
  it('are found by slug and by id, with their settings read', async () => {
    await using test = await openTestDatabase()
    const bot = await addTestBot(test.db, { slug: 'doorstep' })

    expect(await findBotBySlug(test.db, 'doorstep')).toEqual(bot)
    expect(await findBotBySlug(test.db, 'other')).toBeUndefined()
    expect(await getBot(test.db, { botId: bot.id })).toEqual(bot)
  })

  it("stay behind their Creator's wall", async () => {
    await using test = await openTestDatabase()
    const mine = await addTestBot(test.db, { slug: 'b-mine' })
    const theirs = await addTestBot(test.db, { slug: 'a-theirs' })

    await expect(getBot(test.db, { botId: theirs.id, creatorId: mine.creatorId })).rejects.toMatchObject({
      code: 'bot.not_found',
    })
    expect(await listBots(test.db, { creatorId: mine.creatorId })).toEqual([mine])
    expect(await listBots(test.db)).toEqual([theirs, mine])
  })
})
