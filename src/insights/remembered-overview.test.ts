import { expect, it } from 'vitest'
import { addTestBot } from '../testing/builders/bot.ts'
import { addTestUsage } from '../testing/builders/usage.ts'
import { openTestDatabase } from '../testing/database.ts'
import type { OverviewQuery } from './overview.ts'
import { createOverviewReader } from './remembered-overview.ts'

it('counts a bot with very many questions once in a while, and any other each time', async () => {
  await using test = await openTestDatabase()
  const { db } = test
  const read = createOverviewReader()
  const queryOf = ({ id, creatorId }: { id: string; creatorId: string }): OverviewQuery => ({
    ...{ creatorId, botId: id, days: 90, timeZone: 'UTC', now: new Date() },
  })
  const [busy, quiet] = [await addTestBot(db), await addTestBot(db)]
  await addTestUsage(db, busy, { people: 150 })
  await addTestUsage(db, quiet, { people: 3 })
  const before = await read(db, queryOf(busy))
  expect(before.total.questions).toBeGreaterThan(5_000)
  expect((await read(db, queryOf(quiet))).total.questions).toBeGreaterThan(0)

  await db.deleteFrom('usage').execute()

  expect(await read(db, queryOf(busy))).toBe(before)
  expect((await read(db, queryOf(quiet))).total.questions).toBe(0)
  // Another zone is another question, and another Creator's bot is never the same one.
  expect((await read(db, { ...queryOf(busy), timeZone: 'Asia/Tokyo' })).total.questions).toBe(0)
  expect((await read(db, { ...queryOf(busy), creatorId: quiet.creatorId })).total.questions).toBe(0)
})
