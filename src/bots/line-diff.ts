/** A line of two texts: in both, in the first alone (`removed`) or in the second alone (`added`). */
export interface DiffLine {
  kind: 'same' | 'removed' | 'added'
  text: string
}

/** Cells of the comparison table: past it the part that differs is shown as replaced whole. */
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
  const lines: DiffLine[] = []
  const push = (kind: DiffLine['kind'], text = '') => void lines.push({ kind, text })
  const lengthAt = (old.length + 1) * (now.length + 1) <= MAX_CELLS ? measure(old, now) : () => 0
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
