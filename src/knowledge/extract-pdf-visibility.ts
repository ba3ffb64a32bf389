import type { CharBox, Glyph, ObjectLooks } from './extract-pdf-glyphs.ts'
import type { PdfLibrary } from './extract-pdf-library.ts'

/** Tells what a reader of a page sees. Questions about the page's pictures are answered only when asked. */
export interface Visibility {
  readObject(object: number): Pick<ObjectLooks, 'isInvisible' | 'isWhite'>
  /** Off the page, too small to read, or white on white. */
  isUnseen(box: CharBox, looks: ObjectLooks): boolean
  /** True when a picture fills the page and its only text is invisible: the work of text recognition. */
  isScan(glyphs: Glyph[]): boolean
}

/** PDF text rendering modes: 3 neither fills nor strokes, 7 only clips. */
const UNPAINTED_MODES = new Set([3, 7])

const WHITE_FROM = 250
const MIN_HEIGHT_POINTS = 1.5

const OBJECT = { path: 2, image: 3, shading: 4, form: 5 }

/** A picture over this share of the page is the page. */
const SCAN_SHARE = 0.6

/** Painted grounds looked at on one page: charts have thousands, none of them under white text. */
const MAX_OBJECTS = 5_000

interface Box {
  left: number
  bottom: number
  right: number
  top: number
}

export function createVisibility(library: PdfLibrary, page: number): Visibility {
  const { call, view, scratch } = library
  const bounds = readPageBox()
  let painted: { box: Box; isImage: boolean }[] | undefined

  function readPageBox(): Box {
    call.FPDF_GetPageBoundingBox(page, scratch)
    const heap = view()
    return {
      left: heap.getFloat32(scratch, true),
      top: heap.getFloat32(scratch + 4, true),
      right: heap.getFloat32(scratch + 8, true),
      bottom: heap.getFloat32(scratch + 12, true),
    }
  }

  function listPainted(): { box: Box; isImage: boolean }[] {
    const count = Math.min(call.FPDFPage_CountObjects(page), MAX_OBJECTS)
    const found: { box: Box; isImage: boolean }[] = []
    for (let index = 0; index < count; index += 1) {
      const object = call.FPDFPage_GetObject(page, index)
      const type = call.FPDFPageObj_GetType(object)
      if (type === OBJECT.path ? isDarkGround(object) : type > OBJECT.path) {
        found.push({ box: readBounds(object), isImage: type === OBJECT.image })
      }
    }
    return found
  }

  function readBounds(object: number): Box {
    call.FPDFPageObj_GetBounds(object, scratch, scratch + 4, scratch + 8, scratch + 12)
    const heap = view()
    return {
      left: heap.getFloat32(scratch, true),
      bottom: heap.getFloat32(scratch + 4, true),
      right: heap.getFloat32(scratch + 8, true),
      top: heap.getFloat32(scratch + 12, true),
    }
  }

  function isDarkGround(path: number): boolean {
    call.FPDFPath_GetDrawMode(path, scratch, scratch + 4)
    const isFilled = view().getInt32(scratch, true) !== 0
    return isFilled && !isWhite(readFill(path))
  }

  function readFill(object: number): number[] {
    if (call.FPDFPageObj_GetFillColor(object, scratch, scratch + 4, scratch + 8, scratch + 12) === 0) {
      return [0, 0, 0, 255]
    }
    const heap = view()
    return [0, 4, 8, 12].map((offset) => heap.getUint32(scratch + offset, true))
  }

  return {
    readObject(object) {
      if (object === 0) return { isInvisible: false, isWhite: false }
      const fill = readFill(object)
      const isUnpainted = UNPAINTED_MODES.has(call.FPDFTextObj_GetTextRenderMode(object))
      return { isInvisible: isUnpainted || fill[3] === 0, isWhite: isWhite(fill) }
    },
    isUnseen(box, looks) {
      const x = (box.left + box.right) / 2
      const y = (box.top + box.bottom) / 2
      if (x < bounds.left || x > bounds.right || y < bounds.bottom || y > bounds.top) return true
      const height = looks.turns % 2 === 0 ? box.top - box.bottom : box.right - box.left
      if (height < MIN_HEIGHT_POINTS) return true
      if (!looks.isWhite) return false
      painted ??= listPainted()
      return !painted.some(({ box: ground }) => holds(ground, x, y))
    },
    isScan(glyphs) {
      if (!glyphs.some(({ isInvisible }) => isInvisible)) return false
      if (glyphs.some(({ isInvisible, kind }) => !isInvisible && kind !== 'space')) return false
      painted ??= listPainted()
      const page = area(bounds)
      return painted.some(({ box, isImage }) => isImage && area(box) >= page * SCAN_SHARE)
    },
  }
}

function isWhite([red = 0, green = 0, blue = 0]: number[]): boolean {
  return red >= WHITE_FROM && green >= WHITE_FROM && blue >= WHITE_FROM
}

function holds({ left, right, bottom, top }: Box, x: number, y: number): boolean {
  return x >= left && x <= right && y >= bottom && y <= top
}

function area({ left, right, bottom, top }: Box): number {
  return Math.max(right - left, 0) * Math.max(top - bottom, 0)
}
