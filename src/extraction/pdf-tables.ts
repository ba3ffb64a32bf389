import type { Line } from './pdf-lines.ts'
import type { Part } from './pdf-page.ts'
import { TableRows } from './table.ts'

/** How a list item begins. Its mark stands apart from its text like a cell, but makes no table. */
export const BULLET = /^([•‣◦▪▫●○■□–—*·➢✓-]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s+\S/

/** Cells stand below each other when their edges or middles are closer than this many font sizes. */
const ALIGNMENT = 0.8

/** Rows further apart than this many font sizes do not belong together. */
const MAX_ROW_STEP = 3

/** Two rows of three cells prove a table; of two cells it takes three rows. */
const MIN_CELLS = 5

/** Finds runs of lines whose parts stand in columns. Each line of a table is given with its whole table. */
export function findTables(part: Part): Map<Line, Line[]> {
  const tables = new Map<Line, Line[]>()
  let rows: Line[] = []
  const close = (): void => {
    const cells = rows.reduce((sum, row) => sum + row.cells.length, 0)
    if (rows.length >= 2 && cells > MIN_CELLS) for (const row of rows) tables.set(row, rows)
    rows = []
  }
  for (const line of part) {
    const last = rows.at(-1)
    if (last && !(isRow(line) && standsBelow(last, line))) close()
    if (isRow(line)) rows.push(line)
  }
  close()
  return tables
}

/** The rows as text, the header repeated in each block of a long table. */
export function setTable(lines: Line[]): string[] {
  const rows = new TableRows()
  for (const { cells } of lines) rows.add(cells.map(({ text }) => text))
  return rows.blocks()
}

function isRow({ cells, text }: Line): boolean {
  return cells.length >= 2 && !BULLET.test(text)
}

function standsBelow(above: Line, below: Line): boolean {
  if (below.y - above.y > below.size * MAX_ROW_STEP) return false
  const tolerance = below.size * ALIGNMENT
  const aligned = below.cells.filter((cell) =>
    above.cells.some(
      (it) =>
        Math.abs(it.x0 - cell.x0) < tolerance ||
        Math.abs(it.x1 - cell.x1) < tolerance ||
        Math.abs(it.x0 + it.x1 - cell.x0 - cell.x1) < tolerance * 2,
    ),
  )
  return aligned.length >= 2
}
