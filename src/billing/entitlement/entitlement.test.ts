import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Bot } from '../../bots/bot-settings.ts'
import type { Db } from '../../db/database.ts'
import { addTestBot, buildBotSettings } from '../../testing/builders/bot.ts'
import {
  addTestPlan,
  addTestPrice,
  addTestSubscriber,
  addTestSubscription,
} from '../../testing/builders/plan.ts'
import { openTestDatabase } from '../../testing/database.ts'
import { giveChargesBack } from './charge.ts'
import type { EntitlementRequest } from './decision.ts'
import { createEntitlement } from './entitlement.ts'

type Person = Awaited<ReturnType<typeof addTestSubscriber>>

const NOON = new Date('2026-11-21T12:00:00Z')
const DAY_MS = 86_400_000
const later = (days: number) => new Date(NOON.getTime() + days * DAY_MS)

let test: Awaited<ReturnType<typeof openTestDatabase>>
let db: Db
let nextInboxId = 1

beforeAll(async () => {
  test = await openTestDatabase()
  db = test.db
})
afterAll(() => test[Symbol.asyncDispose]())

const ask = (person: Person, more: Partial<EntitlementRequest> = {}) =>
  createEntitlement({ db }).mayDo({
    botId: person.botId,
    creatorId: person.creatorId,
    subscriberId: person.subscriberId,
    chatId: person.id,
    kind: 'question',
    inboxId: String(nextInboxId++),
    now: NOON,
    ...more,
  })

async function addBot(
  free?: { count: number; per: 'day' | 'month' | 'lifetime' },
  settings = buildBotSettings(),
): Promise<{ bot: Bot; person: Person }> {
  const bot = await addTestBot(db, { settings })
  if (free) await addTestPlan(db, bot, { name: 'Free', isFree: true, allowance: { question: free } })
  return { bot, person: await addTestSubscriber(db, bot) }
}

