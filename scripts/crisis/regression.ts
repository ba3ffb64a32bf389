import type { Features } from '../../src/safety/crisis-features.ts'
import type { Random } from '../../src/testing/random.ts'

/** A logistic regression as it was learned, before its weights are rounded. */
export interface Regression {
  bias: number
  weights: Float64Array
}

export interface Judged {
  features: Features
  isCrisis: boolean
}

const EPOCHS = 12
const RATE = 0.3
const DECAY = 5e-4

/** By AdaGrad; the order of examples is the given source's, so that the same examples give the same weights. */
export function learn(examples: Judged[], buckets: number, random: Random): Regression {
  const weights = new Float64Array(buckets)
  const squares = new Float64Array(buckets).fill(1e-6)
  let bias = 0
  let biasSquares = 1e-6
  const learnOne = ({ features, isCrisis }: Judged) => {
    const error = surenessOf(features, { bias, weights }) - Number(isCrisis)
    for (const [index, bucket] of features.buckets.entries()) {
      const gradient = error * (features.values[index] ?? 0) + DECAY * (weights[bucket] ?? 0)
      squares[bucket] = (squares[bucket] ?? 0) + gradient ** 2
      weights[bucket] = (weights[bucket] ?? 0) - (RATE * gradient) / Math.sqrt(squares[bucket] ?? 1)
    }
    biasSquares += error ** 2
    bias -= (RATE * error) / Math.sqrt(biasSquares)
  }
  for (let epoch = 0; epoch < EPOCHS; epoch++) shuffle(examples, random).forEach(learnOne)
  return { bias, weights }
}

/** From 0 to 1. */
export function surenessOf({ buckets, values }: Features, { bias, weights }: Regression): number {
  let sum = bias
  for (const [index, bucket] of buckets.entries()) sum += (weights[bucket] ?? 0) * (values[index] ?? 0)
  return 1 / (1 + Math.exp(-sum))
}

function shuffle<T>(items: T[], random: Random): T[] {
  return items
    .map((item) => ({ item, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item)
}
