/** An amount as it is stored everywhere: whole, in the currency's smallest unit. */
export interface Money {
  amount: number
  /** ISO 4217, lower case; `xtr` for Telegram Stars. */
  currency: string
}

/** Telegram Stars: paid within Telegram alone, and no currency of the payment provider. */
export const STARS = 'xtr'

/** Without a smaller unit at Stripe, whatever ISO 4217 says of them. */
const NO_DECIMALS = new Set(
  'bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' ').concat(STARS),
)
/** Thousandths; Stripe wants their last digit to be 0. */
const THREE_DECIMALS = new Set('bhd jod kwd omr tnd'.split(' '))

/** Every currency Stripe charges in, lower case, by code. */
export const CURRENCIES: readonly string[] = `
  aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf chf clp
  cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg huf idr ils inr isk
  jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn
  nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle sos srd std
  szl thb tjs tnd top try ttd twd tzs uah ugx usd uyu uzs vnd vuv wst xaf xcd xcg xof xpf yer zar zmw
`
  .trim()
  .split(/\s+/)

/** Stripe takes at most eight digits. */
export const AMOUNT = { min: 1, max: 99_999_999 } as const

/** Digits after the decimal point: two, save where Stripe counts otherwise. */
export function decimalsOf(currency: string): 0 | 2 | 3 {
  if (NO_DECIMALS.has(currency)) return 0
  return THREE_DECIMALS.has(currency) ? 3 : 2
}

/** Amounts this currency has no coin for at the provider: thousandths must end in 0. */
export function isChargeable({ amount, currency }: Money): boolean {
  return decimalsOf(currency) !== 3 || amount % 10 === 0
}

/** "€19.00", "19,00 €", "¥1,900", "500 Stars": as people of the language write it. */
export function formatMoney({ amount, currency }: Money, language = 'en'): string {
  if (currency === STARS) return `${numbersOf(language).format(amount)} Stars`
  const decimals = decimalsOf(currency)
  return formatsOf(language, currency, decimals).format(amount / 10 ** decimals)
}

/** The plain number a field of a form holds: "19.00", "1900". */
export function writeAmount({ amount, currency }: Money): string {
  const decimals = decimalsOf(currency)
  return (amount / 10 ** decimals).toFixed(decimals)
}

/**
 * What someone typed as a price, in the smallest unit: "19", "19.90", "19,90", "1,234.50" and "1.234,50" alike.
 * A single mark before three digits groups thousands, unless the currency itself has three decimals.
 *
 * @returns undefined where it is no amount, has more decimals than the currency, or is out of {@link AMOUNT}.
 */
export function parseMoney(text: string, currency: string): number | undefined {
  const decimals = decimalsOf(currency)
  const plain = text.trim().replace(/[\s\u00a0\u202f'’]/g, '')
  if (!/^\d[\d.,]*$/.test(plain)) return undefined
  const at = findDecimalMark(plain, decimals)
  const [whole, part] = at === -1 ? [plain, ''] : [plain.slice(0, at), plain.slice(at + 1)]
  if (!isGrouped(whole) || part.length > decimals || !/^\d*$/.test(part)) return undefined
  const amount = Number(whole.replace(/[.,]/g, '') + part.padEnd(decimals, '0'))
  return amount >= AMOUNT.min && amount <= AMOUNT.max ? amount : undefined
}

/** Where the decimals begin; -1 where there are none. */
function findDecimalMark(plain: string, decimals: number): number {
  const at = Math.max(plain.lastIndexOf('.'), plain.lastIndexOf(','))
  if (at === -1) return -1
  const mark = plain[at] ?? ''
  const isRepeated = plain.indexOf(mark) !== at
  const hasOther = plain.includes(mark === '.' ? ',' : '.')
  const groups = plain.length - at - 1 === 3 && decimals !== 3
  return isRepeated || (groups && !hasOther) ? -1 : at
}

/** "1234", "1,234", "1.234.567": marks, where there are any, every three digits and all the same. */
function isGrouped(whole: string): boolean {
  return /^\d+$/.test(whole) || /^\d{1,3}(?:,\d{3})+$/.test(whole) || /^\d{1,3}(?:\.\d{3})+$/.test(whole)
}

/** Making a format costs a hundred times what using it does. */
const made = new Map<string, Intl.NumberFormat>()
const MAX_FORMATS = 500

function formatsOf(language: string, currency: string, decimals: number): Intl.NumberFormat {
  return remember(`${language} ${currency}`, () =>
    localeFormat(language, {
      style: 'currency',
      currency,
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    }),
  )
}

function numbersOf(language: string): Intl.NumberFormat {
  return remember(language, () => localeFormat(language, {}))
}

function remember(key: string, make: () => Intl.NumberFormat): Intl.NumberFormat {
  const known = made.get(key)
  if (known) return known
  if (made.size >= MAX_FORMATS) made.clear()
  const format = make()
  made.set(key, format)
  return format
}

/** A language code may come from a channel: one that is none is English. */
function localeFormat(language: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  try {
    return new Intl.NumberFormat(language, options)
  } catch {
    return new Intl.NumberFormat('en', options)
  }
}
