import type { BlockBuilder, BlockStyle } from '../builder.ts'
import { readAttribute, type XmlHandler } from '../xml.ts'
import { OdtLists } from './odt-lists.ts'

/** Never text for a reader: comments, deletions, generated lists of contents, the number of a note. */
const SKIPPED = new Set(
  'annotation tracked-changes table-of-content alphabetical-index hidden-text hidden-paragraph note-citation ruby-text forms script'.split(
    ' ',
  ),
)

/** Spaces a single element may stand for, and copies of a cell: more is no text but a trick. */
const MAX_REPEATED = 1_000
const MAX_REPEATED_CELLS = 50

interface OpenParagraph {
  text: string
  style: BlockStyle
  /** Notes and frames set inside it: they are read behind it. */
  inner: OpenParagraph[]
}

/** Listens to the content of an OpenDocument text and tells the builder what is read on paper. */
export class OdtWalk implements XmlHandler {
  readonly #builder: BlockBuilder
  readonly #paragraphs: OpenParagraph[] = []
  readonly #hiddenStyles = new Set<string>()
  #styleName = ''
  readonly #lists = new OdtLists()
  #isItemNew = false
  #headerRows = 0
  /** Elements open inside one that is not read. */
  #skipped = 0

  constructor(builder: BlockBuilder) {
    this.#builder = builder
  }

  open(name: string, attributes: Record<string, string>): void {
    if (this.#skipped > 0 || this.#isSkipped(name, attributes)) {
      this.#skipped += 1
      return
    }
    if (name === 'style') this.#styleName = readAttribute(attributes, 'name') ?? ''
    else if (name === 'text-properties' && readAttribute(attributes, 'display') === 'none') {
      this.#hiddenStyles.add(this.#styleName)
    } else if (name === 'h' || name === 'p') this.#openParagraph(name, attributes)
    else if (name === 's')
      this.#append(' '.repeat(Math.min(Number(readAttribute(attributes, 'c')) || 1, MAX_REPEATED)))
    else if (name === 'tab') this.#append('\t')
    else if (name === 'line-break') this.#append('\n')
    else if (name === 'list-item' || name === 'list-header') this.#isItemNew = true
    else if (!this.#lists.enter(name, attributes)) this.#openTable(name, attributes)
  }

  text(text: string): void {
    // Line ends of the file are white space like any other here.
    if (this.#skipped === 0) this.#append(text.replace(/\s+/g, ' '))
  }

  close(name: string): void {
    if (this.#skipped > 0) {
      this.#skipped -= 1
      return
    }
    if (name === 'h' || name === 'p') this.#closeParagraph()
    else if (name === 'list') this.#lists.leave()
    else if (name === 'table') this.#builder.closeTable()
    else if (name === 'table-header-rows') this.#headerRows -= 1
  }

  #isSkipped(name: string, attributes: Record<string, string>): boolean {
    if (SKIPPED.has(name)) return true
    if (name !== 'span' && name !== 'p' && name !== 'h') return false
    return this.#hiddenStyles.has(readAttribute(attributes, 'style-name') ?? '')
  }

  #openTable(name: string, attributes: Record<string, string>): void {
    if (name === 'table') this.#builder.openTable()
    else if (name === 'table-header-rows') this.#headerRows += 1
    else if (name === 'table-row') this.#builder.openRow()
    else if (name === 'table-cell' || name === 'covered-table-cell') {
      const repeated = Number(readAttribute(attributes, 'number-columns-repeated')) || 1
      for (let at = 0; at < Math.min(repeated, MAX_REPEATED_CELLS); at += 1) {
        this.#builder.openCell({ isHeader: this.#headerRows > 0 })
      }
    }
  }

  #choose(name: string, attributes: Record<string, string>): BlockStyle {
    if (name === 'h') {
      const level = Number(readAttribute(attributes, 'outline-level')) || 1
      return { kind: 'heading', level: Math.min(Math.max(level, 1), 6) }
    }
    if (this.#lists.depth === 0 || !this.#isItemNew) return { kind: 'paragraph' }
    this.#isItemNew = false
    return { kind: 'list', marker: this.#lists.next() }
  }

  #append(text: string): void {
    const paragraph = this.#paragraphs.at(-1)
    if (paragraph) paragraph.text += text
  }

  #openParagraph(name: string, attributes: Record<string, string>): void {
    this.#paragraphs.push({ text: '', style: this.#choose(name, attributes), inner: [] })
  }

  #closeParagraph(): void {
    const paragraph = this.#paragraphs.pop()
    if (!paragraph) return
    const outer = this.#paragraphs.at(-1)
    if (outer) outer.inner.push(paragraph, ...paragraph.inner)
    else for (const { text, style } of [paragraph, ...paragraph.inner]) this.#emit(text, style)
  }

  #emit(text: string, style: BlockStyle): void {
    this.#builder.begin(style)
    this.#builder.text(text)
    this.#builder.flush()
  }
}
