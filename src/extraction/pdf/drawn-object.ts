import type { PdfLibrary } from './library.ts'

/** In points from the bottom left of the page. */
export interface Box {
  left: number
  bottom: number
  right: number
  top: number
}

/** Of pdfium. */
export const OBJECT = { text: 1, path: 2, image: 3 }

/** Objects looked at on one page: charts have thousands of lines, which neither hide text nor stand under it. */
const MAX_OBJECTS = 5_000

export interface DrawnObject {
  object: number
  type: number
  /** In the order of painting. */
  index: number
}

export function* listObjects({ call }: PdfLibrary, page: number): Generator<DrawnObject> {
  const count = Math.min(call.FPDFPage_CountObjects(page), MAX_OBJECTS)
  for (let index = 0; index < count; index += 1) {
    const object = call.FPDFPage_GetObject(page, index)
    yield { object, type: call.FPDFPageObj_GetType(object), index }
  }
}

export function readBounds(library: PdfLibrary, object: number): Box {
  const { call, scratch } = library
  call.FPDFPageObj_GetBounds(object, scratch, scratch + 4, scratch + 8, scratch + 12)
  const [left, bottom, right, top] = readFloats(library)
  return { left, bottom, right, top }
}

/** The part of a page that is shown. */
export function readPageBox(library: PdfLibrary, page: number): Box {
  library.call.FPDF_GetPageBoundingBox(page, library.scratch)
  const [left, top, right, bottom] = readFloats(library)
  return { left, bottom, right, top }
}

/** What pdfium wrote down for a box. */
function readFloats({ view, scratch }: PdfLibrary): [number, number, number, number] {
  const heap = view()
  return [
    heap.getFloat32(scratch, true),
    heap.getFloat32(scratch + 4, true),
    heap.getFloat32(scratch + 8, true),
    heap.getFloat32(scratch + 12, true),
  ]
}

/** Red, green, blue and how opaque, each 0 to 255; `undefined` where it has no colour. */
export function readColour({ call, view, scratch }: PdfLibrary, object: number): number[] | undefined {
  const found = call.FPDFPageObj_GetFillColor(object, scratch, scratch + 4, scratch + 8, scratch + 12)
  if (found === 0) return undefined
  const heap = view()
  return [0, 4, 8, 12].map((at) => heap.getUint32(scratch + at, true))
}

/** True for what covers its ground: pictures, shadings, and paths that are filled. */
export function fills({ call, view, scratch }: PdfLibrary, { object, type }: DrawnObject): boolean {
  if (type !== OBJECT.path) return type > OBJECT.path
  call.FPDFPath_GetDrawMode(object, scratch, scratch + 4)
  return view().getInt32(scratch, true) !== 0
}
