import type { StripeObject, StripeStore } from './store.ts'

export type Emit = (type: string, object: StripeObject, account?: string) => void

/** How money goes back at the vendor: given by its taker, or taken by a bank. */
export function takeBackAtStripe(store: StripeStore, emit: Emit) {
  function refund(paymentIntentId: string, amount?: number): StripeObject {
    const intent = store.get('payment_intent', paymentIntentId)
    const paid = store.get('charge', intent.latest_charge)
    const given = amount ?? paid.amount - paid.amount_refunded
    const amount_refunded = paid.amount_refunded + given
    store.change(paid, { amount_refunded, refunded: amount_refunded === paid.amount })
    const refunded = store.create('refund', {
      amount: given,
      currency: intent.currency,
      charge: paid.id,
      payment_intent: intent.id,
      status: 'succeeded',
    })
    emit('charge.refunded', paid)
    return refunded
  }

  function dispute(paymentIntentId: string, status = 'needs_response'): StripeObject {
    const paid = store.get('charge', store.get('payment_intent', paymentIntentId).latest_charge)
    store.change(paid, { disputed: true })
    const opened = store.create('dispute', {
      amount: paid.amount,
      currency: paid.currency,
      charge: paid.id,
      payment_intent: paymentIntentId,
      reason: 'fraudulent',
      status,
    })
    emit('charge.dispute.created', opened)
    return opened
  }

  function closeDispute(disputeId: string, status: 'won' | 'lost'): StripeObject {
    const closed = store.get('dispute', disputeId)
    store.change(closed, { status })
    emit('charge.dispute.closed', closed)
    return closed
  }

  return { refund, dispute, closeDispute }
}
