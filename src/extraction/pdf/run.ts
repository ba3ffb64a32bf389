/**
 * Characters that follow each other in the file and on the page without a wide
 * gap, in the frame of their reading direction: `x` grows along the line, `y`
 * from line to line.
 */
export interface Run {
  text: string
  x0: number
  x1: number
  /** Of the baseline. */
  y: number
  /** Font size in points, as shown. */
  size: number
  /** Quarter turns of the writing, counter-clockwise. */
  turns: number
  isBold: boolean
  isInvisible: boolean
  /** A space before it that the file does not hold. */
  isSpaced: boolean
  isRightToLeft: boolean
  /** Each character by itself: kept where their order or direction is in question. */
  glyphs?: Glyph[]
}

export interface Glyph {
  text: string
  x0: number
  x1: number
  isSpaced: boolean
}

export interface PageRuns {
  runs: Run[]
  /** A whole-page picture with invisible text on it: a scan with its recognised text. */
  isScan: boolean
}
