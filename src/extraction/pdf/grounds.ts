import type { PdfLibrary } from './library.ts'

/** What lies behind the text of a page. The page's drawings are looked at only when asked for. */
export interface Grounds {
  /** The part of the page that is shown. */
  bounds: Box
  /** True when something other than white is painted there. */
  isPainted(x: number, y: number): boolean
  /** True when a picture fills the page. */
  hasPageImage(): boolean
  /** True when there is anything to see on it, text aside. */
  hasPaint(): boolean
  readFill(object: number): { isWhite: boolean; isClear: boolean }
}

export interface Box {
  left: number
  bottom: number
  right: number
  top: number
}

const OBJECT = { path: 2, image: 3 }

const WHITE_FROM = 250

/** A picture over this share of the page is the page. */
export const PAGE_IMAGE_SHARE = 0.6

/** Drawings looked at on one page: charts have thousands, none of them under white text. */
const MAX_OBJECTS = 5_000

export function createGrounds(library: PdfLibrary, page: number): Grounds {
  const { call, view, scratch } = library
  let painted: { box: Box; isImage: boolean }[] | undefined

  function readFloats(): [number, number, number, number] {
    const heap = view()
    return [
      heap.getFloat32(scratch, true),
      heap.getFloat32(scratch + 4, true),
      heap.getFloat32(scratch + 8, true),
      heap.getFloat32(scratch + 12, true),
    ]
  }

  function readPageBox(): Box {
    call.FPDF_GetPageBoundingBox(page, scratch)
    const [left, top, right, bottom] = readFloats()
    return { left, top, right, bottom }
  }

  function readBounds(object: number): Box {
    call.FPDFPageObj_GetBounds(object, scratch, scratch + 4, scratch + 8, scratch + 12)
    const [left, bottom, right, top] = readFloats()
    return { left, bottom, right, top }
  }

  function readFill(object: number): { isWhite: boolean; isClear: boolean } {
    if (call.FPDFPageObj_GetFillColor(object, scratch, scratch + 4, scratch + 8, scratch + 12) === 0) {
      return { isWhite: false, isClear: false }
    }
    const heap = view()
    const [red = 0, green = 0, blue = 0, alpha = 0] = [0, 4, 8, 12].map((at) =>
      heap.getUint32(scratch + at, true),
    )
    return { isWhite: Math.min(red, green, blue) >= WHITE_FROM, isClear: alpha === 0 }
  }

  function paints(object: number, type: number): boolean {
    if (type !== OBJECT.path) return type > OBJECT.path
    call.FPDFPath_GetDrawMode(object, scratch, scratch + 4)
    return view().getInt32(scratch, true) !== 0 && !readFill(object).isWhite
  }

  function listPainted(): { box: Box; isImage: boolean }[] {
    const found: { box: Box; isImage: boolean }[] = []
    const count = Math.min(call.FPDFPage_CountObjects(page), MAX_OBJECTS)
    for (let index = 0; index < count; index += 1) {
      const object = call.FPDFPage_GetObject(page, index)
      const type = call.FPDFPageObj_GetType(object)
      if (paints(object, type)) found.push({ box: readBounds(object), isImage: type === OBJECT.image })
    }
    return found
  }

  const bounds = readPageBox()
  return {
    bounds,
    readFill,
    isPainted(x, y) {
      painted ??= listPainted()
      return painted.some(({ box }) => x >= box.left && x <= box.right && y >= box.bottom && y <= box.top)
    },
    hasPaint() {
      painted ??= listPainted()
      return painted.length > 0
    },
    hasPageImage() {
      painted ??= listPainted()
      return painted.some(
        ({ box, isImage }) => isImage && measureArea(box) >= measureArea(bounds) * PAGE_IMAGE_SHARE,
      )
    },
  }
}

export function measureArea({ left, right, bottom, top }: Box): number {
  return Math.max(right - left, 0) * Math.max(top - bottom, 0)
}
