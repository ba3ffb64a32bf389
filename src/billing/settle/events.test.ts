import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openPaymentWorld, type PaymentWorld } from '../../testing/stripe/payment-world.ts'
import { claimPaid } from '../checkout/paid-link.ts'
import { createEntitlement } from '../entitlement/entitlement.ts'
import { claimPaymentEvents } from './payment-event.ts'
import { remindPayers } from './remind-payers.ts'

let world: PaymentWorld

beforeAll(async () => {
  world = await openPaymentWorld()
})
afterAll(() => world[Symbol.asyncDispose]())

type Shop = Awaited<ReturnType<PaymentWorld['openShop']>>

/** Someone follows the link and pays. */
async function buy(
  shop: Shop,
  buyer: Parameters<PaymentWorld['stripe']['life']['completeCheckout']>[1] = {},
) {
  const sessionId = await world.follow(shop.person.id, shop.priceId)
  const session = world.stripe.life.completeCheckout(sessionId, { email: 'ana@example.org', ...buyer })
  return { sessionId, subscriptionId: session.subscription ?? '' }
}

async function settleAll(): Promise<void> {
  await world.hear(world.stripe.events)
  await world.settleEvents()
}

async function mayAsk({ person }: Pick<Shop, 'person'>, now = new Date()): Promise<boolean> {
  const { isAllowed } = await createEntitlement({ db: world.db }).mayDo({
    botId: person.botId,
    creatorId: person.creatorId,
    subscriberId: person.subscriberId,
    chatId: person.id,
    kind: 'question',
    inboxId: String(Math.floor(Math.random() * 1e12)),
    now,
  })
  return isAllowed
}

/** The bot sells: without paying nobody asks. */
async function closeShop(shop: Shop): Promise<void> {
  await world.db
    .insertInto('plan')
    .values({
      creator_id: shop.bot.creatorId,
      bot_id: shop.bot.id,
      key: 'free',
      name: 'Free',
      is_free: true,
      allowance: JSON.stringify({ question: { count: 0, per: 'day' } }),
      retired_at: null,
    })
    .execute()
}

async function openClosedShop(price?: Parameters<PaymentWorld['openShop']>[0]): Promise<Shop> {
  const shop = await world.openShop(price)
  await closeShop(shop)
  return shop
}

describe('a subscription that is bought', () => {
  it('lets its subscriber in, whatever single event tells of it', async () => {
    for (const type of ['checkout.session.completed', 'customer.subscription.created', 'invoice.paid']) {
      const shop = await openClosedShop()
      expect(await mayAsk(shop)).toBe(false)
      const at = world.stripe.events.length
      const { subscriptionId } = await buy(shop)
      await world.hear(world.stripe.events.slice(at).filter((event) => event.type === type))
      await world.settleEvents()

      expect(await mayAsk(shop), type).toBe(true)
      expect(await world.subscriptionsOf(shop.person.subscriberId)).toEqual([
        expect.objectContaining({ provider_id: subscriptionId, status: 'active', email: 'ana@example.org' }),
      ])
    }
  })

  it('is written down with its payer, payment, Checkout and a mail about the receipt, once', async () => {
    const shop = await openClosedShop()
    const { sessionId, subscriptionId } = await buy(shop)
    await settleAll()
    await settleAll()
    const { db } = world
    const paymentId = world.stripe.life.paymentOf(subscriptionId) ?? ''

    const payer = await db
      .selectFrom('payer')
      .selectAll()
      .where('subscriber_id', '=', shop.person.subscriberId)
      .execute()
    expect(payer).toEqual([expect.objectContaining({ email: 'ana@example.org' })])
    const payment = await db.selectFrom('payment').selectAll().where('id', '=', paymentId).execute()
    expect(payment).toEqual([expect.objectContaining({ state: 'paid', amount: '900', bot_id: shop.bot.id })])
    const checkout = await db
      .selectFrom('checkout')
      .selectAll()
      .where('provider_id', '=', sessionId)
      .execute()
    expect(checkout).toEqual([expect.objectContaining({ state: 'paid' })])
    const mails = await db
      .selectFrom('mail')
      .select('kind')
      .where('creator_id', '=', shop.bot.creatorId)
      .execute()
    expect(mails).toEqual([{ kind: 'receipt' }])
  })

  it('by a delayed method gives nothing until the money came', async () => {
    const shop = await openClosedShop()
    const { sessionId } = await buy(shop, { isPaid: false })
    await settleAll()
    expect(await mayAsk(shop)).toBe(false)
    expect((await world.reconcile()).failed).toEqual([])
    expect(await mayAsk(shop)).toBe(false)
    world.stripe.life.settleDelayed(sessionId, 'succeeded')
    await settleAll()

    expect(await mayAsk(shop)).toBe(true)
  })

  it('by a delayed method whose money never came gives nothing', async () => {
    const shop = await openClosedShop()
    const { sessionId } = await buy(shop, { isPaid: false })
    world.stripe.life.settleDelayed(sessionId, 'failed')
    await settleAll()

    expect(await mayAsk(shop)).toBe(false)
  })

  it('may be tried first', async () => {
    const shop = await openClosedShop({ trialDays: 7 })
    await buy(shop)
    await settleAll()

    expect(await mayAsk(shop)).toBe(true)
    expect(await world.subscriptionsOf(shop.person.subscriberId)).toEqual([
      expect.objectContaining({ status: 'trialing', trial_end: expect.any(Date) }),
    ])
  })
})

