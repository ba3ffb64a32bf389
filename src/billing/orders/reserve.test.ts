import { randomBytes } from 'node:crypto'
import type { Transaction } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createVault } from '../../accounts/vault.ts'
import type { Bot } from '../../bots/bot-settings.ts'
import type { Db } from '../../db/database.ts'
import type { Database } from '../../db/schema.ts'
import { AppError } from '../../errors.ts'
import { createLogger } from '../../logger.ts'
import { addTestBot } from '../../testing/builders/bot.ts'
import { addTestSubscriber } from '../../testing/builders/plan.ts'
import { addTestProduct, buildCheckout, buildPayment } from '../../testing/builders/product.ts'
import { openTestDatabase } from '../../testing/database.ts'
import { holdQuestion } from '../entitlement/held-question.ts'
import type { ProviderCheckout, ProviderPayment } from '../payment-provider.ts'
import { applyOrderPayment } from './apply-payment.ts'
import { giveBack } from './give-back.ts'
import { expireOrders, type Reservation, reserveOrder } from './reserve.ts'
import { openAddress } from './shipping.ts'

const vault = createVault(randomBytes(32).toString('hex'))
const LATER = new Date(Date.now() + 3_600_000)

let test: Awaited<ReturnType<typeof openTestDatabase>>
let db: Db
let bot: Bot

beforeAll(async () => {
  test = await openTestDatabase()
  db = test.db
  bot = await addTestBot(db)
})
afterAll(() => test[Symbol.asyncDispose]())

const inOne = <T>(work: (trx: Transaction<Database>) => Promise<T>) => db.transaction().execute(work)

async function reserve(productId: string, person?: Awaited<ReturnType<typeof addTestSubscriber>>) {
  const who = person ?? (await addTestSubscriber(db, bot))
  return inOne((trx) => reserveOrder(trx, { productId, subscriberId: who.subscriberId, chatId: who.id }))
}

const pay = (
  { orderId }: Pick<Reservation, 'orderId'>,
  payment: ProviderPayment | undefined = buildPayment(),
  checkout: ProviderCheckout | undefined = buildCheckout(),
) => inOne((trx) => applyOrderPayment(trx, { orderId, payment, checkout, vault }))

const stockOf = async (id: string) =>
  (await db.selectFrom('product').select('stock').where('id', '=', id).executeTakeFirstOrThrow()).stock

const orderOf = (id: string) =>
  db.selectFrom('order').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

const refundsOf = (id: string) =>
  db.selectFrom('order_refund').select(['payment_id', 'reason', 'state']).where('order_id', '=', id).execute()

