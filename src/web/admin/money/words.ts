import type { Allowance } from '../../../billing/entitlement/allowance.ts'
import { CURRENCIES, formatMoney, STARS } from '../../../billing/money.ts'
import type { Payer } from '../../../billing/payers/payer.ts'
import type { Coupon } from '../../../billing/plans/coupon.ts'
import type { MirrorState, PriceTerms } from '../../../billing/plans/price.ts'
import { ERRORS } from '../../../errors.ts'
import { formatNumber } from '../page.ts'

const KINDS: Record<string, { one: string; many: string }> = {
  question: { one: 'question', many: 'questions' },
  voice: { one: 'voice message', many: 'voice messages' },
  media: { one: 'picture or file', many: 'pictures and files' },
}

const PER: Record<string, string> = { day: 'a day', month: 'a month', lifetime: 'in all' }

/** What can be limited, as the form asks for it. */
export const ALLOWANCE_FIELDS = [
  { kind: 'question', label: 'Questions' },
  { kind: 'voice', label: 'Voice messages' },
  { kind: 'media', label: 'Pictures and files' },
] as const

export const PER_WORDS = [
  { per: 'day', label: 'a day' },
  { per: 'month', label: 'a month' },
  { per: 'lifetime', label: 'in all, once' },
] as const

/** "5 questions a day", one line for each kind that has a limit; "Everything, without a limit" where none has. */
export function describeAllowance(allowance: Allowance): string[] {
  const lines = Object.entries(allowance).map(([kind, limit]) => {
    const words = KINDS[kind] ?? { one: kind, many: kind }
    if (!limit || limit.count === 0) return `No ${words.many}`
    return `${formatNumber(limit.count)} ${limit.count === 1 ? words.one : words.many} ${PER[limit.per] ?? ''}`
  })
  return lines.length > 0 ? lines : ['Everything, without a limit']
}

/** "€9.00 a month". */
export function describePrice({
  amount,
  currency,
  interval,
}: Pick<PriceTerms, 'amount' | 'currency'> & { interval: string }): string {
  const per = currency !== STARS && interval === 'year' ? 'a year' : 'a month'
  return `${formatMoney({ amount, currency })} ${per}`
}

/** "7 days free first · 450 Stars on Telegram"; '' where there is nothing to add. */
export function describeExtras({ trialDays, stars }: Pick<PriceTerms, 'trialDays' | 'stars'>): string {
  return [
    trialDays > 0 ? `${formatNumber(trialDays)} ${trialDays === 1 ? 'day' : 'days'} free first` : '',
    stars === undefined ? '' : `${formatNumber(stars)} Stars on Telegram`,
  ]
    .filter(Boolean)
    .join(' · ')
}

export interface StateWords {
  tone: 'ok' | 'warn' | 'bad' | 'info' | ''
  label: string
  detail: string
}

/** Whether Stripe knows a price or a coupon yet. */
export function describeMirror({
  mirror,
  mirrorError,
}: {
  mirror: MirrorState
  mirrorError: string | undefined
}): StateWords {
  if (mirror === 'mirrored') return { tone: 'ok', label: 'Ready', detail: 'Known to Stripe.' }
  if (mirror === 'waiting') {
    return { tone: 'info', label: 'On its way to Stripe', detail: 'Takes a few seconds.' }
  }
  const reason =
    mirrorError !== undefined && Object.hasOwn(ERRORS, mirrorError)
      ? ERRORS[mirrorError as keyof typeof ERRORS].message
      : ''
  return { tone: 'bad', label: 'Not at Stripe', detail: `${reason} It is tried again by itself.`.trim() }
}

/** "20% off, the first payment". */
export function describeCoupon({
  percentOff,
  amountOff,
  currency,
  duration,
  durationMonths,
}: Coupon): string {
  const off =
    percentOff === undefined
      ? formatMoney({ amount: amountOff ?? 0, currency: currency ?? 'usd' })
      : `${percentOff}%`
  const months = durationMonths === 1 ? 'the first month' : `the first ${durationMonths} months`
  const when =
    duration === 'forever' ? 'every payment' : duration === 'repeating' ? months : 'the first payment'
  return `${off} off ${when}`
}

/** How a subscription stands, in a coach's words. */
export function describeSubscription(payer: Payer, now = new Date()): StateWords {
  if (payer.blockedAt) {
    return { tone: 'bad', label: 'Money given back', detail: 'Refunded or disputed: access is over.' }
  }
  if (payer.endedAt) return { tone: '', label: 'Ended', detail: '' }
  switch (payer.status) {
    case 'trialing':
      return payer.cancelsAt
        ? { tone: 'warn', label: 'Trial, then leaving', detail: '' }
        : { tone: 'info', label: 'Free trial', detail: '' }
    case 'active':
      return payer.cancelsAt
        ? { tone: 'warn', label: 'Leaving', detail: 'Cancelled: access until what was paid for is over.' }
        : { tone: 'ok', label: 'Paying', detail: '' }
    case 'past_due': {
      const isInGrace = payer.graceUntil !== undefined && payer.graceUntil > now
      return {
        tone: 'bad',
        label: 'Payment failed',
        detail: isInGrace
          ? 'Still has access while the payment is tried again.'
          : 'Has no access until it is paid.',
      }
    }
    case 'incomplete':
      return { tone: 'warn', label: 'First payment open', detail: 'Begins once it is paid.' }
    case 'unpaid':
      return { tone: 'bad', label: 'Unpaid', detail: 'Stripe gave up trying. Has no access.' }
    case 'paused':
      return { tone: 'warn', label: 'Paused', detail: 'The trial is over and there is no card.' }
    case 'canceled':
    case 'incomplete_expired':
      return { tone: '', label: 'Ended', detail: '' }
    default:
      return { tone: '', label: payer.status.replaceAll('_', ' '), detail: '' }
  }
}

const PAYMENTS: Record<string, StateWords> = {
  paid: { tone: 'ok', label: 'Paid', detail: '' },
  refunded: { tone: '', label: 'Given back', detail: '' },
  partly_refunded: { tone: 'warn', label: 'Partly given back', detail: '' },
  disputed: { tone: 'bad', label: 'Disputed at the bank', detail: '' },
  failed: { tone: 'bad', label: 'Failed', detail: '' },
  pending: { tone: 'info', label: 'Under way', detail: '' },
}

export function describePayment(state: string): StateWords {
  return PAYMENTS[state] ?? { tone: '', label: state.replaceAll('_', ' '), detail: '' }
}

/** What most creators charge in comes first. */
const COMMON = ['eur', 'usd', 'gbp', 'chf']

/** Every currency a price can be in, "EUR, Euro". */
export function listCurrencyChoices(): { code: string; label: string }[] {
  const names = new Intl.DisplayNames('en', { type: 'currency' })
  return [...COMMON, ...CURRENCIES.filter((code) => !COMMON.includes(code))].map((code) => ({
    code,
    label: `${code.toUpperCase()}, ${names.of(code.toUpperCase()) ?? code}`,
  }))
}
