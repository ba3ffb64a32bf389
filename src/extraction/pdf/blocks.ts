import type { Block } from '../block.ts'
import type { Line } from './lines.ts'
import { most } from './numbers.ts'
import type { Paragraph } from './paragraphs.ts'
import { setTable } from './tables.ts'
import { collectHyphenated, joinText } from './words.ts'

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
    paragraphs.flatMap((paragraph): Block[] => {
      const { kind, lines, page } = paragraph
      if (kind === 'table') return setTable(lines).map((text) => ({ kind, text, page }))
      const text = joinText(lines, words)
      const isHeading = isLarge(paragraph, bodySize) || isBoldHeading(paragraph)
      if (!isHeading) return [{ kind, text, page }]
      const size = roundSize(lines)
      const level = sizes.includes(size) ? sizes.indexOf(size) + 1 : sizes.length + 1
      return [{ kind: 'heading', text, level: Math.min(level, MAX_LEVEL), page }]
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
  return Math.round(most(lines.map(({ size }) => size)))
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
