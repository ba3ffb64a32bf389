import { splitColumns } from './extract-pdf-columns.ts'
import type { Glyph, PageGlyphs } from './extract-pdf-glyphs.ts'
import { joinLines, joinRuns, type Line } from './extract-pdf-lines.ts'

/** Lines that are read one after the other: a column, or what spans columns. */
export type Part = Line[]

/** A glyph this much lower than the one before it, on its axis, was written downwards. */
const STEP_MIN = 0.6
const STEP_MAX = 1.8
const SHIFT_MAX = 0.35

/** Fewer glyphs one below the other prove nothing. */
const MIN_VERTICAL = 3

/** Sets the visible glyphs of a page in reading order, whatever way they are turned. */
export function layOutPage({ glyphs, isScan }: PageGlyphs): Part[] {
  const visible = isScan ? glyphs : glyphs.filter(({ isInvisible }) => !isInvisible)
  const turned = markVertical(visible)
  const directions = Map.groupBy(turned, ({ turns }) => turns)
  return [...directions.values()]
    .toSorted((a, b) => b.length - a.length)
    .flatMap((group) => splitColumns(joinRuns(group)).map(joinLines))
    .filter((part) => part.length > 0)
}

/**
 * Vertical Japanese and Chinese stand upright one below the other. Read as
 * lines that run downwards, they are in the frame of a text turned that way.
 */
function markVertical(glyphs: Glyph[]): Glyph[] {
  if (!glyphs.some(({ kind }) => kind === 'square')) return glyphs
  const marked: Glyph[] = []
  let chain: Glyph[] = []
  const close = (): void => {
    marked.push(...(chain.length >= MIN_VERTICAL ? chain.map(turnDown) : chain))
    chain = []
  }
  for (const glyph of glyphs) {
    const last = chain.at(-1)
    if (last && !isBelow(last, glyph)) close()
    chain.push(glyph)
  }
  close()
  return marked
}

function isBelow(above: Glyph, below: Glyph): boolean {
  if (above.turns !== 0 || below.turns !== 0) return false
  if (above.kind !== 'square' && below.kind !== 'square') return false
  const size = Math.max(above.size, below.size)
  const step = below.y - above.y
  const shift = Math.abs(below.x0 + below.x1 - above.x0 - above.x1) / 2
  return step > size * STEP_MIN && step < size * STEP_MAX && shift < size * SHIFT_MAX
}

const DOWNWARDS = 3

function turnDown(glyph: Glyph): Glyph {
  const center = (glyph.x0 + glyph.x1) / 2
  const half = glyph.size / 2
  return { ...glyph, turns: DOWNWARDS, x0: glyph.y - half, x1: glyph.y + half, y: -center }
}
