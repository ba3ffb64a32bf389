import { z } from 'zod'
import { CATALOGUE_METHODS } from './catalogue-methods.ts'
import { pageOf, type StripeMethod, withoutExpand } from './method.ts'
import { openStripeSession } from './session.ts'
import { must, StripeRefusal } from './state.ts'

/** What the stand-in can do. An address that is not here is answered as unknown. */
export const STRIPE_METHODS: StripeMethod[] = [
  ...CATALOGUE_METHODS,
  {
    method: 'POST',
    path: /^\/v1\/checkout\/sessions$/,
    params: 'CheckoutSessionCreateParams',
    run: (state, { params }) => openStripeSession(state, params),
  },
  {
    method: 'GET',
    path: /^\/v1\/checkout\/sessions$/,
    params: 'CheckoutSessionListParams',
    run: ({ store }, { params }) =>
      pageOf(
        store.list('checkout.session'),
        params,
        ({ subscription }) => !params.subscription || subscription === params.subscription,
      ),
  },
  {
    method: 'GET',
    path: /^\/v1\/checkout\/sessions\/(\w+)$/,
    params: 'CheckoutSessionRetrieveParams',
    run: ({ store }, { id }) => must(store, 'checkout.session', id),
  },
  {
    method: 'POST',
    path: /^\/v1\/checkout\/sessions\/(\w+)\/expire$/,
    run: ({ store, life }, { id }) => {
      const session = must(store, 'checkout.session', id)
      if (session.status !== 'open')
        throw new StripeRefusal(400, 'resource_invalid_state', 'Only open Checkout Sessions can be expired.')
      return life.expireCheckout(id)
    },
  },
  {
    method: 'POST',
    path: /^\/v1\/billing_portal\/sessions$/,
    params: 'BillingPortalSessionCreateParams',
    run: ({ store, url }, { params }) => {
      must(store, 'customer', params.customer, 'customer')
      const session = store.create('billing_portal.session', withoutExpand(params))
      store.change(session, { url: `${url}/p/session/${session.id}` })
      return session
    },
  },
  {
    method: 'GET',
    path: /^\/v1\/subscriptions$/,
    params: 'SubscriptionListParams',
    run: ({ store }, { params }) =>
      pageOf(
        store.list('subscription'),
        params,
        ({ status, customer }) =>
          (params.status === 'all' || (params.status ? status === params.status : status !== 'canceled')) &&
          (!params.customer || customer === params.customer),
      ),
  },
  {
    method: 'GET',
    path: /^\/v1\/subscriptions\/(\w+)$/,
    params: 'SubscriptionRetrieveParams',
    run: ({ store }, { id }) => must(store, 'subscription', id),
  },
  {
    method: 'POST',
    path: /^\/v1\/subscriptions\/(\w+)$/,
    params: 'SubscriptionUpdateParams',
    run: ({ store, life }, { id, params }) => {
      must(store, 'subscription', id)
      return life.cancelAtPeriodEnd(id, String(params.cancel_at_period_end) === 'true')
    },
  },
  {
    method: 'DELETE',
    path: /^\/v1\/subscriptions\/(\w+)$/,
    params: 'SubscriptionCancelParams',
    run: ({ store, life }, { id }) => {
      if (must(store, 'subscription', id).status === 'canceled')
        throw new StripeRefusal(404, 'resource_missing', `No such subscription: ${id}`)
      return life.cancelNow(id)
    },
  },
  {
    method: 'POST',
    path: /^\/v1\/refunds$/,
    params: 'RefundCreateParams',
    run: ({ store, life }, { params }) => {
      const intent = must(store, 'payment_intent', params.payment_intent, 'payment_intent')
      const paid = store.find('charge', intent.latest_charge)
      if (!paid || paid.refunded)
        throw new StripeRefusal(400, 'charge_already_refunded', 'The charge has already been refunded.')
      return life.refund(intent.id, params.amount === undefined ? undefined : Number(params.amount))
    },
  },
  {
    method: 'GET',
    path: /^\/v1\/payment_intents\/(\w+)$/,
    run: ({ store }, { id }) => must(store, 'payment_intent', id),
  },
  { method: 'GET', path: /^\/v1\/charges\/(\w+)$/, run: ({ store }, { id }) => must(store, 'charge', id) },
  {
    method: 'GET',
    path: /^\/v1\/disputes$/,
    takes: ['charge', 'payment_intent', 'created'],
    run: ({ store }, { params }) =>
      pageOf(
        store.list('dispute'),
        params,
        ({ charge, payment_intent }) =>
          (!params.charge || charge === params.charge) &&
          (!params.payment_intent || payment_intent === params.payment_intent),
      ),
  },
  {
    method: 'GET',
    path: /^\/v1\/invoices$/,
    params: 'InvoiceListParams',
    run: ({ store }, { params }) =>
      pageOf(store.list('invoice'), params, ({ status }) => !params.status || status === params.status),
  },
  { method: 'GET', path: /^\/v1\/invoices\/(\w+)$/, run: ({ store }, { id }) => must(store, 'invoice', id) },
  {
    method: 'GET',
    path: /^\/v1\/invoice_payments$/,
    takes: ['invoice', 'payment', 'status', 'created'],
    run: ({ store }, { params }) => {
      const wanted = z.looseObject({ payment_intent: z.string() }).safeParse(params.payment).data
      return pageOf(
        store.list('invoice_payment'),
        params,
        ({ payment, invoice }) =>
          (!wanted || payment.payment_intent === wanted.payment_intent) &&
          (!params.invoice || invoice === params.invoice),
      )
    },
  },
  {
    method: 'POST',
    path: /^\/v1\/accounts$/,
    takes: ['type', 'controller', 'email', 'metadata', 'capabilities', 'country'],
    run: ({ store }, { params }) => store.create('account', { ...withoutExpand(params), type: 'none' }),
  },
  { method: 'GET', path: /^\/v1\/accounts\/(\w+)$/, run: ({ store }, { id }) => must(store, 'account', id) },
  {
    method: 'POST',
    path: /^\/v1\/account_links$/,
    takes: ['account', 'type', 'refresh_url', 'return_url', 'collect', 'collection_options'],
    run: ({ store, url, nowSeconds }, { params }) => {
      const { id } = must(store, 'account', params.account, 'account')
      const created = nowSeconds()
      return { object: 'account_link', created, expires_at: created + 300, url: `${url}/setup/${id}` }
    },
  },
  {
    method: 'GET',
    path: /^\/v1\/events$/,
    params: 'EventListParams',
    run: ({ events }, { params }) => {
      const types = z.array(z.string()).optional().parse(params.types)
      return pageOf([...events].reverse(), params, ({ type }) => !types || types.includes(type))
    },
  },
]
