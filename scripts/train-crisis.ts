/** `node scripts/train-crisis.ts`: makes prompts/crisis/model.json from prompts/crisis/examples.jsonl. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { readMessage } from '../src/answering/crisis.ts'
import { featuresOf, stretchesOf } from '../src/answering/crisis-model.ts'
import { createRandom } from '../src/testing/schema-values.ts'

const FOLDER = fileURLToPath(new URL('../prompts/crisis/', import.meta.url))
const BUCKETS = 2 ** 15
const EPOCHS = 30
const RATE = 0.5
const DECAY = 1e-3

const Example = z.object({ label: z.enum(['crisis', 'none']), text: z.string() })

const examples = readFileSync(`${FOLDER}examples.jsonl`, 'utf8')
  .trim()
  .split('\n')
  .map((line) => Example.parse(JSON.parse(line)))
  .map(({ label, text }) => ({
    wanted: label === 'crisis' ? 1 : 0,
    // The whole message: which of its sentences tells of the danger is for the regression to find.
    features: [...featuresOf(stretchesOf(readMessage(text))[0] ?? [], BUCKETS)],
  }))
const { bias, weights } = train()
writeModel()

/** Logistic regression by AdaGrad; the order of examples is seeded, so that the same examples give the same model. */
function train(): { bias: number; weights: Float64Array } {
  const random = createRandom(1)
  const trained = new Float64Array(BUCKETS)
  const squares = new Float64Array(BUCKETS).fill(1e-6)
  let offset = 0
  let offsetSquares = 1e-6
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    for (const { features, wanted } of shuffle(examples, random)) {
      const share = 1 / Math.sqrt(Math.max(1, features.length))
      const sum = features.reduce((total, at) => total + (trained[at] ?? 0), 0)
      const error = 1 / (1 + Math.exp(-(offset + sum * share))) - wanted
      for (const at of features) {
        const gradient = error * share + DECAY * (trained[at] ?? 0)
        squares[at] = (squares[at] ?? 0) + gradient ** 2
        trained[at] = (trained[at] ?? 0) - (RATE * gradient) / Math.sqrt(squares[at] ?? 1)
      }
      offsetSquares += error ** 2
      offset -= (RATE * error) / Math.sqrt(offsetSquares)
    }
  }
  return { bias: offset, weights: trained }
}

function shuffle<T>(items: T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item)
}

function writeModel(): void {
  const largest = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0)
  const scale = largest / 127
  const bytes = Int8Array.from(weights, (weight) => Math.round(weight / scale))
  const file = { bias, scale, weights: Buffer.from(bytes.buffer).toString('base64') }
  writeFileSync(`${FOLDER}model.json`, `${JSON.stringify(file, null, 2)}\n`)
  console.log(`${examples.length} examples, ${bytes.filter((byte) => byte !== 0).length} features in use`)
}
