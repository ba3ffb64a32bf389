import { describe, expect, it } from 'vitest'
import { toLogicalOrder } from './bidi.ts'
import type { Run } from './run.ts'

const SIZE = 10
const WIDTH = 5

/** A run as pdfium gives it: letters in the order they are read, drawn from right to left; `_` is a gap it found. */
function buildRun(text: string, right: number, { gap = 3, isSpaced = false } = {}): Run {
  let edge = right
  let isGap = false
  const glyphs = [...text].flatMap((letter) => {
    if (letter === '_') {
      edge -= gap
      isGap = true
      return []
    }
    const glyph = { text: letter, x0: edge - WIDTH, x1: edge, isSpaced: isGap }
    isGap = false
    edge -= WIDTH
    return [glyph]
  })
  return {
    text,
    x0: edge,
    x1: right,
    y: 0,
    size: SIZE,
    turns: 0,
    isBold: false,
    isInvisible: false,
    isSpaced,
    isRightToLeft: true,
    glyphs,
  }
}

function buildLatin(text: string, x0: number): Run {
  const { glyphs: _, ...run } = buildRun('', 0)
  return { ...run, text, x0, x1: x0 + text.length * WIDTH, isRightToLeft: false, isSpaced: true }
}

describe('toLogicalOrder', () => {
  it('parts words where the gaps are, and nowhere else', () => {
    expect(toLogicalOrder([buildRun('כוס_מים', 200, { isSpaced: true })])).toBe('כוס מים')
  })

  it('parts words at gaps only pdfium saw', () => {
    expect(toLogicalOrder([buildRun('كوب_ماء', 200, { gap: 0.5 })])).toBe('كوب ماء')
  })

  it('keeps brackets around what they hold, drawn apart or in one piece', () => {
    const apart = [buildLatin('(', 90), buildRun('כולם', 115), buildLatin(')', 115), buildRun('הם', 132)]
    const whole = buildRun('הם_(כולם)', 200)

    expect(toLogicalOrder(apart)).toBe('הם (כולם)')
    expect(toLogicalOrder([whole])).toBe('הם (כולם)')
  })

  it('reads a glyph of two letters in their order', () => {
    const run = buildRun('بلن', 200)
    const [ba, lam, nun] = run.glyphs ?? []
    const alef = { text: 'ا', x0: lam?.x0 ?? 0, x1: lam?.x0 ?? 0, isSpaced: false }
    const glyphs = [ba, lam, alef, nun].filter((it) => it !== undefined)

    expect(toLogicalOrder([{ ...run, glyphs }])).toBe('بلان')
  })

  it('leaves words of another script and numbers as they are', () => {
    expect(toLogicalOrder([buildRun('רגל', 100), buildLatin('habit 24', 105), buildRun('מילה', 170)])).toBe(
      'מילה habit 24 רגל',
    )
  })
})
