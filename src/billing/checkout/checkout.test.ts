import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openPaymentWorld, type PaymentWorld } from '../../testing/stripe/payment-world.ts'
import { mirrorBot } from '../plans/mirror.ts'
import { openCheckout, openPortal } from './checkout.ts'

let world: PaymentWorld

beforeAll(async () => {
  world = await openPaymentWorld()
})
afterAll(() => world[Symbol.asyncDispose]())

type Shop = Awaited<ReturnType<PaymentWorld['openShop']>>

/** What Stripe was asked for last. */
const lastSession = () =>
  world.stripe.calls.findLast(({ method, path }) => method === 'POST' && path === '/v1/checkout/sessions')
    ?.params

const openProduct = ({ person }: Pick<Shop, 'person'>, productId: string) =>
  openCheckout(world, { target: 'product', targetId: productId, chatId: person.id })

async function addProduct(
  { bot }: Pick<Shop, 'bot'>,
  changes: Record<string, unknown> = {},
): Promise<string> {
  const { id } = await world.db
    .insertInto('product')
    .values({
      creator_id: bot.creatorId,
      bot_id: bot.id,
      key: randomUUID(),
      kind: 'goods',
      name: 'Book',
      currency: 'eur',
      amount: 2500,
      stock: 3,
      is_shipped: true,
      photo_key: null,
      photo_type: null,
      stars: null,
      topup_kind: null,
      topup_count: null,
      provider_product_id: null,
      provider_price_id: null,
      retired_at: null,
      ...changes,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

const sessionOf = ({ url }: { url: string }) => url.slice(url.lastIndexOf('/') + 1)

const orderOf = (productId: string) =>
  world.db.selectFrom('order').selectAll().where('product_id', '=', productId).executeTakeFirst()

const stockOf = async (productId: string) =>
  (await world.db.selectFrom('product').select('stock').where('id', '=', productId).executeTakeFirstOrThrow())
    .stock

async function settleAll(): Promise<void> {
  await world.hear(world.stripe.events)
  await world.settleEvents()
}

describe('a Checkout for a price', () => {
  it('sells what our row says, bound to who followed the link', async () => {
    const { person, priceId } = await world.openShop({ amount: 1234, currency: 'chf' })
    const id = await world.follow(person.id, priceId)
    const row = await world.db
      .selectFrom('checkout')
      .selectAll()
      .where('provider_id', '=', id)
      .executeTakeFirstOrThrow()

    expect(row).toMatchObject({
      subscriber_id: person.subscriberId,
      amount: '1234',
      currency: 'chf',
      state: 'open',
    })
    expect(lastSession()).toMatchObject({
      mode: 'subscription',
      client_reference_id: row.id,
      metadata: { checkout_id: row.id },
      subscription_data: { metadata: { checkout_id: row.id } },
    })
    expect(world.stripe.store.get('checkout.session', id)).toMatchObject({
      amount_total: 1234,
      currency: 'chf',
    })
  })

  it('is found again while it is open, and opened anew once it is over', async () => {
    const { person, priceId } = await world.openShop()
    const first = await world.follow(person.id, priceId)
    expect(await world.follow(person.id, priceId)).toBe(first)
    world.stripe.life.expireCheckout(first)
    await settleAll()

    expect(await world.follow(person.id, priceId)).not.toBe(first)
  })

  it('lets a person try once', async () => {
    const { person, priceId } = await world.openShop({ trialDays: 14 })
    const { subscription } = world.stripe.life.completeCheckout(await world.follow(person.id, priceId))
    expect(lastSession()?.subscription_data).toMatchObject({ trial_period_days: expect.anything() })
    world.stripe.life.cancelNow(subscription ?? '')
    await settleAll()
    await world.follow(person.id, priceId)

    expect(lastSession()?.subscription_data).not.toHaveProperty('trial_period_days')
  })

  it("takes a code of the bot's own, and no other bot's", async () => {
    const [shop, other] = [await world.openShop({ amount: 1000 }), await world.openShop()]
    await world.db
      .insertInto('coupon')
      .values({
        creator_id: shop.bot.creatorId,
        bot_id: shop.bot.id,
        code: 'SPRING',
        percent_off: 50,
        amount_off: null,
        currency: null,
        duration: 'once',
        duration_months: null,
        max_redemptions: null,
        expires_at: null,
        provider_coupon_id: null,
        provider_promotion_code_id: null,
        retired_at: null,
      })
      .execute()
    await mirrorBot(world, shop.bot.id)
    const full = await world.follow(shop.person.id, shop.priceId)
    const id = await world.follow(shop.person.id, shop.priceId, 'spring')

    expect(id).not.toBe(full)
    expect(world.stripe.store.get('checkout.session', id)).toMatchObject({ amount_total: 500 })
    await expect(world.follow(other.person.id, other.priceId, 'SPRING')).rejects.toMatchObject({
      code: 'coupon.not_found',
    })
    world.stripe.life.completeCheckout(id)
    await settleAll()
    expect(await world.subscriptionsOf(shop.person.subscriberId)).toHaveLength(1)
  })

  it("refuses another bot's price, one that is retired, and one that never was", async () => {
    const [shop, other] = [await world.openShop(), await world.openShop()]
    await expect(world.follow(shop.person.id, other.priceId)).rejects.toMatchObject({
      code: 'pay_link.invalid',
    })
    await expect(world.follow(shop.person.id, randomUUID())).rejects.toMatchObject({
      code: 'pay_link.invalid',
    })
    await world.db
      .updateTable('price')
      .set({ retired_at: new Date() })
      .where('id', '=', shop.priceId)
      .execute()
    await expect(world.follow(shop.person.id, shop.priceId)).rejects.toMatchObject({
      code: 'pay_link.invalid',
    })
  })

  it("sends the money to the creator's own account less the fee, once that may charge", async () => {
    const shop = await world.openShop()
    const { accountId } = await world.payments.openOnboarding({ returnUrl: 'https://coach.example' })
    await world.db
      .insertInto('payment_account')
      .values({ creator_id: shop.bot.creatorId, account_id: accountId, fee_percent: 10 })
      .execute()
    await expect(world.follow(shop.person.id, shop.priceId)).rejects.toMatchObject({
      code: 'payment.not_set_up',
    })
    const account = world.stripe.store.get('account', accountId)
    world.stripe.store.change(account, { charges_enabled: true, payouts_enabled: true })
    await world.hear(world.stripe.emit('account.updated', account, accountId))
    await world.settleEvents()
    await world.follow(shop.person.id, shop.priceId)

    expect(lastSession()?.subscription_data).toMatchObject({ transfer_data: { destination: accountId } })
    expect(Number(Object(lastSession()?.subscription_data).application_fee_percent)).toBe(10)
  })

  it('opens no second one when the answer to the first was lost', async () => {
    const { person, priceId } = await world.openShop()
    await world.follow(person.id, priceId)
    await world.db
      .updateTable('checkout')
      .set({ state: 'expired' })
      .where('chat_id', '=', person.id)
      .execute()
    const before = world.stripe.store.list('checkout.session').length
    world.stripe.failNext(3, { kind: 'reset', isRecorded: true })
    await expect(world.follow(person.id, priceId)).rejects.toMatchObject({ code: 'payment.unavailable' })
    await world.follow(person.id, priceId)

    expect(world.stripe.store.list('checkout.session').length - before).toBe(1)
  })
})

describe('a Checkout for a product', () => {
  it('keeps a piece, and is an order once it is paid', async () => {
    const shop = await world.openShop()
    const productId = await addProduct(shop)
    const page = await openProduct(shop, productId)
    expect(await openProduct(shop, productId)).toEqual(page)
    expect([await stockOf(productId), (await orderOf(productId))?.state]).toEqual([2, 'reserved'])
    world.stripe.life.completeCheckout(sessionOf(page), {
      shipping: {
        name: 'Ana',
        address: {
          line1: 'Road 1',
          line2: null,
          city: 'Bern',
          postal_code: '3000',
          state: null,
          country: 'CH',
        },
      },
    })
    await settleAll()
    await settleAll()

    expect(await orderOf(productId)).toMatchObject({
      state: 'paid',
      email: 'payer@example.org',
      shipping: expect.any(Buffer),
    })
    expect(await stockOf(productId)).toBe(2)
    const payments = await world.db
      .selectFrom('payment')
      .select(['kind', 'state', 'amount'])
      .where('bot_id', '=', shop.bot.id)
      .execute()
    expect(payments).toEqual([{ kind: 'order', state: 'paid', amount: '2500' }])
  })

  it('gives nothing for another amount', async () => {
    const shop = await world.openShop()
    const productId = await addProduct(shop)
    const id = sessionOf(await openProduct(shop, productId))
    world.stripe.store.change(world.stripe.store.get('checkout.session', id), {
      amount_subtotal: 1,
      amount_total: 1,
    })
    world.stripe.life.completeCheckout(id)
    await settleAll()
    await world.reconcile()

    expect((await orderOf(productId))?.state).toBe('reserved')
  })

  it('is refunded when its payment went back, told or not', async () => {
    for (const isTold of [true, false]) {
      const shop = await world.openShop()
      const productId = await addProduct(shop)
      world.stripe.life.completeCheckout(sessionOf(await openProduct(shop, productId)))
      await settleAll()
      const paymentId = (await orderOf(productId))?.payment_id ?? ''
      world.stripe.life.refund(paymentId)
      if (isTold) await settleAll()
      else await world.reconcile()

      expect(await orderOf(productId)).toMatchObject({ state: 'refunded' })
      expect(await stockOf(productId)).toBe(3)
    }
  })

  it('is an order though every event about it was lost', async () => {
    const shop = await world.openShop()
    const productId = await addProduct(shop)
    world.stripe.life.completeCheckout(sessionOf(await openProduct(shop, productId)))
    await world.reconcile()

    expect(await orderOf(productId)).toMatchObject({ state: 'paid' })
  })

  it('is not opened for what is sold out', async () => {
    const shop = await world.openShop()
    const productId = await addProduct(shop, { stock: 0 })

    await expect(openProduct(shop, productId)).rejects.toMatchObject({ code: 'order.sold_out' })
  })

  it('costs what the page says that is open, whatever it costs by now', async () => {
    const shop = await world.openShop()
    const productId = await addProduct(shop)
    const first = sessionOf(await openProduct(shop, productId))
    await world.db
      .updateTable('product')
      .set({ amount: 3000, provider_price_id: null, provider_product_id: null })
      .where('id', '=', productId)
      .execute()
    const id = sessionOf(await openProduct(shop, productId))
    expect(id).toBe(first)
    world.stripe.life.completeCheckout(id)
    await settleAll()

    expect(world.stripe.store.get('checkout.session', id)).toMatchObject({ amount_total: 2500 })
    expect(await orderOf(productId)).toMatchObject({ state: 'paid' })
  })

  it('costs what it costs now, though it cost something else before', async () => {
    const shop = await world.openShop()
    const productId = await addProduct(shop, { stock: null })
    await openProduct(shop, productId)
    await world.db
      .updateTable('order')
      .set({ state: 'expired' })
      .where('product_id', '=', productId)
      .execute()
    await world.db
      .updateTable('product')
      .set({ amount: 3000, provider_price_id: null, provider_product_id: null })
      .where('id', '=', productId)
      .execute()
    const id = sessionOf(await openProduct(shop, productId))

    expect(world.stripe.store.get('checkout.session', id)).toMatchObject({ amount_total: 3000 })
  })
})

describe('the portal', () => {
  it('is for who has paid', async () => {
    const { person, priceId } = await world.openShop()
    await expect(openPortal(world, person.id)).rejects.toMatchObject({ code: 'pay_link.invalid' })
    world.stripe.life.completeCheckout(await world.follow(person.id, priceId))
    await settleAll()

    expect((await openPortal(world, person.id)).url).toContain('/p/session/')
  })

  it('is not there while nothing is set up', async () => {
    const { person } = await world.openShop()

    await expect(openPortal({ ...world, payments: undefined }, person.id)).rejects.toMatchObject({
      code: 'payment.not_set_up',
    })
  })
})
