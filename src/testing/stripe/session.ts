import { z } from 'zod'
import type { StripeParams } from './form.ts'
import { must, StripeRefusal, type StripeState } from './state.ts'
import type { SessionObject, StripeStore } from './store.ts'

const MINUTE_SECONDS = 60
const DAY_SECONDS = 86_400

/** Numbers may still be text where no specification said what they are. */
const Metadata = z.record(z.string(), z.string()).default({})
const Destination = z.looseObject({ destination: z.string() }).optional()
const Params = z.looseObject({
  mode: z.enum(['subscription', 'payment']),
  success_url: z.string(),
  cancel_url: z.string().optional(),
  client_reference_id: z.string().max(200).optional(),
  customer: z.string().optional(),
  customer_email: z.string().optional(),
  expires_at: z.coerce.number().optional(),
  metadata: Metadata,
  line_items: z.array(z.looseObject({ price: z.string(), quantity: z.coerce.number().default(1) })).length(1),
  discounts: z
    .array(z.looseObject({ promotion_code: z.string().optional(), coupon: z.string().optional() }))
    .default([]),
  subscription_data: z
    .looseObject({
      metadata: Metadata,
      trial_period_days: z.coerce.number().optional(),
      transfer_data: Destination,
      application_fee_percent: z.coerce.number().optional(),
    })
    .optional(),
  payment_intent_data: z
    .looseObject({
      metadata: Metadata,
      transfer_data: Destination,
      application_fee_amount: z.coerce.number().optional(),
    })
    .optional(),
})

/** Opens a Checkout, under the vendor's rules that no schema holds. */
export function openStripeSession(state: StripeState, given: StripeParams): SessionObject {
  const { store, life, nowSeconds, url } = state
  const parsed = Params.safeParse(given)
  if (!parsed.success)
    throw new StripeRefusal(400, 'parameter_invalid', parsed.error.issues[0]?.message ?? '')
  const params = parsed.data
  const [item] = params.line_items
  const price = must(store, 'price', item?.price, 'line_items[0][price]')
  const quantity = item?.quantity ?? 1
  if ((price.recurring !== null) !== (params.mode === 'subscription'))
    throw new StripeRefusal(400, 'parameter_invalid', 'The price does not fit the mode.', 'line_items')
  const now = nowSeconds()
  const expiresAt = params.expires_at ?? now + DAY_SECONDS
  if (expiresAt < now + 30 * MINUTE_SECONDS || expiresAt > now + DAY_SECONDS)
    throw new StripeRefusal(
      400,
      'parameter_invalid',
      'expires_at is 30 minutes to 24 hours away.',
      'expires_at',
    )
  if (params.customer && params.customer_email)
    throw new StripeRefusal(400, 'parameter_invalid', 'Give customer or customer_email.', 'customer_email')
  if (params.customer) must(store, 'customer', params.customer, 'customer')
  const data = params.subscription_data ?? params.payment_intent_data
  if (data?.transfer_data)
    must(store, 'account', data.transfer_data.destination, 'transfer_data[destination]')

  const trialDays = params.subscription_data?.trial_period_days ?? 0
  const subtotal = trialDays > 0 ? 0 : price.unit_amount * quantity
  const session = store.create('checkout.session', {
    mode: params.mode,
    status: 'open',
    payment_status: 'unpaid',
    ui_mode: 'hosted_page',
    currency: price.currency,
    amount_subtotal: subtotal,
    amount_total: params.discounts.reduce((rest, discount) => reduce(store, rest, discount), subtotal),
    client_reference_id: params.client_reference_id ?? null,
    customer: params.customer ?? null,
    customer_email: params.customer_email ?? null,
    success_url: params.success_url,
    cancel_url: params.cancel_url ?? null,
    expires_at: expiresAt,
    metadata: params.metadata,
  })
  store.change(session, { url: `${url}/c/pay/${session.id}` })
  life.sales.set(session.id, {
    priceId: price.id,
    quantity,
    trialDays,
    metadata: params.subscription_data?.metadata ?? {},
    paymentMetadata: params.payment_intent_data?.metadata ?? {},
  })
  return session
}

function reduce(
  store: StripeStore,
  amount: number,
  { promotion_code, coupon }: { promotion_code?: string | undefined; coupon?: string | undefined },
): number {
  const promotion = promotion_code
    ? must(store, 'promotion_code', promotion_code, 'discounts').promotion
    : { coupon }
  const { coupon: couponId } = z.looseObject({ coupon: z.string() }).parse(promotion)
  const { percent_off, amount_off } = must(store, 'coupon', couponId, 'discounts')
  const off = amount_off ? Number(amount_off) : Math.round((amount * Number(percent_off)) / 100)
  return Math.max(0, amount - off)
}
