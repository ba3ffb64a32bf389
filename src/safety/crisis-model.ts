import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { brotliDecompressSync } from 'node:zlib'
import { z } from 'zod'
import { featuresOf } from './crisis-features.ts'

/** Made by `node scripts/train-crisis.ts`; see prompts/crisis/README.md. */
const FILE = fileURLToPath(new URL('../../prompts/crisis/model.json', import.meta.url))
/** `weights`: square roots of them as signed bytes in units of `scale`, compressed with Brotli. */
const File = z.strictObject({ bias: z.number(), scale: z.number(), weights: z.base64() })

/** How many weights there are: a power of two, large enough that few features share one. */
export const MODEL_BUCKETS = 2 ** 19

/** Weights of a logistic regression over hashed features, `MODEL_BUCKETS` of them. */
export interface CrisisModel {
  bias: number
  weights: ArrayLike<number>
}

/** Longest stretch of words that is judged at once; a longer message is judged in stretches. */
const WINDOW_WORDS = 40
/** A sentence of more words is judged clause by clause as well: a danger in one of them would be one word in ten. */
const LONG_SENTENCE_WORDS = 18
/** A clause of fewer words belongs to the next. */
const SHORT_CLAUSE_WORDS = 5
/**
 * What each more stretch adds to the doubt, as a share of its logarithm: they overlap, so that they are fewer than they
 * seem. Set by `scripts/train-crisis.ts --check`.
 */
const DOUBT = 0.6
const WORD = /[\p{L}\p{M}\p{N}]+/gu
const AFTER_SENTENCE = /(?<=[.!?。！？…؟\n])(?![.!?。！？…؟\n])/u
const AFTER_CLAUSE = /(?<=[,;:،؛，；、]| (?:and|but|so|because|since) )/u
const IS_QUESTION = /[?？؟]\s*$/u
/** Stands in a stretch for the end of a question, as a word that nobody writes. */
const QUESTION = '?'

let held: CrisisModel | undefined

/** How surely the folded text tells of a danger, from 0 to 1: that of its worst stretch. */
export function rateDanger(folded: string, model = readModel()): number {
  const stretches = stretchesOf(folded)
  // The more are judged, the likelier one of them sounds bad by chance: each has to say so more clearly.
  const doubt = DOUBT * Math.log(Math.max(1, stretches.length))
  return Math.max(0, ...stretches.map((words) => rate(words, doubt, model)))
}

function readModel(): CrisisModel {
  if (held) return held
  const { bias, scale, weights } = File.parse(JSON.parse(readFileSync(FILE, 'utf8')))
  const roots = new Int8Array(brotliDecompressSync(Buffer.from(weights, 'base64')))
  held = { bias, weights: Float32Array.from(roots, (root) => Math.sign(root) * (root * scale) ** 2) }
  return held
}

function rate(words: string[], doubt: number, { bias, weights }: CrisisModel): number {
  const { buckets, values } = featuresOf(words, MODEL_BUCKETS)
  let sum = bias - doubt
  for (const [index, bucket] of buckets.entries()) sum += (weights[bucket] ?? 0) * (values[index] ?? 0)
  return 1 / (1 + Math.exp(-sum))
}

/**
 * The message as a whole; where it is long, its sentences, two by two, and the clauses of its long sentences, so that
 * none hides among others.
 */
export function stretchesOf(folded: string): string[][] {
  const sentences = folded
    .split(AFTER_SENTENCE)
    .map((text) => ({ text, words: wordsOf(text) }))
    .filter(({ words }) => words.length > 0)
  const whole = sentences.flatMap(({ words }) => words)
  const pairs = sentences.map(({ words }, at) => [...words, ...(sentences[at + 1]?.words ?? [])])
  const parts = sentences.length > 2 ? [whole, ...pairs] : [whole]
  const long = sentences.filter(({ words }) => words.length > LONG_SENTENCE_WORDS)
  return [...parts, ...long.flatMap(({ text }) => clausesOf(text))].flatMap(cut)
}

/** None of a sentence that has but one. */
function clausesOf(sentence: string): string[][] {
  const clauses: string[][] = []
  for (const words of sentence.split(AFTER_CLAUSE).map(wordsOf)) {
    const last = clauses.at(-1)
    if (last && last.length < SHORT_CLAUSE_WORDS) last.push(...words)
    else clauses.push(words)
  }
  return clauses.length > 1 ? clauses : []
}

function wordsOf(sentence: string): string[] {
  const words = sentence.match(WORD) ?? []
  return words.length > 0 && IS_QUESTION.test(sentence) ? [...words, QUESTION] : words
}

function cut(words: string[]): string[][] {
  if (words.length <= WINDOW_WORDS) return [words]
  const step = WINDOW_WORDS / 2
  return Array.from({ length: Math.ceil(words.length / step) - 1 }, (_, at) =>
    words.slice(at * step, at * step + WINDOW_WORDS),
  )
}