describe('reserving', () => {
  it('gives 7 pieces to exactly 7 of 200 at once', async () => {
    const productId = await addTestProduct(db, bot, { stock: 7 })
    const people = []
    for (let at = 0; at < 200; at++) people.push(await addTestSubscriber(db, bot))

    const tried = await Promise.allSettled(people.map((person) => reserve(productId, person)))

    const kept = tried.filter(({ status }) => status === 'fulfilled')
    const refused = tried.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []))
    expect(kept).toHaveLength(7)
    expect(new Set(refused)).toEqual(new Set(['order.sold_out']))
    expect(await stockOf(productId)).toBe(0)
  })

  it('makes one order of 20 taps of one person, the last piece included', async () => {
    const productId = await addTestProduct(db, bot, { stock: 1 })
    const person = await addTestSubscriber(db, bot)

    const taps = await Promise.all(Array.from({ length: 20 }, () => reserve(productId, person)))

    expect(new Set(taps.map(({ orderId }) => orderId)).size).toBe(1)
    expect(taps.filter(({ isNew }) => isNew)).toHaveLength(1)
    expect(await stockOf(productId)).toBe(0)
  })

  it('takes the price of our rows, and keeps it for who has a Checkout open', async () => {
    const productId = await addTestProduct(db, bot, { amount: 1_900, currency: 'usd' })
    const [paying, idle] = [await addTestSubscriber(db, bot), await addTestSubscriber(db, bot)]
    const { orderId } = await reserve(productId, paying)
    await reserve(productId, idle)
    await db
      .insertInto('checkout')
      .values({
        ...{
          creator_id: bot.creatorId,
          bot_id: bot.id,
          subscriber_id: paying.subscriberId,
          chat_id: paying.id,
        },
        ...{
          purpose: 'order',
          price_id: null,
          order_id: orderId,
          coupon_id: null,
          provider_id: null,
          url: null,
        },
        ...{ currency: 'usd', amount: 1_900, expires_at: LATER },
      })
      .execute()
    await db.updateTable('product').set({ amount: 2_900 }).where('id', '=', productId).execute()

    expect(await reserve(productId, paying)).toMatchObject({ amount: 1_900, currency: 'usd', isNew: false })
    expect(await reserve(productId, idle)).toMatchObject({ amount: 2_900, isNew: false })
  })

  it('refuses what is withdrawn and what another bot sells', async () => {
    const other = await addTestBot(db)
    const theirs = await addTestProduct(db, other)
    const mine = await addTestProduct(db, bot)
    await db.updateTable('product').set({ retired_at: new Date() }).where('id', '=', mine).execute()

    await expect(reserve(theirs)).rejects.toMatchObject({ code: 'product.not_found' })
    await expect(reserve(mine)).rejects.toMatchObject({ code: 'product.not_found' })
  })

  it('leaves nothing behind when it is broken off', async () => {
    const productId = await addTestProduct(db, bot, { stock: 3 })
    const person = await addTestSubscriber(db, bot)

    const broken = inOne(async (trx) => {
      await reserveOrder(trx, { productId, subscriberId: person.subscriberId, chatId: person.id })
      throw new Error('killed')
    })

    await expect(broken).rejects.toThrow('killed')
    expect(await stockOf(productId)).toBe(3)
    expect(await reserve(productId, person)).toMatchObject({ isNew: true })
    expect(await stockOf(productId)).toBe(2)
  })
})

describe('expiry', () => {
  it('gives each piece back once, however many sweeps run at once', async () => {
    const productId = await addTestProduct(db, bot, { stock: 5 })
    for (let at = 0; at < 5; at++) await reserve(productId)

    await Promise.all(Array.from({ length: 4 }, () => expireOrders(db, { now: LATER })))

    expect(await stockOf(productId)).toBe(5)
  })

  it('and a payment at the same moment: the order is paid, and the stock is right', async () => {
    const productId = await addTestProduct(db, bot, { stock: 10 })
    const orders = []
    for (let at = 0; at < 10; at++) orders.push(await reserve(productId))

    const [outcomes] = await Promise.all([
      Promise.all(orders.map((order) => pay(order))),
      expireOrders(db, { now: LATER }),
    ])

    expect(outcomes.map(({ kind }) => kind)).toEqual(Array.from({ length: 10 }, () => 'paid'))
    expect(await stockOf(productId)).toBe(0)
    await expireOrders(db, { now: LATER })
    expect(await stockOf(productId)).toBe(0)
  })

  it('is made up for by a payment that comes late, while something is left', async () => {
    const productId = await addTestProduct(db, bot, { stock: 1 })
    const order = await reserve(productId)
    await expireOrders(db, { now: LATER })
    expect(await orderOf(order.orderId)).toMatchObject({ state: 'expired' })

    expect(await pay(order)).toMatchObject({ kind: 'paid' })
    expect(await stockOf(productId)).toBe(0)
  })

  it('sends the money back when the last piece went to someone else meanwhile', async () => {
    const productId = await addTestProduct(db, bot, { stock: 1 })
    const late = await reserve(productId)
    await expireOrders(db, { now: LATER })
    const quick = await reserve(productId)
    await pay(quick)
    const payment = buildPayment()

    expect(await pay(late, payment)).toMatchObject({ kind: 'sold_out' })
    expect(await pay(late, payment)).toMatchObject({ kind: 'known' })
    expect(await orderOf(late.orderId)).toMatchObject({ state: 'canceled' })
    expect(await refundsOf(late.orderId)).toEqual([
      { payment_id: payment.id, reason: 'sold_out', state: 'queued' },
    ])
    expect(await stockOf(productId)).toBe(0)
  })

  it('waits for a bank transfer that is on its way', async () => {
    const productId = await addTestProduct(db, bot, { stock: 1 })
    const order = await reserve(productId)
    const pending = buildPayment({ state: 'pending' })
    const done = buildCheckout({ isPaid: false })

    expect(await pay(order, pending, done)).toMatchObject({ kind: 'waiting' })
    await expireOrders(db, { now: LATER })
    expect(await orderOf(order.orderId)).toMatchObject({ state: 'reserved' })

    expect(await pay(order, { ...pending, state: 'failed' }, done)).toMatchObject({ kind: 'waiting' })
    await expireOrders(db, { now: LATER })
    expect(await stockOf(productId)).toBe(1)
  })
})

