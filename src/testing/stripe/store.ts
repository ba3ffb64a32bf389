import { randomBytes } from 'node:crypto'
import { STRIPE_TEMPLATES, type StripeKind } from './templates.ts'

/** An object as the wire shows it. What the stand-in itself reads is named in the interfaces below. */
export interface StripeObject {
  id: string
  object: string
  created: number
  metadata: Record<string, string>
  [field: string]: unknown
}

export interface PriceObject extends StripeObject {
  product: string
  currency: string
  unit_amount: number
  lookup_key: string | null
  recurring: { interval: string } | null
}

export interface SubscriptionItemObject extends StripeObject {
  price: PriceObject
  quantity: number
  current_period_start: number
  current_period_end: number
}

export interface SubscriptionObject extends StripeObject {
  customer: string
  status: string
  currency: string
  cancel_at: number | null
  cancel_at_period_end: boolean
  canceled_at: number | null
  ended_at: number | null
  trial_end: number | null
  latest_invoice: string | null
  items: { data: SubscriptionItemObject[] }
}

export interface InvoiceObject extends StripeObject {
  customer: string
  status: string
  amount_due: number
  amount_paid: number
  attempt_count: number
  currency: string
  parent: { subscription_details: { subscription: string } }
}

export interface SessionObject extends StripeObject {
  mode: 'subscription' | 'payment'
  status: 'open' | 'complete' | 'expired'
  payment_status: string
  amount_subtotal: number
  amount_total: number
  currency: string
  customer: string | null
  customer_email: string | null
  subscription: string | null
  payment_intent: string | null
  payment_link: string | null
  invoice: string | null
  client_reference_id: string | null
  success_url: string
  cancel_url: string | null
  expires_at: number
}

export interface PaymentIntentObject extends StripeObject {
  amount: number
  currency: string
  customer: string
  status: string
  latest_charge: string | null
}

export interface ChargeObject extends StripeObject {
  amount: number
  amount_refunded: number
  refunded: boolean
  disputed: boolean
  payment_intent: string
}

export interface InvoicePaymentObject extends StripeObject {
  invoice: string
  payment: { type: string; payment_intent: string }
}

interface Kinds {
  price: PriceObject
  subscription: SubscriptionObject
  subscription_item: SubscriptionItemObject
  invoice: InvoiceObject
  invoice_payment: InvoicePaymentObject
  'checkout.session': SessionObject
  payment_intent: PaymentIntentObject
  charge: ChargeObject
}
type ObjectOf<Kind extends StripeKind> = Kind extends keyof Kinds ? Kinds[Kind] : StripeObject

const PREFIX: Record<StripeKind, string> = {
  subscription: 'sub',
  subscription_item: 'si',
  invoice: 'in',
  invoice_payment: 'inpay',
  'checkout.session': 'cs_test',
  customer: 'cus',
  price: 'price',
  product: 'prod',
  payment_intent: 'pi',
  charge: 'ch',
  refund: 're',
  dispute: 'dp',
  'billing_portal.session': 'bps',
  coupon: 'coupon',
  promotion_code: 'promo',
  account: 'acct',
}

/** Expansions go no deeper, as the vendor documents. */
const MAX_EXPANSION = 4

export type StripeStore = ReturnType<typeof createStripeStore>

/** Objects and every version they ever had. */
export function createStripeStore(nowSeconds: () => number) {
  const objects = new Map<string, StripeObject>()
  const versions = new Map<string, StripeObject[]>()

  function create<Kind extends StripeKind>(kind: Kind, fields: Record<string, unknown>): ObjectOf<Kind> {
    const id = `${PREFIX[kind]}_${randomBytes(9).toString('hex')}`
    const object = { id, created: nowSeconds(), ...structuredClone(STRIPE_TEMPLATES[kind]), ...fields }
    // The template holds every field the interfaces name, and the callers give those it leaves empty.
    const made = object as unknown as ObjectOf<Kind>
    objects.set(made.id, made)
    versions.set(made.id, [structuredClone(made)])
    return made
  }

  function change(object: StripeObject, fields: Record<string, unknown>): void {
    Object.assign(object, fields)
    versions.get(object.id)?.push(structuredClone(object))
  }

  function find<Kind extends StripeKind>(kind: Kind, id: unknown): ObjectOf<Kind> | undefined {
    const found = objects.get(String(id))
    return found?.object === kind ? (found as ObjectOf<Kind>) : undefined
  }

  function get<Kind extends StripeKind>(kind: Kind, id: unknown): ObjectOf<Kind> {
    const found = find(kind, id)
    if (!found) throw new Error(`no ${kind} ${id}`)
    return found
  }

  /** Newest first. */
  function list<Kind extends StripeKind>(kind: Kind): ObjectOf<Kind>[] {
    const all = [...objects.values()].filter((object) => object.object === kind)
    return all.reverse() as ObjectOf<Kind>[]
  }

  function paymentsOf(invoiceId: string) {
    return {
      object: 'list',
      url: `/v1/invoice_payments?invoice=${invoiceId}`,
      has_more: false,
      data: list('invoice_payment')
        .filter((payment) => payment.invoice === invoiceId)
        .map((payment) => structuredClone(payment)),
    }
  }

  /** A copy with the named references replaced by what they refer to. */
  function present(value: unknown, expand: string[]): unknown {
    const copy = structuredClone(value)
    for (const path of expand) open(copy, path.split('.').slice(0, MAX_EXPANSION))
    return copy
  }

  function open(value: unknown, [name, ...rest]: string[]): void {
    if (name === undefined || typeof value !== 'object' || value === null) return
    if (Array.isArray(value)) {
      for (const entry of value) open(entry, [name, ...rest])
      return
    }
    const record = value as Record<string, unknown>
    if (name === 'payments' && record.object === 'invoice') record.payments ??= paymentsOf(String(record.id))
    const inner = record[name]
    if (typeof inner === 'string' && objects.has(inner)) record[name] = structuredClone(objects.get(inner))
    open(record[name], rest)
  }

  return { create, change, find, get, list, present, versionsOf: (id: string) => versions.get(id) ?? [] }
}
