import { type Bitmap, drawPage } from './bitmap.ts'
import type { Box } from './drawn-object.ts'
import type { PdfLibrary } from './library.ts'

/** Tells whether something is seen of what a page has at a place. */
export type Sight = (box: Box) => boolean

const DRAWING = {
  /** Enough to see a stroke of small print. */
  scale: 1.5,
  /** A page of A2. */
  maxPixels: 4_500_000,
  withAnnotations: false,
}

/** Differences below are rounding at the edges of what is drawn. */
const MIN_DIFFERENCE = 8

/** In points. */
const MIN_WIDTH = 1

/** Of the width of a character, at each side: there its neighbours reach in. */
const EDGE_SHARE = 0.2

/**
 * Draws a page with and without the given objects: what can be taken away without changing the picture is not seen,
 * whatever hides it. Where too much of the document's time went into drawing, everything counts as seen.
 */
export function createSight(library: PdfLibrary, page: number, objects: Iterable<number>): Sight {
  const { call, drawing } = library
  if (drawing.leftMs <= 0) return () => true
  const startedAt = performance.now()
  const whole = drawPage(library, page, DRAWING)
  const taken = [...objects]
  for (const object of taken) call.FPDFPageObj_SetIsActive(object, 0)
  const bare = drawPage(library, page, DRAWING)
  for (const object of taken) call.FPDFPageObj_SetIsActive(object, 1)
  drawing.leftMs -= performance.now() - startedAt
  if (!whole || !bare) return () => true
  // Signs without a width are drawn over others.
  return (box) =>
    box.right - box.left < MIN_WIDTH || differs(whole, bare, toPixels(library, page, whole, box))
}

/** A box of the page, narrowed to its middle, in pixels from the top left. */
function toPixels(
  { call, view, scratch }: PdfLibrary,
  page: number,
  { width, height }: Bitmap,
  { left, bottom, right, top }: Box,
): Box {
  const edge = (right - left) * EDGE_SHARE
  const corners = [
    [left + edge, bottom],
    [right - edge, top],
  ].map(([x = 0, y = 0]) => {
    call.FPDF_PageToDevice(page, 0, 0, width, height, 0, x, y, scratch, scratch + 4)
    const heap = view()
    return [heap.getInt32(scratch, true), heap.getInt32(scratch + 4, true)]
  })
  const xs = corners.map(([x = 0]) => x)
  const ys = corners.map(([, y = 0]) => y)
  return {
    left: Math.max(Math.min(...xs), 0),
    right: Math.min(Math.max(...xs), width - 1),
    top: Math.max(Math.min(...ys), 0),
    bottom: Math.min(Math.max(...ys), height - 1),
  }
}

function differs(a: Bitmap, b: Bitmap, { left, right, top, bottom }: Box): boolean {
  for (let y = top; y <= bottom; y += 1) {
    for (let at = y * a.stride + left; at <= y * a.stride + right; at += 1) {
      if (Math.abs((a.bytes[at] ?? 0) - (b.bytes[at] ?? 0)) > MIN_DIFFERENCE) return true
    }
  }
  return false
}
