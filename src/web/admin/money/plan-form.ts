import { ALLOWANCE_KINDS } from '../../../billing/entitlement/allowance.ts'
import { parseMoney, writeAmount } from '../../../billing/money.ts'
import { MAX_PRICES, type Plan, PlanTerms } from '../../../billing/plans/plan.ts'
import { readField } from '../form-field.ts'

/** How someone comes to have a plan. */
export type PlanKind = 'free' | 'paid' | 'code'

export interface PriceFields {
  amount: string
  currency: string
  interval: string
  trialDays: string
  stars: string
}

export interface AllowanceFields {
  /** '' has no limit. */
  count: string
  per: string
}

/** A plan as the fields of its form. */
export interface PlanForm {
  name: string
  description: string
  kind: string
  position: string
  allowance: Record<string, AllowanceFields>
  prices: PriceFields[]
}

/** Empty rows below the prices there are. */
const SPARE_ROWS = 1

export function emptyForm(kind: string): PlanForm {
  const isFree = kind === 'free'
  return {
    ...{ name: isFree ? 'Free' : '', description: '', kind, position: '0' },
    allowance: Object.fromEntries(
      ALLOWANCE_KINDS.map((name) => [name, { count: isFree && name === 'question' ? '5' : '', per: 'day' }]),
    ),
    prices: kind === 'paid' ? [emptyPrice('month'), emptyPrice('year')] : [],
  }
}

export function presentPlan(plan: Plan): PlanForm {
  const current = plan.prices.filter(({ retiredAt }) => !retiredAt)
  const kind: PlanKind = plan.isFree ? 'free' : current.length > 0 || plan.retiredAt ? 'paid' : 'code'
  return {
    ...{ name: plan.name, description: plan.description, kind, position: String(plan.position) },
    allowance: Object.fromEntries(
      ALLOWANCE_KINDS.map((name) => {
        const limit = plan.allowance[name]
        return [name, { count: limit ? String(limit.count) : '', per: limit?.per ?? 'day' }]
      }),
    ),
    prices: withSpareRows(
      current.map((price) => ({
        ...{ amount: writeAmount(price), currency: price.currency, interval: price.interval },
        ...{ trialDays: price.trialDays ? String(price.trialDays) : '', stars: String(price.stars ?? '') },
      })),
      kind,
    ),
  }
}

/** The form as it was sent: anything may be in it. */
export function readPlanForm(body: unknown): PlanForm {
  const kind = readField(body, 'kind')
  const rows = Array.from({ length: MAX_PRICES }, (_, at) => ({
    ...{ amount: readField(body, `amount.${at}`).trim(), currency: readField(body, `currency.${at}`) },
    ...{ interval: readField(body, `interval.${at}`), trialDays: readField(body, `trial.${at}`).trim() },
    stars: readField(body, `stars.${at}`).trim(),
  }))
  return {
    ...{ name: readField(body, 'name'), description: readField(body, 'description').trim(), kind },
    position: readField(body, 'position').trim() || '0',
    allowance: Object.fromEntries(
      ALLOWANCE_KINDS.map((name) => [
        name,
        { count: readField(body, `count.${name}`).trim(), per: readField(body, `per.${name}`) },
      ]),
    ),
    prices: withSpareRows(
      rows.filter(({ amount, trialDays, stars }) => amount || trialDays || stars),
      kind,
    ),
  }
}

/** What a form asks for, or what is wrong with it, by the name of the field. */
export function checkPlanForm(
  form: PlanForm,
): { terms: PlanTerms; errors?: undefined } | { errors: Record<string, string> } {
  const errors: Record<string, string> = {}
  const rows = form.kind === 'paid' ? form.prices : []
  const prices = rows.flatMap((row, at) => {
    if (!row.amount && !row.trialDays && !row.stars) return []
    const amount = parseMoney(row.amount, row.currency)
    if (amount === undefined)
      errors[`amount.${at}`] =
        'Give a price above zero, such as 9 or 9.50, with the decimals its currency has.'
    return [
      {
        ...{ interval: row.interval, currency: row.currency, amount: amount ?? 1 },
        trialDays: Number(row.trialDays || 0),
        ...(row.stars && { stars: Number(row.stars) }),
      },
    ]
  })
  if (form.kind === 'paid' && prices.length === 0) errors['amount.0'] = 'Give at least one price.'
  const allowance = Object.fromEntries(
    Object.entries(form.allowance)
      .filter(([, { count }]) => count !== '')
      .map(([kind, { count, per }]) => [kind, { count: Number(count), per }]),
  )
  const { name, description } = form
  const draft = { name, description, allowance, prices, position: Number(form.position) }
  const read = PlanTerms.safeParse({ ...draft, isFree: form.kind === 'free' })
  for (const { path, code } of read.error?.issues ?? []) {
    const [field, message] = sayIssue(path, code)
    errors[field] ??= message
  }
  return read.success && Object.keys(errors).length === 0 ? { terms: read.data } : { errors }
}

const FIELDS: Record<string, [field: string, message: string]> = {
  amount: ['amount', 'In this currency the last digit has to be 0.'],
  trialDays: ['trial', 'Give whole days, at most 730.'],
  stars: ['stars', 'Give whole Stars, at most 10,000, and for a monthly price only.'],
  currency: ['amount', 'Choose a currency.'],
  interval: ['amount', 'Choose a month or a year.'],
}

function sayIssue(path: readonly PropertyKey[], code: string): [field: string, message: string] {
  const [first, second, third] = path.map(String)
  if (first === 'name') return ['name', 'Give a name of at most 60 characters.']
  if (first === 'description') return ['description', 'Say it in at most 300 characters.']
  if (first === 'position') return ['position', 'Give a whole number from 0 to 1,000.']
  if (first === 'allowance') return [`count.${second}`, 'Give a whole number from 0 to 100,000.']
  if (first === 'prices' && third !== undefined) {
    const [field, message] = FIELDS[third] ?? ['amount', 'This does not fit.']
    return [`${field}.${second}`, message]
  }
  return [
    'amount.0',
    code === 'custom' ? 'Give one price for each currency and length only.' : 'These are too many prices.',
  ]
}

function withSpareRows(rows: PriceFields[], kind: string): PriceFields[] {
  if (kind !== 'paid') return rows
  const [first] = rows
  const spare = Array.from({ length: Math.max(SPARE_ROWS, 2 - rows.length) }, (_, at) =>
    emptyPrice(rows.length + at === 1 && first?.interval !== 'year' ? 'year' : 'month', first?.currency),
  )
  return [...rows, ...spare].slice(0, MAX_PRICES)
}

function emptyPrice(interval: string, currency = 'eur'): PriceFields {
  return { amount: '', currency, interval, trialDays: '', stars: '' }
}
