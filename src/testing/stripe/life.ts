import { NO_DETAILS, planOf } from './parts.ts'
import type {
  InvoiceObject,
  PaymentIntentObject,
  SessionObject,
  StripeStore,
  SubscriptionObject,
} from './store.ts'
import { type Emit, takeBackAtStripe } from './take-back.ts'

/** Whoever fills in the vendor's payment page. */
export interface Buyer {
  email?: string
  /** False: a delayed method, whose money is still on its way. */
  isPaid?: boolean
  shipping?: Record<string, unknown>
}

export type StripeLife = ReturnType<typeof createStripeLife>

const DAY_SECONDS = 86_400
const PERIOD_DAYS: Record<string, number> = { month: 30, year: 365 }

interface Sale {
  priceId: string
  quantity: number
  trialDays: number
  metadata: Record<string, string>
  paymentMetadata: Record<string, string>
}

/** What happens at the vendor without us: people pay, cards fail, periods end, banks take money back. */
export function createStripeLife(store: StripeStore, now: () => number, emit: Emit) {
  const sales = new Map<string, Sale>()

  function completeCheckout(sessionId: string, { email, isPaid = true, shipping }: Buyer = {}) {
    const session = store.get('checkout.session', sessionId)
    if (session.status !== 'open') throw new Error(`session ${sessionId} is ${session.status}`)
    const sale = sales.get(sessionId)
    if (!sale) throw new Error(`session ${sessionId} sells nothing`)
    const address = email ?? session.customer_email ?? 'payer@example.org'
    const customer = session.customer
      ? store.get('customer', session.customer)
      : store.create('customer', { email: address })
    store.change(session, {
      status: 'complete',
      url: null,
      customer: customer.id,
      customer_details: { ...NO_DETAILS, email: address },
      ...(shipping && {
        collected_information: { business_name: null, individual_name: null, shipping_details: shipping },
      }),
    })
    if (session.mode === 'subscription') begin(session, sale, isPaid)
    else pay(session, sale, isPaid)
    emit('checkout.session.completed', session)
    return session
  }

  function begin(session: SessionObject, sale: Sale, isPaid: boolean): void {
    const price = store.get('price', sale.priceId)
    const start = now()
    const trialEnd = sale.trialDays > 0 ? start + sale.trialDays * DAY_SECONDS : null
    const end = trialEnd ?? start + (PERIOD_DAYS[price.recurring?.interval ?? 'month'] ?? 30) * DAY_SECONDS
    const period = { current_period_start: start, current_period_end: end }
    const item = store.create('subscription_item', {
      price,
      plan: planOf(price),
      quantity: sale.quantity,
      ...period,
    })
    const subscription = store.create('subscription', {
      customer: session.customer,
      currency: price.currency,
      status: trialEnd ? 'trialing' : 'active',
      start_date: start,
      billing_cycle_anchor: end,
      trial_start: trialEnd && start,
      trial_end: trialEnd,
      metadata: sale.metadata,
      items: { object: 'list', url: '', has_more: false, data: [item] },
    })
    store.change(item, { subscription: subscription.id })
    const amount = trialEnd ? 0 : session.amount_total
    const invoice = bill(subscription, amount, 'subscription_create')
    if (isPaid || amount === 0) settle(invoice)
    else store.change(invoice, { status: 'open' })
    store.change(session, {
      subscription: subscription.id,
      invoice: invoice.id,
      payment_status: amount === 0 ? 'no_payment_required' : isPaid ? 'paid' : 'unpaid',
    })
    emit('customer.subscription.created', subscription)
    if (invoice.status === 'paid') tellPaid(invoice)
  }

  function pay(session: SessionObject, sale: Sale, isPaid: boolean): void {
    const intent = charge(session.amount_total, session.currency, String(session.customer), isPaid)
    store.change(intent, { metadata: sale.paymentMetadata })
    store.change(session, { payment_intent: intent.id, payment_status: isPaid ? 'paid' : 'unpaid' })
    if (isPaid) emit('payment_intent.succeeded', intent)
  }

  /** The money of a delayed method arrives, or does not. */
  function settleDelayed(sessionId: string, outcome: 'succeeded' | 'failed'): void {
    const session = store.get('checkout.session', sessionId)
    if (outcome === 'succeeded') {
      store.change(session, { payment_status: 'paid' })
      if (session.subscription) settle(store.get('invoice', session.invoice))
      else succeed(store.get('payment_intent', session.payment_intent))
    } else if (session.subscription) {
      cancelNow(session.subscription)
    }
    emit(`checkout.session.async_payment_${outcome}`, session)
  }

  function expireCheckout(sessionId: string): SessionObject {
    const session = store.get('checkout.session', sessionId)
    store.change(session, { status: 'expired', url: null })
    emit('checkout.session.expired', session)
    return session
  }

  function bill(subscription: SubscriptionObject, amount: number, reason: string): InvoiceObject {
    const invoice = store.create('invoice', {
      customer: subscription.customer,
      currency: subscription.currency,
      status: 'draft',
      billing_reason: reason,
      amount_due: amount,
      total: amount,
      subtotal: amount,
      parent: {
        type: 'subscription_details',
        quote_details: null,
        subscription_details: { subscription: subscription.id, metadata: subscription.metadata },
      },
    })
    if (amount > 0) {
      const intent = charge(amount, subscription.currency, subscription.customer, false)
      store.create('invoice_payment', {
        invoice: invoice.id,
        currency: subscription.currency,
        amount_requested: amount,
        is_default: true,
        status: 'open',
        payment: { type: 'payment_intent', payment_intent: intent.id },
      })
    }
    store.change(subscription, { latest_invoice: invoice.id })
    return invoice
  }

  function charge(amount: number, currency: string, customer: string, isPaid: boolean): PaymentIntentObject {
    const intent = store.create('payment_intent', { amount, currency, customer, status: 'processing' })
    if (isPaid) succeed(intent)
    return intent
  }

  function succeed(intent: PaymentIntentObject): void {
    const paid = store.create('charge', {
      amount: intent.amount,
      amount_captured: intent.amount,
      captured: true,
      paid: true,
      status: 'succeeded',
      currency: intent.currency,
      customer: intent.customer,
      payment_intent: intent.id,
      receipt_url: `https://pay.stripe.com/receipts/${intent.id}`,
    })
    store.change(intent, { status: 'succeeded', amount_received: intent.amount, latest_charge: paid.id })
  }

  function settle(invoice: InvoiceObject): void {
    const [payment] = store.list('invoice_payment').filter((candidate) => candidate.invoice === invoice.id)
    if (payment) {
      succeed(store.get('payment_intent', payment.payment.payment_intent))
      store.change(payment, { status: 'paid', amount_paid: invoice.amount_due })
    }
    store.change(invoice, { status: 'paid', amount_paid: invoice.amount_due, attempted: true })
  }

  function tellPaid(invoice: InvoiceObject): void {
    emit('invoice.paid', invoice)
    emit('invoice.payment_succeeded', invoice)
  }

  /** What a payer does on the portal; undone with `false`. */
  function cancelAtPeriodEnd(subscriptionId: string, isCanceling = true): SubscriptionObject {
    const subscription = store.get('subscription', subscriptionId)
    const end = subscription.items.data[0]?.current_period_end ?? null
    store.change(subscription, {
      cancel_at_period_end: isCanceling,
      cancel_at: isCanceling ? end : null,
      canceled_at: isCanceling ? now() : null,
    })
    emit('customer.subscription.updated', subscription)
    return subscription
  }

  function cancelNow(subscriptionId: string): SubscriptionObject {
    const subscription = store.get('subscription', subscriptionId)
    store.change(subscription, { status: 'canceled', canceled_at: now(), ended_at: now() })
    emit('customer.subscription.deleted', subscription)
    return subscription
  }

  /** The period is over: it ends where it was cancelled, else it is paid for anew, or that fails. */
  function endPeriod(subscriptionId: string, { isPaid = true } = {}): SubscriptionObject {
    const subscription = store.get('subscription', subscriptionId)
    if (subscription.cancel_at_period_end) return cancelNow(subscriptionId)
    const [item] = subscription.items.data
    if (!item) throw new Error('a subscription without an item')
    const length = (PERIOD_DAYS[item.price.recurring?.interval ?? 'month'] ?? 30) * DAY_SECONDS
    const period = {
      current_period_start: item.current_period_end,
      current_period_end: item.current_period_end + length,
    }
    Object.assign(item, period)
    const invoice = bill(subscription, item.price.unit_amount * item.quantity, 'subscription_cycle')
    emit('invoice.created', invoice)
    return isPaid ? succeedInvoice(subscription, invoice) : failInvoice(subscription, invoice)
  }

  function succeedInvoice(subscription: SubscriptionObject, invoice: InvoiceObject): SubscriptionObject {
    settle(invoice)
    store.change(subscription, { status: 'active' })
    tellPaid(invoice)
    emit('customer.subscription.updated', subscription)
    return subscription
  }

  function failInvoice(subscription: SubscriptionObject, invoice: InvoiceObject): SubscriptionObject {
    store.change(invoice, { status: 'open', attempted: true, attempt_count: invoice.attempt_count + 1 })
    store.change(subscription, { status: 'past_due' })
    emit('invoice.payment_failed', invoice)
    emit('customer.subscription.updated', subscription)
    return subscription
  }

  /** The open invoice is tried again. */
  function retryInvoice(subscriptionId: string, { isPaid = true } = {}): SubscriptionObject {
    const subscription = store.get('subscription', subscriptionId)
    const invoice = store.get('invoice', subscription.latest_invoice)
    return isPaid ? succeedInvoice(subscription, invoice) : failInvoice(subscription, invoice)
  }

  /** After the last try: what the account's settings say. */
  function giveUp(subscriptionId: string, status: 'canceled' | 'unpaid' = 'canceled'): SubscriptionObject {
    if (status === 'canceled') return cancelNow(subscriptionId)
    const subscription = store.get('subscription', subscriptionId)
    store.change(subscription, { status })
    emit('customer.subscription.updated', subscription)
    return subscription
  }

  /** Of the invoice last billed; undefined when nothing was charged. */
  function paymentOf(subscriptionId: string): string | undefined {
    const { latest_invoice } = store.get('subscription', subscriptionId)
    const payment = store.list('invoice_payment').find(({ invoice }) => invoice === latest_invoice)
    return payment?.payment.payment_intent
  }

  return {
    sales,
    completeCheckout,
    settleDelayed,
    expireCheckout,
    cancelAtPeriodEnd,
    cancelNow,
    endPeriod,
    retryInvoice,
    giveUp,
    ...takeBackAtStripe(store, emit),
    paymentOf,
  }
}
