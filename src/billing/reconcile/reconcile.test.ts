import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addTestSubscriber } from '../../testing/builders/plan.ts'
import { createRandom } from '../../testing/random.ts'
import { GRACE_DAYS, openPaymentWorld, type PaymentWorld } from '../../testing/stripe/payment-world.ts'
import { eightOf, LIVES } from '../../testing/stripe/subscription-life.ts'
import type { StripeEventObject } from '../../testing/stripe/webhook-post.ts'
import { readState } from '../settle/subscription-row.ts'
import { deriveState, givesAccess, isSameState } from '../settle/subscription-state.ts'
import { createReconcile, isReconcileDue } from './reconcile.ts'

let world: PaymentWorld

beforeAll(async () => {
  world = await openPaymentWorld()
})
afterAll(() => world[Symbol.asyncDispose]())

/** A share of the two hundred that are proven with PAYMENT_RUNS=200. */
const RUNS = Number(process.env.PAYMENT_RUNS ?? 50)
const BATCH = 40

/** What is stored of a subscription beside what Stripe says of it now. */
async function compare(id: string) {
  const reading = await world.payments.findSubscription(id)
  const row = await world.db
    .selectFrom('subscription')
    .selectAll()
    .where('provider_id', '=', id)
    .executeTakeFirst()
  const theirs = reading && deriveState(reading, { graceDays: GRACE_DAYS })
  const mine = row && readState(row)
  const now = new Date()
  return {
    isSame: mine !== undefined && theirs !== undefined && isSameState(mine, theirs),
    access: [mine && givesAccess(mine, now), theirs && givesAccess(theirs, now)],
  }
}

describe(`${RUNS} subscriptions on the database, their events in any order, twice, up to two dropped`, () => {
  it('are, after a reconciliation, what Stripe says', async () => {
    const random = createRandom(11)
    const { bot, priceId } = await world.openShop()
    const names = Object.keys(LIVES)
    const ids: string[] = []
    for (let from = 0; from < RUNS; from += BATCH) {
      const heard: StripeEventObject[] = []
      for (let index = from; index < from + BATCH; index++) {
        const person = await addTestSubscriber(world.db, bot)
        const life = names[index % names.length] ?? ''
        const at = world.stripe.events.length
        const session = world.stripe.life.completeCheckout(await world.follow(person.id, priceId))
        const id = session.subscription ?? ''
        for (const step of LIVES[life]?.steps ?? []) step(world, id)
        const eight = eightOf(life, world.stripe.events.slice(at))
        const dropped = new Set(eight.filter(() => random() < 0.2).slice(0, 2))
        heard.push(...[...eight, ...eight].filter((event) => !dropped.has(event)))
        ids.push(id)
      }
      heard.sort(() => random() - 0.5)
      // In several deliveries, taken up by several workers at once.
      for (let start = 0; start < heard.length; start += 120) {
        await world.hear(heard.slice(start, start + 120))
        await Promise.all([world.settleEvents(), world.settleEvents()])
      }
    }
    const report = await world.reconcile()

    expect(report.failed).toEqual([])
    expect(report.checked).toBeGreaterThanOrEqual(RUNS)
    const compared = []
    for (const id of ids) compared.push(await compare(id))
    expect(compared.filter(({ isSame }) => !isSame)).toEqual([])
    expect(compared.filter(({ access }) => access[0] !== access[1])).toEqual([])
    expect((await world.reconcile()).repaired).toEqual([])
  }, 240_000)
})

