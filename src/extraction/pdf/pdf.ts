import { AppError } from '../../errors.ts'
import { MAX_PICTURES } from '../child/pictures.ts'
import type { Reading, Source } from '../format.ts'
import type { BlockSink } from '../sink.ts'
import { foldLine, foldText } from '../text-cleaning.ts'
import { buildBlocks } from './blocks.ts'
import { readFields } from './forms.ts'
import { openPdfLibrary, type PdfLibrary, readWide, writeName } from './library.ts'
import { layOutPage, type Part } from './page.ts'
import { joinParagraphs, mendPageBreaks } from './paragraphs.ts'
import { picturePage } from './picture.ts'
import { dropRunning } from './running.ts'
import { readRuns } from './runs.ts'

/** Share of the child's memory that pdfium's own heap may take. */
const HEAP_SHARE = 0.5

/** pdfium's error codes for a wrong password and for protection it does not know. */
const LOCKED = new Set([4, 5])

/** Far above any book; each page costs at least a moment. */
const MAX_PAGES = 20_000

/** Prose packs to a fifth; a file that says this many times its size shows the same page over and over. */
const MAX_GROWTH = 25
const GROWTH_FROM = 1_000_000

/** Of pdfium: a form that is drawn from XML by Adobe's programs; its pages only ask for one of them. */
const XFA_ALONE = 2
const MAX_PLACEHOLDER_CHARACTERS = 2_000

/** Letters in a form of their own that stand for others: ligatures, Arabic shapes, radicals, wide Latin. */
const PRESENTATION = /[\ufb00-\ufdff\ufe70-\ufefc\u2f00-\u2fdf\uff01-\uffdc]+/g

interface PageText {
  parts: Part[]
  fields: string[]
  /** Read off the picture of a page that has no text of its own. */
  recognised?: string
}

/**
 * Reads a PDF's visible text in reading order, with its form fields, without what repeats on every page. Pages
 * without text are read as pictures where text recognition is at hand.
 */
export async function readPdf(
  { bytes, limits, onPage, recognise }: Source,
  sink: BlockSink,
): Promise<Reading> {
  const library = await openPdfLibrary(limits.memoryMegabytes * HEAP_SHARE * 1024 * 1024)
  try {
    return await readDocument(library, bytes, { sink, onPage, recognise })
  } catch (error) {
    if (error instanceof AppError) throw error
    throw new AppError(library.isExhausted() ? 'document.extraction_out_of_memory' : 'document.damaged', {
      cause: error,
    })
  }
}

async function readDocument(
  library: PdfLibrary,
  bytes: Buffer,
  { sink, onPage, recognise }: { sink: BlockSink; onPage: Source['onPage']; recognise: Source['recognise'] },
): Promise<Reading> {
  const document = loadDocument(library, bytes)
  const count = library.call.FPDF_GetPageCount(document)
  if (count <= 0) throw new AppError('document.damaged', { pages: count })
  if (count > MAX_PAGES) throw new AppError('document.too_large', { pages: count, limitPages: MAX_PAGES })
  const pages: PageText[] = []
  let characters = 0
  let pictures = 0
  for (let index = 0; index < count; index += 1) {
    const page = readPage(library, document, index)
    const picture = recognise && isBlank(page) ? drawPageOf(library, document, index) : undefined
    if (recognise && picture) {
      pictures += 1
      if (pictures > MAX_PICTURES) throw new AppError('document.too_large', { limitPictures: MAX_PICTURES })
      page.recognised = await recognise(picture)
    }
    characters += page.recognised?.length ?? 0
    for (const line of page.parts.flat()) characters += line.text.length
    if (characters > Math.max(bytes.length * MAX_GROWTH, GROWTH_FROM)) {
      throw new AppError('document.inflated_too_large', { characters, sizeBytes: bytes.length })
    }
    if (characters > sink.limit) throw new AppError('document.too_large', { limitCharacters: sink.limit })
    pages.push(page)
    onPage?.({ done: index + 1, total: count })
  }
  if (library.call.FPDF_GetFormType(document) === XFA_ALONE && characters < MAX_PLACEHOLDER_CHARACTERS) {
    throw new AppError('document.dynamic_form')
  }
  addBlocks(pages, sink)
  const title = foldLine(readTitle(library, document))
  return { pages: count, ...(title !== '' && { title }) }
}

