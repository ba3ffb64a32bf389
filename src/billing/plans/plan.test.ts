import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Actor } from '../../accounts/access.ts'
import { addCreatorRows } from '../../testing/builders/creator-rows.ts'
import { addTestSubscription } from '../../testing/builders/money.ts'
import { openTestDatabase, type TestDatabase } from '../../testing/database.ts'
import { createAccessCode, endAccessCode, listAccessCodes } from './access-code.ts'
import { CouponTerms } from './coupon.ts'
import { type BotKey, getPlan, listPlans, MAX_PLANS, PlanTerms, retirePlan, savePlan } from './plan.ts'

let database: TestDatabase
let key: BotKey
let actor: Actor
beforeAll(async () => {
  database = await openTestDatabase()
  const made = await addCreatorRows(database.db, 'plans')
  key = { creatorId: made.creatorId, botId: made.botId }
  actor = actorOf(made.creatorId)
}, 60_000)
afterAll(() => database?.[Symbol.asyncDispose]())
beforeEach(async () => {
  const { db } = database
  for (const table of ['checkout', 'subscription', 'plan'] as const) await db.deleteFrom(table).execute()
})

function actorOf(creatorId: string, role: Actor['role'] = 'editor'): Actor {
  const nobody = { memberId: undefined, apiKeyId: undefined, ip: undefined }
  return { ...nobody, creatorId, name: 'Nell', role, isOperator: false }
}

const termsOf = (draft: object) => PlanTerms.parse({ name: 'Companion', ...draft })
const monthly = (amount: number) => ({ interval: 'month', currency: 'eur', amount })
const save = (draft: object, planId?: string) =>
  savePlan(database.db, actor, {
    ...{ botId: key.botId, terms: termsOf(draft) },
    ...(planId && { planId }),
  })

