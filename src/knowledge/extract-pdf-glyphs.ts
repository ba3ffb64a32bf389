import type { PdfLibrary } from './extract-pdf-library.ts'
import { createVisibility, type Visibility } from './extract-pdf-visibility.ts'

/**
 * A character where it stands on the page, in the frame of its own reading
 * direction: `x` grows along the line, `y` from line to line.
 */
export interface Glyph {
  text: string
  x0: number
  x1: number
  /** Of the baseline. */
  y: number
  /** Font size in points, as shown. */
  size: number
  kind: GlyphKind
  isBold: boolean
  /** Quarter turns of the writing, counter-clockwise. */
  turns: number
  /** A space pdfium saw before it that the file does not hold. */
  isSpaced: boolean
  isInvisible: boolean
}

/** What the layout must know of a character: a space, of a script from right to left, of a full square, or any other. */
export type GlyphKind = 'space' | 'rtl' | 'square' | 'plain'

export interface PageGlyphs {
  glyphs: Glyph[]
  /** Holds whole-page pictures under invisible text: a scan with its recognised text. */
  isScan: boolean
}

/** Reads the characters of a loaded page in the order of the file, the invisible ones marked. */
export function readGlyphs(library: PdfLibrary, page: number, textPage: number): PageGlyphs {
  const { call, view, scratch } = library
  const visibility = createVisibility(library, page)
  const objects = new Map<number, ObjectLooks>()
  const count = call.FPDFText_CountChars(textPage)
  const glyphs: Glyph[] = []
  let isSpaced = false
  let looks: ObjectLooks = PLAIN
  let lastObject = -1
  for (let index = 0; index < count; index += 1) {
    const code = call.FPDFText_GetUnicode(textPage, index)
    if (call.FPDFText_IsGenerated(textPage, index) === 1) {
      isSpaced = true
      continue
    }
    const object = call.FPDFText_GetTextObject(textPage, index)
    if (object !== lastObject) {
      lastObject = object
      looks = objects.get(object) ?? readLooks(library, visibility, textPage, index, object)
      objects.set(object, looks)
    }
    call.FPDFText_GetLooseCharBox(textPage, index, scratch)
    call.FPDFText_GetCharOrigin(textPage, index, scratch + 16, scratch + 24)
    const heap = view()
    const box = {
      left: heap.getFloat32(scratch, true),
      top: heap.getFloat32(scratch + 4, true),
      right: heap.getFloat32(scratch + 8, true),
      bottom: heap.getFloat32(scratch + 12, true),
      originX: heap.getFloat64(scratch + 16, true),
      originY: heap.getFloat64(scratch + 24, true),
    }
    const glyph = turn(code, box, looks)
    glyph.isSpaced = isSpaced
    glyph.isInvisible = looks.isInvisible || visibility.isUnseen(box, looks)
    glyphs.push(glyph)
    isSpaced = false
  }
  return { glyphs, isScan: visibility.isScan(glyphs) }
}

export interface ObjectLooks {
  turns: number
  size: number
  isBold: boolean
  /** By its own properties, wherever it stands. */
  isInvisible: boolean
  /** Seen only where something darker lies behind it. */
  isWhite: boolean
}

export interface CharBox {
  left: number
  top: number
  right: number
  bottom: number
  originX: number
  originY: number
}

const PLAIN: ObjectLooks = { turns: 0, size: 0, isBold: false, isInvisible: false, isWhite: false }

/** Font weights from here on are shown bold. */
const BOLD_WEIGHT = 600

function readLooks(
  library: PdfLibrary,
  visibility: Visibility,
  textPage: number,
  index: number,
  object: number,
): ObjectLooks {
  const { call, view, scratch } = library
  call.FPDFText_GetMatrix(textPage, index, scratch)
  const heap = view()
  const [a = 1, b = 0, c = 0, d = 1] = [0, 4, 8, 12].map((offset) => heap.getFloat32(scratch + offset, true))
  return {
    turns: (Math.round(Math.atan2(b, a) / (Math.PI / 2)) + 4) % 4,
    size: call.FPDFText_GetFontSize(textPage, index) * Math.hypot(c, d),
    isBold: call.FPDFText_GetFontWeight(textPage, index) >= BOLD_WEIGHT || hasBoldName(library, object),
    ...visibility.readObject(object),
  }
}

function hasBoldName({ call, view }: PdfLibrary, object: number): boolean {
  if (object === 0) return false
  const font = call.FPDFTextObj_GetFont(object)
  const bytes = font === 0 ? 0 : call.FPDFFont_GetBaseFontName(font, 0, 0)
  if (bytes <= 1 || bytes > 1_000) return false
  const buffer = call.malloc(bytes)
  call.FPDFFont_GetBaseFontName(font, buffer, bytes)
  const name = Buffer.from(view().buffer, buffer, bytes - 1).toString('latin1')
  call.free(buffer)
  return /bold|black|heavy/i.test(name)
}

/** pdfium marks a hyphen at a line's end with a code of its own. */
function readCharacter(code: number): string {
  if (code === 2 || code === 0xfffe || code === 0xad) return '\u00ad'
  if (code === 0 || code === 0xffff || code > 0x10ffff) return ''
  return String.fromCodePoint(code)
}

function readKind(code: number): GlyphKind {
  if (code <= 0x20 || code === 0xa0 || code === 0x3000 || (code >= 0x2000 && code <= 0x200b)) return 'space'
  if (code < 0x590) return 'plain'
  if (code < 0x900 || (code >= 0xfb1d && code <= 0xfdff) || (code >= 0xfe70 && code < 0xff00)) return 'rtl'
  const isSquare = (code >= 0x2e80 && code <= 0x9fff) || (code >= 0xf900 && code <= 0xffef) || code >= 0x20000
  return isSquare ? 'square' : 'plain'
}

/** The matrix of a font inside a drawing may not tell the whole scale; the box it fills does. */
const MAX_SIZE_DOUBT = 3

function turn(code: number, box: CharBox, { turns, isBold, size: told }: ObjectLooks): Glyph {
  const { left, right, top, bottom, originX, originY } = box
  const height = turns % 2 === 0 ? top - bottom : right - left
  const isDoubtful = height > told * MAX_SIZE_DOUBT || told > height * MAX_SIZE_DOUBT
  return {
    text: readCharacter(code),
    x0: [left, bottom, -right, -top][turns] ?? left,
    x1: [right, top, -left, -bottom][turns] ?? right,
    y: [-originY, originX, originY, -originX][turns] ?? -originY,
    size: isDoubtful ? height : told,
    kind: readKind(code),
    isBold,
    turns,
    isSpaced: false,
    isInvisible: false,
  }
}
