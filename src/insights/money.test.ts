import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { addCreatorRows, type CreatorRows } from '../testing/builders/creator-rows.ts'
import { addTestPayment, addTestPrice, addTestSubscription } from '../testing/builders/money.ts'
import { openTestDatabase, type TestDatabase } from '../testing/database.ts'
import { type MoneyFigures, readMoney } from './money.ts'

const NOW = new Date('2026-11-21T12:00:00Z')

let database: TestDatabase
let made: CreatorRows
let bot: { id: string; creatorId: string }
beforeAll(async () => {
  database = await openTestDatabase()
  made = await addCreatorRows(database.db, 'money')
  bot = { id: made.botId, creatorId: made.creatorId }
}, 60_000)
afterAll(() => database?.[Symbol.asyncDispose]())
beforeEach(async () => {
  for (const table of ['payment', 'subscription'] as const) await database.db.deleteFrom(table).execute()
})

const read = (changes: { timeZone?: string; now?: Date } = {}) =>
  readMoney(database.db, {
    ...{ creatorId: bot.creatorId, botId: bot.id, timeZone: 'UTC', now: NOW },
    ...changes,
  })
const sumsOf = (money: MoneyFigures, currency: string) =>
  money.currencies.find((each) => each.currency === currency)?.months ?? []
const monthOf = (money: MoneyFigures, name: string) => money.months.find(({ month }) => month === name)
const sumOf = (money: MoneyFigures, currency: string, name: string) =>
  sumsOf(money, currency)[money.months.findIndex(({ month }) => month === name)]

describe('what comes by itself each month', () => {
  it('is list prices by currency, a twelfth of a yearly one, without trials and what was given back', async () => {
    const [monthly, yearly, yen] = [
      await addTestPrice(database.db, bot, { amount: 900 }),
      await addTestPrice(database.db, bot, { amount: 10_000, interval: 'year' }),
      await addTestPrice(database.db, bot, { amount: 1500, currency: 'jpy' }),
    ]
    const since = { created_at: '2026-10-05T00:00:00Z' }
    await addTestSubscription(database.db, bot, monthly, since)
    await addTestSubscription(database.db, bot, monthly, { ...since, status: 'past_due' })
    await addTestSubscription(database.db, bot, monthly, { ...since, cancels_at: '2026-12-05T00:00:00Z' })
    await addTestSubscription(database.db, bot, yearly, since)
    await addTestSubscription(database.db, bot, yen, since)
    for (const status of ['trialing', 'incomplete', 'unpaid', 'paused', 'incomplete_expired']) {
      await addTestSubscription(database.db, bot, monthly, { ...since, status })
    }
    await addTestSubscription(database.db, bot, monthly, { ...since, blocked_at: '2026-11-01T00:00:00Z' })
    await addTestSubscription(database.db, bot, monthly, {
      ...{ ...since, status: 'canceled', ended_at: '2026-11-03T00:00:00Z' },
    })

    const money = await read()

    // 3 x 9.00 and 100.00 / 12.
    expect(sumsOf(money, 'eur').at(-1)?.mrr).toBe(3 * 900 + 833)
    expect(sumsOf(money, 'jpy').at(-1)?.mrr).toBe(1500)
    expect(money.currencies.map(({ currency }) => currency)).toEqual(['eur', 'jpy'])
    expect(money).toMatchObject({ paying: 5, trialing: 1, leaving: 1, failing: 1 })
    expect(money.topPlans).toMatchObject([
      { planId: monthly.planId, paying: 3, mrr: 2700 },
      { paying: 1 },
      { paying: 1 },
    ])
  })

  it('counts what is paid in Stars by itself', async () => {
    const price = await addTestPrice(database.db, bot, { stars: 450, interval: 'year' })
    await addTestSubscription(database.db, bot, price, {
      source: 'stars',
      created_at: '2026-11-01T00:00:00Z',
    })

    const money = await read()

    expect(money.currencies.map(({ currency }) => currency)).toEqual(['xtr'])
    expect(sumsOf(money, 'xtr').at(-1)?.mrr).toBe(450)
  })
})