describe('a subscription that goes on', () => {
  it('forgives a failed payment for the days of grace, then lets nobody in, and lets them in again', async () => {
    const shop = await openClosedShop()
    const { subscriptionId } = await buy(shop)
    await settleAll()
    world.stripe.life.endPeriod(subscriptionId, { isPaid: false })
    await settleAll()
    const inDays = (days: number) => new Date(Date.now() + days * 86_400_000)

    expect(await mayAsk(shop, inDays(6.9))).toBe(true)
    expect(await mayAsk(shop, inDays(7.1))).toBe(false)
    const mails = await world.db
      .selectFrom('mail')
      .select('kind')
      .where('creator_id', '=', shop.bot.creatorId)
      .execute()
    expect(mails.map(({ kind }) => kind).sort()).toEqual(['payment-failed', 'receipt'])
    world.stripe.life.retryInvoice(subscriptionId)
    await settleAll()
    expect(await mayAsk(shop, inDays(7.1))).toBe(true)
  })

  it('lets in until the end of its period when it was cancelled', async () => {
    const shop = await openClosedShop()
    const { subscriptionId } = await buy(shop)
    world.stripe.life.cancelAtPeriodEnd(subscriptionId)
    await settleAll()
    expect(await mayAsk(shop)).toBe(true)
    expect(await world.subscriptionsOf(shop.person.subscriberId)).toEqual([
      expect.objectContaining({ cancels_at: expect.any(Date) }),
    ])
    world.stripe.life.endPeriod(subscriptionId)
    await settleAll()

    expect(await mayAsk(shop)).toBe(false)
  })

  it.each(['refund', 'dispute'] as const)(
    'is over at once by a %s, and none of its events brings it back',
    async (how) => {
      const shop = await openClosedShop()
      const { subscriptionId } = await buy(shop)
      await settleAll()
      world.stripe.life[how](world.stripe.life.paymentOf(subscriptionId) ?? '')
      await settleAll()
      expect(await mayAsk(shop)).toBe(false)
      await world.db.updateTable('payment_event').set({ done_at: null, not_before: null }).execute()
      await world.settleEvents()

      expect(await mayAsk(shop)).toBe(false)
    },
  )

  it('comes back when a dispute is won', async () => {
    const shop = await openClosedShop()
    const { subscriptionId } = await buy(shop)
    const dispute = world.stripe.life.dispute(world.stripe.life.paymentOf(subscriptionId) ?? '')
    await settleAll()
    world.stripe.life.closeDispute(dispute.id, 'won')
    await settleAll()

    expect(await mayAsk(shop)).toBe(true)
  })
})

