import type Stripe from 'stripe'
import type {
  ProviderCheckout,
  ProviderPayment,
  ProviderSubscription,
  ShippingAddress,
} from '../payment-provider.ts'

/** Where our Checkout's id stands in what Stripe keeps: set with the secret key, so no payer can choose it. */
export const CHECKOUT_KEY = 'checkout_id'

/** Stripe's word for a bank's question that has moved no money. */
const HARMLESS_DISPUTES = /^(won|prevented|warning_)/

/** Statuses in which someone may be let in, so that it matters whether the payment was taken back. */
const LIVE = ['trialing', 'active', 'past_due']

export function isLive({ status }: Stripe.Subscription): boolean {
  return LIVE.includes(status)
}

/** A subscription read with `customer` and `latest_invoice.payments` expanded, and the payment of that invoice. */
export function presentSubscription(
  subscription: Stripe.Subscription,
  payment: ProviderPayment | undefined,
): ProviderSubscription {
  const [item] = subscription.items.data
  const invoice = opened(subscription.latest_invoice)
  const isUnpaid = invoice !== undefined && (invoice.status === 'open' || invoice.status === 'draft')
  return {
    id: subscription.id,
    customerId: idOf(subscription.customer) ?? '',
    email: emailOf(subscription.customer),
    status: subscription.status,
    priceId: item?.price.id,
    amount: item?.price.unit_amount ?? undefined,
    currency: subscription.currency,
    quantity: item?.quantity ?? 1,
    periodEnd: readTime(item?.current_period_end),
    trialEnd: readTime(subscription.trial_end),
    cancelsAt:
      readTime(subscription.cancel_at) ??
      (subscription.cancel_at_period_end ? readTime(item?.current_period_end) : undefined),
    endedAt: readTime(subscription.ended_at),
    checkoutId: subscription.metadata[CHECKOUT_KEY],
    isAwaitingPayment: isUnpaid && invoice.billing_reason === 'subscription_create',
    unpaidSince: isUnpaid ? readTime(invoice.created) : undefined,
    payment,
    isTakenBack: payment?.state === 'refunded' || payment?.state === 'disputed',
  }
}

/** The payment that the last invoice was, or is to be, paid with. */
export function lastPaymentId({ latest_invoice }: Stripe.Subscription): string | undefined {
  return paymentIdOf(opened(latest_invoice))
}

export function paymentIdOf(invoice: Stripe.Invoice | undefined): string | undefined {
  const payments = invoice?.payments?.data ?? []
  const [payment] = payments.filter(({ status }) => status === 'paid').concat(payments)
  return idOf(payment?.payment.payment_intent)
}

export function subscriptionIdOf(invoice: Stripe.Invoice): string | undefined {
  return idOf(invoice.parent?.subscription_details?.subscription)
}

export function presentCheckout(session: Stripe.Checkout.Session): ProviderCheckout {
  const named = session.metadata?.[CHECKOUT_KEY]
  const details = session.collected_information?.shipping_details
  return {
    id: session.id,
    // A payer may choose the reference of a payment link; together with the metadata it is ours.
    checkoutId: named !== undefined && named === session.client_reference_id ? named : undefined,
    state: readState(session.status),
    isPaid: session.status === 'complete' && session.payment_status !== 'unpaid',
    amount: session.amount_total ?? 0,
    subtotal: session.amount_subtotal ?? 0,
    currency: session.currency ?? '',
    customerId: idOf(session.customer),
    email: session.customer_details?.email ?? session.customer_email ?? undefined,
    subscriptionId: idOf(session.subscription),
    paymentId: idOf(session.payment_intent),
    shipping: details ? presentAddress(details) : undefined,
  }
}

function readState(status: string | null): ProviderCheckout['state'] {
  return status === 'complete' || status === 'expired' ? status : 'open'
}

function presentAddress({ name, address }: { name: string; address: Stripe.Address }): ShippingAddress {
  return {
    name,
    lines: [address.line1 ?? '', address.line2 ?? ''].filter((line) => line !== ''),
    city: address.city ?? '',
    postalCode: address.postal_code ?? '',
    state: address.state ?? '',
    country: address.country ?? '',
  }
}

/** A payment read with `latest_charge` expanded, and the disputes about it. */
export function presentPayment(
  intent: Stripe.PaymentIntent,
  { disputes, subscriptionId }: { disputes: Stripe.Dispute[]; subscriptionId: string | undefined },
): ProviderPayment {
  const charge = opened(intent.latest_charge)
  return {
    id: intent.id,
    state: stateOf(intent, charge, disputes),
    amount: intent.amount,
    refunded: charge?.amount_refunded ?? 0,
    fee: intent.application_fee_amount ?? 0,
    currency: intent.currency,
    customerId: idOf(intent.customer),
    subscriptionId,
    checkoutId: intent.metadata[CHECKOUT_KEY],
    receiptUrl: charge?.receipt_url ?? undefined,
    paidAt: intent.status === 'succeeded' ? readTime(charge?.created ?? intent.created) : undefined,
  }
}

function stateOf(
  intent: Stripe.PaymentIntent,
  charge: Stripe.Charge | undefined,
  disputes: Stripe.Dispute[],
): ProviderPayment['state'] {
  if (disputes.some(({ status }) => !HARMLESS_DISPUTES.test(status))) return 'disputed'
  if (charge?.refunded) return 'refunded'
  if (charge && charge.amount_refunded > 0) return 'partly_refunded'
  if (intent.status === 'succeeded') return 'paid'
  return intent.status === 'canceled' || intent.last_payment_error ? 'failed' : 'pending'
}

/** A reference that was asked to come as the object itself. */
export function opened<T extends { id: string }>(reference: T | string | null | undefined): T | undefined {
  return typeof reference === 'object' && reference !== null ? reference : undefined
}

function idOf(reference: { id: string } | string | null | undefined): string | undefined {
  return typeof reference === 'string' ? reference : reference?.id
}

function emailOf(customer: Stripe.Subscription['customer']): string | undefined {
  const shown = opened(customer)
  return shown && 'email' in shown ? (shown.email ?? undefined) : undefined
}

function readTime(seconds: number | null | undefined): Date | undefined {
  return typeof seconds === 'number' ? new Date(seconds * 1000) : undefined
}