describe('a payment', () => {
  it('pays an order once, of many readings at once', async () => {
    const productId = await addTestProduct(db, bot, { kind: 'topup', topupCount: 10 })
    const person = await addTestSubscriber(db, bot)
    const order = await reserve(productId, person)
    const payment = buildPayment()

    const outcomes = await Promise.all(Array.from({ length: 20 }, () => pay(order, payment)))

    expect(outcomes.filter(({ kind }) => kind === 'paid')).toHaveLength(1)
    const topup = await db
      .selectFrom('topup')
      .select(['kind', 'left_count'])
      .where('subscriber_id', '=', person.subscriberId)
      .execute()
    expect(topup).toEqual([{ kind: 'question', left_count: 10 }])
    expect(await orderOf(order.orderId)).toMatchObject({ state: 'fulfilled', payment_id: payment.id })
  })

  it('that was broken off before its commit is applied whole by the next try', async () => {
    const productId = await addTestProduct(db, bot, { kind: 'topup', topupCount: 3 })
    const person = await addTestSubscriber(db, bot)
    const order = await reserve(productId, person)
    const payment = buildPayment()
    const broken = inOne(async (trx) => {
      await applyOrderPayment(trx, { orderId: order.orderId, payment, checkout: undefined, vault })
      throw new Error('killed')
    })
    await expect(broken).rejects.toThrow('killed')

    expect(await pay(order, payment)).toMatchObject({ kind: 'paid' })
    const notices = await db
      .selectFrom('order_notice')
      .select('kind')
      .where('order_id', '=', order.orderId)
      .execute()
    expect(notices).toEqual([{ kind: 'paid' }])
  })

  it.each([
    ['less', { amount: 4_899 }],
    ['more', { amount: 4_901 }],
    ['nothing', { amount: 0 }],
    ['another currency', { currency: 'jpy' }],
  ])('of %s is not accepted, and goes back', async (_what, wrong) => {
    const productId = await addTestProduct(db, bot)
    const order = await reserve(productId)
    const payment = buildPayment(wrong)

    expect(await pay(order, payment)).toMatchObject({ kind: 'refused' })
    expect(await orderOf(order.orderId)).toMatchObject({ state: 'reserved', payment_id: null })
    expect(await refundsOf(order.orderId)).toMatchObject([{ reason: 'wrong_amount' }])
    const alone = buildCheckout({ ...wrong, paymentId: 'pi_other' })
    expect(
      await inOne((trx) =>
        applyOrderPayment(trx, { orderId: order.orderId, payment: undefined, checkout: alone, vault }),
      ),
    ).toMatchObject({ kind: 'refused' })
  })

  it('with a coupon of the creator is what the Checkout came to', async () => {
    const order = await reserve(await addTestProduct(db, bot))
    const checkout = buildCheckout({ amount: 3_920, subtotal: 4_900 })

    expect(await pay(order, buildPayment({ amount: 3_919 }), checkout)).toMatchObject({ kind: 'refused' })
    expect(await pay(order, buildPayment({ amount: 3_920 }), checkout)).toMatchObject({ kind: 'paid' })
  })

  it('a second time for the same order goes back', async () => {
    const order = await reserve(await addTestProduct(db, bot))
    await pay(order)
    const second = buildPayment()

    expect(await pay(order, second)).toMatchObject({ kind: 'paid_twice' })
    expect(await pay(order, second)).toMatchObject({ kind: 'known' })
    expect(await refundsOf(order.orderId)).toMatchObject([{ payment_id: second.id, reason: 'paid_twice' }])
  })

  it('keeps the address sealed', async () => {
    const order = await reserve(await addTestProduct(db, bot, { isShipped: true }))
    const shipping = {
      name: 'Ana Buyer',
      lines: ['12 Quiet Street'],
      city: 'Graz',
      postalCode: '8010',
      state: '',
      country: 'AT',
    }

    await pay(order, buildPayment(), buildCheckout({ shipping }))

    const stored = await orderOf(order.orderId)
    expect(stored).toMatchObject({ state: 'paid', email: 'buyer@example.test' })
    expect(stored.shipping?.toString('latin1')).not.toContain('Quiet')
    expect(openAddress(vault, order.orderId, stored.shipping ?? Buffer.of())).toEqual(shipping)
  })

  it('for a top-up lets the stopped question go on', async () => {
    const productId = await addTestProduct(db, bot, { kind: 'topup' })
    const person = await addTestSubscriber(db, bot)
    const order = await reserve(productId, person)
    await inOne((trx) =>
      holdQuestion(trx, person, {
        externalId: 'q1',
        channel: 'web',
        chatKey: person.chatKey,
        sender: { externalId: person.chatKey },
        sentAt: new Date().toISOString(),
        event: { kind: 'text', messageId: 'm1', text: 'How long should a nap be?' },
      }),
    )

    const { chats } = await pay(order)

    expect(chats).toEqual([{ botId: bot.id, channel: 'web', chatKey: person.chatKey }])
  })
})

