import { most } from './pdf-numbers.ts'
import type { Glyph, Run } from './pdf-runs.ts'

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
 * The text of a line whose runs are given from left to right.
 *
 * Hebrew and Arabic stand on the page as they are seen; here they are turned
 * back into the order in which they are read and stored.
 */
export function toLogicalOrder(runs: Run[]): string {
  if (!runs.some(({ isRightToLeft }) => isRightToLeft)) return joinSpaced(runs)
  const size = most(runs.map((run) => run.size))
  const letters = splitSpaces(sortVisually(runs.flatMap(listGlyphs)), size)
  const rtl = letters.filter((letter) => RTL.test(letter)).length
  const ltr = letters.filter((letter) => LTR.test(letter)).length - rtl
  const ordered =
    rtl >= ltr
      ? reverseWhere(letters.toReversed().map(mirror), isLeftToRight, isRightToLeft)
      : reverseWhere(letters, isRightToLeft, isLatin)
  return fold(ordered.join(''))
}

function joinSpaced(runs: Run[]): string {
  if (runs.length === 1) return fold(runs[0]?.text ?? '')
  return fold(runs.map(({ text, isSpaced }) => (isSpaced ? ` ${text}` : text)).join(''))
}

function fold(text: string): string {
  return UNTIDY_SPACE.test(text) ? text.replace(/\s+/g, ' ').trim() : text.trim()
}

/** Most lines hold single spaces only: looking costs a tenth of replacing each. */
const UNTIDY_SPACE = / {2}|[^\S ]/

/** A run of another script has no glyphs of its own: its letters are taken to be equally wide. */
function listGlyphs({ glyphs, text, x0, x1, isSpaced }: Run): Glyph[] {
  if (glyphs) return glyphs.map((glyph, index) => (index === 0 ? { ...glyph, isSpaced } : glyph))
  const letters = [...text]
  const width = (x1 - x0) / letters.length
  return letters.map((letter, index) => ({
    text: letter,
    x0: x0 + width * index,
    x1: x0 + width * (index + 1),
    isSpaced: index === 0 && isSpaced,
  }))
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

function splitSpaces(glyphs: Glyph[], size: number): string[] {
  const letters: string[] = []
  glyphs.forEach((glyph, index) => {
    const previous = glyphs[index - 1]
    const isApart = previous !== undefined && glyph.x0 - previous.x1 > size * 0.2
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
