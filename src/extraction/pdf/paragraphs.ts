import type { Line } from './lines.ts'
import { least, median, most } from './numbers.ts'
import type { Part } from './page.ts'
import { BULLET, findTables } from './tables.ts'
import { endsBroken } from './words.ts'

/** Lines that belong together, before it is known how the whole document is set. */
export interface Paragraph {
  kind: 'paragraph' | 'list' | 'table'
  lines: Line[]
  page: number
}

/** A step down wider than this many usual steps begins a new paragraph. */
const WIDE_STEP = 1.3

/** Without enough lines to measure: the usual step in line heights. */
const DEFAULT_STEP = 1.25

/** Lines in type this much larger than the rest have steps of their own. */
const LARGE_RATIO = 1.12

const SENTENCE_END = /[.!?:…。!?:]["'”’»)\]]*$/

/** Cuts the parts of a page into paragraphs, list items and tables, by distance, indent, size and ending. */
export function joinParagraphs(parts: Part[], page: number): Paragraph[] {
  const paragraphs: Paragraph[] = []
  for (const part of parts) {
    const frame = measure(part)
    const tables = findTables(part)
    part.forEach((line, index) => {
      const table = tables.get(line)
      if (table) {
        if (table[0] === line) paragraphs.push({ kind: 'table', lines: table, page })
        return
      }
      const open = paragraphs.at(-1)
      const isOpen = open && (index === 0 ? goesOn(open, line) : belongs(open, line, frame))
      if (isOpen) open.lines.push(line)
      else paragraphs.push({ kind: BULLET.test(line.text) ? 'list' : 'paragraph', lines: [line], page })
    })
  }
  return paragraphs
}

/** A sentence broken at the foot of a column goes on at the head of the next. */
function goesOn({ kind, lines }: Paragraph, line: Line): boolean {
  const last = lines.at(-1)
  if (!last || kind === 'table' || SENTENCE_END.test(last.text) || last.isBold !== line.isBold) return false
  return Math.abs(last.size - line.size) < 0.5 && /^\p{Ll}/u.test(line.text)
}

interface Frame {
  x0: number
  x1: number
  size: number
  step: number
}

function measure(part: Part): Frame {
  const steps = part.slice(1).flatMap((line, index) => {
    const step = line.y - (part[index]?.y ?? line.y)
    return step > 0 && step < line.size * 2.5 ? [step] : []
  })
  const size = median(part.map((line) => line.size))
  return {
    x0: least(part.map((line) => line.x0)),
    x1: most(part.map((line) => line.x1)),
    size,
    step: steps.length >= 2 ? median(steps) : size * DEFAULT_STEP,
  }
}

function belongs(open: Paragraph, line: Line, frame: Frame): boolean {
  const last = open.lines.at(-1)
  if (!last || open.kind === 'table' || BULLET.test(line.text)) return false
  if (last.size > line.size * 1.12 || line.size > last.size * 1.12 || last.isBold !== line.isBold)
    return false
  const step = line.size > frame.size * LARGE_RATIO ? line.size * DEFAULT_STEP : frame.step
  if (line.y - last.y > step * WIDE_STEP) return false
  const width = frame.x1 - frame.x0
  const isShort = last.x1 < frame.x1 - width * 0.2
  if (isShort && SENTENCE_END.test(last.text)) return false
  const isIndented = line.x0 - last.x0 > line.size * 0.7 && last.x0 - frame.x0 < line.size * 0.5
  return !(isIndented && open.kind === 'paragraph')
}

/** Completes a word that is broken over two pages on the page where it begins. */
export function mendPageBreaks(paragraphs: Paragraph[]): Paragraph[] {
  paragraphs.forEach((paragraph, index) => {
    const last = paragraph.lines.at(-1)
    const next = paragraphs[index + 1]
    const first = next?.lines[0]
    if (!last || !first || next.page === paragraph.page || !endsBroken(last.text)) return
    const rest = /^\p{Ll}+\S*/u.exec(first.text)?.[0]
    if (!rest) return
    last.text = last.text.slice(0, -1) + rest
    first.text = first.text.slice(rest.length).trimStart()
  })
  return paragraphs.filter(({ lines }) => lines.some(({ text }) => text !== ''))
}