describe('money that went back', () => {
  it('takes the rest of a top-up along, and the piece that was not sent yet', async () => {
    const person = await addTestSubscriber(db, bot)
    const topup = await reserve(await addTestProduct(db, bot, { kind: 'topup', topupCount: 10 }), person)
    const kitId = await addTestProduct(db, bot, { stock: 1, isShipped: true })
    const kit = await reserve(kitId)
    const [first, second] = [buildPayment(), buildPayment()]
    await pay(topup, first)
    await pay(kit, second)
    await db
      .updateTable('topup')
      .set({ left_count: 4 })
      .where('subscriber_id', '=', person.subscriberId)
      .execute()

    for (const [order, payment] of [
      [topup, first],
      [kit, second],
    ] as const) {
      const back = { ...payment, state: 'refunded' as const, refunded: payment.amount }
      expect(await pay(order, back)).toMatchObject({ kind: 'refunded' })
      expect(await pay(order, back)).toMatchObject({ kind: 'known' })
      // An older reading that arrives late changes nothing.
      expect(await pay(order, payment)).toMatchObject({ kind: 'known' })
      expect(await orderOf(order.orderId)).toMatchObject({ state: 'refunded' })
    }
    const left = await db
      .selectFrom('topup')
      .select('left_count')
      .where('subscriber_id', '=', person.subscriberId)
      .executeTakeFirst()
    expect(left).toEqual({ left_count: 0 })
    expect(await stockOf(kitId)).toBe(1)
  })

  it('by the job: asked of the provider under one key, until it says so', async () => {
    const order = await reserve(await addTestProduct(db, bot))
    const payment = buildPayment({ amount: 1 })
    await pay(order, payment)
    const asked: string[] = []
    let isDown = true
    const payments = {
      refund: async ({ key }: { key: string }) => {
        asked.push(key)
        if (isDown) throw new AppError('payment.unavailable')
      },
      findPayment: async () => ({ ...payment, state: 'refunded' as const }),
    }
    const parts = { db, payments, vault, log: createLogger('silent') }

    await giveBack(parts, payment.id)
    expect(await refundsOf(order.orderId)).toMatchObject([{ state: 'queued' }])
    isDown = false
    await Promise.all([giveBack(parts, payment.id), giveBack(parts, payment.id)])
    await giveBack(parts, payment.id)

    expect(await refundsOf(order.orderId)).toMatchObject([{ state: 'done' }])
    expect(new Set(asked).size).toBe(1)
  })
})
