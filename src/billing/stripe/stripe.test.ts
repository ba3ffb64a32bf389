import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type StripeStandIn, startStripeStandIn } from '../../testing/stripe/stand-in.ts'
import { HAS_SPECS, openSpec, readSpec } from '../../testing/vendor-spec.ts'
import type { OpenCheckout, PaymentProvider } from '../payment-provider.ts'
import { EVENT_TYPES } from '../settle/payment-event-types.ts'
import { SHIPPED_TO } from './countries.ts'
import { createStripeProvider } from './stripe.ts'

let standIn: StripeStandIn
let payments: PaymentProvider

beforeAll(async () => {
  standIn = await startStripeStandIn({ secretKey: 'sk_test_1' })
  payments = provider('sk_test_1')
})
afterAll(() => standIn.close())

function provider(secretKey: string, apiRoot = standIn.url): PaymentProvider {
  return createStripeProvider({ secretKey, webhookSecret: 'whsec_test', apiRoot })
}

const MONTHLY = {
  name: 'Coach: Plus',
  description: 'All of it',
  currency: 'eur',
  amount: 1900,
  interval: 'month',
} as const

async function checkout(changes: Partial<OpenCheckout> = {}) {
  const { priceId } = await payments.mirrorPrice({ key: randomUUID(), ...MONTHLY })
  const request: OpenCheckout = {
    checkoutId: randomUUID(),
    priceId,
    quantity: 1,
    amount: 1900,
    mode: 'subscription',
    expiresAt: new Date(Date.now() + 3_600_000),
    successUrl: 'https://coach.example/done',
    cancelUrl: 'https://coach.example/back',
    ...changes,
  }
  return { request, session: await payments.openCheckout(request) }
}

async function subscribe(changes: Partial<OpenCheckout> = {}) {
  const { request, session } = await checkout(changes)
  const { subscription } = standIn.life.completeCheckout(session.id, { email: 'ana@example.org' })
  return { request, session, subscriptionId: subscription ?? '' }
}

describe('prices and codes', () => {
  it('are mirrored once, however often they are asked for', async () => {
    const sellable = { key: randomUUID(), ...MONTHLY }
    const [one, two] = [await payments.mirrorPrice(sellable), await payments.mirrorPrice(sellable)]

    expect(two).toEqual(one)
    expect(standIn.store.get('price', one.priceId)).toMatchObject({
      unit_amount: 1900,
      currency: 'eur',
      recurring: { interval: 'month' },
    })
  })

  it('give one price when two mirror it at once', async () => {
    const sellable = { key: randomUUID(), ...MONTHLY }
    const [one, two] = await Promise.all([payments.mirrorPrice(sellable), payments.mirrorPrice(sellable)])

    expect(two).toEqual(one)
  })

  it('take the code of two creators apart', async () => {
    const coupon = { code: 'SPRING', percentOff: 25, duration: 'once', maxRedemptions: 10 } as const
    const [one, other] = [randomUUID(), randomUUID()]
    const codes = []
    for (const key of [one, one, other]) codes.push(await payments.mirrorCoupon({ key, ...coupon }))

    expect(codes[1]).toEqual(codes[0])
    expect(codes[2]?.promotionCodeId).not.toBe(codes[0]?.promotionCodeId)
  })
})

