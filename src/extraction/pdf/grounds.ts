import {
  type Box,
  type DrawnObject,
  fills,
  listObjects,
  OBJECT,
  readBounds,
  readColour,
  readPageBox,
} from './drawn-object.ts'
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

const WHITE_FROM = 250
const OPAQUE = 255

/** A picture over this share of the page is the page. */
export const PAGE_IMAGE_SHARE = 0.6

export function createGrounds(library: PdfLibrary, page: number): Grounds {
  let painted: { box: Box; isImage: boolean }[] | undefined

  function readFill(object: number): { isWhite: boolean; isClear: boolean } {
    const [red = 0, green = 0, blue = 0, alpha = OPAQUE] = readColour(library, object) ?? []
    return { isWhite: Math.min(red, green, blue) >= WHITE_FROM, isClear: alpha === 0 }
  }

  function listPainted(): { box: Box; isImage: boolean }[] {
    const paints = (it: DrawnObject) =>
      fills(library, it) && (it.type !== OBJECT.path || !readFill(it.object).isWhite)
    return [...listObjects(library, page)]
      .filter(paints)
      .map(({ object, type }) => ({ box: readBounds(library, object), isImage: type === OBJECT.image }))
  }

  const bounds = readPageBox(library, page)
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
