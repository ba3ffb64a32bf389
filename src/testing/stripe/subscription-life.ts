import type { PaymentWorld } from './payment-world.ts'
import type { StripeEventObject } from './webhook-post.ts'

/** One step of a subscription's life at the vendor: what it plays, and the event that tells of it. */
export type LifeStep = (world: PaymentWorld, subscriptionId: string) => void

/**
 * Lives of eight events each, the first three of which are the purchase itself: the session completed, the subscription
 * created, its invoice paid. The steps that follow make five more.
 */
export const LIVES: Record<string, { steps: LifeStep[]; types: string[] }> = {
  'fails, is saved, and is cancelled': {
    steps: [
      ({ stripe }, id) => stripe.life.endPeriod(id, { isPaid: false }),
      ({ stripe }, id) => stripe.life.retryInvoice(id),
      ({ stripe }, id) => stripe.life.cancelAtPeriodEnd(id),
      ({ stripe }, id) => stripe.life.endPeriod(id),
    ],
    types: [
      'invoice.payment_failed',
      'invoice.paid',
      'customer.subscription.updated',
      'customer.subscription.updated',
      'customer.subscription.deleted',
    ],
  },
  'is renewed and goes on': {
    steps: [
      ({ stripe }, id) => stripe.life.endPeriod(id),
      ({ stripe }, id) => stripe.life.endPeriod(id, { isPaid: false }),
      ({ stripe }, id) => stripe.life.retryInvoice(id),
    ],
    types: [
      'invoice.paid',
      'customer.subscription.updated',
      'invoice.payment_failed',
      'customer.subscription.updated',
      'invoice.paid',
    ],
  },
  'is cancelled, kept after all, and refunded': {
    steps: [
      ({ stripe }, id) => stripe.life.cancelAtPeriodEnd(id),
      ({ stripe }, id) => stripe.life.cancelAtPeriodEnd(id, false),
      ({ stripe }, id) => stripe.life.endPeriod(id),
      ({ stripe }, id) => stripe.life.refund(stripe.life.paymentOf(id) ?? ''),
    ],
    types: [
      'customer.subscription.updated',
      'customer.subscription.updated',
      'invoice.paid',
      'customer.subscription.updated',
      'charge.refunded',
    ],
  },
  'fails for good': {
    steps: [
      ({ stripe }, id) => stripe.life.endPeriod(id, { isPaid: false }),
      ({ stripe }, id) => stripe.life.retryInvoice(id, { isPaid: false }),
      ({ stripe }, id) => stripe.life.giveUp(id, 'unpaid'),
    ],
    types: [
      'invoice.payment_failed',
      'customer.subscription.updated',
      'invoice.payment_failed',
      'customer.subscription.updated',
      'customer.subscription.updated',
    ],
  },
}

const PURCHASE = ['checkout.session.completed', 'customer.subscription.created', 'invoice.paid']

/** Of all that was emitted, the eight events of a life, in the order they happened. */
export function eightOf(life: string, emitted: StripeEventObject[]): StripeEventObject[] {
  const left = [...emitted]
  return [...PURCHASE, ...(LIVES[life]?.types ?? [])].map((type) => {
    const at = left.findIndex((event) => event.type === type)
    const [event] = left.splice(at, 1)
    if (at === -1 || !event) throw new Error(`the life "${life}" made no ${type}`)
    return event
  })
}
