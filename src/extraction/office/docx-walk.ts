import type { BlockBuilder, BlockStyle } from '../builder.ts'
import { isOn, readAttribute, type XmlHandler } from '../xml.ts'
import type { DocxNumbering } from './docx-numbering.ts'
import { DocxRun } from './docx-run.ts'
import type { DocxStyle } from './docx-styles.ts'

export interface DocxParts {
  styles: Map<string, DocxStyle>
  numbering: DocxNumbering
  notes: { footnote: Map<string, string>; endnote: Map<string, string> }
}

/**
 * Never text for a reader: what was deleted or moved away, the second copy of a
 * drawing kept for old readers, readings above ruby text, instructions to
 * Word, how things were set before a tracked change.
 */
const SKIPPED = new Set(
  'del moveFrom rt instrText delText pPrChange rPrChange tblPrChange trPrChange tcPrChange sectPrChange'.split(
    ' ',
  ),
)

interface OpenParagraph {
  text: string
  style: DocxStyle | undefined
  numberingId: string | undefined
  depth: number
  level: number | undefined
  notes: string[]
}

/** Listens to the main part and tells the builder what a reader of the document sees. */
export class DocxWalk implements XmlHandler {
  readonly #builder: BlockBuilder
  readonly #parts: DocxParts
  /** Innermost last: a text box stands inside the paragraph it is anchored to. */
  readonly #paragraphs: OpenParagraph[] = []
  readonly #run = new DocxRun()
  #skipped = 0
  #isText = false
  #isChoiceTaken = false
  #placeholders: boolean[] = []
  /** Of the current row of a table: none of its cells is read. */
  #isRowDeleted = false
  #isRowProperties = false

  constructor(builder: BlockBuilder, parts: DocxParts) {
    this.#builder = builder
    this.#parts = parts
  }

  open(name: string, attributes: Record<string, string>): void {
    if (this.#skipped > 0 || this.#isSkipped(name)) {
      if (this.#skipped === 0 && name === 'del' && this.#isRowProperties) this.#isRowDeleted = true
      this.#skipped += 1
      return
    }
    if (name === 'trPr') this.#isRowProperties = true
    this.#run.open(name, attributes)
    if (name === 'p') this.#openParagraph()
    else if (name === 't') this.#isText = true
    else if (name === 'tbl') this.#builder.openTable()
    else if (name === 'tr') this.#openRow()
    else if (name === 'tc') this.#builder.openCell()
    else if (name === 'vMerge') this.#mergeCell(readAttribute(attributes, 'val'))
    else if (name === 'sdt') this.#placeholders.push(false)
    else if (name === 'showingPlcHdr' && isOn(attributes)) this.#placeholders.splice(-1, 1, true)
    else this.#readProperty(name, attributes)
  }

  text(text: string): void {
    if (this.#skipped === 0 && this.#isText) this.#append(text)
  }

  close(name: string): void {
    if (this.#skipped > 0) {
      this.#skipped -= 1
      return
    }
    this.#run.close(name)
    if (name === 't') this.#isText = false
    else if (name === 'p') this.#closeParagraph()
    else if (name === 'tbl') this.#builder.closeTable()
    else if (name === 'Choice') this.#isChoiceTaken = true
    else if (name === 'sdt') this.#placeholders.pop()
    else if (name === 'trPr') this.#isRowProperties = false
    else if (name === 'document') this.#builder.end()
  }

  #mergeCell(value = 'continue'): void {
    if (value === 'continue') this.#builder.continueCell()
  }

  #openRow(): void {
    this.#isRowDeleted = false
    this.#builder.openRow()
  }

  #isSkipped(name: string): boolean {
    if (name === 'AlternateContent') this.#isChoiceTaken = false
    if (name === 'Fallback') return this.#isChoiceTaken
    if (name === 'tc' && this.#isRowDeleted) return true
    return SKIPPED.has(name)
  }

  #readProperty(name: string, attributes: Record<string, string>): void {
    const paragraph = this.#paragraphs.at(-1)
    if (!paragraph) return
    const value = readAttribute(attributes, 'val') ?? ''
    if (name === 'rStyle' && this.#parts.styles.get(value)?.isHidden) this.#run.hide()
    else if (name === 'pStyle') paragraph.style = this.#parts.styles.get(value)
    else if (name === 'numId') paragraph.numberingId = value
    else if (name === 'ilvl') paragraph.depth = Number(value) || 0
    else if (name === 'outlineLvl') paragraph.level = Number(value) + 1
    else if (name === 'footnoteReference') this.#addNote(paragraph, this.#parts.notes.footnote, attributes)
    else if (name === 'endnoteReference') this.#addNote(paragraph, this.#parts.notes.endnote, attributes)
    else this.#append(READ_AS[name] ?? '')
  }

  #addNote(paragraph: OpenParagraph, notes: Map<string, string>, attributes: Record<string, string>): void {
    const text = notes.get(readAttribute(attributes, 'id') ?? '')
    if (text) paragraph.notes.push(text)
  }

  #append(text: string): void {
    const paragraph = this.#paragraphs.at(-1)
    if (paragraph && !this.#run.isHidden && !this.#placeholders.includes(true)) paragraph.text += text
  }

  #openParagraph(): void {
    this.#paragraphs.push({
      text: '',
      style: undefined,
      numberingId: undefined,
      depth: 0,
      level: undefined,
      notes: [],
    })
  }

  #closeParagraph(): void {
    const paragraph = this.#paragraphs.pop()
    if (!paragraph) return
    const { text, style, notes } = paragraph
    if (!style?.isContents && !style?.isHidden && text.trim() !== '') {
      this.#builder.begin(this.#choose(paragraph))
      this.#builder.text(text)
      this.#builder.flush()
    }
    for (const note of notes) {
      this.#builder.begin()
      this.#builder.text(note)
      this.#builder.flush()
    }
  }

  #choose({ style, level: own, numberingId, depth }: OpenParagraph): BlockStyle {
    const level = own ?? style?.level
    if (level !== undefined && level <= 6) return { kind: 'heading', level }
    const list = numberingId ?? style?.numberingId
    if (!list || list === '0') return { kind: 'paragraph' }
    return { kind: 'list', marker: this.#parts.numbering.next(list, depth) }
  }
}

const READ_AS: Record<string, string> = { tab: '\t', br: '\n', cr: '\n', noBreakHyphen: '-', ptab: '\t' }
