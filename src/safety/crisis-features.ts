import { type ConceptAt, conceptsOf } from './crisis-concepts.ts'

/** What a stretch of words holds, as buckets of a table of weights and how much of each. */
export interface Features {
  buckets: number[]
  values: number[]
}

/** What each family of features weighs as a whole, however many there are: the meanings weigh most. */
const SHARE = { meaning: 2, word: 1, piece: 1 }

const DANGERS = ['body', 'despair', 'violence']
/** From here on, more of them say no more. */
const MANY_MEANINGS = 3

/** Meanings that stand this near, in words, are a pair in their order; this near, a pair in any order. */
const ORDERED_WORDS = 5
const TOGETHER_WORDS = 14

const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u
/** What is looked at of one word: no word is longer, and what is, is none. */
const WORD_CHARS = 40

/**
 * Three families: meanings (`conceptsOf`) and their pairs, which languages share; words and pairs of near words;
 * and pieces of words, for what is bent, misspelt or written without spaces.
 *
 * @param buckets a power of two.
 */
export function featuresOf(words: string[], buckets: number): Features {
  const meanings = new Set<number>()
  const whole = new Set<number>()
  const pieces = new Set<number>()
  const addTo = (family: Set<number>) => (feature: string) => family.add(hash(feature) & (buckets - 1))
  addMeanings(words, addTo(meanings))
  for (const [at, word] of words.entries()) {
    const known = word.slice(0, WORD_CHARS)
    if (UNSPACED.test(known)) {
      addPieces(known, [1, 2, 3, 4], addTo(pieces))
      continue
    }
    addWord(known, words.slice(at + 1, at + 4), addTo(whole))
    addPieces(`<${known}>`, [3, 4, 5], addTo(pieces))
  }
  return join([
    [meanings, SHARE.meaning],
    [whole, SHARE.word],
    [pieces, SHARE.piece],
  ])
}

function addMeanings(words: string[], add: (feature: string) => void): void {
  const found = conceptsOf(words)
  addThemes(found, add)
  for (const [index, { concept, at }] of found.entries()) {
    add(`c ${concept}`)
    for (let next = index + 1; next < found.length; next++) {
      const other = found[next]
      if (!other || other.at - at > TOGETHER_WORDS) break
      const pair = concept < other.concept ? `${concept} ${other.concept}` : `${other.concept} ${concept}`
      add(`u ${pair}`)
      if (other.at - at <= ORDERED_WORDS) add(`o ${concept} ${other.concept}`)
      const third = next === index + 1 ? found[next + 1] : undefined
      if (third && third.at - at <= TOGETHER_WORDS) add(`t ${concept} ${other.concept} ${third.concept}`)
    }
  }
}

/** How many different dangers are named, and how much that calms: none of the first is the mark of ordinary talk. */
function addThemes(found: ConceptAt[], add: (feature: string) => void): void {
  const count = (themes: string[]) =>
    Math.min(
      MANY_MEANINGS,
      new Set(found.filter(({ theme }) => themes.includes(theme)).map((it) => it.concept)).size,
    )
  const [dangers, calm] = [count(DANGERS), count(['calm'])]
  add(`d ${dangers}`)
  add(`k ${calm}`)
  add(`dk ${dangers} ${calm}`)
  for (const theme of DANGERS) add(`d ${theme} ${count([theme])}`)
}

function addWord(word: string, after: string[], add: (feature: string) => void): void {
  add(`w ${word}`)
  for (const [distance, other] of after.entries()) add(`${distance === 0 ? 'n' : 's'} ${word} ${other}`)
}

function addPieces(word: string, sizes: number[], add: (feature: string) => void): void {
  const letters = [...word]
  for (const size of sizes) {
    for (let at = 0; at + size <= letters.length; at++) add(`p ${letters.slice(at, at + size).join('')}`)
  }
}

function join(families: [family: Set<number>, share: number][]): Features {
  const features: Features = { buckets: [], values: [] }
  for (const [family, share] of families) {
    const value = share / Math.sqrt(Math.max(4, family.size))
    for (const bucket of family) {
      features.buckets.push(bucket)
      features.values.push(value)
    }
  }
  return features
}

/** FNV-1a over UTF-16 units, finished so that the low bits are as good as the high ones. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193)
  value ^= value >>> 15
  return Math.imul(value, 0x2c1b3c6d) >>> 0
}
