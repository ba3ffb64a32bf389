import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ApiCaller, openApiCaller } from '../../testing/api/caller.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { addTestPayment, addTestSubscription } from '../../testing/builders/money.ts'
import { signUpTester } from '../../testing/signed-in.ts'

describe('money by the API', () => {
  let app: TestApp
  let api: ApiCaller
  let base: string
  beforeAll(async () => {
    app = await startTestApp()
    api = await openApiCaller(app, app.bot.creatorId)
    base = `/bots/${app.bot.id}`
  }, 120_000)
  afterAll(() => app?.[Symbol.asyncDispose]())

  const price = { interval: 'month', currency: 'eur', amount: 900 }

  it('makes plans, gives them other prices, and takes them off the offer', async () => {
    const terms = { name: 'Companion', allowance: { voice: { count: 3, per: 'month' } }, prices: [price] }
    const made = await api.call('POST', `${base}/plans`, { key: 'companion', terms })
    expect(made.status).toBe(201)
    expect(made.json.data).toMatchObject({
      ...{ key: 'companion', isFree: false, allowance: { voice: { count: 3, per: 'month' } } },
      prices: [{ ...price, trialDays: 0, stars: null, mirror: 'waiting', retiredAt: null }],
    })
    const { id } = made.json.data as { id: string }

    const changed = await api.call('PUT', `${base}/plans/${id}`, {
      terms: { ...terms, prices: [{ ...price, amount: 1200 }] },
    })
    expect(changed.json.data).toMatchObject({ prices: [{ amount: 1200 }] })
    expect((await api.call('POST', `${base}/plans`, { key: 'companion', terms })).json.error?.code).toBe(
      'plan.key_taken',
    )
    expect((await api.call('DELETE', `${base}/plans/${id}`)).json.data).toMatchObject({
      ...{ prices: [], retiredAt: expect.any(String) },
    })
  })

  it.each([
    [{ name: 'x', isFree: true, prices: [price] }],
    [{ name: 'x', prices: [{ ...price, amount: 9.5 }] }],
    [{ name: 'x', prices: [{ ...price, currency: 'EUR' }] }],
    [{ name: 'x', colour: 'red' }],
  ])('refuses %j', async (terms) => {
    const { status, json } = await api.call('POST', `${base}/plans`, { terms })

    expect([status, json.error?.code]).toEqual([422, 'request.invalid'])
  })

  it('makes and ends codes', async () => {
    const plan = await api.call('POST', `${base}/plans`, { terms: { name: 'Class' } })
    const { id: planId } = plan.json.data as { id: string }
    const expiresAt = '2031-05-01T12:00:00.000Z'

    const code = await api.call('POST', `${base}/access-codes`, { planId, code: 'spring-31', expiresAt })
    expect(code.status).toBe(201)
    expect(code.json.data).toMatchObject({ code: 'SPRING-31', expiresAt, isOver: false, days: null })
    const { id: codeId } = code.json.data as { id: string }
    expect((await api.call('DELETE', `${base}/access-codes/${codeId}`)).status).toBe(200)
    expect((await api.call('GET', `${base}/access-codes`)).json.data).toMatchObject({
      items: [{ code: 'SPRING-31', isOver: true }],
    })

    const coupon = await api.call('POST', `${base}/coupons`, { code: 'ten', percentOff: 10, expiresAt })
    expect(coupon.json.data).toMatchObject({ code: 'TEN', percentOff: 10, amountOff: null, expiresAt })
    const { id: couponId } = coupon.json.data as { id: string }
    expect((await api.call('DELETE', `${base}/coupons/${couponId}`)).status).toBe(200)
  })

  it('shows what is earned and from whom', async () => {
    const { db } = app.app.installation
    const sold = await db
      .selectFrom('price')
      .select(['id as priceId', 'plan_id as planId'])
      .executeTakeFirstOrThrow()
    const id = await addTestSubscription(db, app.bot, sold, { email: 'ada@example.org' })
    await addTestPayment(db, app.bot, { subscription_id: id, amount: 1900, fee: 80 })

    const money = await api.call('GET', `${base}/money?timeZone=Asia/Kathmandu`)
    expect(money.json.data).toMatchObject({ paying: 1, lost: 1, currencies: [{ currency: 'eur' }] })
    const payers = await api.call('GET', `${base}/subscriptions?show=lost`)
    expect(payers.json.data).toMatchObject({
      items: [
        { id, email: 'ada@example.org', subscriberId: null, paid: [{ amount: 1900, currency: 'eur' }] },
      ],
      nextCursor: null,
    })
  })

  it('asks for its own scopes, and is nobody else’s', async () => {
    const reader = await openApiCaller(app, app.bot.creatorId, ['billing:read'])
    expect((await reader.call('GET', `${base}/plans`)).status).toBe(200)
    expect((await reader.call('POST', `${base}/plans`, { terms: { name: 'x' } })).status).toBe(403)
    const { creatorId } = await signUpTester(app, { creatorId: 'new' })
    const stranger = await openApiCaller(app, creatorId)
    for (const path of ['plans', 'coupons', 'access-codes', 'money', 'subscriptions'])
      expect((await stranger.call('GET', `${base}/${path}`)).status).toBe(404)
  })
})
