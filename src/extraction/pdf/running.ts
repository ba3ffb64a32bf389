import type { Line } from './lines.ts'
import type { Part } from './page.ts'

/** A line at the edge that so many pages nearby repeat at the same height is no part of the text. */
const MIN_REPEATS = 3

/** How far such pages may be apart: left and right pages alternate, chapters have heads of their own. */
const NEARBY_PAGES = 6

/** Lines looked at from the top and from the bottom of each page. */
const EDGE_LINES = 2

/** Heads in larger type than the text are titles, such as "Week 3" on each sheet of a workbook. */
const MAX_SIZE_RATIO = 1.08

/** Drops running heads, foot lines and page numbers. */
export function dropRunning(pages: Part[][], bodySize: number): Part[][] {
  if (pages.length < MIN_REPEATS) return pages
  const edges = pages.map((parts) => findEdges(parts, bodySize))
  const seenOn = new Map<string, number[]>()
  edges.forEach((edge, page) => {
    for (const key of new Set(edge.values()))
      seenOn.set(key, [...(seenOn.get(key)?.slice(-MAX_SEEN) ?? []), page])
  })
  const running = new Set<string>()
  for (const [key, seen] of seenOn) if (repeats(seen)) running.add(key)
  const kept = pages.map((parts, page) =>
    parts
      .map((part) => part.filter((line) => !running.has(edges[page]?.get(line) ?? '')))
      .filter((part) => part.length > 0),
  )
  return countCharacters(kept) < countCharacters(pages) * MIN_KEPT_SHARE ? pages : kept
}

/** Where so much would go, the repeated lines are the text: a label on each card, a form on each sheet. */
const MIN_KEPT_SHARE = 0.7

function countCharacters(pages: Part[][]): number {
  return pages.reduce((sum, parts) => parts.flat().reduce((own, { text }) => own + text.length, sum), 0)
}

/** Enough to judge; a list of every page would cost the square of their number. */
const MAX_SEEN = 20

function repeats(seen: number[]): boolean {
  return seen.some((page, index) => {
    const last = seen[index + MIN_REPEATS - 1]
    return last !== undefined && last - page <= NEARBY_PAGES
  })
}

/** The outermost lines of a page, each with what would make it the same line on another page. */
function findEdges(parts: Part[], bodySize: number): Map<Line, string> {
  const lines = parts.flat().toSorted((a, b) => a.y - b.y)
  const edges = new Map<Line, string>()
  for (const line of [...lines.slice(0, EDGE_LINES), ...lines.slice(EDGE_LINES).slice(-EDGE_LINES)]) {
    if (line.size > bodySize * MAX_SIZE_RATIO) continue
    const isTitle = line.isBold && line.size > bodySize * 0.95
    edges.set(line, `${Math.round(line.y / 3)} ${isTitle ? line.text : foldNumbers(line.text)}`)
  }
  return edges
}

/** Page numbers change from page to page, also Roman ones. */
function foldNumbers(text: string): string {
  const folded = text.replace(/\p{N}+/gu, '#').toLowerCase()
  return /^[ivxlc]{1,7}$/.test(folded) ? '#' : folded
}