describe('a reconciliation', () => {
  // The hundreds above would be read again by each of these.
  beforeAll(async () => {
    await world[Symbol.asyncDispose]()
    world = await openPaymentWorld()
  })

  it('gives access to who paid while no event came at all, and says so', async () => {
    const { bot, person, priceId } = await world.openShop()
    const session = world.stripe.life.completeCheckout(await world.follow(person.id, priceId))
    const report = await world.reconcile()

    expect(await world.subscriptionsOf(person.subscriberId)).toEqual([
      expect.objectContaining({ status: 'active' }),
    ])
    expect(report.repaired).toContainEqual({
      kind: 'subscription',
      objectId: session.subscription,
      details: { before: 'unknown', now: 'active' },
    })
    const repairs = await world.db
      .selectFrom('payment_repair')
      .selectAll()
      .where('creator_id', '=', bot.creatorId)
      .execute()
    expect(repairs.map(({ kind }) => kind)).toContain('subscription')
  })

  it.each(['refund', 'dispute'] as const)('takes access back after a %s nobody told of', async (how) => {
    const { person, priceId } = await world.openShop()
    const session = world.stripe.life.completeCheckout(await world.follow(person.id, priceId))
    await world.reconcile()
    world.stripe.life[how](world.stripe.life.paymentOf(session.subscription ?? '') ?? '')
    await world.reconcile()

    expect(await world.subscriptionsOf(person.subscriberId)).toEqual([
      expect.objectContaining({ blocked_at: expect.any(Date) }),
    ])
  })

  it('ends what Stripe no longer has', async () => {
    const { bot, plan, person } = await world.openShop()
    await world.db
      .insertInto('subscription')
      .values({
        creator_id: bot.creatorId,
        bot_id: bot.id,
        subscriber_id: person.subscriberId,
        plan_id: plan.id,
        provider_id: 'sub_vanished',
        status: 'active',
        read_at: new Date(0),
        created_at: new Date(0),
        price_id: null,
        customer_id: null,
        email: null,
        period_end: null,
        trial_end: null,
        cancels_at: null,
        ended_at: null,
        grace_until: null,
        blocked_at: null,
      })
      .execute()
    const { repaired } = await world.reconcile()

    expect(repaired).toContainEqual({
      kind: 'subscription',
      objectId: 'sub_vanished',
      details: { now: 'gone' },
    })
    expect(await world.subscriptionsOf(person.subscriberId)).toEqual([
      expect.objectContaining({ status: 'canceled', ended_at: expect.any(Date) }),
    ])
  })

  it('of one creator looks at theirs alone', async () => {
    const [mine, theirs] = [await world.openShop(), await world.openShop()]
    for (const shop of [mine, theirs])
      world.stripe.life.completeCheckout(await world.follow(shop.person.id, shop.priceId))
    await world.reconcile({ creatorId: mine.bot.creatorId })

    expect(await world.subscriptionsOf(mine.person.subscriberId)).toHaveLength(1)
    expect(await world.subscriptionsOf(theirs.person.subscriberId)).toEqual([])
  })

  it('tells of what could not be read and goes on with the rest', async () => {
    const { person, priceId } = await world.openShop()
    const session = world.stripe.life.completeCheckout(await world.follow(person.id, priceId))
    const failing = { ...world.settle, settleSubscription: async () => Promise.reject(new Error('no')) }
    const report = await createReconcile({ ...world, settle: failing, nudgeTurn: () => {} })()

    expect(report.failed).toContainEqual({ objectId: session.subscription, error: 'no' })
    await world.reconcile()
    expect(await world.subscriptionsOf(person.subscriberId)).toHaveLength(1)
  })

  it('raises the alarm when Stripe has news that no webhook brought, and not else', async () => {
    const { person, priceId } = await world.openShop()
    world.stripe.setNow(new Date(Date.now() - 3_600_000))
    world.stripe.life.completeCheckout(await world.follow(person.id, priceId))
    world.stripe.setNow(new Date())
    await world.db.deleteFrom('payment_event').execute()
    expect((await world.reconcile()).silentSince).toEqual(expect.any(Date))
    const alarms = await world.db
      .selectFrom('security_event')
      .select('kind')
      .where('creator_id', 'is', null)
      .execute()
    expect(alarms).toContainEqual({ kind: 'webhook.silent' })

    await world.hear(world.stripe.events)
    expect((await world.reconcile()).silentSince).toBeUndefined()
  })

  it('is due when none was begun for so long', async () => {
    expect(await isReconcileDue(world.db, 24)).toBe(false)
    await world.db
      .updateTable('reconciliation')
      .set({ started_at: new Date(Date.now() - 25 * 3_600_000) })
      .execute()

    expect(await isReconcileDue(world.db, 24)).toBe(true)
  })
})
