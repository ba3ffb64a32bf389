import { remembered } from '../words/remembered.ts'
import { STOPWORDS } from '../words/stopwords.ts'
import { foldText } from '../words/terms.ts'
import { tokenize } from '../words/tokens.ts'

/** What two texts are held against each other by. */
export interface Sketch {
  /** Words of meaning in reading order, cut to {@link STEM_CHARACTERS}. */
  words: readonly string[]
  /** The same, each once, numbers left out. */
  vocabulary: ReadonlySet<string>
  /**
   * Of every three words in a row, function words with them, the least hashes, rising: two texts share as large a
   * part of these as of all.
   */
  prints: Uint32Array
  /** The figures in it, in order: what says otherwise in a text that else is the same. */
  figures: string
}

/** Enough of a word to tell it from others, little enough to drop most endings; in any language, without a stemmer. */
const STEM_CHARACTERS = 5

/** Passages kept as sketches, about 6 KB each: those that answer one question answer the next one, too. */
const REMEMBERED = 2_500

const SHINGLE_WORDS = 3

/** Hashes kept of a text: enough to tell nine tenths from half. */
const PRINTS = 64
const IS_NUMBER = /^\p{N}+$/u
const HAS_NUMBER = /\p{N}/u

/** Sketches a passage's text. The latest are kept, and must not be changed. */
export const sketch: (text: string) => Sketch = remembered(readSketch, REMEMBERED)

function readSketch(text: string): Sketch {
  const tokens = tokenize(text)
  const words = wordsOfMeaning(tokens)
  return {
    words,
    vocabulary: new Set(words.filter((word) => !IS_NUMBER.test(word))),
    prints: printsOf(tokens),
    figures: tokens.filter((token) => HAS_NUMBER.test(token)).join(' '),
  }
}

function printsOf(tokens: readonly string[]): Uint32Array {
  const prints = new Set<number>()
  for (let at = 0; at === 0 || at + SHINGLE_WORDS <= tokens.length; at += 1)
    prints.add(hashShingle(tokens, at))
  return Uint32Array.from(prints).sort().slice(0, PRINTS)
}

/**
 * FNV-1a of words in a row with a space between them, its bits mixed once more so that the least of many are a fair
 * sample. The text of a shingle is never made: a passage has hundreds of them.
 */
function hashShingle(tokens: readonly string[], from: number): number {
  const end = Math.min(from + SHINGLE_WORDS, tokens.length)
  let state = 0x811c9dc5
  for (let word = from; word < end; word += 1) {
    if (word > from) state = Math.imul(state ^ SPACE, FNV_PRIME)
    const token = tokens[word] ?? ''
    for (let at = 0; at < token.length; at += 1) state = Math.imul(state ^ token.charCodeAt(at), FNV_PRIME)
  }
  return Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) >>> 0
}

const SPACE = 0x20
const FNV_PRIME = 0x01000193

/** The words that say what a text is about, as {@link Sketch.words} has them. */
export function wordsOfMeaning(tokens: readonly string[]): string[] {
  return tokens
    .filter((token) => !STOPWORDS.has(foldText(token)))
    .map((token) => token.slice(0, STEM_CHARACTERS))
}

/** The share of what both say in what either says, 0 to 1; told from {@link PRINTS} hashes, so within about .1. */
export function likenessOf({ prints: a }: Sketch, { prints: b }: Sketch): number {
  let [atA, atB, seen, shared] = [0, 0, 0, 0]
  const size = Math.min(PRINTS, Math.max(a.length, b.length))
  for (; seen < size && (atA < a.length || atB < b.length); seen += 1) {
    const nextA = a[atA] ?? Infinity
    const nextB = b[atB] ?? Infinity
    if (nextA === nextB) shared += 1
    if (nextA <= nextB) atA += 1
    if (nextB <= nextA) atB += 1
  }
  return seen === 0 ? 0 : shared / seen
}

/** The share of the smaller that the larger holds, 0 to 1. */
export function containmentOf(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const [small, large] = a.size <= b.size ? [a, b] : [b, a]
  let shared = 0
  for (const entry of small) if (large.has(entry)) shared += 1
  return small.size === 0 ? 0 : shared / small.size
}