describe('what is not ours', () => {
  const nothing = async (shop: Shop) => {
    await settleAll()
    expect((await world.reconcile()).failed).toEqual([])
    expect(await mayAsk(shop)).toBe(false)
    expect(await world.subscriptionsOf(shop.person.subscriberId)).toEqual([])
  }

  it('another amount under our Checkout gives nothing', async () => {
    const shop = await openClosedShop()
    const { subscriptionId } = await buy(shop)
    const { store } = world.stripe
    const subscription = store.get('subscription', subscriptionId)
    const [item] = subscription.items.data
    if (item) item.price = { ...item.price, unit_amount: 1 }
    store.change(subscription, {})

    await nothing(shop)
  })

  it('another price under our Checkout gives nothing', async () => {
    const [shop, other] = [await openClosedShop(), await openClosedShop({ amount: 100 })]
    const otherSession = await world.follow(other.person.id, other.priceId)
    const sold = world.stripe.life.sales.get(await world.follow(shop.person.id, shop.priceId))
    const theirs = world.stripe.life.sales.get(otherSession)
    if (theirs && sold) theirs.metadata = sold.metadata
    world.stripe.life.completeCheckout(otherSession)

    await nothing(shop)
  })

  it("another subscriber's reference gives nothing to either", async () => {
    const [victim, thief] = [await openClosedShop(), await openClosedShop()]
    const victimSession = world.stripe.store.get(
      'checkout.session',
      await world.follow(victim.person.id, victim.priceId),
    )
    const sessionId = await world.follow(thief.person.id, thief.priceId)
    const { metadata, client_reference_id } = victimSession
    world.stripe.store.change(world.stripe.store.get('checkout.session', sessionId), {
      metadata,
      client_reference_id,
    })
    world.stripe.life.completeCheckout(sessionId)

    await nothing(victim)
    await nothing(thief)
  })

  it('a payment link with the reference of a Checkout of ours gives nothing', async () => {
    const [victim, thief] = [await openClosedShop(), await openClosedShop()]
    const reference = world.stripe.store.get(
      'checkout.session',
      await world.follow(victim.person.id, victim.priceId),
    )
    const sessionId = await world.follow(thief.person.id, thief.priceId)
    const sale = world.stripe.life.sales.get(sessionId)
    if (sale) sale.metadata = {}
    world.stripe.store.change(world.stripe.store.get('checkout.session', sessionId), {
      metadata: {},
      client_reference_id: reference.client_reference_id,
      payment_link: 'plink_1',
    })
    const { subscription } = world.stripe.life.completeCheckout(sessionId, { email: 'thief@example.org' })
    await settleAll()

    expect(await world.subscriptionsOf(victim.person.subscriberId)).toEqual([])
    const row = await world.db
      .selectFrom('subscription')
      .select(['subscriber_id', 'bot_id'])
      .where('provider_id', '=', subscription ?? '')
      .executeTakeFirst()
    expect(row).toEqual({ subscriber_id: null, bot_id: thief.bot.id })
  })

  it('an event of another account gives nothing, though it names one of our objects', async () => {
    const shop = await openClosedShop()
    const at = world.stripe.events.length
    await buy(shop)
    const foreign = world.stripe.events.slice(at).map((event) => ({ ...event, account: 'acct_foreign' }))
    await world.hear(foreign)
    await world.settleEvents()

    expect(await mayAsk(shop)).toBe(false)
    expect(
      await world.db.selectFrom('payment_event').select('id').where('done_at', 'is', null).execute(),
    ).toEqual([])
    await world.reconcile()
    expect(await mayAsk(shop)).toBe(true)
  })

  it('an event about what Stripe does not have gives nothing', async () => {
    const shop = await openClosedShop()
    const { subscriptionId } = await buy(shop)
    const [event] = world.stripe.events.slice(-1)
    const ghost = { id: 'sub_ghost', object: 'subscription', created: 1, metadata: {}, status: 'active' }
    if (event)
      await world.hear({
        ...event,
        id: 'evt_ghost',
        type: 'customer.subscription.updated',
        data: { object: ghost },
      })
    await world.settleEvents()

    expect(await mayAsk(shop)).toBe(false)
    expect(subscriptionId).not.toBe('')
  })
})

