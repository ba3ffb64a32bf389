import type { Order, OrderSummary } from '../../../billing/orders/order.ts'
import type { OrderState } from '../../../billing/orders/row.ts'
import type { ProductKind } from '../../../billing/products/shape.ts'
import { ERRORS } from '../../../errors.ts'

/** What a product is, as its form and its list say it. */
export const KIND_WORDS: Record<ProductKind, string> = {
  goods: 'Goods',
  session: 'Session',
  topup: 'Top-up',
}

export const KIND_CHOICES = [
  { kind: 'goods', label: 'Goods', hint: 'A book, a kit, a download.' },
  { kind: 'session', label: 'A session', hint: 'Your time, with one person or a group.' },
  {
    kind: 'topup',
    label: 'A top-up',
    hint: 'More questions, for whoever has used theirs up. It counts at once.',
  },
] as const

export const TOPUP_WORDS: Record<string, string> = {
  question: 'questions',
  voice: 'voice messages',
  media: 'pictures and files',
}

export const TOPUP_CHOICES = Object.entries(TOPUP_WORDS).map(([kind, label]) => ({ kind, label }))

interface StateWords {
  label: string
  tone: 'ok' | 'warn' | 'bad' | 'info' | ''
}

const STATES: Record<OrderState, StateWords> = {
  reserved: { label: 'Paying', tone: 'info' },
  paid: { label: 'Paid', tone: 'ok' },
  shipped: { label: 'Sent', tone: 'ok' },
  fulfilled: { label: 'Done', tone: 'ok' },
  refunded: { label: 'Paid back', tone: '' },
  expired: { label: 'Never paid', tone: '' },
  canceled: { label: 'Sold out, paid back', tone: 'bad' },
}

export function describeOrder(order: Pick<OrderSummary, 'state' | 'isToShip'>): StateWords {
  return order.isToShip ? { label: 'To be sent', tone: 'warn' } : STATES[order.state]
}

const REASONS: Record<string, string> = {
  wanted: 'You gave it back',
  wrong_amount: 'Not the price that was asked',
  paid_twice: 'Paid a second time',
  sold_out: 'Paid when nothing was left',
}

/** One line about money that goes back. */
export function describeRefund({ reason, state, errorCode }: Order['refunds'][number]): string {
  const why = REASONS[reason] ?? reason
  if (state === 'done') return `${why}: the money is back.`
  const fault = errorCode && errorCode in ERRORS ? ` ${ERRORS[errorCode as keyof typeof ERRORS].message}` : ''
  if (state === 'failed') return `${why}: it could not be given back.${fault} Try again, or do it at Stripe.`
  return `${why}: the money is on its way back.${fault}`
}

const CHANGES: Record<string, string> = {
  paid: 'Paid',
  shipped: 'Sent',
  fulfilled: 'Done',
  refunded: 'Paid back',
}

/** One line about what the shop was told. */
export function describeCall({ kind, state, attempts }: Order['calls'][number]): string {
  const what = CHANGES[kind] ?? kind
  if (state === 'done') return `${what}: your shop was told.`
  const tries = attempts === 1 ? 'once' : `${attempts} times`
  if (state === 'failed') return `${what}: your shop did not take it, though it was tried ${tries}.`
  return attempts === 0
    ? `${what}: your shop is told in a moment.`
    : `${what}: your shop did not take it yet, tried ${tries}.`
}
