import type { BlockBuilder } from '../builder.ts'
import { foldLine } from '../text-cleaning.ts'
import type { XmlHandler } from '../xml.ts'

/** Places of a slide's frame: the same on each, and no part of what it says. */
const FRAME = new Set(['sldNum', 'dt', 'ftr', 'hdr', 'sldImg'])
const TITLES = new Set(['title', 'ctrTitle'])

const MAX_DEPTH = 8

/** Which place of the layout a shape fills: its kind, or `none` for a shape that stands freely. */
type Place = string

/** Listens to a slide and tells the builder what its audience reads. The title is kept apart: it may come late. */
export class SlideWalk implements XmlHandler {
  title = ''
  isHidden = false
  readonly #builder: BlockBuilder
  #place: Place = 'none'
  #depth = 0
  #isBulleted: boolean | undefined
  #isText = false
  #text = ''
  #isHeaderRow = false
  #rows = 0
  #isUnseen = false
  /** Elements open inside one that is not read. */
  #skipped = 0
  #isChoiceTaken = false

  constructor(builder: BlockBuilder) {
    this.#builder = builder
  }

  open(name: string, attributes: Record<string, string>): void {
    if (name === 'AlternateContent') this.#isChoiceTaken = false
    if (this.#skipped > 0 || (name === 'Fallback' && this.#isChoiceTaken)) {
      this.#skipped += 1
      return
    }
    if (name === 'sld') this.isHidden = /^(0|false)$/.test(attributes.show ?? '')
    else if (name === 'sp' || name === 'graphicFrame') this.#openShape()
    else if (name === 'cNvPr') this.#isUnseen = /^(1|true)$/.test(attributes.hidden ?? '')
    else if (name === 'ph') this.#place = attributes.type ?? 'obj'
    else if (name === 'p') this.#openParagraph()
    else if (name === 'pPr') this.#depth = Math.min(Number(attributes.lvl) || 0, MAX_DEPTH)
    else if (name === 'buNone') this.#isBulleted = false
    else if (name === 'buChar' || name === 'buAutoNum' || name === 'buBlip') this.#isBulleted = true
    else if (name === 't') this.#isText = true
    else if (name === 'br') this.#text += '\n'
    else this.#openTable(name, attributes)
  }

  text(text: string): void {
    if (this.#skipped === 0 && this.#isText) this.#text += text
  }

  close(name: string): void {
    if (this.#skipped > 0) {
      this.#skipped -= 1
      return
    }
    if (name === 't') this.#isText = false
    else if (name === 'p') this.#closeParagraph()
    else if (name === 'tbl') this.#builder.closeTable()
    else if (name === 'Choice') this.#isChoiceTaken = true
    else if (name === 'sp' || name === 'graphicFrame') this.#builder.flush()
  }

  #openShape(): void {
    this.#place = 'none'
    this.#isUnseen = false
  }

  #openTable(name: string, attributes: Record<string, string>): void {
    if (name === 'tbl') {
      this.#builder.openTable()
      this.#rows = 0
      this.#isHeaderRow = false
    } else if (name === 'tblPr') this.#isHeaderRow = /^(1|true)$/.test(attributes.firstRow ?? '')
    else if (name === 'tr') {
      this.#rows += 1
      this.#builder.openRow()
    } else if (name === 'tc') {
      this.#builder.openCell({ isHeader: this.#isHeaderRow && this.#rows === 1 })
      if (/^(1|true)$/.test(attributes.vMerge ?? '')) this.#builder.continueCell()
    }
  }

  #openParagraph(): void {
    this.#text = ''
    this.#depth = 0
    this.#isBulleted = undefined
  }

  #closeParagraph(): void {
    const text = this.#text
    this.#text = ''
    if (this.#isUnseen || FRAME.has(this.#place)) return
    if (TITLES.has(this.#place)) {
      this.title = foldLine(`${this.title} ${text}`)
      return
    }
    const isItem = this.#isBulleted ?? (this.#place === 'obj' || this.#place === 'body')
    if (isItem && !this.#builder.isInCell) {
      this.#builder.begin({ kind: 'list', marker: `${'  '.repeat(this.#depth)}- ` })
    } else this.#builder.begin()
    this.#builder.text(text)
    this.#builder.flush()
  }
}
