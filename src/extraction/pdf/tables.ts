import { TableRows } from '../table.ts'
import type { Cell, Line } from './lines.ts'
import { least, median, most } from './numbers.ts'
import type { Part } from './page.ts'

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
    const whole = rows.filter(isRow)
    const cells = whole.reduce((sum, row) => sum + row.cells.length, 0)
    if (whole.length >= 2 && cells > MIN_CELLS) for (const row of rows) tables.set(row, rows)
    rows = []
  }
  for (const line of part) {
    const goesOn = rows.length > 0 && (isRow(line) ? standsBelow(rows, line) : continuesCell(rows, line))
    if (rows.length > 0 && !goesOn) close()
    if (goesOn || isRow(line)) rows.push(line)
  }
  close()
  return tables
}

/** The rows as text, the header repeated in each block of a long table. */
export function setTable(lines: Line[]): string[] {
  const rows = new TableRows()
  for (const cells of joinRows(lines)) rows.add(cells.map(({ text }) => text))
  return rows.blocks()
}

/** Lines of one cell stand this close, in font sizes; rows have room between them that is this much wider. */
const MAX_LEADING = 1.45
const ROW_ROOM = 1.2

/** Share of the steps down a table that lead to another row: where fewer are wide, they part groups of rows. */
const MIN_ROW_STEPS = 0.25

/** Puts lines together that are the further lines of the cells above them. */
function joinRows(lines: Line[]): Cell[][] {
  const columns = Math.max(...lines.map(({ cells }) => cells.length))
  const leading = findLeading(lines)
  const rows: Cell[][] = []
  lines.forEach((line, at) => {
    const step = line.y - (lines[at - 1]?.y ?? line.y)
    const above = rows.at(-1)
    const cells = readCells(line)
    const isFurther = leading !== undefined && step <= leading && cells.length < columns
    if (above && (isFurther || line.cells.length === 0)) extendRow(above, cells)
    else rows.push(cells.map((cell) => ({ ...cell })))
  })
  return rows
}

/** The widest step that still leads to the next line of the same row; `undefined` where every line is a row. */
function findLeading(lines: Line[]): number | undefined {
  const steps = lines.slice(1).map(({ y }, at) => y - (lines[at]?.y ?? y))
  const size = median(lines.map((line) => line.size))
  const close = steps.filter((step) => step <= size * MAX_LEADING)
  if (close.length === 0) return undefined
  const leading = Math.max(...close)
  const wide = steps.filter((step) => step > median(close) * ROW_ROOM)
  return wide.length >= steps.length * MIN_ROW_STEPS ? Math.min(leading, median(close) * ROW_ROOM) : undefined
}

function readCells({ cells, text, x0, x1 }: Line): Cell[] {
  return cells.length > 0 ? cells : [{ text, x0, x1 }]
}

function extendRow(row: Cell[], further: Cell[]): void {
  for (const cell of further) {
    const above = row.findLast((it) => it.x0 <= cell.x1 && (it.x0 <= cell.x0 + 1 || overlaps(it, cell)))
    if (above && overlaps(above, cell)) {
      above.text = `${above.text} ${cell.text}`
      above.x1 = Math.max(above.x1, cell.x1)
    } else {
      const at = row.findIndex((it) => it.x0 > cell.x0)
      row.splice(at < 0 ? row.length : at, 0, { ...cell })
    }
  }
}

function overlaps(a: Cell, b: Cell): boolean {
  return a.x0 < b.x1 && b.x0 < a.x1
}

function isRow({ cells, text }: Line): boolean {
  return cells.length >= 2 && !BULLET.test(text)
}

/** Rows looked back on: a cell that is empty in one of them stands in another. */
const MAX_LOOK_BACK = 8

/** In the columns of the rows above. */
function standsBelow(rows: Line[], below: Line): boolean {
  const last = rows.at(-1)
  if (!last || below.y - last.y > below.size * MAX_ROW_STEP) return false
  const above = rows.slice(-MAX_LOOK_BACK).flatMap(({ cells }) => cells)
  const tolerance = below.size * ALIGNMENT
  return below.cells.filter((cell) => above.some((it) => isAligned(it, cell, tolerance))).length >= 2
}

function isAligned(a: Cell, b: Cell, tolerance: number): boolean {
  return (
    Math.abs(a.x0 - b.x0) < tolerance ||
    Math.abs(a.x1 - b.x1) < tolerance ||
    Math.abs(a.x0 + a.x1 - b.x0 - b.x1) < tolerance * 2
  )
}

/** A line that goes on with a single cell: close below it, beginning where it does, and ending before the next. */
function continuesCell(rows: Line[], line: Line): boolean {
  const last = rows.at(-1)
  if (!last || rows.length < 2 || BULLET.test(line.text)) return false
  const step = line.y - last.y
  const rowSteps = rows.slice(1).map(({ y }, at) => y - (rows[at]?.y ?? y))
  if (step > line.size * MAX_LEADING || Math.max(...rowSteps) < step * ROW_ROOM) return false
  const cells = rows.slice(-MAX_LOOK_BACK).flatMap(readCells)
  const isBelow = readCells(last).some((it) => Math.abs(it.x0 - line.x0) < line.size * 0.3)
  const next = least(cells.map(({ x0 }) => x0).filter((x0) => x0 > line.x0 + line.size))
  const end = Number.isFinite(next) ? next : most(cells.map(({ x1 }) => x1)) + line.size
  return isBelow && line.x1 < end
}
