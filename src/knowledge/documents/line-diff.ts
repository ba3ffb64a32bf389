/** A line of two texts: in both, in the first alone (`removed`) or in the second alone (`added`). */
export interface DiffLine {
  kind: 'same' | 'removed' | 'added'
  text: string
}

/** Cells of the comparison table: a larger part that differs is compared between the lines that stand once in both. */
const MAX_CELLS = 1_000_000

/** What changed from one text to another, line by line, with as many lines kept as possible. */
export function diffLines(before: string, after: string): DiffLine[] {
  const [old, now] = [before.split('\n'), after.split('\n')]
  const start = countSame(old, now)
  const end = countSame(old.slice(start).reverse(), now.slice(start).reverse())
  const same = (lines: string[]) => lines.map((text): DiffLine => ({ kind: 'same', text }))
  return [
    ...same(old.slice(0, start)),
    ...diffMiddle(old.slice(start, old.length - end), now.slice(start, now.length - end)),
    ...same(old.slice(old.length - end)),
  ]
}

function countSame(a: string[], b: string[]): number {
  let count = 0
  while (count < a.length && count < b.length && a[count] === b[count]) count += 1
  return count
}

function diffMiddle(old: string[], now: string[]): DiffLine[] {
  if ((old.length + 1) * (now.length + 1) > MAX_CELLS) return diffLarge(old, now)
  const lines: DiffLine[] = []
  const push = (kind: DiffLine['kind'], text = '') => void lines.push({ kind, text })
  const lengthAt = measure(old, now)
  let [i, j] = [0, 0]
  while (i < old.length && j < now.length) {
    if (old[i] === now[j]) {
      push('same', old[i++])
      j += 1
    } else if (lengthAt(i + 1, j) >= lengthAt(i, j + 1)) push('removed', old[i++])
    else push('added', now[j++])
  }
  while (i < old.length) push('removed', old[i++])
  while (j < now.length) push('added', now[j++])
  return lines
}

/** Compares what stands between the lines that both have once and in one order; without such, all is replaced. */
function diffLarge(old: string[], now: string[]): DiffLine[] {
  const anchors = findAnchors(old, now)
  if (anchors.length === 0) {
    const as = (kind: DiffLine['kind'], lines: string[]) => lines.map((text): DiffLine => ({ kind, text }))
    return [...as('removed', old), ...as('added', now)]
  }
  const lines: DiffLine[] = []
  let [i, j] = [0, 0]
  for (const { before, after } of [...anchors, { before: old.length, after: now.length }]) {
    for (const line of diffMiddle(old.slice(i, before), now.slice(j, after))) lines.push(line)
    const text = old[before]
    if (text !== undefined) lines.push({ kind: 'same', text })
    i = before + 1
    j = after + 1
  }
  return lines
}

interface Anchor {
  before: number
  after: number
}

/** The most lines that stand once in each text, in the order of both: patience sorting of their places. */
function findAnchors(old: string[], now: string[]): Anchor[] {
  const places = placesOfSingles(now)
  const piles: Anchor[] = []
  const lefts = new Map<Anchor, Anchor | undefined>()
  for (const [text, before] of placesOfSingles(old)) {
    const after = places.get(text)
    if (after === undefined) continue
    let [low, high] = [0, piles.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((piles[middle]?.after ?? 0) < after) low = middle + 1
      else high = middle
    }
    const anchor = { before, after }
    lefts.set(anchor, piles[low - 1])
    piles[low] = anchor
  }
  const anchors: Anchor[] = []
  for (let at: Anchor | undefined = piles.at(-1); at; at = lefts.get(at)) anchors.push(at)
  return anchors.reverse()
}

/** Lines that stand once, in their order. */
function placesOfSingles(lines: string[]): Map<string, number> {
  const places = new Map<string, number>()
  const repeated = new Set<string>()
  for (const [at, text] of lines.entries()) {
    if (places.has(text)) repeated.add(text)
    else places.set(text, at)
  }
  for (const text of repeated) places.delete(text)
  return places
}

/** The longest common subsequence of what is left from each pair of places on. */
function measure(old: string[], now: string[]): (i: number, j: number) => number {
  const width = now.length + 1
  const table = new Uint32Array((old.length + 1) * width)
  const at = (i: number, j: number) => table[i * width + j] ?? 0
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = now.length - 1; j >= 0; j--) {
      table[i * width + j] = old[i] === now[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  return at
}
