import { least, median, most } from './numbers.ts'
import type { Run } from './run.ts'

/** Fewer runs than this cannot show that there are columns. */
const MIN_RUNS = 8

/** Pages have up to a few columns; deeper splitting would tear tables apart. */
const MAX_DEPTH = 3

/** Width of a slice of the page in which text is counted, in points. */
const SLICE_POINTS = 2

/** Share of the lines that may cross a gutter: titles, figures, foot lines. */
const MAX_CROSSING_SHARE = 0.25

/** A column is prose: its lines fill it and hold more than a word or two. */
const MIN_FILL = 0.5
const MIN_LINE_EMS = 7
const MIN_COLUMN_LINES = 3

interface Gutter {
  from: number
  to: number
}

/**
 * Puts the runs of a page into reading order: parts that are read one after
 * the other, each to be read line by line.
 *
 * A page with columns of prose is read column by column, between the lines
 * that span them. A table is not: its cells are short, so it stays one part.
 */
export function splitColumns(runs: Run[], depth = 0): Run[][] {
  const gutter = depth < MAX_DEPTH && runs.length >= MIN_RUNS ? findGutter(runs) : undefined
  if (!gutter) return runs.length > 0 ? [runs] : []
  const parts: Run[][] = []
  for (const band of splitBands(runs, gutter)) {
    if (band.isSpanning) parts.push(band.runs)
    else {
      parts.push(
        ...splitColumns(
          band.runs.filter((run) => isLeft(run, gutter)),
          depth + 1,
        ),
      )
      parts.push(
        ...splitColumns(
          band.runs.filter((run) => !isLeft(run, gutter)),
          depth + 1,
        ),
      )
    }
  }
  return parts.filter((part) => part.length > 0)
}

interface Band {
  isSpanning: boolean
  runs: Run[]
}

/** From top to bottom: lines across the gutter, and what stands in columns between them. */
function splitBands(runs: Run[], gutter: Gutter): Band[] {
  const spanning = runs.filter((run) => crosses(run, gutter))
  const bands: Band[] = []
  for (const run of runs.toSorted((a, b) => a.y - b.y)) {
    const isSpanning = spanning.some((it) => it === run || sharesLine(it, run))
    const band = bands.at(-1)
    if (band && band.isSpanning === isSpanning) band.runs.push(run)
    else bands.push({ isSpanning, runs: [run] })
  }
  return bands
}

function sharesLine(a: Run, b: Run): boolean {
  const size = Math.max(a.size, b.size)
  const gap = Math.max(a.x0, b.x0) - Math.min(a.x1, b.x1)
  return Math.abs(a.y - b.y) < size * 0.3 && gap < size * 1.5
}

function crosses(run: Run, { from, to }: Gutter): boolean {
  const middle = (from + to) / 2
  return run.x0 < middle - 1 && run.x1 > middle + 1
}

function isLeft(run: Run, { from, to }: Gutter): boolean {
  return (run.x0 + run.x1) / 2 < (from + to) / 2
}

function findGutter(runs: Run[]): Gutter | undefined {
  const x0 = least(runs.map((run) => run.x0))
  const x1 = most(runs.map((run) => run.x1))
  const size = median(runs.map((run) => run.size))
  return listEmptyStrips(runs, x0, x1)
    .filter((strip) => strip.to - strip.from >= size * 0.7)
    .filter((strip) => strip.from > x0 + (x1 - x0) * 0.15 && strip.to < x1 - (x1 - x0) * 0.15)
    .toSorted((a, b) => b.to - b.from - (a.to - a.from))
    .find((strip) => hasColumns(runs, strip))
}

/** Strips of the page, from top to bottom, that hardly any line enters. */
function listEmptyStrips(runs: Run[], x0: number, x1: number): Gutter[] {
  const slices = Math.min(Math.ceil((x1 - x0) / SLICE_POINTS), 4_000)
  const counts = new Array<number>(slices + 1).fill(0)
  for (const run of runs) {
    const from = Math.max(Math.floor((run.x0 - x0) / SLICE_POINTS), 0)
    const to = Math.min(Math.ceil((run.x1 - x0) / SLICE_POINTS), slices)
    for (let at = from; at < to; at += 1) counts[at] = (counts[at] ?? 0) + 1
  }
  const limit = countLines(runs) * MAX_CROSSING_SHARE
  const strips: Gutter[] = []
  let start: number | undefined
  for (let at = 0; at <= slices; at += 1) {
    const isEmpty = at < slices && (counts[at] ?? 0) <= limit
    if (isEmpty) start ??= at
    else if (start !== undefined) {
      strips.push({ from: x0 + start * SLICE_POINTS, to: x0 + at * SLICE_POINTS })
      start = undefined
    }
  }
  return strips
}

function hasColumns(runs: Run[], gutter: Gutter): boolean {
  const inside = runs.filter((run) => !crosses(run, gutter))
  const left = inside.filter((run) => isLeft(run, gutter))
  const right = inside.filter((run) => !isLeft(run, gutter))
  return isProse(left) && isProse(right) && standBeside(left, right)
}

function isProse(runs: Run[]): boolean {
  const lines = measureLines(runs)
  if (lines.length < MIN_COLUMN_LINES) return false
  const width = most(runs.map((run) => run.x1)) - least(runs.map((run) => run.x0))
  const filled = median(lines.map((line) => line.width))
  return filled >= width * MIN_FILL && filled >= median(runs.map((run) => run.size)) * MIN_LINE_EMS
}

function standBeside(left: Run[], right: Run[]): boolean {
  const [a, b] = [left, right].map((runs) => {
    const ys = runs.map((run) => run.y)
    return { top: least(ys), bottom: most(ys) }
  })
  if (!a || !b) return false
  const shared = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)
  return shared >= Math.min(a.bottom - a.top, b.bottom - b.top) * 0.5
}

function countLines(runs: Run[]): number {
  return measureLines(runs).length
}

/** The covered width of each line. */
function measureLines(runs: Run[]): { y: number; width: number }[] {
  const lines: { y: number; width: number }[] = []
  for (const run of runs.toSorted((a, b) => a.y - b.y)) {
    const line = lines.at(-1)
    if (line && run.y - line.y < run.size * 0.4) line.width += run.x1 - run.x0
    else lines.push({ y: run.y, width: run.x1 - run.x0 })
  }
  return lines
}
