import { createGrounds } from './grounds.ts'
import type { PdfLibrary } from './library.ts'
import { encodePng } from './png.ts'

/** What text recognition is made for; less loses small print, more only costs time. */
const DOTS_PER_INCH = 300
const POINTS_PER_INCH = 72

/** A sheet of A3 at that density; a poster is drawn coarser. */
const MAX_PIXELS = 18_000_000

/** Of pdfium: eight bits of grey; draw annotations, draw in grey. */
const GREY = 1
const DRAW = 0x01 | 0x08

const WHITE = 0xffffffff

/** A page as a picture, `undefined` where nothing is painted on it. */
export function drawPage(library: PdfLibrary, page: number): Buffer | undefined {
  if (!createGrounds(library, page).hasPaint()) return undefined
  const { call, view } = library
  const size = { x: Math.abs(call.FPDF_GetPageWidthF(page)), y: Math.abs(call.FPDF_GetPageHeightF(page)) }
  const wanted = DOTS_PER_INCH / POINTS_PER_INCH
  const scale = Math.min(wanted, Math.sqrt(MAX_PIXELS / Math.max(size.x * size.y, 1)))
  const width = Math.max(Math.round(size.x * scale), 1)
  const height = Math.max(Math.round(size.y * scale), 1)
  const bitmap = call.FPDFBitmap_CreateEx(width, height, GREY, 0, 0)
  if (bitmap === 0) return undefined
  call.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, WHITE)
  call.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, DRAW)
  const stride = call.FPDFBitmap_GetStride(bitmap)
  const bytes = new Uint8Array(view().buffer, call.FPDFBitmap_GetBuffer(bitmap), stride * height)
  const png = encodePng({ width, height, stride, bytes })
  call.FPDFBitmap_Destroy(bitmap)
  return png
}
