import type { StripeObject } from './store.ts'

/** Of a buyer nothing is known yet. */
export const NO_DETAILS = {
  address: null,
  business_name: null,
  individual_name: null,
  email: null,
  name: null,
  phone: null,
  tax_exempt: 'none',
  tax_ids: [],
}

/** The plan a price is shown as, too. */
export function planOf(price: StripeObject) {
  return {
    id: price.id,
    object: 'plan',
    active: true,
    amount: price.unit_amount,
    amount_decimal: null,
    billing_scheme: 'per_unit',
    created: price.created,
    currency: price.currency,
    interval: 'month',
    interval_count: 1,
    livemode: false,
    metadata: {},
    meter: null,
    nickname: null,
    product: price.product,
    tiers_mode: null,
    transform_usage: null,
    trial_period_days: null,
    usage_type: 'licensed',
  }
}