describe('plans', () => {
  it('keep the price for those who pay it when another takes its place', async () => {
    const { db } = database
    const { planId } = await save({ prices: [monthly(900), { ...monthly(9000), interval: 'year' }] })
    const old = (await getPlan(db, key, planId)).prices.find(({ amount }) => amount === 900)
    const sold = { planId, priceId: old?.id ?? '' }
    await addTestSubscription(db, { id: key.botId, creatorId: key.creatorId }, sold)

    await save({ prices: [monthly(1200), { ...monthly(9000), interval: 'year' }] }, planId)

    const { prices, subscriberCount } = await getPlan(db, key, planId)
    expect(prices.filter(({ retiredAt }) => !retiredAt).map(({ amount }) => amount)).toEqual([1200, 9000])
    expect(prices.filter(({ retiredAt }) => retiredAt)).toMatchObject([
      { id: old?.id, amount: 900, payerCount: 1 },
    ])
    expect(subscriberCount).toBe(1)
    const rows = await db
      .selectFrom('price')
      .select('amount')
      .where('id', '=', old?.id ?? '')
      .execute()
    expect(rows).toEqual([{ amount: '900' }])
  })

  it('change nothing when saved again as they are', async () => {
    const { db } = database
    const draft = { prices: [{ ...monthly(900), trialDays: 7, stars: 450 }] }
    const { planId } = await save(draft)
    const before = await db.selectFrom('price').selectAll().execute()

    await save(draft, planId)

    expect(await db.selectFrom('price').selectAll().execute()).toEqual(before)
  })

  it('are free once, however many are made at the same time', async () => {
    const tries = await Promise.allSettled(
      Array.from({ length: 6 }, (_, n) => save({ name: `Free ${n}`, isFree: true })),
    )

    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const tried of tries.filter(({ status }) => status === 'rejected')) {
      expect(tried).toMatchObject({ reason: { code: 'plan.free_exists' } })
    }
  })

  it('leave the offer, keep who has them, and come back', async () => {
    const { db } = database
    const { planId } = await save({ prices: [monthly(900)] })

    await retirePlan(db, actor, { botId: key.botId, planId })
    expect((await getPlan(db, key, planId)).retiredAt).toBeInstanceOf(Date)
    expect((await db.selectFrom('price').select('retired_at').execute())[0]?.retired_at).not.toBeNull()

    await save({ prices: [monthly(900)] }, planId)
    const again = await getPlan(db, key, planId)
    expect(again.retiredAt).toBeUndefined()
    expect(again.prices).toHaveLength(1)
  })

  it('get keys of their own, and no more than help', async () => {
    await save({ name: 'Élan Plus' })
    await save({ name: 'Elan plus' })
    const plans = await listPlans(database.db, key)
    expect(plans.map(({ key: each }) => each).sort()).toEqual(['elan-plus', 'elan-plus-2'])

    for (let n = plans.length; n < MAX_PLANS; n += 1) await save({ name: `Plan ${n}` })
    await expect(save({ name: 'One more' })).rejects.toMatchObject({ code: 'plan.too_many' })
  })

  it('are nobody else’s, and no viewer’s to change', async () => {
    const { planId } = await save({ prices: [monthly(900)] })
    const other = await addCreatorRows(database.db, `other-${Date.now()}`)
    const stranger = actorOf(other.creatorId)
    const terms = termsOf({})

    for (const botId of [key.botId, other.botId]) {
      await expect(savePlan(database.db, stranger, { botId, planId, terms })).rejects.toMatchObject({
        code: 'plan.not_found',
      })
      await expect(retirePlan(database.db, stranger, { botId, planId })).rejects.toMatchObject({
        code: 'plan.not_found',
      })
      const code = createAccessCode(database.db, stranger, { botId, terms: { planId } })
      await expect(code).rejects.toMatchObject({ code: 'plan.not_found' })
    }
    const viewer = actorOf(key.creatorId, 'viewer')
    await expect(savePlan(database.db, viewer, { botId: key.botId, terms })).rejects.toMatchObject({
      code: 'access.denied',
    })
  })

  it.each([
    ['a free plan with a price', { isFree: true, prices: [monthly(900)] }],
    ['two prices in one place', { prices: [monthly(900), monthly(1200)] }],
    ['thousandths that cannot be paid', { prices: [{ ...monthly(1234), currency: 'kwd' }] }],
    ['an unknown currency', { prices: [{ ...monthly(900), currency: 'xyz' }] }],
    ['nothing', { prices: [monthly(0)] }],
    ['half a question', { allowance: { question: { count: 0.5, per: 'day' } } }],
    ['a kind there is not', { allowance: { poem: { count: 1, per: 'day' } } }],
  ])('do not take %s', (_, draft) => {
    expect(PlanTerms.safeParse({ name: 'Companion', ...draft }).success).toBe(false)
  })
})

describe('codes', () => {
  it('are made so that they cannot be guessed, and end', async () => {
    const { planId } = await save({})
    const made = await createAccessCode(database.db, actor, {
      botId: key.botId,
      terms: { planId, maxUses: 3 },
    })

    expect(made.code).toMatch(/^[A-HJ-NP-Z2-9]{4}-[A-HJ-NP-Z2-9]{4}-[A-HJ-NP-Z2-9]{2}$/)
    expect(made).toMatchObject({ isOver: false, usedCount: 0, maxUses: 3 })
    await endAccessCode(database.db, actor, { botId: key.botId, codeId: made.id })
    expect((await listAccessCodes(database.db, key)).find(({ id }) => id === made.id)?.isOver).toBe(true)
  })

  it.each([
    ['neither share nor amount', {}],
    ['both', { percentOff: 10, amountOff: 100, currency: 'eur' }],
    ['an amount of no currency', { amountOff: 100 }],
    ['months that are not said', { percentOff: 10, duration: 'repeating' }],
    ['more than all', { percentOff: 101 }],
  ])('take off no %s', (_, draft) => {
    expect(CouponTerms.safeParse({ code: 'SPRING', ...draft }).success).toBe(false)
  })
})
