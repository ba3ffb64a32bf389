import { most } from './numbers.ts'
import type { Glyph, Run } from './run.ts'

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
  const letters = splitSpaces(sortVisually(runs.flatMap(listLetters)), size)
  const rtl = letters.filter((letter) => RTL.test(letter)).length
  const ltr = letters.filter((letter) => LTR.test(letter)).length - rtl
  const ordered =
    rtl >= ltr
      ? reverseWhere(letters.toReversed().map(mirror), isLeftToRight, isRightToLeft)
      : reverseWhere(letters, isRightToLeft, isLatin)
  return fold(pairBrackets(ordered).join(''))
}

const BRACKETS = ['()', '[]', '{}', '«»']

/**
 * Turns around pairs that stand with their backs to each other: whether pdfium has mirrored a bracket depends on
 * what stands beside it in the file.
 */
function pairBrackets(letters: string[]): string[] {
  for (const [open, close] of BRACKETS) {
    const places = letters.flatMap((letter, at) => (letter === open || letter === close ? [at] : []))
    for (let at = 0; at + 1 < places.length; at += 2) {
      const [first = 0, second = 0] = places.slice(at)
      if (letters[first] === close && letters[second] === open) {
        letters.splice(first, 1, mirror(letters[first] ?? ''))
        letters.splice(second, 1, mirror(letters[second] ?? ''))
      }
    }
  }
  return letters
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

interface Letter {
  text: string
  x0: number
  x1: number
  /** A space stands to the right of it, however narrow its gap. */
  isSpacedAfter: boolean
}

/**
 * The characters of a run as they are seen: brackets as they are drawn, and spaces on the side they stand on. A run
 * of another script has no glyphs of its own: its letters are taken to be equally wide.
 */
function listLetters({ glyphs, text, x0, x1, isRightToLeft, isSpaced }: Run): Letter[] {
  if (!glyphs) return spreadLetters(text, x0, x1)
  const letters = glyphs.map((glyph) => ({ ...glyph, text: isRightToLeft ? mirror(glyph.text) : glyph.text }))
  const spaced = new Set<number>()
  letters.forEach((letter, at) => {
    if (at === 0 ? !isSpaced : !letter.isSpaced) return
    // What comes before in the file stands to the right, of a number to the right of its last digit.
    spaced.add(isRightToLeft ? findNumberEnd(letters, at) : at - 1)
  })
  const placed = isRightToLeft ? placeLigatures(letters) : letters
  return placed.map((letter, at) => ({ ...letter, isSpacedAfter: spaced.has(at) }))
}

/** Of one glyph for several letters, such as lam with alef, pdfium gives all but the first no width: they go on to its left. */
function placeLigatures(letters: Glyph[]): Glyph[] {
  const placed: Glyph[] = []
  for (const letter of letters) {
    const last = placed.at(-1)
    const isPart = last && letter.x1 - letter.x0 < 0.01 && Math.abs(letter.x0 - last.x0) < 0.01
    const isMoved = isPart && !MARK.test(letter.text) && letter.text.trim() !== ''
    placed.push(isMoved ? { ...letter, x0: last.x0, x1: last.x1 - 0.002 } : letter)
  }
  return placed
}

function spreadLetters(text: string, x0: number, x1: number): Letter[] {
  const letters = [...text]
  const width = (x1 - x0) / letters.length
  return letters.map((letter, at) => ({
    text: letter,
    x0: x0 + width * at,
    x1: x0 + width * (at + 1),
    isSpacedAfter: false,
  }))
}

function findNumberEnd(letters: Glyph[], start: number): number {
  let end = start
  for (let next = letters[end + 1]; next && DIGIT.test(letters[end]?.text ?? ''); next = letters[end + 1]) {
    if (!DIGIT.test(next.text) || next.x0 < (letters[end]?.x0 ?? 0)) break
    end += 1
  }
  return end
}

/** By place, with each mark right of nothing but its letter: once turned, it follows the letter. */
function sortVisually(glyphs: Letter[]): Letter[] {
  const bases = glyphs.filter(({ text }) => !MARK.test(text))
  const center = ({ x0, x1 }: Letter): number => (x0 + x1) / 2
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

/** A gap wider than this many font sizes is a space. */
const SPACE_GAP = 0.15

function splitSpaces(glyphs: Letter[], size: number): string[] {
  const letters: string[] = []
  glyphs.forEach((glyph, index) => {
    const previous = glyphs[index - 1]
    if (previous && (previous.isSpacedAfter || glyph.x0 - previous.x1 > size * SPACE_GAP)) letters.push(' ')
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
