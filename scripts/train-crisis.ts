/**
 * `node scripts/train-crisis.ts`: makes prompts/crisis/model.json from prompts/crisis/examples.jsonl and patterns/.
 * With `--check` it writes nothing, and prints instead how well a model hears what it has not learned from: the
 * examples in five parts, each judged by what the other four taught.
 */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readMessage } from '../src/safety/crisis.ts'
import { featuresOf } from '../src/safety/crisis-features.ts'
import { MODEL_BUCKETS, stretchesOf } from '../src/safety/crisis-model.ts'
import { createRandom } from '../src/testing/random.ts'
import { type Example, readExamples } from './crisis/examples.ts'
import { learn, type Regression, surenessOf } from './crisis/regression.ts'
import { printShares } from './crisis/shares.ts'

const FILE = fileURLToPath(new URL('../prompts/crisis/model.json', import.meta.url))
const PARTS = 5

const random = createRandom(1)
const examples = readExamples(random).map((example) => ({
  ...example,
  // The whole message: which of its sentences tells of the danger is for the regression to find.
  features: featuresOf(stretchesOf(readMessage(example.text))[0] ?? [], MODEL_BUCKETS),
}))
if (process.argv.includes('--check')) printShares(judgeInParts())
else write(learn(examples, MODEL_BUCKETS, random))

/** How sure a model is of each example whose group it has never seen. */
function judgeInParts(): (Example & { sureness: number })[] {
  const groups = [...new Set(examples.map(({ group }) => group))]
  const partOf = new Map(groups.map((group) => [group, Math.floor(random() * PARTS)]))
  return Array.from({ length: PARTS }, (_, part) => {
    const isIn = (example: Example) => partOf.get(example.group) === part
    const learned = learn(
      examples.filter((each) => !isIn(each)),
      MODEL_BUCKETS,
      random,
    )
    return examples.filter(isIn).map((each) => ({ ...each, sureness: surenessOf(each.features, learned) }))
  }).flat()
}

/** Weights as roots, so that a byte tells small ones apart as well as large ones. */
function write({ bias, weights }: Regression): void {
  const largest = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0)
  const scale = Math.sqrt(largest) / 127
  const bytes = Int8Array.from(weights, (weight) =>
    Math.round((Math.sign(weight) * Math.sqrt(Math.abs(weight))) / scale),
  )
  const file = { bias, scale, weights: Buffer.from(bytes.buffer).toString('base64') }
  writeFileSync(FILE, `${JSON.stringify(file, null, 2)}\n`)
  console.log(`${examples.length} examples, ${bytes.filter((byte) => byte !== 0).length} features in use`)
}
