import { splitColumns } from './columns.ts'
import { joinLines, type Line } from './lines.ts'
import { most } from './numbers.ts'
import type { Glyph, PageRuns, Run } from './run.ts'

/** Lines that are read one after the other: a column, or what spans columns. */
export type Part = Line[]

/** Sets the visible runs of a page in reading order, whatever way they are turned. */
export function layOutPage({ runs, isScan }: PageRuns): Part[] {
  const visible = isScan ? runs : runs.filter(({ isInvisible }) => !isInvisible)
  const directions = Map.groupBy(joinVertical(visible), ({ turns }) => turns)
  return [...directions.values()]
    .toSorted((a, b) => b.length - a.length)
    .flatMap((group) => splitColumns(group).map(joinLines))
    .filter((part) => part.length > 0)
}

/** A character this many font sizes lower than the one before it, on its axis, was written downwards. */
const STEP_MIN = 0.6
const STEP_MAX = 1.8
const SHIFT_MAX = 0.35

/** Fewer characters one below the other prove nothing. */
const MIN_VERTICAL = 3

/** The frame of text that runs downwards, its lines from right to left. */
const DOWNWARDS = 3

/** Vertical Japanese and Chinese stand upright one below the other: such runs become one that is read downwards. */
function joinVertical(runs: Run[]): Run[] {
  if (!runs.some(({ glyphs }) => glyphs?.length === 1)) return runs
  const joined: Run[] = []
  let chain: Run[] = []
  const close = (): void => {
    joined.push(...(chain.length >= MIN_VERTICAL ? [turnDown(chain)] : chain))
    chain = []
  }
  for (const run of runs) {
    const last = chain.at(-1)
    if (last && !isBelow(last, run)) close()
    chain.push(run)
  }
  close()
  return joined
}

function isBelow(above: Run, below: Run): boolean {
  if (above.turns !== 0 || below.turns !== 0) return false
  if (above.glyphs?.length !== 1 || below.glyphs?.length !== 1) return false
  const size = Math.max(above.size, below.size)
  const step = below.y - above.y
  const shift = Math.abs(below.x0 + below.x1 - above.x0 - above.x1) / 2
  return step > size * STEP_MIN && step < size * STEP_MAX && shift < size * SHIFT_MAX
}

function turnDown(chain: Run[]): Run {
  const half = most(chain.map(({ size }) => size)) / 2
  const glyphs = chain.map(({ text, y }): Glyph => ({ text, x0: y - half, x1: y + half, isSpaced: false }))
  const [first] = chain
  return {
    text: chain.map(({ text }) => text).join(''),
    x0: glyphs[0]?.x0 ?? 0,
    x1: glyphs.at(-1)?.x1 ?? 0,
    y: -((first?.x0 ?? 0) + (first?.x1 ?? 0)) / 2,
    size: half * 2,
    turns: DOWNWARDS,
    isBold: chain.every(({ isBold }) => isBold),
    isInvisible: false,
    isSpaced: false,
    isRightToLeft: false,
    glyphs,
  }
}
