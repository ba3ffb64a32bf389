import { toLogicalOrder } from './bidi.ts'
import type { Run } from './run.ts'

/** One line of text as it is read. */
export interface Line {
  text: string
  x0: number
  x1: number
  y: number
  size: number
  isBold: boolean
  /** What stands between wide gaps: more than one when the line may be a row of a table. */
  cells: Cell[]
}

export interface Cell {
  text: string
  x0: number
  x1: number
}

/** A gap wider than this many font sizes between two runs is a space between words. */
const WORD_GAP = 0.15

/** A gap wider than this may part the cells of a row. */
const CELL_GAP = 1.4

/** Baselines closer than this stand on one line: room for super- and subscripts. */
const LINE_SHIFT = 0.5

/** Groups the runs of one column into lines, from top to bottom. */
export function joinLines(runs: Run[]): Line[] {
  const rows: Row[] = []
  for (const run of runs.toSorted((a, b) => a.y - b.y || a.x0 - b.x0)) {
    const row = rows.at(-1)
    if (row && fits(row, run)) {
      row.runs.push(run)
      if (run.size > row.tallest.size) row.tallest = run
    } else rows.push({ runs: [run], tallest: run })
  }
  return rows.map(buildLine).filter(({ text }) => text !== '')
}

interface Row {
  runs: Run[]
  tallest: Run
}

/** On the height of the row's largest run, and not on top of another one. */
function fits({ runs, tallest }: Row, run: Run): boolean {
  if (Math.abs(run.y - tallest.y) > Math.max(tallest.size, run.size) * LINE_SHIFT) return false
  const width = run.x1 - run.x0
  return runs.every(
    (it) => Math.min(it.x1, run.x1) - Math.max(it.x0, run.x0) <= Math.min(width, it.x1 - it.x0) * 0.6,
  )
}

function buildLine({ runs, tallest }: Row): Line {
  const row = runs.length > 1 ? runs.toSorted((a, b) => a.x0 - b.x0) : runs
  const cells: { runs: Run[]; x0: number; x1: number }[] = []
  for (const run of row) {
    const cell = cells.at(-1)
    const gap = cell ? run.x0 - cell.x1 : 0
    // The gaps of writing from right to left are judged letter by letter.
    if (!run.isRightToLeft) run.isSpaced ||= gap > WORD_GAP * run.size
    if (cell && gap <= CELL_GAP * run.size) {
      cell.runs.push(run)
      cell.x1 = Math.max(cell.x1, run.x1)
    } else cells.push({ runs: [run], x0: run.x0, x1: run.x1 })
  }
  return {
    text: toLogicalOrder(row),
    x0: row[0]?.x0 ?? 0,
    x1: row.reduce((most, { x1 }) => Math.max(most, x1), Number.NEGATIVE_INFINITY),
    y: tallest.y,
    size: findSize(row),
    isBold: row.every(({ isBold }) => isBold),
    cells: cells.length === 1 ? [] : cells.map((cell) => ({ ...cell, text: toLogicalOrder(cell.runs) })),
  }
}

/** The size of most of the letters: formulas and initials tower above it. */
function findSize(row: Run[]): number {
  if (row.length === 1) return row[0]?.size ?? 0
  const counts = new Map<number, number>()
  for (const { size, text } of row) counts.set(size, (counts.get(size) ?? 0) + text.length)
  return [...counts].reduce((best, it) => (it[1] > best[1] ? it : best), [0, 0])[0]
}