describe('who stays', () => {
  it('is counted from the end of a trial, and by month on both sides of midnight', async () => {
    const price = await addTestPrice(database.db, bot)
    const add = (created_at: string, changes = {}) =>
      addTestSubscription(database.db, bot, price, { created_at, ...changes })
    const ended = (ended_at: string) => ({ status: 'canceled', ended_at })
    await add('2026-09-01T00:00:00Z')
    await add('2026-09-30T23:59:59.999Z', ended('2026-10-31T23:59:59.999Z'))
    await add('2026-09-30T23:59:59.999Z', ended('2026-11-01T00:00:00Z'))
    // Begins to pay when the trial is over, on the first of November.
    await add('2026-10-25T00:00:00Z', { trial_end: '2026-11-01T00:00:00Z' })
    // Left within the trial: never paid.
    await add('2026-10-20T00:00:00Z', {
      trial_end: '2026-10-27T00:00:00Z',
      ...ended('2026-10-26T00:00:00Z'),
    })

    const money = await read()

    expect(monthOf(money, '2026-09')).toMatchObject({ atStart: 0, began: 3, ended: 0, atEnd: 3 })
    expect(monthOf(money, '2026-10')).toMatchObject({ atStart: 3, began: 0, ended: 1, atEnd: 2 })
    expect(monthOf(money, '2026-11')).toMatchObject({ atStart: 2, began: 1, ended: 1, atEnd: 2 })
    expect(money.trials).toEqual({ over: 2, kept: 1 })
    expect(money.months).toHaveLength(12)
    expect(sumOf(money, 'eur', '2026-10')?.mrr).toBe(1800)
  })

  it('turns months where the creator lives, and knows months of every length', async () => {
    const price = await addTestPrice(database.db, bot)
    // The first of March in Auckland is still February in UTC.
    await addTestSubscription(database.db, bot, price, { created_at: '2026-02-28T12:00:00Z' })

    const auckland = await read({ timeZone: 'Pacific/Auckland' })
    const utc = await read()

    expect(monthOf(utc, '2026-02')).toMatchObject({ began: 1, atEnd: 1 })
    expect(monthOf(auckland, '2026-02')).toMatchObject({ began: 0, atEnd: 0 })
    expect(monthOf(auckland, '2026-03')).toMatchObject({ began: 1, atEnd: 1 })
    const leap = await read({ now: new Date('2028-02-29T23:59:59Z') })
    expect(leap.months.at(-1)?.month).toBe('2028-02')
    expect(leap.months.at(0)?.month).toBe('2027-03')
  })
})

describe('what came in', () => {
  it('stands in the month it was paid in, with what is given back of it, by currency', async () => {
    const add = (paid_at: string | null, changes = {}) =>
      addTestPayment(database.db, bot, { paid_at, ...changes })
    await add('2026-10-31T23:59:59Z', { amount: 1000, fee: 60 })
    await add('2026-11-01T00:00:00Z', { amount: 2000, fee: 80, state: 'partly_refunded', refunded: 500 })
    await add('2026-11-02T00:00:00Z', { amount: 900, state: 'refunded', refunded: 900 })
    await add('2026-11-03T00:00:00Z', { amount: 700, state: 'disputed' })
    await add('2026-11-04T00:00:00Z', { amount: 4000, currency: 'huf' })
    await add(null, { amount: 9999, state: 'failed' })
    await add('2026-11-05T00:00:00Z', { amount: 9999, state: 'pending' })
    await add('2025-11-30T00:00:00Z', { amount: 9999 })

    const money = await read()

    expect(sumOf(money, 'eur', '2026-10')).toMatchObject({ paid: 1000, refunded: 0, fees: 60 })
    expect(sumOf(money, 'eur', '2026-11')).toMatchObject({ paid: 3600, refunded: 2100, fees: 80 })
    expect(sumOf(money, 'huf', '2026-11')).toMatchObject({ paid: 4000, refunded: 0 })
  })

  it('is nobody else’s', async () => {
    const theirs = await addCreatorRows(database.db, 'other')
    await addTestPayment(database.db, { id: theirs.botId, creatorId: theirs.creatorId })

    expect((await read()).currencies).toEqual([])
  })
})
