import { AppError } from '../../errors.ts'
import type { BlockBuilder, BlockStyle } from '../builder.ts'
import { RtfText } from './rtf-text.ts'
import type { RtfToken } from './rtf-tokens.ts'

/** Groups that hold no text of the page. */
const UNREAD = new Set(
  'fonttbl colortbl stylesheet listtable listoverridetable rsidtbl generator info pict object header headerl headerr headerf footer footerl footerr footerf annotation atnid atnauthor fldinst themedata datastore latentstyles xmlnstbl bkmkstart bkmkend tc xe revtbl mmathPr'.split(
    ' ',
  ),
)

/** Of the groups that old readers are told to pass over, those with text of the page. */
const READ_ALL_THE_SAME = new Set(['shptxt', 'shpinst'])

const SYMBOLS: Record<string, string> = {
  tab: '\t',
  line: '\n',
  nestcell: ' ',
  '~': '\u00a0',
  _: '-',
  emdash: '—',
  endash: '–',
  bullet: '•',
  lquote: '‘',
  rquote: '’',
  ldblquote: '“',
  rdblquote: '”',
  emspace: ' ',
  enspace: ' ',
}

/** What holds inside a pair of braces, and no longer. */
interface Group {
  isUnread: boolean
  isHidden: boolean
  isTitle: boolean
  isMarker: boolean
  isNote: boolean
  isFontTable: boolean
  font: number
  /** Characters after each `\u` that stand in for it in old readers. */
  standIns: number
}

const TOP: Group = {
  isUnread: false,
  isHidden: false,
  isTitle: false,
  isMarker: false,
  isNote: false,
  isFontTable: false,
  font: -1,
  standIns: 1,
}

/** Deeper nesting than any program writes. */
const MAX_DEPTH = 1_000

/** Follows the groups of a Rich Text file and tells the builder what is read on paper. */
export class RtfWalk {
  title = ''
  readonly #builder: BlockBuilder
  readonly #text = new RtfText()
  readonly #groups: Group[] = []
  #group = TOP
  #isStarred = false
  /** True at the start of a group, where a word says what the group is. */
  #isFirst = false
  #toSkip = 0
  #paragraph: string[] = []
  #marker = ''
  /** Of the paragraph: read behind it. */
  #notes: string[] = []
  #level: number | undefined
  #table: 'none' | 'between-rows' | 'in-row' = 'none'
  #isInTable = false
  #isCellOpen = false

  constructor(builder: BlockBuilder) {
    this.#builder = builder
  }

  /** True when every group that was opened is closed. */
  get isClosed(): boolean {
    return this.#groups.length === 0
  }

  /** @throws {AppError} `document.damaged` when groups are nested as no program does. */
  take(token: RtfToken): void {
    const isStar = token.kind === 'word' && token.name === '*'
    if (token.kind === 'open') this.#open()
    else if (token.kind === 'close') this.#close()
    else if (token.kind === 'bytes') this.#takeBytes(token.bytes)
    else if (isStar) this.#isStarred = true
    else this.#takeWord(token.name, token.value)
    if (!isStar) this.#isStarred = false
    this.#isFirst = token.kind === 'open' || (this.#isFirst && isStar)
  }

  #open(): void {
    this.#settle()
    if (this.#groups.length >= MAX_DEPTH) throw new AppError('document.damaged', { reason: 'nesting' })
    this.#groups.push(this.#group)
    this.#group = { ...this.#group }
    this.#toSkip = 0
  }

  #close(): void {
    this.#settle()
    this.#group = this.#groups.pop() ?? TOP
    this.#toSkip = 0
    if (this.#groups.length === 0) this.#endParagraph()
  }

  #takeBytes(bytes: Buffer): void {
    const skipped = Math.min(this.#toSkip, bytes.length)
    this.#toSkip -= skipped
    const { isFontTable, font } = this.#group
    if (!isFontTable && skipped < bytes.length) this.#text.addBytes(bytes.subarray(skipped), font)
  }

