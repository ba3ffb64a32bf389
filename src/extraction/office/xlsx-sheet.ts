import { type Cell, MAX_COLUMNS, type RowText } from '../row-text.ts'
import type { XmlHandler } from '../xml.ts'
import { type CellStyle, presentNumber } from './xlsx-styles.ts'

export interface SheetParts {
  strings: string[]
  styles: CellStyle[]
  isFrom1904: boolean
}

const BLANK: Cell = { text: '', isValue: false }

/** Listens to a sheet and hands on its rows. */
export class SheetWalk implements XmlHandler {
  readonly #rows: RowText
  readonly #parts: SheetParts
  readonly #hiddenColumns = new Set<number>()
  #row = 0
  #isRowHidden = false
  #cells: Cell[] = []
  #column = 0
  #type = 'n'
  #style: CellStyle = 'plain'
  #value: string[] = []
  #isValue = false
  #readings = 0

  constructor(rows: RowText, parts: SheetParts) {
    this.#rows = rows
    this.#parts = parts
  }

  open(name: string, attributes: Record<string, string>): void {
    if (name === 'c') this.#openCell(attributes)
    else if (name === 'v' || name === 't') this.#isValue = this.#readings === 0
    else if (name === 'rPh') this.#readings += 1
    else if (name === 'row') this.#openRow(attributes)
    else if (name === 'col') this.#readColumns(attributes)
  }

  text(text: string): void {
    if (this.#isValue) this.#value.push(text)
  }

  close(name: string): void {
    if (name === 'v' || name === 't') this.#isValue = false
    else if (name === 'rPh') this.#readings -= 1
    else if (name === 'c') this.#closeCell()
    else if (name === 'row' && !this.#isRowHidden) this.#rows.add(this.#row, this.#cells)
  }

  #openRow({ r, hidden }: Record<string, string>): void {
    this.#row = Number(r) || this.#row + 1
    this.#isRowHidden = isTrue(hidden)
    this.#cells = []
    this.#column = -1
  }

  #readColumns({ min, max, hidden }: Record<string, string>): void {
    if (!isTrue(hidden)) return
    for (let at = Number(min); at <= Math.min(Number(max), MAX_COLUMNS); at += 1)
      this.#hiddenColumns.add(at - 1)
  }

  #openCell({ r, t = 'n', s }: Record<string, string>): void {
    this.#column = r === undefined ? this.#column + 1 : readColumn(r)
    this.#type = t
    this.#style = this.#parts.styles[Number(s)] ?? 'plain'
    this.#value = []
  }

  #closeCell(): void {
    if (this.#column < 0 || this.#column >= MAX_COLUMNS || this.#hiddenColumns.has(this.#column)) return
    while (this.#cells.length < this.#column) this.#cells.push(BLANK)
    this.#cells[this.#column] = this.#present(this.#value.join(''))
  }

  #present(value: string): Cell {
    const { strings, isFrom1904 } = this.#parts
    if (this.#type === 's') return { text: strings[Number(value)] ?? '', isValue: false }
    if (this.#type === 'inlineStr' || this.#type === 'str') return { text: value, isValue: false }
    if (this.#type === 'b') return { text: value === '1' ? 'TRUE' : 'FALSE', isValue: true }
    // What a formula could not work out says nothing to a reader.
    if (this.#type === 'e') return { text: '', isValue: true }
    if (this.#type === 'd') return { text: value.replace(/T00:00:00(\.0+)?Z?$/, ''), isValue: true }
    return { text: presentNumber(value, this.#style, isFrom1904), isValue: true }
  }
}

function isTrue(value = ''): boolean {
  return /^(1|true)$/.test(value)
}

/** `AB12` is column 27, counted from 0. */
function readColumn(reference: string): number {
  let column = 0
  for (const letter of reference) {
    const place = letter.charCodeAt(0) - 64
    if (place < 1 || place > 26) break
    column = column * 26 + place
  }
  return column - 1
}
