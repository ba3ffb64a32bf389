/** What a falsehood is made from. */
export interface Falsifying {
  sentence: string
  language: string
  /** The whole passage the sentence stands in. */
  passage: string
  /** Words of another passage, for what is foreign to this one. */
  foreign: string
  /** What questions on the passage are answered with, as people marked it. */
  answers: readonly string[]
  random: () => number
}

/** Makes a sentence the passage does not support; `undefined` where it gives no hold for that. */
export type Falsification = (from: Falsifying) => string | undefined

export function pick<T>(among: readonly T[], random: () => number): T | undefined {
  return among[Math.floor(random() * among.length)]
}

/** A word as it stands alone, whatever its case. */
export function wordPattern(word: string): RegExp {
  const isSpaceless = /\p{Script=Han}|\p{Script=Thai}/u.test(word)
  return new RegExp(isSpaceless ? word : String.raw`(?<![\p{L}\p{N}])${word}(?![\p{L}\p{N}])`, 'iu')
}