  #takeWord(name: string, value: number | undefined): void {
    this.#toSkip = 0
    if (this.#isFirst || this.#isStarred) this.#enter(name)
    const group = this.#group
    if (group.isFontTable) this.#readFont(name, value ?? 0)
    else if (name === 'u') this.#takeUnicode(value ?? 0)
    else if (name === 'uc') group.standIns = Math.min(Math.max(value ?? 1, 0), 8)
    else if (name === 'ansicpg') this.#text.codePage = value ?? 1252
    else if (name === 'mac') this.#text.codePage = 10000
    else if (name === 'f') this.#change({ font: value ?? 0 })
    else if (name === 'v' || name === 'deleted') this.#change({ isHidden: value !== 0 })
    else if (name === 'plain') this.#change({ isHidden: false })
    else if (group.isUnread) return
    else if (group.isMarker || group.isNote) this.#text.addText(name === 'par' ? '\n' : (SYMBOLS[name] ?? ''))
    else this.#shape(name, value)
  }

  #enter(name: string): void {
    const group = this.#group
    if (name === 'fonttbl') group.isFontTable = true
    else if (name === 'title' && group.isUnread) group.isTitle = true
    else if (name === 'pntext' || name === 'listtext') group.isMarker = true
    else if (name === 'footnote') group.isNote = true
    else if (UNREAD.has(name)) group.isUnread = true
    else if (this.#isStarred && !READ_ALL_THE_SAME.has(name)) group.isUnread = true
  }

  #readFont(name: string, value: number): void {
    if (name === 'f') this.#group.font = value
    else if (name === 'fcharset') this.#text.setFont(this.#group.font, value)
  }

  /** What stands so far is settled as it was set before the change. */
  #change(change: Partial<Group>): void {
    this.#settle()
    Object.assign(this.#group, change)
  }

  #takeUnicode(value: number): void {
    this.#text.addUnit(value & 0xffff)
    this.#toSkip = this.#group.standIns
  }

  #shape(name: string, value: number | undefined): void {
    if (name === 'par' || name === 'sect' || name === 'page') this.#endParagraph()
    else if (name === 'pard') {
      this.#level = undefined
      this.#isInTable = false
    } else if (name === 'outlinelevel') this.#level = (value ?? 8) + 1
    else if (name === 'intbl') this.#isInTable = true
    else if (name === 'trowd') this.#openRow()
    else if (name === 'cell') this.#endCell()
    else if (name === 'row' && this.#table === 'in-row') this.#table = 'between-rows'
    else this.#text.addText(SYMBOLS[name] ?? '')
  }

  /** Hands on what has been collected, to where the group it stands in belongs. */
  #settle(): void {
    const text = this.#text.take()
    const { isTitle, isUnread, isHidden, isMarker, isNote } = this.#group
    if (isHidden || text === '') return
    if (isTitle) this.title += text
    else if (isUnread) return
    else if (isMarker) this.#marker += text
    else if (isNote) this.#notes.push(text)
    else this.#paragraph.push(text)
  }

  /** Word describes a row before and after its cells: the first description opens it. */
  #openRow(): void {
    if (this.#table === 'in-row') return
    this.#endParagraph()
    if (this.#table === 'none') this.#builder.openTable()
    this.#table = 'in-row'
    this.#builder.openRow()
    this.#isCellOpen = false
  }

  #endCell(): void {
    this.#endParagraph()
    if (this.#table !== 'in-row') return
    if (!this.#isCellOpen) this.#builder.openCell()
    this.#isCellOpen = false
  }

  #endParagraph(): void {
    this.#settle()
    const text = this.#paragraph.join('')
    const marker = this.#marker.trim()
    const note = this.#notes.join('')
    this.#paragraph = []
    this.#marker = ''
    this.#notes = []
    this.#emit(text, this.#choose(marker))
    this.#emit(note, { kind: 'paragraph' })
  }

  #emit(text: string, style: BlockStyle): void {
    if (text.trim() === '') return
    this.#place()
    this.#builder.begin(style)
    this.#builder.text(text)
    this.#builder.flush()
  }

  /** Text outside of rows ends the table before it. */
  #place(): void {
    if (this.#table === 'between-rows' && !this.#isInTable) {
      this.#builder.closeTable()
      this.#table = 'none'
    } else if (this.#table === 'in-row' && !this.#isCellOpen) {
      this.#builder.openCell()
      this.#isCellOpen = true
    }
  }

  #choose(marker: string): BlockStyle {
    if (this.#level !== undefined && this.#level <= 6) return { kind: 'heading', level: this.#level }
    if (marker === '') return { kind: 'paragraph' }
    return { kind: 'list', marker: `${/[\p{L}\p{N}]/u.test(marker) ? marker : '-'} ` }
  }
}
