import type { Box } from './drawn-object.ts'
import type { PdfLibrary } from './library.ts'
import { createObjectReader, type ObjectLooks, type ObjectReader } from './objects.ts'
import type { PageRuns, Run } from './run.ts'

/** A gap wider than this many font sizes may be a gutter between columns. */
const RUN_GAP = 0.9

/** A baseline that moves more than this many font sizes begins another run. */
const BASELINE_SHIFT = 0.2

/** Reads the characters of a loaded page as runs, in the order of the file, invisible ones marked. */
export function readRuns(library: PdfLibrary, page: number, textPage: number): PageRuns {
  const reader = new RunReader(library, createObjectReader(library, page), textPage)
  const count = library.call.FPDFText_CountChars(textPage)
  for (let index = 0; index < count; ) {
    reader.take(index)
    index = reader.takePlain(index + 1, count)
  }
  return reader.finish()
}

/** Longest stretch of plain characters taken at once. */
const STRETCH = 1_024

/** This loop meets every character of every book: it calls pdfium and allocates as little as it can. */
class RunReader {
  readonly #library: PdfLibrary
  readonly #objects: ObjectReader
  readonly #textPage: number
  readonly #runs: Run[] = []
  #run: Run | undefined
  #object = -1
  #looks: ObjectLooks | undefined
  #isSpaced = false
  #floats: Float32Array
  readonly #letters = Buffer.allocUnsafe(STRETCH)

  constructor(library: PdfLibrary, objects: ObjectReader, textPage: number) {
    this.#library = library
    this.#objects = objects
    this.#textPage = textPage
    this.#floats = this.#viewScratch()
  }

