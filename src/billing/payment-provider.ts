/** What is sold at a price: shown at the provider, so that its pages and receipts name it. */
export interface Sellable {
  /** Ours; the same key is mirrored once, however often it is asked for. */
  key: string
  name: string
  description: string
  /** ISO 4217, lower case. */
  currency: string
  /** In the currency's smallest unit. */
  amount: number
  /** Absent: paid once. */
  interval?: 'month' | 'year'
}

export interface ProviderSubscription {
  id: string
  customerId: string
  email: string | undefined
  /** The provider's word: trialing, active, past_due, ... New words may come. */
  status: string
  priceId: string | undefined
  /** Of one, in the currency's smallest unit; undefined for prices of another kind than ours. */
  amount: number | undefined
  currency: string
  quantity: number
  periodEnd: Date | undefined
  trialEnd: Date | undefined
  /** Set when it will not be renewed. */
  cancelsAt: Date | undefined
  endedAt: Date | undefined
  /** Of the Checkout it came from; ours. */
  checkoutId: string | undefined
  /** The first payment is still under way, as with a bank debit: whatever the status, nothing is paid yet. */
  isAwaitingPayment: boolean
  /** Since when the last invoice is open; undefined when it is paid. */
  unpaidSince: Date | undefined
  /** Of the last invoice; undefined when nothing was charged. */
  payment: ProviderPayment | undefined
  /** The last invoice's payment was refunded in full or is disputed. */
  isTakenBack: boolean
}

export interface ProviderCheckout {
  id: string
  /** Ours, given when it was opened. */
  checkoutId: string | undefined
  state: 'open' | 'complete' | 'expired'
  /** False as well while the money of a delayed method is under way. */
  isPaid: boolean
  /** What was asked for, less discounts, in the currency's smallest unit. */
  amount: number
  /** Before discounts. */
  subtotal: number
  currency: string
  customerId: string | undefined
  email: string | undefined
  subscriptionId: string | undefined
  paymentId: string | undefined
  shipping: ShippingAddress | undefined
}

export interface ShippingAddress {
  name: string
  lines: string[]
  city: string
  postalCode: string
  state: string
  country: string
}

export interface ProviderPayment {
  id: string
  state: 'paid' | 'refunded' | 'partly_refunded' | 'disputed' | 'failed' | 'pending'
  /** Of the Checkout it was made in, for what is paid once; ours. */
  checkoutId: string | undefined
  amount: number
  refunded: number
  fee: number
  currency: string
  customerId: string | undefined
  subscriptionId: string | undefined
  receiptUrl: string | undefined
  paidAt: Date | undefined
}

/** An event as far as it may be believed: that something happened to an object, which is read again. */
export interface ProviderEvent {
  id: string
  type: string
  createdAt: Date
  /** A connected account's id; undefined for the installation's own. */
  account: string | undefined
  /** What is to be read again. An invoice stands for its subscription, a refund or dispute for its payment. */
  object: { kind: PaymentObjectKind; id: string }
}

export type PaymentObjectKind = 'subscription' | 'checkout' | 'payment' | 'account' | 'other'

export interface OpenCheckout {
  /** Ours: comes back with every event, and binds the payment to one Subscriber. */
  checkoutId: string
  priceId: string
  quantity: number
  /** Of all together, in the currency's smallest unit: what a fee is taken from. */
  amount: number
  mode: 'subscription' | 'payment'
  trialDays?: number
  promotionCodeId?: string
  customerId?: string
  email?: string
  isShipped?: boolean
  expiresAt: Date
  successUrl: string
  cancelUrl: string
  /** Of the creator's own account: the money is theirs, less the fee. */
  account?: string
  feePercent?: number
}

/** One page of a list; `cursor` is the `next` of the page before. */
export interface ProviderPage<T> {
  items: T[]
  next: string | undefined
}

/**
 * Takes money. Every call is bounded in time and safe to repeat: what creates something carries a key of ours.
 *
 * @throws {AppError} `payment.unavailable` (may be tried again), `payment.refused` (with the provider's words).
 */
export interface PaymentProvider {
  mirrorPrice(sellable: Sellable): Promise<{ productId: string; priceId: string }>
  mirrorCoupon(coupon: {
    key: string
    code: string
    percentOff?: number
    amountOff?: number
    currency?: string
    duration: 'once' | 'repeating' | 'forever'
    durationMonths?: number
    maxRedemptions?: number
    expiresAt?: Date
  }): Promise<{ couponId: string; promotionCodeId: string }>
  openCheckout(request: OpenCheckout): Promise<{ id: string; url: string }>
  expireCheckout(id: string): Promise<void>
  /** The page on which a payer changes card, plan or cancels. */
  openPortal(request: { customerId: string; returnUrl: string }): Promise<string>
  cancelSubscription(id: string, when: 'now' | 'period_end'): Promise<void>
  refund(request: { paymentId: string; key: string }): Promise<void>
  /** `undefined` when there is none of that id. */
  findSubscription(id: string): Promise<ProviderSubscription | undefined>
  findCheckout(id: string): Promise<ProviderCheckout | undefined>
  /** The Checkout a subscription was bought in. */
  findCheckoutOf(subscriptionId: string): Promise<ProviderCheckout | undefined>
  findPayment(id: string): Promise<ProviderPayment | undefined>
  /** Every state, newest first; for reconciliation. */
  listSubscriptions(page: {
    cursor?: string
    createdAfter?: Date
  }): Promise<ProviderPage<ProviderSubscription>>
  listCheckouts(page: { cursor?: string; createdAfter?: Date }): Promise<ProviderPage<ProviderCheckout>>
  /** Paid invoices of subscriptions that charged something, newest first. */
  listInvoicePayments(page: {
    cursor?: string
    createdAfter?: Date
  }): Promise<ProviderPage<{ paymentId: string; subscriptionId: string }>>
  /** Events that a webhook of ours is to hear, newest first; for noticing that none comes any more. */
  listEvents(page: { createdAfter: Date; createdBefore: Date }): Promise<{ id: string; createdAt: Date }[]>
  /** Starts or goes on with a creator's own account. */
  openOnboarding(request: {
    accountId?: string
    email?: string
    returnUrl: string
  }): Promise<{ accountId: string; url: string }>
  findAccount(id: string): Promise<{ id: string; isCharging: boolean; isPayingOut: boolean } | undefined>
  /**
   * @throws {AppError} `webhook.unauthorized` when the signature is missing, wrong, or from another time than now;
   *   `request.malformed` for a signed body that is no event.
   */
  readEvent(rawBody: Buffer, signature: string | undefined, now?: Date): ProviderEvent
}
