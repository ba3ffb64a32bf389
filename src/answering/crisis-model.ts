import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Made by `node scripts/train-crisis.ts`; see prompts/crisis/README.md. */
const FILE = fileURLToPath(new URL('../../prompts/crisis/model.json', import.meta.url))

/** Weights of a logistic regression over hashed features. */
export interface CrisisModel {
  bias: number
  /** A feature's weight is its byte, from -127 to 127, times this. */
  scale: number
  /** As many as there are buckets, a power of two. */
  weights: Int8Array
}

/** Longest stretch of words that is judged at once; a longer message is judged in stretches. */
const WINDOW_WORDS = 40
const WORD = /[\p{L}\p{M}\p{N}]+/gu
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u

let held: CrisisModel | undefined

/** How surely the folded text tells of a danger, from 0 to 1: that of its worst stretch. */
export function rateDanger(folded: string): number {
  const model = held ?? readModel()
  held = model
  return Math.max(0, ...stretchesOf(folded).map((words) => rate(words, model)))
}

function readModel(): CrisisModel {
  const { bias, scale, weights } = JSON.parse(readFileSync(FILE, 'utf8'))
  return { bias, scale, weights: new Int8Array(Buffer.from(weights, 'base64')) }
}

function rate(words: string[], { bias, scale, weights }: CrisisModel): number {
  const features = featuresOf(words, weights.length)
  let sum = 0
  for (const at of features) sum += weights[at] ?? 0
  return 1 / (1 + Math.exp(-(bias + (sum * scale) / Math.sqrt(Math.max(1, features.size)))))
}

/** The message as a whole where it is short; else its sentences, two by two, so that none hides among others. */
export function stretchesOf(folded: string): string[][] {
  const sentences = folded
    .split(/[.!?。！？…\n]+/u)
    .map((sentence) => sentence.match(WORD) ?? [])
    .filter((words) => words.length > 0)
  const whole = sentences.flat()
  const parts = sentences.map((words, at) => [...words, ...(sentences[at + 1] ?? [])])
  return (sentences.length > 2 ? [whole, ...parts] : [whole]).flatMap(cut)
}

function cut(words: string[]): string[][] {
  if (words.length <= WINDOW_WORDS) return [words]
  const step = WINDOW_WORDS / 2
  return Array.from({ length: Math.ceil(words.length / step) - 1 }, (_, at) =>
    words.slice(at * step, at * step + WINDOW_WORDS),
  )
}

/** Buckets of what a stretch of words holds: words, pairs of near words, and pieces of words. */
export function featuresOf(words: string[], buckets: number): Set<number> {
  const features = new Set<number>()
  const add = (feature: string) => features.add(hash(feature) & (buckets - 1))
  for (const [at, word] of words.entries()) {
    if (UNSPACED.test(word)) {
      addPieces(word, [1, 2, 3, 4], add)
      continue
    }
    add(`w ${word}`)
    for (let near = 1; near <= 3; near++) {
      const other = words[at + near]
      if (other !== undefined) add(`${near === 1 ? 'n' : 's'} ${word} ${other}`)
    }
    if (word.length > 3) addPieces(`<${word}>`, [4, 5], add)
  }
  return features
}

function addPieces(word: string, sizes: number[], add: (piece: string) => void): void {
  const letters = [...word]
  for (const size of sizes) {
    for (let at = 0; at + size <= letters.length; at++) add(`p ${letters.slice(at, at + size).join('')}`)
  }
}

/** FNV-1a over UTF-16 units, finished so that the low bits are as good as the high ones. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193)
  value ^= value >>> 15
  return Math.imul(value, 0x2c1b3c6d) >>> 0
}