describe('a free allowance', () => {
  it('lets one of 1,000 at once pass where 1 is left', async () => {
    const { person } = await addBot({ count: 5, per: 'day' })
    for (let at = 0; at < 4; at++) expect(await ask(person)).toMatchObject({ isAllowed: true, left: 4 - at })

    const decisions = await Promise.all(Array.from({ length: 1_000 }, () => ask(person)))

    expect(decisions.filter(({ isAllowed }) => isAllowed)).toEqual([
      expect.objectContaining({ source: 'allowance', left: 0 }),
    ])
    const row = await db
      .selectFrom('allowance')
      .select('used')
      .where('subscriber_id', '=', person.subscriberId)
      .executeTakeFirst()
    expect(row?.used).toBe(5)
  })

  it('lets one of many pass that begin it at once, and 3 more of what was bought on top', async () => {
    const { person } = await addBot({ count: 1, per: 'month' })
    await addTopup(person, 3)

    const decisions = await Promise.all(Array.from({ length: 200 }, () => ask(person)))

    const sources = decisions.flatMap((decision) => (decision.isAllowed ? [decision.source] : []))
    expect(sources.sort()).toEqual(['allowance', 'topup', 'topup', 'topup'])
  })

  it('charges an Update once, however often and however many at once ask for it', async () => {
    const { person } = await addBot({ count: 2, per: 'lifetime' })
    const inboxId = String(nextInboxId++)

    const decisions = await Promise.all(Array.from({ length: 50 }, () => ask(person, { inboxId })))

    expect(decisions.every(({ isAllowed }) => isAllowed)).toBe(true)
    expect(await ask(person)).toMatchObject({ isAllowed: true, left: 0 })
    expect(await ask(person, { inboxId })).toMatchObject({ isAllowed: true, source: 'allowance' })
    expect(await ask(person)).toMatchObject({ isAllowed: false })
  })

  it.each([
    ['day', '2026-11-22T00:00:00.000Z'],
    ['month', '2026-12-01T00:00:00.000Z'],
  ] as const)('begins anew with the %s, in UTC where the bot has no time zone', async (per, resetsAt) => {
    const { person } = await addBot({ count: 1, per })
    await ask(person)

    const decision = await ask(person)

    expect(decision).toMatchObject({
      isAllowed: false,
      reason: 'allowance_used',
      allowance: { count: 1, per },
    })
    expect(decision.isAllowed ? undefined : decision.resetsAt?.toISOString()).toBe(resetsAt)
    expect(await ask(person, { now: new Date(Date.parse(resetsAt) - 1) })).toMatchObject({ isAllowed: false })
    expect(await ask(person, { now: new Date(resetsAt) })).toMatchObject({ isAllowed: true })
  })

  it.each([
    // 23 hours: the clocks go forward that night.
    ['Europe/Berlin', '2026-03-29T01:30:00Z', '2026-03-29T22:00:00.000Z'],
    ['America/New_York', '2026-11-21T03:00:00Z', '2026-11-21T05:00:00.000Z'],
    ['Pacific/Auckland', '2026-11-21T12:00:00Z', '2026-11-22T11:00:00.000Z'],
  ])('has the days of %s', async (time_zone, now, resetsAt) => {
    const settings = buildBotSettings({ quiet_hours: { from: '22:00', to: '07:00', time_zone } })
    const { person } = await addBot({ count: 1, per: 'day' }, settings)
    await ask(person, { now: new Date(now) })

    const decision = await ask(person, { now: new Date(now) })

    expect(decision.isAllowed ? undefined : decision.resetsAt?.toISOString()).toBe(resetsAt)
    expect(await ask(person, { now: new Date(Date.parse(resetsAt) - 1_000) })).toMatchObject({
      isAllowed: false,
    })
    expect(await ask(person, { now: new Date(Date.parse(resetsAt)) })).toMatchObject({ isAllowed: true })
  })

  it('of a lifetime never begins anew', async () => {
    const { person } = await addBot({ count: 1, per: 'lifetime' })
    await ask(person)

    expect(await ask(person, { now: later(4_000) })).not.toHaveProperty('resetsAt')
  })

  it('counts each kind by itself, and one it does not name as a question', async () => {
    const bot = await addTestBot(db)
    const allowance = { question: { count: 1, per: 'day' }, voice: { count: 1, per: 'day' } } as const
    await addTestPlan(db, bot, { isFree: true, allowance })
    const person = await addTestSubscriber(db, bot)

    expect(await ask(person)).toMatchObject({ isAllowed: true })
    expect(await ask(person, { kind: 'voice' })).toMatchObject({ isAllowed: true })
    expect(await ask(person, { kind: 'voice' })).toMatchObject({ isAllowed: false })
    expect(await ask(person, { kind: 'media' })).toMatchObject({ isAllowed: false })
    await addTopup(person, 1)
    expect(await ask(person, { kind: 'voice' })).toMatchObject({ isAllowed: false })
    expect(await ask(person, { kind: 'media' })).toMatchObject({ isAllowed: true, source: 'topup' })
  })

  it('that names no questions limits neither them nor what carries them', async () => {
    const bot = await addTestBot(db)
    await addTestPlan(db, bot, { isFree: true, allowance: { media: { count: 1, per: 'day' } } })
    const person = await addTestSubscriber(db, bot)

    for (const kind of ['question', 'voice', 'media', 'question', 'voice'] as const) {
      expect(await ask(person, { kind })).toMatchObject({ isAllowed: true })
    }
    expect(await ask(person, { kind: 'media' })).toMatchObject({ isAllowed: false })
  })

  it('is one over all channels of a person, and each person has their own', async () => {
    const { bot, person } = await addBot({ count: 1, per: 'day' })
    const other = await addTestSubscriber(db, bot)
    await ask(person)

    expect(await ask({ ...person, id: other.id })).toMatchObject({ isAllowed: false })
    expect(await ask(other)).toMatchObject({ isAllowed: true })
  })

  it('gets back what an answer that failed was charged, once', async () => {
    const { person } = await addBot({ count: 1, per: 'day' })
    await addTopup(person, 1)
    const [first, second] = [String(nextInboxId++), String(nextInboxId++)]
    await ask(person, { inboxId: first })
    expect(await ask(person, { inboxId: second })).toMatchObject({ source: 'topup', left: 0 })
    expect(await ask(person)).toMatchObject({ isAllowed: false })

    await giveChargesBack(db, [first, second])
    await giveChargesBack(db, [first, second])

    expect(await ask(person)).toMatchObject({ source: 'allowance', left: 0 })
    expect(await ask(person)).toMatchObject({ source: 'topup', left: 0 })
    expect(await ask(person)).toMatchObject({ isAllowed: false })
  })
})

