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

const EPOCHS = 10
const RATE = 0.1
const DECAY = 5e-4
/** Share of an example's features that each look at it leaves out, so that no single word is all that tells. */
const HIDDEN = 0.3

/**
 * By AdaGrad. The order of examples and what is hidden of them are the given source's, so that the same examples give
 * the same weights.
 */
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
  for (let epoch = 0; epoch < EPOCHS; epoch++)
    for (const example of shuffle(examples, random)) learnOne(hidePart(example, random))
  return { bias, weights }
}

/** The example without some of its features; those that are left weigh more, so that the sum stays what it is. */
function hidePart({ features, isCrisis }: Judged, random: Random): Judged {
  const left: Features = { buckets: [], values: [] }
  for (const [index, bucket] of features.buckets.entries()) {
    if (random() < HIDDEN) continue
    left.buckets.push(bucket)
    left.values.push((features.values[index] ?? 0) / (1 - HIDDEN))
  }
  return { features: left, isCrisis }
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
