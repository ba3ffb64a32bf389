import type { PdfLibrary } from './library.ts'

/** Eight bits of grey for each pixel, from the top left. */
export interface Bitmap {
  width: number
  height: number
  /** Bytes of a row. */
  stride: number
  bytes: Uint8Array
}

export interface Drawing {
  /** Pixels a point of the page is drawn with. */
  scale: number
  /** A page on which that makes more is drawn coarser. */
  maxPixels: number
  withAnnotations: boolean
}

/** Of pdfium. */
const GREY = 1
const DRAW_GREY = 0x08
const DRAW_ANNOTATIONS = 0x01

const WHITE = 0xffffffff

/** Draws a page in grey; `undefined` where the memory does not suffice. */
export function drawPage(library: PdfLibrary, page: number, drawing: Drawing): Bitmap | undefined {
  const { call, view } = library
  const x = Math.abs(call.FPDF_GetPageWidthF(page))
  const y = Math.abs(call.FPDF_GetPageHeightF(page))
  const scale = Math.min(drawing.scale, Math.sqrt(drawing.maxPixels / Math.max(x * y, 1)))
  const width = Math.max(Math.round(x * scale), 1)
  const height = Math.max(Math.round(y * scale), 1)
  const bitmap = call.FPDFBitmap_CreateEx(width, height, GREY, 0, 0)
  if (bitmap === 0) return undefined
  const how = DRAW_GREY | (drawing.withAnnotations ? DRAW_ANNOTATIONS : 0)
  call.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, WHITE)
  call.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, how)
  const stride = call.FPDFBitmap_GetStride(bitmap)
  const bytes = new Uint8Array(view().buffer, call.FPDFBitmap_GetBuffer(bitmap), stride * height).slice()
  call.FPDFBitmap_Destroy(bitmap)
  return { width, height, stride, bytes }
}
