import type Stripe from 'stripe'
import { isAppError } from '../../errors.ts'
import type { OpenCheckout, PaymentProvider, Sellable } from '../payment-provider.ts'
import { callStripe, existsAlready } from './call.ts'
import { SHIPPED_TO } from './countries.ts'
import { CHECKOUT_KEY } from './read.ts'

type Sale = Pick<
  PaymentProvider,
  | 'mirrorPrice'
  | 'mirrorCoupon'
  | 'openCheckout'
  | 'expireCheckout'
  | 'openPortal'
  | 'cancelSubscription'
  | 'refund'
  | 'openOnboarding'
>

type SessionParams = Stripe.Checkout.SessionCreateParams

/** Letters of our key that make a code one of its kind at Stripe, where all creators' codes are in one list. */
const CODE_SUFFIX_CHARS = 8

/** Everything that makes or changes something at Stripe. What makes something bears a key of ours, so repeats are one. */
export function sellAtStripe(stripe: Stripe): Sale {
  async function mirrorProduct({ key, name, description }: Sellable): Promise<string> {
    const id = `cornerman_${key}`
    try {
      await stripe.products.create({ id, name, ...(description && { description }) })
    } catch (error) {
      if (!existsAlready(error)) throw error
      await stripe.products.update(id, { name, ...(description && { description }) })
    }
    return id
  }

  async function findPrice(key: string): Promise<string | undefined> {
    const { data } = await stripe.prices.list({ lookup_keys: [key], limit: 1 })
    return data[0]?.id
  }

  async function mirrorCouponOnly(coupon: Parameters<PaymentProvider['mirrorCoupon']>[0]): Promise<string> {
    const id = `cornerman_${coupon.key}`
    try {
      await stripe.coupons.create({
        id,
        name: coupon.code,
        duration: coupon.duration,
        ...(coupon.durationMonths !== undefined && { duration_in_months: coupon.durationMonths }),
        ...(coupon.percentOff !== undefined && { percent_off: coupon.percentOff }),
        ...(coupon.amountOff !== undefined && { amount_off: coupon.amountOff }),
        ...(coupon.currency !== undefined && { currency: coupon.currency }),
      })
    } catch (error) {
      if (!existsAlready(error)) throw error
    }
    return id
  }

  return {
    mirrorPrice: (sellable) =>
      callStripe(async () => {
        const productId = await mirrorProduct(sellable)
        const known = await findPrice(sellable.key)
        if (known) return { productId, priceId: known }
        const { id } = await stripe.prices.create(
          {
            product: productId,
            currency: sellable.currency,
            unit_amount: sellable.amount,
            lookup_key: sellable.key,
            ...(sellable.interval && { recurring: { interval: sellable.interval } }),
          },
          { idempotencyKey: `price-${sellable.key}` },
        )
        return { productId, priceId: id }
      }),

    mirrorCoupon: (coupon) =>
      callStripe(async () => {
        const couponId = await mirrorCouponOnly(coupon)
        const code =
          `${coupon.code}-${coupon.key.replaceAll('-', '').slice(-CODE_SUFFIX_CHARS)}`.toUpperCase()
        const { data } = await stripe.promotionCodes.list({ code, limit: 1 })
        if (data[0]) return { couponId, promotionCodeId: data[0].id }
        const { id } = await stripe.promotionCodes.create(
          {
            code,
            promotion: { type: 'coupon', coupon: couponId },
            ...(coupon.maxRedemptions !== undefined && { max_redemptions: coupon.maxRedemptions }),
            ...(coupon.expiresAt && { expires_at: seconds(coupon.expiresAt) }),
          },
          { idempotencyKey: `promotion-code-${coupon.key}` },
        )
        return { couponId, promotionCodeId: id }
      }),

    openCheckout: (request) =>
      callStripe(async () => {
        const idempotencyKey = `checkout-${request.checkoutId}`
        const { id, url } = await stripe.checkout.sessions.create(sessionParams(request), { idempotencyKey })
        return { id, url: url ?? request.cancelUrl }
      }),

    async expireCheckout(id) {
      await callStripe(() => stripe.checkout.sessions.expire(id))
    },

    async openPortal({ customerId, returnUrl }) {
      const create = () =>
        stripe.billingPortal.sessions.create({ customer: customerId, return_url: returnUrl })
      return (await callStripe(create)).url
    },

    async cancelSubscription(id, when) {
      await callStripe(() =>
        when === 'now'
          ? stripe.subscriptions.cancel(id)
          : stripe.subscriptions.update(id, { cancel_at_period_end: true }),
      )
    },

    async refund({ paymentId, key }) {
      const params = { payment_intent: paymentId, ...(await withTransfer(stripe, paymentId)) }
      await callStripe(() => stripe.refunds.create(params, { idempotencyKey: `refund-${key}` })).catch(
        ignoreRefunded,
      )
    },

    openOnboarding: ({ accountId, email, returnUrl }) =>
      callStripe(async () => {
        const account =
          accountId ?? (await stripe.accounts.create({ type: 'express', ...(email && { email }) })).id
        const { url } = await stripe.accountLinks.create({
          account,
          type: 'account_onboarding',
          refresh_url: returnUrl,
          return_url: returnUrl,
        })
        return { accountId: account, url }
      }),
  }
}

