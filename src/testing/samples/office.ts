import { buildZip, type ZipMember } from './documents.ts'

/** Office files and e-books built for tests, as small as their readers take them. */

const OFFICE = 'application/vnd.openxmlformats-officedocument'
const RELATION = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'

export interface SampleSlide {
  /** Shapes of the slide, in the `p:` and `a:` namespaces. */
  shapes: string
  /** Paragraphs of the notes page. */
  notes?: string
  isHidden?: boolean
}

/** A slide deck, its parts named against their order, so that only the deck's own list tells it. */
export function buildPptx(slides: SampleSlide[], members: ZipMember[] = []): Buffer {
  const fileOf = (index: number): number => slides.length - index
  const ids = slides.map((_, index) => `<p:sldId id="${256 + index}" r:id="r${index}"/>`).join('')
  const links = slides.map((_, index) => relation(`r${index}`, 'slide', `slides/slide${fileOf(index)}.xml`))
  return buildZip([
    contentTypes('/ppt/presentation.xml', `${OFFICE}.presentationml.presentation.main+xml`),
    {
      name: 'ppt/presentation.xml',
      content: `<p:presentation><p:sldIdLst>${ids}</p:sldIdLst></p:presentation>`,
    },
    relations('ppt/_rels/presentation.xml.rels', links),
    ...slides.flatMap((slide, index) => slideMembers(slide, fileOf(index))),
    ...members,
  ])
}

function slideMembers({ shapes, notes, isHidden }: SampleSlide, number: number): ZipMember[] {
  const show = isHidden ? ' show="0"' : ''
  const slide = {
    name: `ppt/slides/slide${number}.xml`,
    content: `<p:sld${show}><p:cSld><p:spTree>${shapes}</p:spTree></p:cSld></p:sld>`,
  }
  if (notes === undefined) return [slide]
  const link = relation('n', 'notesSlide', `../notesSlides/notesSlide${number}.xml`)
  return [
    slide,
    relations(`ppt/slides/_rels/slide${number}.xml.rels`, [link]),
    {
      name: `ppt/notesSlides/notesSlide${number}.xml`,
      content: `<p:notes><p:cSld><p:spTree>${slideShape('body', notes)}</p:spTree></p:cSld></p:notes>`,
    },
  ]
}

/** A shape with one paragraph, filling a place of the layout. */
export function slideShape(place: string, text: string): string {
  return `<p:sp><p:nvSpPr><p:cNvPr id="1" name="a"/><p:nvPr><p:ph type="${place}"/></p:nvPr></p:nvSpPr><p:txBody><a:p><a:r><a:t>${text}</a:t></a:r></a:p></p:txBody></p:sp>`
}

export interface SampleSheet {
  name: string
  /** The sheet's rows, in SpreadsheetML. */
  rows: string
  /** Goes before the rows: columns. */
  columns?: string
  isHidden?: boolean
}

const CELL_STYLES =
  '<styleSheet><numFmts><numFmt numFmtId="164" formatCode="[$-409]d/m/yyyy\\ h:mm"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="9"/></cellXfs></styleSheet>'

/** A workbook. Its own cell styles: 0 plain, 1 date, 2 date with time, 3 percent. */
export function buildXlsx(
  sheets: SampleSheet[],
  {
    strings = [],
    properties = '',
    styles = CELL_STYLES,
  }: { strings?: string[]; properties?: string; styles?: string } = {},
): Buffer {
  const list = sheets.map(
    ({ name, isHidden }, index) =>
      `<sheet name="${name}" sheetId="${index}" r:id="s${index}"${isHidden ? ' state="hidden"' : ''}/>`,
  )
  const links = sheets.map((_, index) => relation(`s${index}`, 'worksheet', `/xl/sheets/${index}.xml`))
  return buildZip([
    contentTypes('/xl/workbook.xml', `${OFFICE}.spreadsheetml.sheet.main+xml`),
    {
      name: 'xl/workbook.xml',
      content: `<workbook>${properties}<sheets>${list.join('')}</sheets></workbook>`,
    },
    relations('xl/_rels/workbook.xml.rels', links),
    { name: 'xl/styles.xml', content: styles },
    {
      name: 'xl/sharedStrings.xml',
      content: `<sst>${strings.map((text) => `<si><t>${text}</t></si>`).join('')}</sst>`,
    },
    ...sheets.map(({ rows, columns = '' }, index) => ({
      name: `xl/sheets/${index}.xml`,
      content: `<worksheet>${columns}<sheetData>${rows}</sheetData></worksheet>`,
    })),
  ])
}

/** An e-book: its chapters in this order, packed in another. */
export function buildEpub(
  chapters: { file: string; html: string }[],
  { nav = '', members = [] }: { nav?: string; members?: ZipMember[] } = {},
): Buffer {
  const items = chapters.map(
    ({ file }, index) => `<item id="c${index}" href="${file}" media-type="application/xhtml+xml"/>`,
  )
  const spine = chapters.map((_, index) => `<itemref idref="c${index}"/>`).join('')
  return buildZip([
    { name: 'mimetype', content: 'application/epub+zip' },
    {
      name: 'META-INF/container.xml',
      content: '<container><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>',
    },
    {
      name: 'OEBPS/book.opf',
      content: `<package><metadata><dc:title>The Book</dc:title></metadata><manifest><item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>${items.toReversed().join('')}</manifest><spine><itemref idref="nav"/>${spine}</spine></package>`,
    },
    { name: 'OEBPS/nav.xhtml', content: `<!DOCTYPE html><html><body><nav>${nav}</nav></body></html>` },
    ...chapters.toReversed().map(({ file, html }) => ({
      name: `OEBPS/${decodeURIComponent(file)}`,
      content: `<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body>${html}</body></html>`,
    })),
    ...members,
  ])
}

/** An OpenDocument text with this body and these automatic styles. */
export function buildOdt(body: string, { styles = '', manifest = '' } = {}): Buffer {
  return buildZip([
    { name: 'mimetype', content: 'application/vnd.oasis.opendocument.text' },
    { name: 'META-INF/manifest.xml', content: `<manifest:manifest>${manifest}</manifest:manifest>` },
    {
      name: 'content.xml',
      content: `<office:document-content><office:automatic-styles>${styles}</office:automatic-styles><office:body><office:text>${body}</office:text></office:body></office:document-content>`,
    },
  ])
}

/** A compound file as Office wrote and writes them, with the names of its streams and nothing in them. */
export function buildOle(...streams: string[]): Buffer {
  const names = streams.map((name) => Buffer.from(name.padEnd(32, '\u0000'), 'utf16le'))
  return Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(504), ...names])
}

function contentTypes(part: string, type: string): ZipMember {
  return {
    name: '[Content_Types].xml',
    content: `<Types><Override PartName="${part}" ContentType="${type}"/></Types>`,
  }
}

function relation(id: string, type: string, target: string): string {
  return `<Relationship Id="${id}" Type="${RELATION}/${type}" Target="${target}"/>`
}

function relations(name: string, links: string[]): ZipMember {
  return { name, content: `<Relationships>${links.join('')}</Relationships>` }
}
