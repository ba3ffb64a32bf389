import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AppError } from '../../errors.ts'
import { addCreatorRows } from '../../testing/builders/creator-rows.ts'
import { addTestPrice } from '../../testing/builders/money.ts'
import { openTestDatabase, type TestDatabase } from '../../testing/database.ts'
import { startStripeStandIn } from '../../testing/stripe/stand-in.ts'
import { createStripeProvider } from '../stripe/stripe.ts'
import { listBotsToMirror, mirrorBot } from './mirror.ts'
import { listPlans } from './plan.ts'

describe('mirroring', () => {
  const opened = new AsyncDisposableStack()
  let database: TestDatabase
  let bot: { id: string; creatorId: string }
  beforeAll(async () => {
    database = opened.use(await openTestDatabase())
    const made = await addCreatorRows(database.db, 'mirror')
    bot = { id: made.botId, creatorId: made.creatorId }
    for (const table of ['checkout', 'subscription', 'access_grant', 'access_code', 'plan'] as const)
      await database.db.deleteFrom(table).execute()
  }, 60_000)
  afterAll(() => opened.disposeAsync())

  const priceRow = (id: string) =>
    database.db.selectFrom('price').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

  it('takes each price and coupon to Stripe once, whoever does it at the same time', async () => {
    await using stripe = await startStripeStandIn()
    const { db } = database
    const payments = createStripeProvider({
      ...{ secretKey: `sk_test_${'k'.repeat(24)}`, webhookSecret: `whsec_${'w'.repeat(24)}` },
      apiRoot: stripe.url,
    })
    const { priceId } = await addTestPrice(db, bot, { interval: 'year', amount: 9900, currency: 'chf' })
    expect(await listBotsToMirror(db, 10)).toEqual([bot.id])

    await Promise.all([mirrorBot({ db, payments }, bot.id), mirrorBot({ db, payments }, bot.id)])
    await mirrorBot({ db, payments }, bot.id)

    const row = await priceRow(priceId)
    expect(row.provider_price_id).toMatch(/^price_/)
    expect(row).toMatchObject({ mirror_error: null })
    const made = stripe.calls.filter(({ method, path }) => method === 'POST' && path === '/v1/prices')
    expect(new Set(made.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1)
    const coupon = await db.selectFrom('coupon').selectAll().executeTakeFirstOrThrow()
    expect(coupon.provider_promotion_code_id).toMatch(/^promo_/)
    expect(await listBotsToMirror(db, 10)).toEqual([])
    expect(stripe.refused.filter(({ path }) => path === '/v1/prices')).toEqual([])
  })

  it('keeps the reason of what fails, and waits longer each time', async () => {
    const { db } = database
    const { priceId } = await addTestPrice(db, bot)
    const refuse = () => Promise.reject(new AppError('payment.refused'))
    const payments = { mirrorPrice: refuse, mirrorCoupon: refuse } as never

    await mirrorBot({ db, payments }, bot.id)

    const first = await priceRow(priceId)
    expect(first).toMatchObject({
      mirror_error: 'payment.refused',
      mirror_attempts: 1,
      provider_price_id: null,
    })
    expect(await listBotsToMirror(db, 10)).toEqual([])
    const waits: number[] = []
    for (let tries = 0; tries < 12; tries += 1) {
      await db.updateTable('price').set({ mirror_not_before: null }).where('id', '=', priceId).execute()
      await mirrorBot({ db, payments }, bot.id)
      const { mirror_not_before } = await priceRow(priceId)
      waits.push(Math.round(((mirror_not_before?.getTime() ?? 0) - Date.now()) / 60_000))
    }
    expect(waits.slice(0, 3)).toEqual([2, 4, 8])
    expect(waits.at(-1)).toBe(360)
    const [plan] = (await listPlans(db, { creatorId: bot.creatorId, botId: bot.id })).filter(({ prices }) =>
      prices.some(({ id }) => id === priceId),
    )
    expect(plan?.prices[0]).toMatchObject({ mirror: 'failing', mirrorError: 'payment.refused' })
  })
})