  take(index: number): void {
    const { call, scratch } = this.#library
    const object = call.FPDFText_GetTextObject(this.#textPage, index)
    // Characters without an object are spaces and line ends that pdfium made up.
    if (object === 0) {
      this.#isSpaced = true
      return
    }
    if (object !== this.#object) this.#change(object, index)
    const looks = this.#looks
    const code = call.FPDFText_GetUnicode(this.#textPage, index)
    if (!looks || code === 0) return
    call.FPDFText_GetLooseCharBox(this.#textPage, index, scratch)
    const floats = this.#floats
    const left = floats[0] ?? 0
    const top = floats[1] ?? 0
    const right = floats[2] ?? 0
    const bottom = floats[3] ?? 0
    const kind = readKind(code)
    const y = kind === 'square' ? this.#objects.readBaseline(this.#textPage, index, looks.turns) : looks.y
    const isInvisible =
      looks.isInvisible || (kind !== 'space' && this.#objects.isUnseen(left, bottom, right, top, looks))
    const { turns } = looks
    const x0 = turns === 0 ? left : turns === 1 ? bottom : turns === 2 ? -right : -top
    const x1 = turns === 0 ? right : turns === 1 ? top : turns === 2 ? -left : -bottom
    this.#add(code, { x0, x1, y, kind, isInvisible, looks })
    this.#isSpaced = false
  }

  /**
   * Takes the characters that only lengthen the open run: Latin letters of the same upright, visible object, each
   * close behind the one before. Most of most books, and several times as fast as {@link take}.
   *
   * @returns the index of the first character it has not taken.
   */
  takePlain(from: number, count: number): number {
    const run = this.#run
    const looks = this.#looks
    if (!run || !looks || this.#isSpaced || !isPlainRun(run, looks)) return from
    const { scratch } = this.#library
    const { FPDFText_GetTextObject, FPDFText_GetUnicode, FPDFText_GetLooseCharBox } = this.#library.call
    const { bounds } = this.#objects
    const textPage = this.#textPage
    const floats = this.#floats
    const gap = run.size * RUN_GAP
    const back = run.size * 2
    const end = Math.min(count, from + STRETCH)
    let { x0, x1 } = run
    let index = from
    for (; index < end; index += 1) {
      if (FPDFText_GetTextObject(textPage, index) !== this.#object) break
      const code = FPDFText_GetUnicode(textPage, index)
      if (!isPlainLatin(code)) break
      FPDFText_GetLooseCharBox(textPage, index, scratch)
      const left = floats[0] ?? 0
      const right = floats[2] ?? 0
      if (left - x1 > gap || x0 - right > gap || left < x1 - back || right <= x0) break
      if (!isWithin(bounds, (left + right) / 2, ((floats[1] ?? 0) + (floats[3] ?? 0)) / 2)) break
      this.#letters[index - from] = code
      if (left < x0) x0 = left
      if (code !== 0x20 && right > x1) x1 = right
    }
    run.x0 = x0
    run.x1 = x1
    run.text += this.#letters.toString('latin1', 0, index - from)
    return index
  }

  finish(): PageRuns {
    return { runs: this.#runs, isScan: this.#objects.isScan(this.#runs) }
  }

  #change(object: number, index: number): void {
    this.#object = object
    this.#looks = this.#objects.readLooks(this.#textPage, index, object)
    this.#floats = this.#viewScratch()
  }

  #add(code: number, at: Placed): void {
    const run = this.#run
    const text = readCharacter(code)
    if (run && continues(run, at)) {
      if (this.#isSpaced) run.text += ' '
      run.text += text
      run.x0 = Math.min(run.x0, at.x0)
      if (at.kind !== 'space') run.x1 = Math.max(run.x1, at.x1)
      if (at.kind === 'rtl') run.isRightToLeft = true
      run.glyphs?.push({ text, x0: at.x0, x1: at.x1, isSpaced: this.#isSpaced })
    } else if (at.kind !== 'space') this.#open(text, at)
    else this.#isSpaced = true
  }

  #open(text: string, { x0, x1, y, kind, isInvisible, looks }: Placed): void {
    const { size, turns, isBold } = looks
    const isSpaced = this.#isSpaced
    const isRightToLeft = kind === 'rtl'
    const run: Run = { text, x0, x1, y, size, turns, isBold, isInvisible, isSpaced, isRightToLeft }
    if (kind !== 'plain') run.glyphs = [{ text, x0, x1, isSpaced: false }]
    this.#run = run
    this.#runs.push(run)
  }

  #viewScratch(): Float32Array {
    return new Float32Array(this.#library.view().buffer, this.#library.scratch, 4)
  }
}

/** What the layout must know of a character: a space, of a script from right to left, of a full square, or any other. */
type Kind = 'space' | 'rtl' | 'square' | 'plain'

interface Placed {
  x0: number
  x1: number
  y: number
  kind: Kind
  isInvisible: boolean
  looks: ObjectLooks
}

function continues(run: Run, { x0, x1, y, kind, isInvisible, looks }: Placed): boolean {
  if (run.isInvisible !== isInvisible || run.turns !== looks.turns || run.isBold !== looks.isBold)
    return false
  if (Math.abs(run.size - looks.size) > 0.1) return false
  if (kind !== 'plain' && kind !== 'space' && !run.glyphs) return false
  if (Math.abs(y - run.y) > run.size * BASELINE_SHIFT) return false
  if (Math.max(x0 - run.x1, run.x0 - x1) > run.size * RUN_GAP) return false
  // Signs between words from right to left follow each other towards the left.
  return run.isRightToLeft || (x0 >= run.x1 - run.size * 2 && x1 > run.x0)
}

function isPlainRun(run: Run, looks: ObjectLooks): boolean {
  return (
    !run.glyphs &&
    !(run.isInvisible || looks.isInvisible || looks.isWhite || looks.isDoubtful) &&
    run.turns === 0 &&
    looks.turns === 0 &&
    run.isBold === looks.isBold &&
    Math.abs(run.size - looks.size) <= 0.1 &&
    Math.abs(looks.y - run.y) <= run.size * BASELINE_SHIFT
  )
}

/** A Latin letter, digit, sign or plain space: no control, no-break space or soft hyphen. */
function isPlainLatin(code: number): boolean {
  return (code >= 0x20 && code <= 0x7e) || (code > 0xa0 && code <= 0xff && code !== 0xad)
}

function isWithin({ left, right, bottom, top }: Box, x: number, y: number): boolean {
  return x >= left && x <= right && y >= bottom && y <= top
}

function readKind(code: number): Kind {
  if (code <= 0x20 || code === 0xa0 || code === 0x3000 || (code >= 0x2000 && code <= 0x200b)) {
    return code === 2 ? 'plain' : 'space'
  }
  if (code < 0x590) return 'plain'
  if (code < 0x900 || (code >= 0xfb1d && code <= 0xfdff) || (code >= 0xfe70 && code < 0xff00)) return 'rtl'
  const isSquare = (code >= 0x2e80 && code <= 0x9fff) || (code >= 0xf900 && code < 0xfff0) || code >= 0x20000
  return isSquare ? 'square' : 'plain'
}

/** pdfium marks a hyphen at a line's end with a code of its own. */
function readCharacter(code: number): string {
  if (code === 2 || code === 0xfffe || code === 0xad) return '\u00ad'
  if (code > 0x10ffff) return ''
  return String.fromCodePoint(code)
}
