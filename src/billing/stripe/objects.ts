import type Stripe from 'stripe'
import type { PaymentProvider, ProviderPayment, ProviderSubscription } from '../payment-provider.ts'
import { EVENT_TYPES } from '../settle/payment-event-types.ts'
import { callStripe, findAtStripe } from './call.ts'
import {
  isLive,
  lastPaymentId,
  opened,
  paymentIdOf,
  presentCheckout,
  presentPayment,
  presentSubscription,
  subscriptionIdOf,
} from './read.ts'

type Objects = Pick<
  PaymentProvider,
  | 'findSubscription'
  | 'findCheckout'
  | 'findCheckoutOf'
  | 'findPayment'
  | 'findAccount'
  | 'listSubscriptions'
  | 'listCheckouts'
  | 'listInvoicePayments'
  | 'listEvents'
>

/** Stripe's largest page. */
const PAGE = 100

const SUBSCRIPTION_PARTS = ['customer', 'latest_invoice.payments']

/** What Stripe holds, read anew each time. */
export function readStripeObjects(stripe: Stripe): Objects {
  async function findPayment(
    id: string,
    known?: { subscriptionId: string },
  ): Promise<ProviderPayment | undefined> {
    const intent = await findAtStripe(() => stripe.paymentIntents.retrieve(id, { expand: ['latest_charge'] }))
    if (!intent) return undefined
    const isDisputed = opened(intent.latest_charge)?.disputed ?? false
    const disputes = isDisputed
      ? await callStripe(() => stripe.disputes.list({ payment_intent: id, limit: PAGE }))
      : undefined
    const subscriptionId = known ? known.subscriptionId : await findSubscriptionOf(id)
    return presentPayment(intent, { disputes: disputes?.data ?? [], subscriptionId })
  }

  async function findSubscriptionOf(paymentId: string): Promise<string | undefined> {
    const { data } = await callStripe(() =>
      stripe.invoicePayments.list({
        payment: { type: 'payment_intent', payment_intent: paymentId },
        expand: ['data.invoice'],
        limit: 1,
      }),
    )
    const invoice = opened(data[0]?.invoice)
    return invoice && !('deleted' in invoice) ? subscriptionIdOf(invoice) : undefined
  }

  /** Whether a payment was taken back is looked at only where it decides something. */
  async function complete(subscription: Stripe.Subscription): Promise<ProviderSubscription> {
    const paymentId = isLive(subscription) ? lastPaymentId(subscription) : undefined
    const payment = paymentId && (await findPayment(paymentId, { subscriptionId: subscription.id }))
    return presentSubscription(subscription, payment || undefined)
  }

  return {
    async findSubscription(id) {
      const found = await findAtStripe(() =>
        stripe.subscriptions.retrieve(id, { expand: SUBSCRIPTION_PARTS }),
      )
      return found && complete(found)
    },
    async findCheckout(id) {
      const found = await findAtStripe(() => stripe.checkout.sessions.retrieve(id))
      return found && presentCheckout(found)
    },
    async findCheckoutOf(subscription) {
      const { data } = await callStripe(() => stripe.checkout.sessions.list({ subscription, limit: 1 }))
      return data[0] && presentCheckout(data[0])
    },
    findPayment: (id) => findPayment(id),
    async findAccount(id) {
      const found = await findAtStripe(() => stripe.accounts.retrieve(id))
      return found && { id: found.id, isCharging: found.charges_enabled, isPayingOut: found.payouts_enabled }
    },
    async listSubscriptions(page) {
      const expand = SUBSCRIPTION_PARTS.map((part) => `data.${part}`)
      const list = await callStripe(() =>
        stripe.subscriptions.list({ ...paging(page), status: 'all', expand }),
      )
      const items: ProviderSubscription[] = []
      // One after the other: a reconciliation has the night, and Stripe counts calls a second.
      for (const subscription of list.data) items.push(await complete(subscription))
      return { items, next: nextOf(list) }
    },
    async listCheckouts(page) {
      const list = await callStripe(() => stripe.checkout.sessions.list(paging(page)))
      return { items: list.data.map(presentCheckout), next: nextOf(list) }
    },
    async listInvoicePayments(page) {
      const list = await callStripe(() =>
        stripe.invoices.list({ ...paging(page), status: 'paid', expand: ['data.payments'] }),
      )
      const items = list.data.flatMap((invoice) => {
        const [paymentId, subscriptionId] = [paymentIdOf(invoice), subscriptionIdOf(invoice)]
        return paymentId && subscriptionId ? [{ paymentId, subscriptionId }] : []
      })
      return { items, next: nextOf(list) }
    },
    async listEvents({ createdAfter, createdBefore }) {
      const created = { gt: seconds(createdAfter), lt: seconds(createdBefore) }
      const list = await callStripe(() =>
        stripe.events.list({ created, types: [...EVENT_TYPES], limit: PAGE }),
      )
      return list.data.map((event) => ({ id: event.id, createdAt: new Date(event.created * 1000) }))
    },
  }
}

function paging({ cursor, createdAfter }: { cursor?: string; createdAfter?: Date }) {
  return {
    limit: PAGE,
    ...(cursor !== undefined && { starting_after: cursor }),
    ...(createdAfter && { created: { gte: seconds(createdAfter) } }),
  }
}

function nextOf(list: Stripe.ApiList<{ id: string }>): string | undefined {
  return list.has_more ? list.data.at(-1)?.id : undefined
}

function seconds(time: Date): number {
  return Math.floor(time.getTime() / 1000)
}
