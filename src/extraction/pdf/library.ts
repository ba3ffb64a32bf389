import { PDFiumModule } from '@hyzyla/pdfium'
import { AppError } from '../../errors.ts'
import { loadPdfModule } from './module.ts'

/** The functions of pdfium's C interface that are used, by their names without prefix. */
const NAMES = [
  'FPDF_InitLibrary',
  'FPDF_LoadMemDocument',
  'FPDF_GetLastError',
  'FPDF_GetPageCount',
  'FPDF_GetFormType',
  'FPDF_GetMetaText',
  'FPDF_LoadPage',
  'FPDF_ClosePage',
  'FPDF_GetPageBoundingBox',
  'FPDF_GetPageWidthF',
  'FPDF_GetPageHeightF',
  'FPDF_RenderPageBitmap',
  'FPDF_PageToDevice',
  'FPDFBitmap_CreateEx',
  'FPDFBitmap_FillRect',
  'FPDFBitmap_GetBuffer',
  'FPDFBitmap_GetStride',
  'FPDFBitmap_Destroy',
  'FPDFText_LoadPage',
  'FPDFText_ClosePage',
  'FPDFText_CountChars',
  'FPDFText_GetUnicode',
  'FPDFText_GetLooseCharBox',
  'FPDFText_GetCharOrigin',
  'FPDFText_GetMatrix',
  'FPDFText_GetFontSize',
  'FPDFText_GetFontWeight',
  'FPDFText_GetTextObject',
  'FPDFTextObj_GetTextRenderMode',
  'FPDFTextObj_GetFont',
  'FPDFFont_GetBaseFontName',
  'FPDFPageObj_GetFillColor',
  'FPDFPageObj_GetBounds',
  'FPDFPageObj_GetType',
  'FPDFPageObj_SetIsActive',
  'FPDFPageObj_CountMarks',
  'FPDFPageObj_GetMark',
  'FPDFPageObjMark_GetName',
  'FPDFPageObj_GetClipPath',
  'FPDFClipPath_CountPaths',
  'FPDFClipPath_CountPathSegments',
  'FPDFClipPath_GetPathSegment',
  'FPDFPathSegment_GetPoint',
  'FPDFPath_GetDrawMode',
  'FPDFPage_CountObjects',
  'FPDFPage_GetObject',
  'FPDFPage_GetAnnotCount',
  'FPDFPage_GetAnnot',
  'FPDFPage_CloseAnnot',
  'FPDFAnnot_GetSubtype',
  'FPDFAnnot_GetFlags',
  'FPDFAnnot_GetStringValue',
  'malloc',
  'free',
] as const

type Call = (...values: number[]) => number

/** One pdfium with a heap of its own. */
export interface PdfLibrary {
  call: Record<(typeof NAMES)[number], Call>
  /** The heap as it is now: it moves when it grows, so it is fetched anew after each call. */
  view(): DataView
  /** A buffer of the heap for results, never freed: the whole heap goes with the document. */
  scratch: number
  /** True once the heap would have grown past its limit. */
  isExhausted(): boolean
  /** What may still be spent on drawing pages of this document, only to see what is seen of them. */
  drawing: { leftMs: number }
}

/** A third of what a file may take: a magazine of pictures has to be read as well. */
const DRAWING_MS = 10_000

/** What the runtime has and the language's library without a browser does not declare. */
declare const WebAssembly: {
  Instance: new (module: object, imports: object) => object
}

const SCRATCH_BYTES = 64

/**
 * Starts a pdfium for a single document: what one document does to the heap
 * never meets the next.
 */
export async function openPdfLibrary(heapLimitBytes: number): Promise<PdfLibrary> {
  const module = await loadPdfModule()
  const { wasmExports } = await PDFiumModule({
    locateFile: () => '',
    instantiateWasm: (imports, onInstance) => {
      onInstance(new WebAssembly.Instance(module, imports))
      return {}
    },
  })
  const memory = readMemory(wasmExports)
  const isExhausted = limitHeap(memory, heapLimitBytes)
  const call = bindCalls(wasmExports)
  call.FPDF_InitLibrary()
  let view = new DataView(memory.buffer)
  return {
    call,
    isExhausted,
    drawing: { leftMs: DRAWING_MS },
    scratch: call.malloc(SCRATCH_BYTES),
    view() {
      if (view.buffer !== memory.buffer) view = new DataView(memory.buffer)
      return view
    },
  }
}

interface Memory {
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}

const WASM_PAGE_BYTES = 65_536

/** Makes growing past the limit fail as it does when the machine has no more: pdfium then gives up. */
function limitHeap(memory: Memory, limitBytes: number): () => boolean {
  let isExhausted = false
  const grow = memory.grow.bind(memory)
  memory.grow = (pages) => {
    if (memory.buffer.byteLength + pages * WASM_PAGE_BYTES <= limitBytes) return grow(pages)
    isExhausted = true
    throw new RangeError('The PDF heap is out of memory')
  }
  return () => isExhausted
}

function readMemory(wasmExports: object): Memory {
  const memory: unknown = Reflect.get(wasmExports, 'memory')
  if (isMemory(memory)) return memory
  throw new AppError('document.extraction_failed', { reason: 'pdfium without memory' })
}

function bindCalls(wasmExports: object): PdfLibrary['call'] {
  const call: Partial<PdfLibrary['call']> = {}
  for (const name of NAMES) {
    const value: unknown = Reflect.get(wasmExports, name)
    if (!isCall(value)) throw new AppError('document.extraction_failed', { reason: `pdfium without ${name}` })
    call[name] = value
  }
  if (isComplete(call)) return call
  throw new AppError('document.extraction_failed', { reason: 'pdfium is incomplete' })
}

function isComplete(call: Partial<PdfLibrary['call']>): call is PdfLibrary['call'] {
  return NAMES.every((name) => call[name] !== undefined)
}

function isCall(value: unknown): value is Call {
  return typeof value === 'function'
}

function isMemory(value: unknown): value is Memory {
  return typeof value === 'object' && value !== null && 'buffer' in value && 'grow' in value
}

/** Fetches a UTF-16 string by pdfium's two-step custom: ask for the size, then for the text. */
export function readWide({ call, view }: PdfLibrary, ask: (buffer: number, bytes: number) => number): string {
  const bytes = ask(0, 0)
  if (bytes <= 2 || bytes > 1_000_000) return ''
  const buffer = call.malloc(bytes)
  ask(buffer, bytes)
  const text = new TextDecoder('utf-16le').decode(new Uint8Array(view().buffer, buffer, bytes - 2))
  call.free(buffer)
  return text
}

/** Puts a name into the heap, zero-ended. The caller frees it. */
export function writeName({ call, view }: PdfLibrary, name: string): number {
  const bytes = Buffer.from(`${name}\0`, 'latin1')
  const pointer = call.malloc(bytes.length)
  new Uint8Array(view().buffer, pointer, bytes.length).set(bytes)
  return pointer
}