function loadDocument({ call, view }: PdfLibrary, bytes: Buffer): number {
  const pointer = call.malloc(bytes.length)
  if (pointer === 0) throw new AppError('document.extraction_out_of_memory')
  new Uint8Array(view().buffer).set(bytes, pointer)
  const document = call.FPDF_LoadMemDocument(pointer, bytes.length, 0)
  if (document !== 0) return document
  const reason = call.FPDF_GetLastError()
  throw new AppError(LOCKED.has(reason) ? 'document.encrypted' : 'document.damaged', { reason })
}

/** A page that cannot be loaded is left out: the others are still worth reading. */
function readPage(library: PdfLibrary, document: number, index: number): PageText {
  const { call } = library
  const page = call.FPDF_LoadPage(document, index)
  if (page === 0) return { parts: [], fields: [] }
  const textPage = call.FPDFText_LoadPage(page)
  const parts = textPage === 0 ? [] : layOutPage(readRuns(library, page, textPage))
  const fields = readFields(library, page)
  if (textPage !== 0) call.FPDFText_ClosePage(textPage)
  call.FPDF_ClosePage(page)
  return { parts, fields }
}

function isBlank({ parts, fields }: PageText): boolean {
  return parts.length === 0 && fields.length === 0
}

function drawPageOf(library: PdfLibrary, document: number, index: number): Buffer | undefined {
  const page = library.call.FPDF_LoadPage(document, index)
  if (page === 0) return undefined
  const picture = picturePage(library, page)
  library.call.FPDF_ClosePage(page)
  return picture
}

function addBlocks(pages: PageText[], sink: BlockSink): void {
  const bodySize = findBodySize(pages)
  const parts = dropRunning(
    pages.map((page) => page.parts),
    bodySize,
  )
  const paragraphs = mendPageBreaks(parts.flatMap((page, index) => joinParagraphs(page, index + 1)))
  let at = 0
  for (const block of buildBlocks(paragraphs, bodySize)) {
    const page = block.page ?? 1
    for (; at + 1 < page; at += 1) addFields(pages[at], at + 1, sink)
    const text = foldText(block.text.replace(PRESENTATION, (shape) => shape.normalize('NFKC')))
    if (text !== '') sink.add({ ...block, text })
  }
  for (; at < pages.length; at += 1) addFields(pages[at], at + 1, sink)
}

/** What a page holds beside its running text. */
function addFields(page: PageText | undefined, number: number, sink: BlockSink): void {
  for (const paragraph of (page?.recognised ?? '').split(/\n[^\S\n]*\n/)) {
    const text = foldLine(paragraph.replace(/(\p{Ll})-\n(?=\p{Ll})/gu, '$1'))
    if (text !== '') sink.add({ kind: 'paragraph', text, page: number })
  }
  const text = foldText(page?.fields.join('\n') ?? '')
  if (text !== '') sink.add({ kind: 'list', text, page: number })
}

/** The size most of the text is set in. */
function findBodySize(pages: PageText[]): number {
  const counts = new Map<number, number>()
  for (const { parts } of pages) {
    for (const { size, text } of parts.flat()) {
      const key = Math.round(size * 2) / 2
      counts.set(key, (counts.get(key) ?? 0) + text.length)
    }
  }
  const [size] = [...counts].reduce((best, it) => (it[1] > best[1] ? it : best), [0, 0])
  return size
}

function readTitle(library: PdfLibrary, document: number): string {
  const name = writeName(library, 'Title')
  return readWide(library, (buffer, bytes) => library.call.FPDF_GetMetaText(document, name, buffer, bytes))
}