describe('who paid without a chat', () => {
  it('is mailed a link that gives them what they paid for, once', async () => {
    const shop = await openClosedShop()
    const sessionId = await world.follow(shop.person.id, shop.priceId)
    const sale = world.stripe.life.sales.get(sessionId)
    if (sale) sale.metadata = {}
    world.stripe.store.change(world.stripe.store.get('checkout.session', sessionId), {
      metadata: {},
      client_reference_id: null,
    })
    const { subscription } = world.stripe.life.completeCheckout(sessionId, { email: 'lost@example.org' })
    await settleAll()
    await world.reconcile()

    const row = await world.db
      .selectFrom('subscription')
      .selectAll()
      .where('provider_id', '=', subscription ?? '')
      .executeTakeFirstOrThrow()
    expect(row).toMatchObject({ subscriber_id: null, email: 'lost@example.org', status: 'active' })
    const mails = await world.db
      .selectFrom('mail')
      .select(['kind', 'recipient'])
      .where('creator_id', '=', shop.bot.creatorId)
      .where('kind', '=', 'paid-but-lost')
      .execute()
    expect(mails).toEqual([{ kind: 'paid-but-lost', recipient: 'lost@example.org' }])

    const token = world.paidLinks.tokenOf(row.id)
    expect(token).toMatch(/^[\w-]{1,64}$/)
    const subscriptionId = world.paidLinks.read(token) ?? ''
    const claim = (who: Shop) =>
      world.db
        .transaction()
        .execute((trx) =>
          claimPaid(trx, { subscriptionId, subscriberId: who.person.subscriberId, botId: shop.bot.id }),
        )
    expect(await claim(shop)).toMatchObject({ planName: 'Plus' })
    expect(await mayAsk(shop)).toBe(true)
    expect(await claim(await openClosedShop())).toBeUndefined()
    expect(world.paidLinks.read(`${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`)).toBeUndefined()
  })
})

describe('an event that is stored', () => {
  it('is settled later when its worker died with it', async () => {
    const shop = await openClosedShop()
    const { subscriptionId } = await buy(shop)
    await world.hear(world.stripe.events)
    expect((await claimPaymentEvents(world.db, 1_000)).length).toBeGreaterThan(0)
    expect(await world.settleEvents()).toEqual({ settled: 0 })
    // The lease of the dead runs out.
    await world.db
      .updateTable('payment_event')
      .set({ not_before: new Date(Date.now() - 1) })
      .where('done_at', 'is', null)
      .execute()
    await Promise.all([world.settleEvents(), world.settleEvents(), world.settleEvents()])

    expect(await mayAsk(shop)).toBe(true)
    const mails = await world.db
      .selectFrom('mail')
      .select('kind')
      .where('creator_id', '=', shop.bot.creatorId)
      .execute()
    expect(mails).toEqual([{ kind: 'receipt' }])
    expect(subscriptionId).not.toBe('')
  })

  it('waits while Stripe is away, and is settled once it is back', async () => {
    const shop = await openClosedShop()
    await buy(shop)
    world.stripe.failNext(200, { kind: 'status', status: 503 })
    await world.hear(world.stripe.events.slice(-1))
    await world.settleEvents()
    const waiting = await world.db
      .selectFrom('payment_event')
      .selectAll()
      .where('done_at', 'is', null)
      .execute()
    expect(waiting).toEqual([expect.objectContaining({ error_code: 'payment.unavailable', attempts: 1 })])
    world.stripe.clearTroubles()
    await world.db
      .updateTable('payment_event')
      .set({ not_before: null })
      .where('done_at', 'is', null)
      .execute()
    await world.settleEvents()

    expect(await mayAsk(shop)).toBe(true)
  })
})

describe('remindPayers', () => {
  it('writes once to whose grace is about to end, and to nobody else', async () => {
    const shop = await openClosedShop()
    const { subscriptionId } = await buy(shop)
    await settleAll()
    world.stripe.life.endPeriod(subscriptionId, { isPaid: false })
    await settleAll()
    await remindPayers(world)
    const kinds = async () =>
      (
        await world.db
          .selectFrom('mail')
          .select('dedupe_key')
          .where('creator_id', '=', shop.bot.creatorId)
          .execute()
      ).filter(({ dedupe_key }) => dedupe_key.includes('last-call')).length
    expect(await kinds()).toBe(0)
    await world.db
      .updateTable('subscription')
      .set({ grace_until: new Date(Date.now() + 86_400_000) })
      .where('provider_id', '=', subscriptionId)
      .execute()
    await remindPayers(world)
    await remindPayers(world)

    expect(await kinds()).toBe(1)
  })
})
