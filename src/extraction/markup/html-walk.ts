import type { Handler } from 'htmlparser2'
import type { BlockBuilder } from '../builder.ts'
import type { HiddenRules } from './html-style.ts'

/** Never text for a reader. */
const UNREAD = new Set(
  'script style template noscript svg canvas iframe object embed audio video map head select textarea button datalist dialog math rp rt'.split(
    ' ',
  ),
)

/** Around the page's own matter. A head or foot of an article belongs to the article. */
export const PAGE_BOILERPLATE: ReadonlySet<string> = new Set(['nav', 'aside', 'header', 'footer'])
const ARTICLE = new Set(['article', 'main'])

/** Elements that do not end a paragraph. */
const INLINE = new Set(
  'a abbr acronym b bdi bdo big br cite code data del dfn em font i img input ins kbd label mark meter output progress q ruby s samp small span strike strong sub sup time tt u var wbr'.split(
    ' ',
  ),
)

const VOID = new Set('area base br col embed hr img input link meta param source track wbr'.split(' '))

interface WalkSettings {
  rules: HiddenRules
  /** Elements around the page's own matter that are left out with all they hold. */
  boilerplate: ReadonlySet<string>
}

interface OpenElement {
  name: string
  isSkipped: boolean
}

interface OpenList {
  isOrdered: boolean
  next: number
}

/** Listens to the parser and tells the builder what a visitor of the page reads. */
export class HtmlWalk implements Partial<Handler> {
  title = ''
  readonly #builder: BlockBuilder
  readonly #settings: WalkSettings
  readonly #open: OpenElement[] = []
  readonly #lists: OpenList[] = []
  #articles = 0
  #codes = 0
  #isTitle = false

  constructor(builder: BlockBuilder, settings: WalkSettings) {
    this.#builder = builder
    this.#settings = settings
  }

  onopentag(name: string, attributes: Record<string, string>): void {
    if (name === 'title' && this.title === '') this.#isTitle = true
    const isSkipped = this.#open.at(-1)?.isSkipped || this.#isSkipped(name, attributes)
    if (!isSkipped) this.#enter(name, attributes)
    if (!VOID.has(name)) this.#open.push({ name, isSkipped })
  }

  ontext(text: string): void {
    if (this.#isTitle) this.title += text
    else if (!this.#open.at(-1)?.isSkipped) {
      this.#builder.text(this.#codes > 0 ? text : text.replace(/\s+/g, ' '))
    }
  }

  onclosetag(name: string): void {
    if (VOID.has(name)) return
    if (name === 'title') this.#isTitle = false
    const element = this.#open.pop()
    if (element && !element.isSkipped) this.#leave(element.name)
  }

  onend(): void {
    this.#builder.end()
  }

  #isSkipped(name: string, attributes: Record<string, string>): boolean {
    if (UNREAD.has(name) || isNoteMark(attributes)) return true
    if (this.#settings.boilerplate.has(name) && this.#articles === 0) return true
    return this.#settings.rules.isHidden(name, attributes)
  }

  #enter(name: string, { start, rowspan }: Record<string, string>): void {
    if (ARTICLE.has(name)) this.#articles += 1
    const heading = /^h([1-6])$/.exec(name)?.[1]
    if (heading) this.#builder.begin({ kind: 'heading', level: Number(heading) })
    else if (name === 'br') this.#builder.text('\n')
    else if (name === 'ul' || name === 'ol') this.#openList(name === 'ol', Number(start ?? 1))
    else if (name === 'li') this.#openItem()
    else if (name === 'table') this.#builder.openTable()
    else if (name === 'tr') this.#builder.openRow()
    else if (name === 'td' || name === 'th') {
      this.#builder.openCell({ isHeader: name === 'th', rowSpan: Number.parseInt(rowspan ?? '', 10) || 1 })
    } else if (name === 'pre') this.#openCode()
    else if (!INLINE.has(name) && !this.#isInItem()) this.#builder.begin()
  }

  #leave(name: string): void {
    if (ARTICLE.has(name)) this.#articles -= 1
    if (name === 'ul' || name === 'ol') this.#lists.pop()
    if (name === 'pre') this.#codes -= 1
    if (name === 'table') this.#builder.closeTable()
    else if (!INLINE.has(name)) this.#builder.flush()
  }

  #openList(isOrdered: boolean, start: number): void {
    this.#builder.begin()
    this.#lists.push({ isOrdered, next: Number.isSafeInteger(start) ? start : 1 })
  }

  #openItem(): void {
    const list = this.#lists.at(-1)
    const indent = '  '.repeat(Math.min(Math.max(this.#lists.length - 1, 0), 8))
    const marker = list?.isOrdered ? `${list.next}. ` : '- '
    if (list) list.next += 1
    this.#builder.begin({ kind: 'list', marker: indent + marker })
  }

  #openCode(): void {
    this.#codes += 1
    this.#builder.begin({ kind: 'code' })
  }

  /** A paragraph right inside an item keeps the item's marker. */
  #isInItem(): boolean {
    return this.#open.at(-1)?.name === 'li'
  }
}

/** The number that stands for a note, and the arrow that leads back from it. */
function isNoteMark({ role, 'epub:type': kind }: Record<string, string>): boolean {
  return /^doc-(noteref|backlink)$/.test(role ?? '') || /\b(noteref|backlink)\b/.test(kind ?? '')
}
