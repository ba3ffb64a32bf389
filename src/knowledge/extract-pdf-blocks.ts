import type { Block } from './block.ts'
import { median } from './extract-pdf-columns.ts'
import type { Line } from './extract-pdf-lines.ts'
import type { Part } from './extract-pdf-page.ts'

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

const BULLET = /^([•‣◦▪▫●○■□–—*·➢✓-]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s+\S/

const SENTENCE_END = /[.!?:…。!?:]["'”’»)\]]*$/

/** Cuts the parts of a page into paragraphs, list items and tables, by distance, indent, size and ending. */
export function joinParagraphs(parts: Part[], page: number): Paragraph[] {
  const paragraphs: Paragraph[] = []
  for (const part of parts) {
    const frame = measure(part)
    part.forEach((line, index) => {
      const open = paragraphs.at(-1)
      const isOpen = open && (index === 0 ? goesOn(open, line) : belongs(open, line, frame))
      if (isOpen) open.lines.push(line)
      else paragraphs.push({ kind: BULLET.test(line.text) ? 'list' : 'paragraph', lines: [line], page })
    })
  }
  return paragraphs
}

/** A sentence broken at the foot of a column goes on at the head of the next. */
function goesOn({ lines }: Paragraph, line: Line): boolean {
  const last = lines.at(-1)
  if (!last || SENTENCE_END.test(last.text) || last.isBold !== line.isBold) return false
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
    x0: Math.min(...part.map((line) => line.x0)),
    x1: Math.max(...part.map((line) => line.x1)),
    size,
    step: steps.length >= 2 ? median(steps) : size * DEFAULT_STEP,
  }
}

function belongs(open: Paragraph, line: Line, frame: Frame): boolean {
  const last = open.lines.at(-1)
  if (!last || BULLET.test(line.text)) return false
  if (last.size > line.size * 1.12 || line.size > last.size * 1.12 || last.isBold !== line.isBold)
    return false
  const step = line.size > frame.size * HEADING_RATIO ? line.size * DEFAULT_STEP : frame.step
  if (line.y - last.y > step * WIDE_STEP) return false
  const width = frame.x1 - frame.x0
  const isShort = last.x1 < frame.x1 - width * 0.2
  if (isShort && SENTENCE_END.test(last.text)) return false
  const isIndented = line.x0 - last.x0 > line.size * 0.7 && last.x0 - frame.x0 < line.size * 0.5
  return !(isIndented && open.kind === 'paragraph')
}

/** Headings are short, do not end like a sentence, and are larger or bolder than the text. */
const MAX_HEADING_CHARACTERS = 160

/** What tells a heading from a scrap of a formula or drawing. */
const WORD = /\p{L}[\p{L}\p{M}]{2}|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]/u
const HEADING_RATIO = 1.12
const MAX_LEVEL = 6

/** Finds out which paragraphs are headings and of which level, and sets all as blocks. */
export function buildBlocks(paragraphs: Paragraph[], bodySize: number): Block[] {
  const large = paragraphs.filter((it) => isLarge(it, bodySize))
  const sizes = [...new Set(large.map(({ lines }) => roundSize(lines)))].toSorted((a, b) => b - a)
  const words = collectHyphenated(paragraphs)
  return joinLists(
    paragraphs.map((paragraph): Block => {
      const { kind, lines, page } = paragraph
      const text = joinText(lines, words)
      if (isLarge(paragraph, bodySize)) {
        return {
          kind: 'heading',
          text,
          level: Math.min(sizes.indexOf(roundSize(lines)) + 1, MAX_LEVEL),
          page,
        }
      }
      if (isBoldHeading(paragraph)) {
        return { kind: 'heading', text, level: Math.min(sizes.length + 1, MAX_LEVEL), page }
      }
      return { kind, text, page }
    }),
  )
}

function isLarge({ kind, lines }: Paragraph, bodySize: number): boolean {
  return kind !== 'table' && isHeadingText(lines) && (lines[0]?.size ?? 0) > bodySize * HEADING_RATIO
}

function isBoldHeading({ kind, lines }: Paragraph): boolean {
  return (
    kind === 'paragraph' && lines.length <= 2 && isHeadingText(lines) && lines.every(({ isBold }) => isBold)
  )
}

function isHeadingText(lines: Line[]): boolean {
  const text = lines.map((line) => line.text).join(' ')
  if (text.length > MAX_HEADING_CHARACTERS || /[.,;…。、]$/.test(text)) return false
  const letters = text.match(/\p{L}/gu)?.length ?? 0
  return WORD.test(text) && letters >= text.replace(/\s/g, '').length * 0.5
}

function roundSize(lines: Line[]): number {
  return Math.round(Math.max(...lines.map(({ size }) => size)))
}

const MAX_LIST_CHARACTERS = 1_500

function joinLists(blocks: Block[]): Block[] {
  const joined: Block[] = []
  for (const block of blocks) {
    const last = joined.at(-1)
    const isNext = block.kind === 'list' && last?.kind === 'list' && last.page === block.page
    if (isNext && last.text.length + block.text.length < MAX_LIST_CHARACTERS) last.text += `\n${block.text}`
    else joined.push({ ...block })
  }
  return joined
}

/** Words such as "twelve-week", to keep their hyphen when one of them is broken at it. */
function collectHyphenated(paragraphs: Paragraph[]): Set<string> {
  const words = new Set<string>()
  for (const { lines } of paragraphs) {
    for (const { text } of lines) {
      if (!/[-\u2010]/.test(text)) continue
      for (const [word] of text.matchAll(/\p{L}+[-\u2010]\p{L}+/gu)) words.add(word.toLowerCase())
    }
  }
  return words
}

const BROKEN = /(\p{L}+)[-\u2010\u00ad]$/u

/** The lines as one text, with words that were broken at the end of a line made whole. */
export function joinText(lines: Line[], hyphenated: Set<string>): string {
  const parts: string[] = []
  let last = ''
  for (const { text: next } of lines) {
    const word = isBroken(last) && BROKEN.exec(last.slice(-MAX_WORD))?.[1]
    const rest = word && /^\p{Ll}+/u.exec(next)?.[0]
    if (rest) {
      parts.push(parts.pop()?.slice(0, -1) ?? '', hyphenated.has(`${word}-${rest}`.toLowerCase()) ? '-' : '')
    } else if (last !== '' && !isUnspaced(last, next)) parts.push(' ')
    parts.push(next)
    last = next
  }
  return parts.join('')
}

/** No word is longer; it keeps the search for one short. */
const MAX_WORD = 60

function isBroken(text: string): boolean {
  return /[-\u2010\u00ad]$/.test(text.slice(-1))
}

/** Chinese and Japanese lines join without a space. */
function isUnspaced(text: string, next: string): boolean {
  const cjk = /[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]/
  return cjk.test(text.slice(-1)) && cjk.test(next.slice(0, 1))
}

/** Completes a word that is broken over two pages on the page where it begins. */
export function mendPageBreaks(paragraphs: Paragraph[]): Paragraph[] {
  paragraphs.forEach((paragraph, index) => {
    const last = paragraph.lines.at(-1)
    const next = paragraphs[index + 1]
    const first = next?.lines[0]
    if (!last || !first || next.page === paragraph.page || !isBroken(last.text)) return
    const rest = /^\p{Ll}+\S*/u.exec(first.text)?.[0]
    if (!rest) return
    last.text = last.text.slice(0, -1) + rest
    first.text = first.text.slice(rest.length).trimStart()
  })
  return paragraphs.filter(({ lines }) => lines.some(({ text }) => text !== ''))
}