describe('what was paid for', () => {
  it.each([
    ['active', {}, true],
    ['trialing', {}, true],
    ['past_due', { graceUntil: later(1) }, true],
    ['past_due', { graceUntil: later(-1) }, 'payment_failed'],
    ['past_due', {}, 'payment_failed'],
    ['unpaid', {}, 'payment_failed'],
    ['active', { blockedAt: NOON }, 'refunded'],
    ['past_due', { graceUntil: later(1), blockedAt: NOON }, 'refunded'],
    ['canceled', { periodEnd: later(5) }, 'ended'],
    ['paused', {}, 'ended'],
    ['incomplete', {}, 'allowance_used'],
    ['incomplete_expired', {}, 'allowance_used'],
    ['a_word_of_tomorrow', {}, 'ended'],
    ['active', { source: 'stars', periodEnd: later(1) }, true],
    ['active', { source: 'stars', periodEnd: later(-1) }, 'ended'],
  ] as const)('gives access as its state says: %s %j', async (status, more, outcome) => {
    const { bot, person } = await addBot({ count: 1, per: 'lifetime' })
    const plan = await addTestPlan(db, bot)
    await ask(person)

    await addTestSubscription(db, person, { planId: plan.id, status, ...more })

    expect(await ask(person)).toMatchObject(
      outcome === true
        ? { isAllowed: true, source: 'plan', planKey: plan.key }
        : { isAllowed: false, reason: outcome },
    )
  })

  it('has the allowance of its plan, apart from the free one', async () => {
    const { bot, person } = await addBot({ count: 1, per: 'day' })
    const plan = await addTestPlan(db, bot, { allowance: { question: { count: 2, per: 'day' } } })
    await ask(person)
    await addTestSubscription(db, person, { planId: plan.id })

    expect(await ask(person)).toMatchObject({ source: 'allowance', planKey: plan.key, left: 1 })
    expect(await ask(person)).toMatchObject({ source: 'allowance', planKey: plan.key, left: 0 })
    expect(await ask(person)).toMatchObject({ isAllowed: false, reason: 'allowance_used' })
  })

  it('counts with the plan that serves best, and goes on when that plan is no longer sold', async () => {
    const { bot, person } = await addBot({ count: 1, per: 'day' })
    const small = await addTestPlan(db, bot, {
      allowance: { question: { count: 1, per: 'day' } },
      position: 9,
    })
    const large = await addTestPlan(db, bot, { name: 'Large' })
    for (const { id: planId } of [small, large]) await addTestSubscription(db, person, { planId })
    await db.updateTable('plan').set({ retired_at: NOON }).where('id', '=', large.id).execute()

    expect(await ask(person)).toMatchObject({ source: 'plan', planKey: large.key })
  })

  it('of one bot is worth nothing at another', async () => {
    const [here, there] = [await addBot({ count: 1, per: 'lifetime' }), await addBot()]
    const plan = await addTestPlan(db, there.bot)
    await addTestSubscription(
      db,
      { ...there.person, subscriberId: here.person.subscriberId },
      { planId: plan.id },
    )
    await ask(here.person)

    expect(await ask(here.person)).toMatchObject({ isAllowed: false })
  })

  it('may be granted for some days', async () => {
    const { bot, person } = await addBot({ count: 0, per: 'day' })
    const plan = await addTestPlan(db, bot)
    await db
      .insertInto('access_grant')
      .values({
        creator_id: bot.creatorId,
        bot_id: bot.id,
        subscriber_id: person.subscriberId,
        plan_id: plan.id,
        access_code_id: null,
        expires_at: later(30),
      })
      .execute()

    expect(await ask(person, { now: later(29) })).toMatchObject({ source: 'grant', planKey: plan.key })
    expect(await ask(person, { now: later(30) })).toMatchObject({ isAllowed: false })
  })
})

describe('who may not', () => {
  it('hears what can be bought: what is sold now, in order, a trial for the first time only', async () => {
    const { bot, person } = await addBot({ count: 0, per: 'day' })
    const owner = { creatorId: bot.creatorId }
    const second = await addTestPlan(db, bot, { name: 'Second', position: 2 })
    const first = await addTestPlan(db, bot, { name: 'First', position: 1 })
    const yearly = await addTestPrice(
      db,
      { ...first, ...owner },
      { interval: 'year', amount: 9_000, trialDays: 7 },
    )
    const monthly = await addTestPrice(db, { ...first, ...owner }, { stars: 450 })
    const dear = await addTestPrice(db, { ...second, ...owner }, { amount: 5_000, currency: 'jpy' })
    const gone = await addTestPrice(db, { ...first, ...owner })
    await db.updateTable('price').set({ retired_at: NOON }).where('id', '=', gone).execute()

    const offers = async () => {
      const decision = await ask(person)
      return decision.isAllowed ? [] : decision.offers
    }

    expect(await offers()).toEqual([
      {
        priceId: monthly,
        planName: 'First',
        interval: 'month',
        amount: 900,
        currency: 'eur',
        stars: 450,
        trialDays: 0,
      },
      { priceId: yearly, planName: 'First', interval: 'year', amount: 9_000, currency: 'eur', trialDays: 7 },
      { priceId: dear, planName: 'Second', interval: 'month', amount: 5_000, currency: 'jpy', trialDays: 0 },
    ])
    await addTestSubscription(db, person, { planId: first.id, status: 'canceled' })
    expect((await offers()).map(({ trialDays }) => trialDays)).toEqual([0, 0, 0])
  })

  it('has no free plan at all where a bot only sells', async () => {
    const { bot, person } = await addBot()
    await addTestPlan(db, bot)

    expect(await ask(person)).toEqual({ isAllowed: false, reason: 'allowance_used', left: 0, offers: [] })
  })
})

describe('a bot without plans', () => {
  it('lets everyone do everything, and the database is asked once', async () => {
    const { person } = await addBot()
    let asked = 0
    const counting = db.withPlugin({
      transformQuery: ({ node }) => {
        asked++
        return node
      },
      transformResult: async ({ result }) => result,
    })
    const entitlement = createEntitlement({ db: counting })
    const request = { ...person, chatId: person.id, kind: 'question' as const, inboxId: '1' }

    for (let at = 0; at < 100; at++) {
      expect(await entitlement.mayDo(request)).toEqual({ isAllowed: true, source: 'unlimited' })
    }

    expect(asked).toBe(1)
  })
})

async function addTopup(person: Person, left_count: number): Promise<void> {
  await db
    .insertInto('topup')
    .values({
      subscriber_id: person.subscriberId,
      bot_id: person.botId,
      creator_id: person.creatorId,
      kind: 'question',
      left_count,
    })
    .execute()
}
