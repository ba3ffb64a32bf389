import { AppError } from '../errors.ts'
import type { BlockSink } from './sink.ts'
import { foldLine } from './text-cleaning.ts'

/** Rows of one block: they stay one passage, and its place names few enough rows to find them by. */
const ROWS_PER_BLOCK = 20
const MAX_BLOCK_BYTES = 1_500

/** Columns beyond this are read no more: sheets end at 16,384, and no row a person reads comes near it. */
export const MAX_COLUMNS = 1_000

/** Rows of one sheet: a catalogue of any shop. Beyond it is a database, which no one reads from in prose. */
const MAX_ROWS = 200_000

/** Longest name of a column that is repeated in each row. */
const MAX_LABEL_CHARACTERS = 80

/** A cell as it is shown, and whether it is a number or date: a header has neither. */
export interface Cell {
  text: string
  isValue: boolean
}

interface OpenGroup {
  from: number
  to: number
  lines: string[]
  bytes: number
}

/**
 * Sets the rows of a sheet as lines that can be read by themselves: `Column: value; Column: value`, under
 * headings that name the sheet and the rows. Without a header the values stand alone.
 */
export class RowText {
  readonly #sink: BlockSink
  readonly #sheet: string
  #labels: string[] | undefined
  #rows = 0
  /** The header until a row follows: with nothing below, it is all there is to read. */
  #header: { number: number; line: string } | undefined
  /** True from the first row of several cells on: what stands above it is a title or a note. */
  #isStarted = false
  #group: OpenGroup | undefined
  #isNamed = false

  constructor(sink: BlockSink, sheet = '') {
    this.#sink = sink
    this.#sheet = foldLine(sheet)
  }

  /**
   * @param number counted from 1, as the program that made the sheet counts.
   * @throws {AppError} `document.too_large` past {@link MAX_ROWS}.
   */
  add(number: number, given: Cell[]): void {
    this.#rows += 1
    if (this.#rows > MAX_ROWS) throw new AppError('document.too_large', { limitRows: MAX_ROWS })
    const cells = given.slice(0, MAX_COLUMNS).map((cell) => ({ ...cell, text: foldLine(cell.text) }))
    const filled = cells.filter(({ text }) => text !== '')
    if (filled.length === 0) return
    if (!this.#isStarted && filled.length > 1) {
      this.#isStarted = true
      if (filled.every(({ isValue }) => !isValue)) {
        this.#labels = cells.map(({ text }) => text.slice(0, MAX_LABEL_CHARACTERS))
        this.#header = { number, line: filled.map(({ text }) => text).join('; ') }
        return
      }
    }
    this.#header = undefined
    this.#addLine(number, this.#present(cells))
  }

  end(): void {
    if (this.#header) this.#addLine(this.#header.number, this.#header.line)
    this.#flush()
  }

  #present(cells: Cell[]): string {
    return cells
      .map(({ text }, column) => {
        const label = this.#labels?.[column] ?? ''
        return text === '' || label === '' ? text : `${label}: ${text}`
      })
      .filter((part) => part !== '')
      .join('; ')
  }

  #addLine(number: number, line: string): void {
    const bytes = Buffer.byteLength(line)
    const open = this.#group
    if (open && open.lines.length < ROWS_PER_BLOCK && open.bytes + bytes <= MAX_BLOCK_BYTES) {
      open.lines.push(line)
      open.bytes += bytes
      open.to = number
      return
    }
    this.#flush()
    this.#group = { from: number, to: number, lines: [line], bytes }
  }

  #flush(): void {
    if (!this.#group) return
    const { from, to, lines } = this.#group
    this.#group = undefined
    if (!this.#isNamed && this.#sheet !== '') this.#sink.add({ kind: 'heading', level: 1, text: this.#sheet })
    this.#isNamed = true
    const rows = from === to ? `Row ${from}` : `Rows ${from}–${to}`
    this.#sink.add({ kind: 'heading', level: 2, text: rows })
    this.#sink.add({ kind: 'table', text: lines.join('\n') })
  }
}
