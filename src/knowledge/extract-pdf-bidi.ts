import type { Glyph } from './extract-pdf-glyphs.ts'

const RTL = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]/
const LTR = /\p{L}/u
const DIGIT = /\p{N}/u
const MARK = /^\p{M}$/u

const MIRRORED: Record<string, string> = {
  '(': ')',
  ')': '(',
  '[': ']',
  ']': '[',
  '{': '}',
  '}': '{',
  '«': '»',
  '»': '«',
  '<': '>',
  '>': '<',
}

/**
 * The text of a line whose glyphs are given from left to right.
 *
 * Hebrew and Arabic stand on the page as they are seen; here they are turned
 * back into the order in which they are read and stored.
 */
export function toLogicalOrder(glyphs: Glyph[]): string {
  if (!glyphs.some(({ kind }) => kind === 'rtl')) return joinSpaced(glyphs)
  const letters = splitSpaces(sortVisually(glyphs))
  const rtl = letters.filter((letter) => RTL.test(letter)).length
  const ltr = letters.filter((letter) => LTR.test(letter)).length - rtl
  const ordered =
    rtl >= ltr
      ? reverseWhere(letters.toReversed().map(mirror), isLeftToRight, isRightToLeft)
      : reverseWhere(letters, isRightToLeft, isLatin)
  return ordered.join('').replace(/\s+/g, ' ').trim()
}

function joinSpaced(glyphs: Glyph[]): string {
  let text = ''
  for (const glyph of glyphs) text += glyph.isSpaced ? ` ${glyph.text}` : glyph.text
  return text.replace(/\s+/g, ' ').trim()
}

/** By place, with each mark right of nothing but its letter: once turned, it follows the letter. */
function sortVisually(glyphs: Glyph[]): Glyph[] {
  const bases = glyphs.filter(({ text }) => !MARK.test(text))
  const center = ({ x0, x1 }: Glyph): number => (x0 + x1) / 2
  const keyed = glyphs.map((glyph) => {
    const own = center(glyph)
    if (!MARK.test(glyph.text) || bases.length === 0) return { glyph, key: own }
    const base = bases.reduce((best, it) =>
      Math.abs(center(it) - own) < Math.abs(center(best) - own) ? it : best,
    )
    // One glyph may stand for several characters: they keep the order they have.
    const isSameGlyph = Math.abs(center(base) - own) < 0.01
    return { glyph, key: isSameGlyph ? own : center(base) - 0.001 }
  })
  return keyed.sort((a, b) => a.key - b.key).map(({ glyph }) => glyph)
}

function splitSpaces(glyphs: Glyph[]): string[] {
  const letters: string[] = []
  glyphs.forEach((glyph, index) => {
    const previous = glyphs[index - 1]
    const isApart = previous !== undefined && glyph.x0 - previous.x1 > glyph.size * 0.2
    if (index > 0 && (glyph.isSpaced || isApart)) letters.push(' ')
    letters.push(glyph.text)
  })
  return letters
}

/** Turns around each stretch that begins and ends with `inner` and holds no `outer`. */
function reverseWhere(
  letters: string[],
  inner: (letter: string) => boolean,
  outer: (letter: string) => boolean,
): string[] {
  const ordered = [...letters]
  for (let start = 0; start < ordered.length; start += 1) {
    if (!inner(ordered[start] ?? '')) continue
    let end = start
    for (let at = start; at < ordered.length && !outer(ordered[at] ?? ''); at += 1) {
      if (inner(ordered[at] ?? '')) end = at
    }
    ordered.splice(start, end - start + 1, ...turnStretch(ordered.slice(start, end + 1)))
    start = end
  }
  return ordered
}

/** Numbers are read from left to right in every script. */
function turnStretch(letters: string[]): string[] {
  const turned = letters.toReversed()
  if (!letters.some((letter) => RTL.test(letter))) return turned.map(mirror)
  const ordered: string[] = []
  let number: string[] = []
  for (const letter of turned) {
    if (DIGIT.test(letter)) number.unshift(letter)
    else {
      ordered.push(...number, mirror(letter))
      number = []
    }
  }
  return [...ordered, ...number]
}

function mirror(letter: string): string {
  return MIRRORED[letter] ?? letter
}

function isRightToLeft(letter: string): boolean {
  return RTL.test(letter)
}

function isLatin(letter: string): boolean {
  return LTR.test(letter) && !RTL.test(letter)
}

function isLeftToRight(letter: string): boolean {
  return isLatin(letter) || DIGIT.test(letter)
}
