import { findDoubtful } from './doubts.ts'
import type { Box } from './drawn-object.ts'
import { createGrounds } from './grounds.ts'
import type { PdfLibrary } from './library.ts'
import type { Run } from './run.ts'
import { createSight, type Sight } from './sight.ts'

/** How the text of one object of the page is set. */
export interface ObjectLooks {
  turns: number
  size: number
  /** Of the baseline of its first character. */
  y: number
  isBold: boolean
  /** By its own properties, wherever it stands. */
  isInvisible: boolean
  /** Seen only where something darker lies behind it. */
  isWhite: boolean
  /** Something may lie over it, cut it off, or have its colour. */
  isDoubtful: boolean
}

/** Tells how the text objects of one page look, and whether a reader sees them. */
export interface ObjectReader {
  /** The part of the page that is shown. */
  bounds: Box
  readLooks(textPage: number, index: number, object: number): ObjectLooks
  readBaseline(textPage: number, index: number, turns: number): number
  /** Off the page, white on white, or hidden by something else. */
  isUnseen(left: number, bottom: number, right: number, top: number, looks: ObjectLooks): boolean
  isScan(runs: Run[]): boolean
}

/** PDF text rendering modes: 3 neither fills nor strokes, 7 only clips. */
const UNPAINTED_MODES = new Set([3, 7])

const BOLD_WEIGHT = 600
const MIN_SIZE_POINTS = 1.5

/** The matrix of a font inside a drawing may not tell the whole scale; the box it fills does. */
const MAX_SIZE_DOUBT = 3

export function createObjectReader(library: PdfLibrary, page: number): ObjectReader {
  const { call, view, scratch } = library
  const grounds = createGrounds(library, page)
  const known = new Map<number, ObjectLooks>()
  const boldFonts = new Map<number, boolean>()
  const { bounds } = grounds
  const doubtful = findDoubtful(library, page, bounds)
  let sight: Sight | undefined

  function readFloat(offset: number): number {
    return view().getFloat32(scratch + offset, true)
  }

  function readBaseline(textPage: number, index: number, turns: number): number {
    call.FPDFText_GetCharOrigin(textPage, index, scratch + 32, scratch + 40)
    const x = view().getFloat64(scratch + 32, true)
    const y = view().getFloat64(scratch + 40, true)
    return turns === 0 ? -y : turns === 1 ? x : turns === 2 ? y : -x
  }

  function readSize(
    textPage: number,
    index: number,
    { scale, turns }: { scale: number; turns: number },
  ): number {
    const told = call.FPDFText_GetFontSize(textPage, index) * scale
    call.FPDFText_GetLooseCharBox(textPage, index, scratch)
    const height = turns % 2 === 0 ? readFloat(4) - readFloat(12) : readFloat(8) - readFloat(0)
    const isDoubtful = height > told * MAX_SIZE_DOUBT || told > height * MAX_SIZE_DOUBT
    return isDoubtful && height > 0 ? height : told
  }

  function isBold(textPage: number, index: number, object: number): boolean {
    const font = call.FPDFTextObj_GetFont(object)
    const isKnown = boldFonts.get(font)
    if (isKnown !== undefined) return isKnown
    const isHeavy = call.FPDFText_GetFontWeight(textPage, index) >= BOLD_WEIGHT || hasBoldName(library, font)
    boldFonts.set(font, isHeavy)
    return isHeavy
  }

  return {
    bounds,
    readBaseline,
    readLooks(textPage, index, object) {
      const seen = known.get(object)
      if (seen) return seen
      call.FPDFText_GetMatrix(textPage, index, scratch)
      const turns = (Math.round(Math.atan2(readFloat(4), readFloat(0)) / (Math.PI / 2)) + 4) % 4
      const size = readSize(textPage, index, { scale: Math.hypot(readFloat(8), readFloat(12)), turns })
      const fill = grounds.readFill(object)
      const looks: ObjectLooks = {
        turns,
        size,
        y: readBaseline(textPage, index, turns),
        isBold: isBold(textPage, index, object),
        isInvisible:
          size < MIN_SIZE_POINTS ||
          fill.isClear ||
          UNPAINTED_MODES.has(call.FPDFTextObj_GetTextRenderMode(object)),
        isWhite: fill.isWhite,
        isDoubtful: doubtful.has(object),
      }
      known.set(object, looks)
      return looks
    },
    isUnseen(left, bottom, right, top, { isWhite, isDoubtful, isInvisible }) {
      const x = (left + right) / 2
      const y = (bottom + top) / 2
      if (x < bounds.left || x > bounds.right || y < bounds.bottom || y > bounds.top) return true
      if (isWhite && !grounds.isPainted(x, y)) return true
      if (!isDoubtful || isInvisible) return false
      sight ??= createSight(library, page, doubtful)
      return !sight({ left, bottom, right, top })
    },
    isScan: (runs) =>
      runs.length > 0 && runs.every(({ isInvisible }) => isInvisible) && grounds.hasPageImage(),
  }
}

function hasBoldName({ call, view }: PdfLibrary, font: number): boolean {
  const bytes = font === 0 ? 0 : call.FPDFFont_GetBaseFontName(font, 0, 0)
  if (bytes <= 1 || bytes > 1_000) return false
  const buffer = call.malloc(bytes)
  call.FPDFFont_GetBaseFontName(font, buffer, bytes)
  const name = Buffer.from(view().buffer, buffer, bytes - 1).toString('latin1')
  call.free(buffer)
  return /bold|black|heavy/i.test(name)
}
