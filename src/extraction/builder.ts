import type { Block } from './block.ts'
import type { BlockSink } from './sink.ts'
import { TableRows } from './table.ts'
import { cleanText, foldText } from './text-cleaning.ts'

/** How the text that is coming is set. */
export interface BlockStyle {
  kind: Block['kind']
  level?: number
  /** Put before the text: a bullet or a number, indented by its depth. */
  marker?: string
}

const PARAGRAPH: BlockStyle = { kind: 'paragraph' }

/** Items are joined to one list block up to this length, so that a list is found and quoted as a list. */
const MAX_LIST_CHARACTERS = 1_500

/** A table cell with more text than this holds prose: the table serves the layout, not the reader. */
const LAYOUT_CELL_CHARACTERS = 600

interface OpenCell {
  blocks: Block[]
  /** Rows it stands in, its own included. */
  rowSpan: number
  /** It is the lower part of the cell above it. */
  isContinued: boolean
}

interface OpenTable {
  rows: { cells: OpenCell[]; isHeader: boolean }[]
}

/** A cell over more rows than this is a frame, and one with more text no label: neither is said again in each row. */
const MAX_ROW_SPAN = 100
const MAX_REPEATED_CHARACTERS = 200

/**
 * Turns the events of a marked-up document (text, paragraph ends, cells) into
 * blocks. Nesting of any depth costs no call stack.
 */
export class BlockBuilder {
  readonly #sink: BlockSink
  #style = PARAGRAPH
  #text: string[] = []
  #tables: OpenTable[] = []
  /** The last block of the current target, while list items may still join it. */
  #list: Block | undefined

  constructor(sink: BlockSink) {
    this.#sink = sink
  }

  /** True inside a table cell. */
  get isInCell(): boolean {
    return this.#cell() !== undefined
  }

  text(text: string): void {
    this.#text.push(text)
  }

  /** Ends the block before, if it has text, and sets how the next one is read. */
  begin(style: BlockStyle = PARAGRAPH): void {
    this.flush()
    this.#style = style
  }

  /** Ends the current block. The next one is a paragraph. */
  flush(): void {
    const raw = this.#text.join('')
    const { kind, level, marker } = this.#style
    this.#text = []
    this.#style = PARAGRAPH
    const text = kind === 'code' ? cleanText(raw).replace(/^\n+|\s+$/g, '') : foldText(raw)
    if (text === '') return
    this.#emit({ kind, text: marker ? marker + text : text, ...(level && { level }) })
  }

  openTable(): void {
    this.flush()
    this.#tables.push({ rows: [] })
  }

  openRow(): void {
    this.flush()
    this.#tables.at(-1)?.rows.push({ cells: [], isHeader: false })
  }

  /** @param rowSpan of a cell that stands in several rows, which each have to be read by themselves. */
  openCell({ isHeader = false, rowSpan = 1 } = {}): void {
    this.flush()
    const table = this.#tables.at(-1)
    if (!table) return
    if (table.rows.length === 0) table.rows.push({ cells: [], isHeader })
    const row = table.rows.at(-1)
    row?.cells.push({ blocks: [], rowSpan: Math.min(rowSpan, MAX_ROW_SPAN), isContinued: false })
    if (row) row.isHeader = row.cells.length === 1 ? isHeader : row.isHeader && isHeader
  }

  /** The cell that is open is the lower part of the one above it. */
  continueCell(): void {
    const cell = this.#tables.at(-1)?.rows.at(-1)?.cells.at(-1)
    if (cell) cell.isContinued = true
  }

  closeTable(): void {
    this.flush()
    const table = this.#tables.pop()
    if (!table) return
    const blocks = table.rows.flatMap((row) => row.cells.flatMap((cell) => cell.blocks))
    if (isLayout(table)) for (const block of blocks) this.#emit(block)
    else this.#emitRows(table)
  }

  #emitRows(table: OpenTable): void {
    const rows = new TableRows()
    let above: PlacedCell[] = []
    for (const { cells, isHeader } of table.rows) {
      above = placeCells(cells, above)
      rows.add(
        above.map(({ text }) => text),
        { isHeader },
      )
    }
    for (const text of rows.blocks()) this.#emit({ kind: 'table', text })
  }

  #emit(block: Block): void {
    const cell = this.#cell()
    const open = this.#list
    if (block.kind === 'list' && open && open.text.length + block.text.length < MAX_LIST_CHARACTERS) {
      open.text = `${open.text}\n${block.text}`
      return
    }
    this.#commit()
    if (cell) cell.push(block)
    else if (block.kind === 'list') this.#list = block
    else this.#sink.add(block)
  }

  #commit(): void {
    if (this.#list) this.#sink.add(this.#list)
    this.#list = undefined
  }

  /** Ends everything that is open. */
  end(): void {
    this.flush()
    while (this.#tables.length > 0) this.closeTable()
    this.#commit()
  }

  #cell(): Block[] | undefined {
    return this.#tables.at(-1)?.rows.at(-1)?.cells.at(-1)?.blocks
  }
}

interface PlacedCell {
  text: string
  /** Further rows it stands in. */
  rowsLeft: number
}

function readLabel({ text } = { text: '' }): string {
  return text.length <= MAX_REPEATED_CHARACTERS ? text : ''
}

/** The cells of a row with those that reach into it from above: each row is read by itself. */
function placeCells(cells: OpenCell[], above: PlacedCell[]): PlacedCell[] {
  const placed: PlacedCell[] = []
  const takeAbove = (): void => {
    for (let it = above[placed.length]; it && it.rowsLeft > 0; it = above[placed.length]) {
      placed.push({ text: readLabel(it), rowsLeft: it.rowsLeft - 1 })
    }
  }
  for (const { blocks, rowSpan, isContinued } of cells) {
    takeAbove()
    const own = blocks.map(({ text }) => text).join(' ')
    const text = isContinued && own === '' ? readLabel(above[placed.length]) : own
    placed.push({ text, rowsLeft: rowSpan - 1 })
  }
  takeAbove()
  return placed
}

/** One column, prose in a cell, or headings and tables inside: rows would tear apart what belongs together. */
function isLayout({ rows }: OpenTable): boolean {
  if (rows.every(({ cells }) => cells.length <= 1)) return true
  return rows.some(({ cells }) =>
    cells.some(
      ({ blocks }) =>
        blocks.some(({ kind }) => kind === 'table' || kind === 'heading') ||
        blocks.reduce((sum, { text }) => sum + text.length, 0) > LAYOUT_CELL_CHARACTERS,
    ),
  )
}