/** Of what went on to a creator's account, the creator gives back, and we our fee. */
async function withTransfer(stripe: Stripe, paymentId: string) {
  const intent = await callStripe(() => stripe.paymentIntents.retrieve(paymentId))
  if (!intent.transfer_data) return {}
  return { reverse_transfer: true, ...(intent.application_fee_amount && { refund_application_fee: true }) }
}

/** Given back before, by us or by hand: what was asked for is so. */
function ignoreRefunded(error: unknown): void {
  const isDone = isAppError(error, 'payment.refused') && error.details.code === 'charge_already_refunded'
  if (!isDone) throw error
}

function sessionParams(request: OpenCheckout): SessionParams {
  const metadata = { [CHECKOUT_KEY]: request.checkoutId }
  const isSubscription = request.mode === 'subscription'
  return {
    mode: request.mode,
    line_items: [{ price: request.priceId, quantity: request.quantity }],
    client_reference_id: request.checkoutId,
    metadata,
    success_url: request.successUrl,
    cancel_url: request.cancelUrl,
    expires_at: seconds(request.expiresAt),
    // A company's number stands on its invoice; whoever has none passes it over.
    tax_id_collection: { enabled: true },
    ...(request.promotionCodeId && { discounts: [{ promotion_code: request.promotionCodeId }] }),
    ...whoPays(request),
    ...(request.isShipped && { shipping_address_collection: { allowed_countries: SHIPPED_TO } }),
    ...(isSubscription
      ? { subscription_data: subscriptionData(request, metadata) }
      : { payment_intent_data: paymentData(request, metadata) }),
  }
}

function whoPays({ customerId, email, mode }: OpenCheckout): Partial<SessionParams> {
  // Their tax number belongs to the name they give with it.
  if (customerId) return { customer: customerId, customer_update: { name: 'auto', address: 'auto' } }
  // A one-off payer is kept as a customer too: their receipts hang there.
  return {
    ...(email && { customer_email: email }),
    ...(mode === 'payment' && { customer_creation: 'always' }),
  }
}

function subscriptionData(
  request: OpenCheckout,
  metadata: Record<string, string>,
): Stripe.Checkout.SessionCreateParams.SubscriptionData {
  const { account, feePercent, trialDays } = request
  return {
    metadata,
    ...(trialDays && { trial_period_days: trialDays }),
    ...(account && { transfer_data: { destination: account } }),
    ...(account && feePercent && { application_fee_percent: feePercent }),
  }
}

function paymentData(
  request: OpenCheckout,
  metadata: Record<string, string>,
): Stripe.Checkout.SessionCreateParams.PaymentIntentData {
  const { account, feePercent, amount } = request
  return {
    metadata,
    ...(account && { transfer_data: { destination: account } }),
    ...(account && feePercent && { application_fee_amount: Math.round((amount * feePercent) / 100) }),
  }
}

function seconds(time: Date): number {
  return Math.floor(time.getTime() / 1000)
}