describe('a Checkout', () => {
  it('is opened once for one of ours, whoever asks again', async () => {
    const { request, session } = await checkout()

    expect(await payments.openCheckout(request)).toEqual(session)
  })

  it('is refused when it asks for something else under the same id', async () => {
    const { request } = await checkout()

    await expect(
      payments.openCheckout({ ...request, successUrl: 'https://coach.example/other' }),
    ).rejects.toMatchObject({
      code: 'payment.refused',
    })
  })

  it('binds what is paid to us, on the session and on the subscription', async () => {
    const { request, session, subscriptionId } = await subscribe()

    const bought = await payments.findCheckout(session.id)
    expect(bought).toMatchObject({
      checkoutId: request.checkoutId,
      state: 'complete',
      isPaid: true,
      subscriptionId,
    })
    expect(await payments.findSubscription(subscriptionId)).toMatchObject({
      checkoutId: request.checkoutId,
      status: 'active',
      amount: 1900,
      currency: 'eur',
      quantity: 1,
      email: 'ana@example.org',
      isTakenBack: false,
      isAwaitingPayment: false,
      payment: { state: 'paid', amount: 1900, subscriptionId },
    })
    expect(await payments.findCheckoutOf(subscriptionId)).toEqual(bought)
  })

  it('sends the money on to a creator, less the fee', async () => {
    const { accountId } = await payments.openOnboarding({
      email: 'cat@example.org',
      returnUrl: 'https://coach.example',
    })
    await checkout({ account: accountId, feePercent: 12.5 })
    const subscriptionCall = standIn.calls.at(-1)
    const { priceId } = await payments.mirrorPrice({
      ...MONTHLY,
      key: randomUUID(),
      interval: undefined,
    } as never)
    await checkout({ mode: 'payment', priceId, account: accountId, feePercent: 12.5, isShipped: true })

    expect(subscriptionCall?.params.subscription_data).toMatchObject({
      transfer_data: { destination: accountId },
      application_fee_percent: standIn.isSpecChecked ? 12.5 : '12.5',
    })
    expect(standIn.calls.at(-1)?.params.payment_intent_data).toMatchObject({
      transfer_data: { destination: accountId },
      application_fee_amount: standIn.isSpecChecked ? 238 : '238',
    })
  })

  it('with a trial or a code costs what they say', async () => {
    const { promotionCodeId } = await payments.mirrorCoupon({
      key: randomUUID(),
      code: 'HALF',
      percentOff: 50,
      duration: 'once',
    })
    const { session } = await checkout({ promotionCodeId })
    const trial = await subscribe({ trialDays: 7 })

    expect(await payments.findCheckout(session.id)).toMatchObject({
      subtotal: 1900,
      amount: 950,
      state: 'open',
    })
    expect(await payments.findSubscription(trial.subscriptionId)).toMatchObject({
      status: 'trialing',
      payment: undefined,
    })
    expect(await payments.findCheckout(trial.session.id)).toMatchObject({ isPaid: true })
  })

  it('whose reference and metadata differ names none of ours', async () => {
    const { session } = await checkout()
    standIn.store.change(standIn.store.get('checkout.session', session.id), {
      client_reference_id: randomUUID(),
    })

    expect(await payments.findCheckout(session.id)).toMatchObject({ checkoutId: undefined })
  })

  it('is not paid while the money of a delayed method is under way', async () => {
    const { session } = await checkout()
    const { subscription } = standIn.life.completeCheckout(session.id, { isPaid: false })

    expect(await payments.findCheckout(session.id)).toMatchObject({ state: 'complete', isPaid: false })
    expect(await payments.findSubscription(subscription ?? '')).toMatchObject({ isAwaitingPayment: true })
    standIn.life.settleDelayed(session.id, 'succeeded')
    expect(await payments.findSubscription(subscription ?? '')).toMatchObject({ isAwaitingPayment: false })
  })
})

describe('a subscription', () => {
  it('shows a failed payment with its day, and that it was made good', async () => {
    const { subscriptionId } = await subscribe()
    standIn.life.endPeriod(subscriptionId, { isPaid: false })

    expect(await payments.findSubscription(subscriptionId)).toMatchObject({
      status: 'past_due',
      unpaidSince: expect.any(Date),
    })
    standIn.life.retryInvoice(subscriptionId)
    expect(await payments.findSubscription(subscriptionId)).toMatchObject({
      status: 'active',
      unpaidSince: undefined,
    })
  })

  it.each([
    ['refunded in full', (id: string) => standIn.life.refund(id), true],
    ['refunded in part', (id: string) => standIn.life.refund(id, 100), false],
    ['disputed', (id: string) => standIn.life.dispute(id), true],
    ['asked about by the bank', (id: string) => standIn.life.dispute(id, 'warning_needs_response'), false],
    [
      'disputed and won',
      (id: string) => standIn.life.closeDispute(standIn.life.dispute(id).id, 'won'),
      false,
    ],
    [
      'disputed and lost',
      (id: string) => standIn.life.closeDispute(standIn.life.dispute(id).id, 'lost'),
      true,
    ],
  ])('whose payment was %s', async (_, happen, isTakenBack) => {
    const { subscriptionId } = await subscribe()
    happen(standIn.life.paymentOf(subscriptionId) ?? '')

    expect(await payments.findSubscription(subscriptionId)).toMatchObject({ isTakenBack })
  })

  it('ends at the end of its period, or at once', async () => {
    const [later, now] = [await subscribe(), await subscribe()]
    await payments.cancelSubscription(later.subscriptionId, 'period_end')
    await payments.cancelSubscription(now.subscriptionId, 'now')

    expect(await payments.findSubscription(later.subscriptionId)).toMatchObject({
      status: 'active',
      cancelsAt: expect.any(Date),
    })
    expect(await payments.findSubscription(now.subscriptionId)).toMatchObject({
      status: 'canceled',
      endedAt: expect.any(Date),
    })
  })

  it('can be refunded twice to the same end', async () => {
    const { subscriptionId } = await subscribe()
    const paymentId = standIn.life.paymentOf(subscriptionId) ?? ''
    await payments.refund({ paymentId, key: 'one' })
    await payments.refund({ paymentId, key: 'two' })

    expect(await payments.findPayment(paymentId)).toMatchObject({
      state: 'refunded',
      refunded: 1900,
      subscriptionId,
    })
  })

  it('opens a portal for its payer', async () => {
    const { subscriptionId } = await subscribe()
    const { customer } = standIn.store.get('subscription', subscriptionId)

    expect(await payments.openPortal({ customerId: customer, returnUrl: 'https://coach.example' })).toContain(
      '/p/session/',
    )
  })
})

