import { toLogicalOrder } from './extract-pdf-bidi.ts'
import type { Glyph } from './extract-pdf-glyphs.ts'

/** Glyphs that follow each other in the file and on the page without a wide gap. */
export interface Run {
  glyphs: Glyph[]
  x0: number
  x1: number
  y: number
  size: number
}

/** One line of text as it is read. */
export interface Line {
  text: string
  x0: number
  x1: number
  y: number
  size: number
  isBold: boolean
  /** The texts between wide gaps: more than one when the line may be a row of a table. */
  cells: { text: string; x0: number; x1: number }[]
}

/** A gap wider than this many font heights may be a gutter between columns. */
const RUN_GAP = 0.8

/** A gap wider than this between two runs is a space between words. */
const WORD_GAP = 0.13

/** A gap wider than this may part the cells of a row. */
const CELL_GAP = 1.4

/** Baselines closer than this stand on one line: room for super- and subscripts. */
const LINE_SHIFT = 0.4

/** Joins glyphs, given in the order of the file, to runs. */
export function joinRuns(glyphs: Glyph[]): Run[] {
  const runs: Run[] = []
  let run: Run | undefined
  for (const glyph of glyphs) {
    if (glyph.text === '') continue
    const isSpace = glyph.kind === 'space'
    if (run && continues(run, glyph)) {
      run.glyphs.push(glyph)
      run.x0 = Math.min(run.x0, glyph.x0)
      run.x1 = Math.max(run.x1, isSpace ? run.x1 : glyph.x1)
      run.size = Math.max(run.size, glyph.size)
    } else if (!isSpace) {
      run = { glyphs: [glyph], x0: glyph.x0, x1: glyph.x1, y: glyph.y, size: glyph.size }
      runs.push(run)
    }
  }
  return runs
}

function continues(run: Run, next: Glyph): boolean {
  const last = run.glyphs.at(-1)
  if (!last) return false
  const size = Math.max(last.size, next.size)
  if (Math.abs(next.y - run.y) > size * LINE_SHIFT * 0.5) return false
  const gap = Math.max(next.x0 - last.x1, last.x0 - next.x1)
  return gap <= size * RUN_GAP && next.x0 >= last.x0 - size * 4
}

/** Groups the runs of one column into lines, from top to bottom. */
export function joinLines(runs: Run[]): Line[] {
  const rows: Run[][] = []
  for (const run of runs.toSorted((a, b) => a.y - b.y || a.x0 - b.x0)) {
    const row = rows.at(-1)
    if (row && fits(row, run)) row.push(run)
    else rows.push([run])
  }
  return rows.map(buildLine).filter(({ text }) => text !== '')
}

/** On the height of the row's largest run, and not on top of another one. */
function fits(row: Run[], run: Run): boolean {
  const tallest = row.reduce((best, it) => (it.size > best.size ? it : best))
  if (Math.abs(run.y - tallest.y) > Math.max(tallest.size, run.size) * LINE_SHIFT) return false
  const width = run.x1 - run.x0
  return row.every(
    (it) => Math.min(it.x1, run.x1) - Math.max(it.x0, run.x0) < Math.min(width, it.x1 - it.x0) * 0.6,
  )
}

function buildLine(runs: Run[]): Line {
  const row = runs.toSorted((a, b) => a.x0 - b.x0)
  const tallest = row.reduce((best, it) => (it.size > best.size ? it : best))
  const glyphs: Glyph[] = []
  const cells: { glyphs: Glyph[]; x0: number; x1: number }[] = []
  for (const run of row) {
    const cell = cells.at(-1)
    const gap = cell ? run.x0 - cell.x1 : 0
    const isFirstSpaced = gap > WORD_GAP * run.size || run.glyphs[0]?.isSpaced === true
    const [first, ...rest] = run.glyphs
    const own = first ? [{ ...first, isSpaced: glyphs.length > 0 && isFirstSpaced }, ...rest] : []
    glyphs.push(...own)
    if (cell && gap <= CELL_GAP * run.size) {
      cell.glyphs.push(...own)
      cell.x1 = Math.max(cell.x1, run.x1)
    } else cells.push({ glyphs: own, x0: run.x0, x1: run.x1 })
  }
  const letters = glyphs.filter(({ kind }) => kind !== 'space')
  return {
    text: toLogicalOrder(glyphs),
    x0: row[0]?.x0 ?? 0,
    x1: Math.max(...row.map(({ x1 }) => x1)),
    y: tallest.y,
    size: findSize(letters),
    isBold: letters.length > 0 && letters.every(({ isBold }) => isBold),
    cells: cells.map(({ glyphs: own, x0, x1 }) => ({ text: toLogicalOrder(own), x0, x1 })),
  }
}

/** The size of most of the letters: formulas and initials tower above it. */
function findSize(letters: Glyph[]): number {
  const counts = new Map<number, number>()
  for (const { size } of letters) counts.set(size, (counts.get(size) ?? 0) + 1)
  return [...counts].reduce((best, it) => (it[1] > best[1] ? it : best), [0, 0])[0]
}
