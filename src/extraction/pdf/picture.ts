import { drawPage } from './bitmap.ts'
import { createGrounds } from './grounds.ts'
import type { PdfLibrary } from './library.ts'
import { encodePng } from './png.ts'

/** What text recognition is made for; less loses small print, more only costs time. */
const DOTS_PER_INCH = 300
const POINTS_PER_INCH = 72

const DRAWING = {
  scale: DOTS_PER_INCH / POINTS_PER_INCH,
  /** A sheet of A3 at that density. */
  maxPixels: 18_000_000,
  withAnnotations: true,
}

/** A page as a PNG, `undefined` where nothing is painted on it. */
export function picturePage(library: PdfLibrary, page: number): Buffer | undefined {
  if (!createGrounds(library, page).hasPaint()) return undefined
  const bitmap = drawPage(library, page, DRAWING)
  return bitmap && encodePng(bitmap)
}