describe('lists', () => {
  it('go through all there is, page by page', async () => {
    const ids = new Set<string>()
    for (let count = 0; count < 105; count++) ids.add((await checkout()).session.id)
    const first = await payments.listCheckouts({})
    const second = await payments.listCheckouts({ cursor: first.next ?? '' })

    expect(first.items).toHaveLength(100)
    const listed = new Set([...first.items, ...second.items].map(({ id }) => id))
    expect([...ids].filter((id) => !listed.has(id))).toEqual([])
  })

  it('show subscriptions of every status, invoices and events', async () => {
    const { subscriptionId } = await subscribe()
    standIn.life.cancelNow(subscriptionId)
    const all = await payments.listSubscriptions({})
    const invoices = await payments.listInvoicePayments({ createdAfter: new Date(Date.now() - 60_000) })
    const events = await payments.listEvents({
      createdAfter: new Date(Date.now() - 60_000),
      createdBefore: new Date(Date.now() + 60_000),
    })

    expect(all.items.find(({ id }) => id === subscriptionId)).toMatchObject({ status: 'canceled' })
    expect(invoices.items.some((invoice) => invoice.subscriptionId === subscriptionId)).toBe(true)
    expect(events.length).toBeGreaterThan(0)
  })
})

describe('failures', () => {
  it.each([
    ['a server error', { kind: 'status', status: 500 }],
    ['a torn connection', { kind: 'reset' }],
  ] as const)('%s is tried again', async (_, trouble) => {
    standIn.failNext(1, trouble)

    expect(await payments.findSubscription('sub_none')).toBeUndefined()
  })

  it('that last are said to be passing', async () => {
    standIn.failNext(3, { kind: 'status', status: 503 })

    await expect(payments.findSubscription('sub_none')).rejects.toMatchObject({ code: 'payment.unavailable' })
  })

  it('that lose the answer alone make nothing twice', async () => {
    const before = standIn.store.list('checkout.session').length
    const sellable = { key: randomUUID(), ...MONTHLY }
    const { priceId } = await payments.mirrorPrice(sellable)
    standIn.failNext(1, { kind: 'reset', isRecorded: true })
    await checkout({ priceId }).catch(() => undefined)

    expect(standIn.store.list('checkout.session').length - before).toBe(1)
  })

  it('of the key are for good, and never repeat it', async () => {
    const refused = await provider('sk_test_other')
      .findSubscription('sub_1')
      .catch((error: unknown) => error)

    expect(refused).toMatchObject({ code: 'payment.refused' })
    expect(JSON.stringify(refused)).not.toContain('sk_test_other')
  })

  it('to connect are passing', async () => {
    await expect(provider('sk_test_1', 'http://127.0.0.1:9').findSubscription('sub_1')).rejects.toMatchObject(
      {
        code: 'payment.unavailable',
      },
    )
  })
})

describe.skipIf(!HAS_SPECS)('the specification', () => {
  const OBJECTS = 'stripe/objects.2026-10-28.endive.schema.json'
  const DEFINED = {
    subscription: 'Subscription',
    invoice: 'Invoice',
    'checkout.session': 'CheckoutSession',
    customer: 'Customer',
    price: 'Price',
    payment_intent: 'PaymentIntent',
    refund: 'Refund',
    charge: 'Charges_Charge',
    dispute: 'Disputes_Dispute',
    product: 'Products_Product',
    coupon: 'Coupons_Coupon',
    promotion_code: 'PromotionCodes_PromotionCode',
    'billing_portal.session': 'BillingPortalSession',
    account: 'Accounts_Account',
    invoice_payment: 'InvoicePayments_InvoicePayment',
  } as const

  it('was kept by every object the stand-in showed, in every version', () => {
    const spec = openSpec(OBJECTS)
    let checked = 0
    for (const [kind, definition] of Object.entries(DEFINED) as [keyof typeof DEFINED, string][]) {
      const check = spec.check(definition)
      for (const { id } of standIn.store.list(kind))
        for (const version of standIn.store.versionsOf(id)) {
          expect([kind, check(version)]).toEqual([kind, undefined])
          checked++
        }
    }
    expect(checked).toBeGreaterThan(100)
  })

  it('was kept by every request of ours', () => {
    const oddities = standIn.refused.filter(
      ({ reason }) => !/idempotency key|No such|Invalid API Key|already/.test(reason),
    )

    expect(oddities).toEqual([])
    expect(standIn.isSpecChecked).toBe(true)
  })

  it('knows every event type we listen for, and every country', () => {
    const known = JSON.stringify(readSpec('stripe/event-types.2026-10-28.endive.json'))
    const params = JSON.stringify(readSpec('stripe/request-params.2026-10-28.endive.schema.json'))

    expect(EVENT_TYPES.filter((type) => !known.includes(`"${type}"`))).toEqual([])
    expect(SHIPPED_TO.length).toBe(237)
    expect(SHIPPED_TO.filter((code) => !params.includes(`"${code}"`))).toEqual([])
  })
})
