import { foldLine } from './text-cleaning.ts'

/** Rows of one block: small enough to stay one passage, with the header repeated in each. */
const ROWS_PER_BLOCK = 20
const MAX_BLOCK_CHARACTERS = 1_500

/** Collects the rows of a table and sets them as text: `cell | cell`, a row a line. */
export class TableRows {
  readonly #rows: string[] = []
  #header = 0

  /** Rows marked as header count as such as long as no other row came before. */
  add(cells: string[], { isHeader = false } = {}): void {
    const folded = cells.map(foldLine)
    if (folded.every((cell) => cell === '')) return
    if (isHeader && this.#header === this.#rows.length) this.#header += 1
    this.#rows.push(folded.join(' | '))
  }

  /** The table in blocks of about twenty rows, each beginning with the header (without one: the first row). */
  blocks(): string[] {
    const count = Math.min(Math.max(this.#header, 1), 3)
    const header = this.#rows.slice(0, count)
    const blocks: string[][] = []
    let size = Number.POSITIVE_INFINITY
    for (const row of this.#rows.slice(count)) {
      size += row.length
      const block = blocks.at(-1)
      if (block && block.length < ROWS_PER_BLOCK && size <= MAX_BLOCK_CHARACTERS) block.push(row)
      else {
        blocks.push([row])
        size = row.length
      }
    }
    if (blocks.length === 0) return header.length > 0 ? [header.join('\n')] : []
    return blocks.map((rows) => [...header, ...rows].join('\n'))
  }
}
