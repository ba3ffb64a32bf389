import { parseXml } from '../xml.ts'

/** How a number is shown, as far as words are concerned. */
export type CellStyle = 'plain' | 'date' | 'time' | 'date-time' | NumberFormat

/** What stands around a number, and how far it is rounded. */
export interface NumberFormat {
  before: string
  after: string
  decimals: number
  isPercent: boolean
}

/** Formats every workbook knows by number: ECMA-376 part 1, 18.8.30. */
const BUILT_IN: Record<string, CellStyle> = {
  9: { before: '', after: '%', decimals: 0, isPercent: true },
  10: { before: '', after: '%', decimals: 2, isPercent: true },
  14: 'date',
  15: 'date',
  16: 'date',
  17: 'date',
  18: 'time',
  19: 'time',
  20: 'time',
  21: 'time',
  22: 'date-time',
  45: 'time',
  46: 'time',
  47: 'time',
}

/** How the numbers of each cell style are shown, by the style's place in the list. */
export async function readCellStyles(pieces: AsyncIterable<Buffer>): Promise<CellStyle[]> {
  const own = new Map<string, CellStyle>()
  const styles: CellStyle[] = []
  let isCells = false
  await parseXml(pieces, {
    open: (name, { numFmtId = '', formatCode = '' }) => {
      if (name === 'numFmt') own.set(numFmtId, classify(formatCode))
      else if (name === 'cellXfs') isCells = true
      else if (name === 'xf' && isCells) styles.push(own.get(numFmtId) ?? BUILT_IN[numFmtId] ?? 'plain')
    },
    close: (name) => {
      if (name === 'cellXfs') isCells = false
    },
  })
  return styles
}

/** A format's letters without what it quotes, colours and conditions: `[$-409]d/m/yy\ h:mm "Uhr"`. */
function classify(formatCode: string): CellStyle {
  const code = formatCode.replace(/\[(?!h|m|s)[^\]]*\]|"[^"]*"|\\./gi, '').toLowerCase()
  const isDate = /[dy]|m{3,}/.test(code)
  const isTime = /[hs]/.test(code)
  if (isDate) return isTime ? 'date-time' : 'date'
  if (isTime) return 'time'
  return readNumberFormat(formatCode) ?? 'plain'
}

/** The places of the digits: `#,##0.00`. */
const DIGITS = /[#0?][#0?,]*(\.[#0?]+)?/

/** Longer texts around a number are whole sentences, better said by the column's name. */
const MAX_UNIT_CHARACTERS = 12

/** Currencies and units are part of what a price or a dose says: `#,##0.00 "€"`, `[$$-409]0`, `0" min"`, `0.0%`. */
function readNumberFormat(formatCode: string): NumberFormat | undefined {
  const shown = cutQuoted(formatCode)
    .replace(/\[\$([^\]-]*)[^\]]*\]/g, '$1')
    .replace(/\[[^\]]*\]|[_*]./g, '')
    .replace(/\\(.)|"([^"]*)"/g, '$1$2')
  const digits = DIGITS.exec(shown)
  if (!digits || /^e[+-]|\//i.test(shown.slice(digits.index + digits[0].length))) return undefined
  const before = shown.slice(0, digits.index).trimStart()
  const after = shown.slice(digits.index + digits[0].length).trimEnd()
  if (before.length > MAX_UNIT_CHARACTERS || after.length > MAX_UNIT_CHARACTERS) return undefined
  if (/[#0?@]/.test(after)) return undefined
  return {
    before,
    after,
    decimals: Math.max((digits[1]?.length ?? 1) - 1, 0),
    isPercent: after.includes('%'),
  }
}

/** The part for positive numbers: others may follow behind a semicolon, but not one in quotes. */
function cutQuoted(formatCode: string): string {
  return /^(?:"[^"]*"|\\.|[^;"\\])*/.exec(formatCode)?.[0] ?? ''
}

const DAY_MS = 86_400_000

/** 30 December 1899: with it the days from March 1900 on are right, as the programs count them. */
const EPOCH_MS = Date.UTC(1899, 11, 30)
const DAYS_TO_1904 = 1_462

/** 31 December 9999, the last day a sheet knows. */
const LAST_DAY = 2_958_465

/** A number as the sheet shows it, with dates as 2026-03-09 and times as 14:30 whatever the place is. */
export function presentNumber(value: string, style: CellStyle, isFrom1904: boolean): string {
  const number = Number(value)
  if (value.trim() === '' || !Number.isFinite(number)) return value
  if (typeof style === 'object') return presentFormatted(number, style)
  if (style === 'plain' || number < 0 || number > LAST_DAY) return trim(number)
  const days = number + (isFrom1904 ? DAYS_TO_1904 : 0)
  const at = new Date(EPOCH_MS + Math.round((days * DAY_MS) / 1000) * 1000).toISOString()
  const date = at.slice(0, 10)
  const time = at.slice(11, at.slice(17, 19) === '00' ? 16 : 19)
  if (style === 'time') return days < 1 ? time : presentHours(days)
  return style === 'date' ? date : `${date} ${time}`
}

/** A sheet that shows 13% may stand on 12.5: what is told is never coarser than this many places. */
const MIN_DECIMALS = 2

function presentFormatted(number: number, { before, after, decimals, isPercent }: NumberFormat): string {
  const shown = trim(isPercent ? number * 100 : number)
  const rounded = Number(Number(shown).toFixed(Math.min(Math.max(decimals, MIN_DECIMALS), 20)))
  return `${before}${rounded === 0 && number !== 0 ? shown : trim(rounded)}${after}`
}

/** A length of time over a day: 30:15. */
function presentHours(days: number): string {
  const minutes = Math.round(days * 24 * 60)
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`
}

/** Without the tail that binary fractions leave: 0.30000000000000004 is 0.3. */
function trim(number: number): string {
  return String(Number(number.toPrecision(12)))
}
