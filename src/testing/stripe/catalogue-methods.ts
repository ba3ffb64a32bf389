import { z } from 'zod'
import { pageOf, type StripeMethod, withoutExpand } from './method.ts'
import { must, StripeRefusal } from './state.ts'
import type { StripeStore } from './store.ts'
import type { StripeKind } from './templates.ts'

/** What is sold, and who buys. */
export const CATALOGUE_METHODS: StripeMethod[] = [
  {
    method: 'POST',
    path: /^\/v1\/products$/,
    params: 'ProductCreateParams',
    run: ({ store }, { params }) => {
      refuseTaken(store, 'product', params.id)
      return store.create('product', { active: true, ...withoutExpand(params) })
    },
  },
  {
    method: 'POST',
    path: /^\/v1\/products\/([\w-]+)$/,
    takes: ['name', 'description', 'active', 'metadata'],
    run: ({ store }, { id, params }) => {
      const product = must(store, 'product', id)
      store.change(product, withoutExpand(params))
      return product
    },
  },
  {
    method: 'GET',
    path: /^\/v1\/products\/([\w-]+)$/,
    run: ({ store }, { id }) => must(store, 'product', id),
  },
  {
    method: 'POST',
    path: /^\/v1\/prices$/,
    params: 'PriceCreateParams',
    run: ({ store }, { params }) => {
      must(store, 'product', params.product, 'product')
      if (
        store
          .list('price')
          .some((price) => price.lookup_key !== null && price.lookup_key === params.lookup_key)
      )
        throw new StripeRefusal(
          400,
          'resource_already_exists',
          'A price already uses that lookup key.',
          'lookup_key',
        )
      const recurring = params.recurring
        ? {
            interval_count: 1,
            meter: null,
            trial_period_days: null,
            usage_type: 'licensed',
            ...Object(params.recurring),
          }
        : null
      return store.create('price', {
        active: true,
        ...withoutExpand(params),
        unit_amount: Number(params.unit_amount),
        type: recurring ? 'recurring' : 'one_time',
        recurring,
      })
    },
  },
  {
    method: 'GET',
    path: /^\/v1\/prices$/,
    params: 'PriceListParams',
    run: ({ store }, { params }) => {
      const keys = z.array(z.string()).optional().parse(params.lookup_keys)
      return pageOf(store.list('price'), params, ({ lookup_key }) => !keys || keys.includes(lookup_key ?? ''))
    },
  },
  {
    method: 'POST',
    path: /^\/v1\/coupons$/,
    params: 'CouponCreateParams',
    run: ({ store }, { params }) => {
      refuseTaken(store, 'coupon', params.id)
      if ((params.percent_off === undefined) === (params.amount_off === undefined))
        throw new StripeRefusal(400, 'parameter_missing', 'Pass either percent_off or amount_off.')
      return store.create('coupon', { valid: true, ...withoutExpand(params) })
    },
  },
  { method: 'GET', path: /^\/v1\/coupons\/([\w-]+)$/, run: ({ store }, { id }) => must(store, 'coupon', id) },
  {
    method: 'POST',
    path: /^\/v1\/promotion_codes$/,
    params: 'PromotionCodeCreateParams',
    run: ({ store }, { params }) => {
      const promotion = z.looseObject({ coupon: z.string() }).parse(params.promotion)
      must(store, 'coupon', promotion.coupon, 'promotion[coupon]')
      if (store.list('promotion_code').some(({ code, active }) => active && code === params.code))
        throw new StripeRefusal(
          400,
          'resource_already_exists',
          'An active promotion code has this code.',
          'code',
        )
      return store.create('promotion_code', {
        active: true,
        ...withoutExpand(params),
        promotion: { type: 'coupon', coupon: promotion.coupon },
      })
    },
  },
  {
    method: 'GET',
    path: /^\/v1\/promotion_codes$/,
    takes: ['code', 'coupon', 'active', 'customer'],
    run: ({ store }, { params }) =>
      pageOf(store.list('promotion_code'), params, ({ code }) => !params.code || code === params.code),
  },
  {
    method: 'POST',
    path: /^\/v1\/customers$/,
    params: 'CustomerCreateParams',
    run: ({ store }, { params }) => store.create('customer', withoutExpand(params)),
  },
  {
    method: 'GET',
    path: /^\/v1\/customers\/(\w+)$/,
    run: ({ store }, { id }) => must(store, 'customer', id),
  },
]

function refuseTaken(store: StripeStore, kind: StripeKind, id: unknown): void {
  if (id !== undefined && store.find(kind, id))
    throw new StripeRefusal(400, 'resource_already_exists', `${kind} already exists.`, 'id')
}
