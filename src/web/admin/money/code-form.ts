import { parseMoney } from '../../../billing/money.ts'
import { AccessCodeTerms } from '../../../billing/plans/access-code.ts'
import { CouponTerms } from '../../../billing/plans/coupon.ts'
import { readField } from '../form-field.ts'

/** A form as it was sent, by field. */
export type CodeValues = Record<string, string>

export type Checked<T> = { terms: T; errors?: undefined } | { errors: Record<string, string> }

const ACCESS_FIELDS = ['code', 'planId', 'days', 'maxUses', 'until'] as const
const COUPON_FIELDS = ['coupon', 'off', 'unit', 'duration', 'months', 'most', 'ends'] as const

export const EMPTY_ACCESS: CodeValues = { code: '', planId: '', days: '', maxUses: '', until: '' }
export const EMPTY_COUPON: CodeValues = {
  ...{ coupon: '', off: '', unit: 'percent', duration: 'once', months: '', most: '', ends: '' },
}

export function readAccessForm(body: unknown): CodeValues {
  return readFields(body, ACCESS_FIELDS)
}

export function readCouponForm(body: unknown): CodeValues {
  return readFields(body, COUPON_FIELDS)
}

/** What an access code's form asks for, or what is wrong with it. A day that is named is the last one it works. */
export function checkAccessForm(values: CodeValues): Checked<AccessCodeTerms> {
  const { code, planId, days, maxUses, until } = values
  const draft = {
    planId,
    ...(code && { code }),
    ...(days && { days: Number(days) }),
    ...(maxUses && { maxUses: Number(maxUses) }),
    ...(until && { expiresAt: endOfDay(until) }),
  }
  return sayFaults(AccessCodeTerms.safeParse(draft), {
    code: ['code', 'Use 6 to 40 letters, digits and hyphens.'],
    planId: ['planId', 'Choose the plan it opens.'],
    days: ['days', 'Give whole days, at most 3,650.'],
    maxUses: ['maxUses', 'Give a whole number above zero.'],
    expiresAt: ['until', 'Choose a day.'],
  })
}

/** What a coupon's form asks for, or what is wrong with it. */
export function checkCouponForm(values: CodeValues): Checked<CouponTerms> {
  const { coupon = '', off = '', unit = '', duration, months, most, ends } = values
  const isPercent = unit === 'percent'
  const amountOff = isPercent ? undefined : parseMoney(off, unit)
  if (!isPercent && amountOff === undefined) return { errors: { off: 'Give an amount above zero.' } }
  const draft = {
    ...{ code: coupon, duration },
    ...(isPercent ? { percentOff: Number(off.replace(',', '.') || 'NaN') } : { amountOff, currency: unit }),
    ...(duration === 'repeating' && { durationMonths: Number(months || 'NaN') }),
    ...(most && { maxRedemptions: Number(most) }),
    ...(ends && { expiresAt: endOfDay(ends) }),
  }
  return sayFaults(CouponTerms.safeParse(draft), {
    code: ['coupon', 'Use 3 to 40 letters, digits and hyphens.'],
    percentOff: ['off', 'Give a percentage from 1 to 100.'],
    currency: ['off', 'Choose what is taken off.'],
    durationMonths: ['months', 'Give 1 to 36 months.'],
    maxRedemptions: ['most', 'Give a whole number above zero.'],
    expiresAt: ['ends', 'Choose a day.'],
  })
}

function readFields(body: unknown, names: readonly string[]): CodeValues {
  return Object.fromEntries(names.map((name) => [name, readField(body, name, 60).trim()]))
}

function endOfDay(date: string): string {
  return `${date}T23:59:59.999Z`
}

type Parsed<T> =
  | { success: true; data: T }
  | { success: false; error: { issues: { path: readonly PropertyKey[] }[] } }

function sayFaults<T>(
  parsed: Parsed<T>,
  fields: Record<string, [field: string, message: string]>,
): Checked<T> {
  if (parsed.success) return { terms: parsed.data }
  const errors = parsed.error.issues.map(
    ({ path }) => fields[String(path[0])] ?? ['code', 'This does not fit.'],
  )
  return { errors: Object.fromEntries(errors) }
}
