/**
 * `node scripts/train-crisis.ts`: makes prompts/crisis/model.json from prompts/crisis/examples.jsonl and patterns/.
 * With `--check` it writes nothing, and prints instead how well a model hears what it has not learned from: the
 * examples in five parts, each judged by what the other four taught. With `--held-out` it prints what the model that
 * stands there hears of the held-out sets, and of ordinary questions.
 */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync } from 'node:zlib'
import { findCrisis, readMessage } from '../src/safety/crisis.ts'
import { featuresOf } from '../src/safety/crisis-features.ts'
import { MODEL_BUCKETS, rateDanger, stretchesOf } from '../src/safety/crisis-model.ts'
import { createRandom, type Random } from '../src/testing/random.ts'
import { type Example, readExamples } from './crisis/examples.ts'
import { printListening } from './crisis/listening.ts'
import { type Judged, learn, type Regression } from './crisis/regression.ts'
import { printShares, type Rated } from './crisis/shares.ts'

const FILE = fileURLToPath(new URL('../prompts/crisis/model.json', import.meta.url))
const PARTS = 5
/** How finely the root of a weight is kept, either side of nothing: finer, and the file grows while no figure does. */
const LEVELS = 31

if (process.argv.includes('--held-out')) printListening()
else if (process.argv.includes('--check')) printShares(judgeInParts(createRandom(1)))
else write(createRandom(1))

/** How sure a model is of each example whose group it has never seen, and what the whole makes of it. */
function judgeInParts(random: Random): Rated[] {
  const examples = readFeatured(random)
  const groups = [...new Set(examples.map(({ group }) => group))]
  const partOf = new Map(groups.map((group) => [group, Math.floor(random() * PARTS)]))
  return Array.from({ length: PARTS }, (_, part) => {
    const isIn = (example: Example) => partOf.get(example.group) === part
    const others = examples.filter((each) => !isIn(each))
    const learned = learn(others, MODEL_BUCKETS, random)
    return examples.filter(isIn).map((each) => ({
      ...each,
      sureness: rateDanger(readMessage(each.text), learned),
      isHeard: findCrisis(each.text, learned) !== undefined,
    }))
  }).flat()
}

function readFeatured(random: Random): (Example & Judged)[] {
  return readExamples(random).map((example) => ({
    ...example,
    // The whole message: which of its sentences tells of the danger is for the regression to find.
    features: featuresOf(stretchesOf(readMessage(example.text))[0] ?? [], MODEL_BUCKETS),
  }))
}

/** Weights as roots, so that a byte tells small ones apart as well as large ones. */
function write(random: Random): void {
  const examples = readFeatured(random)
  const { bias, weights }: Regression = learn(examples, MODEL_BUCKETS, random)
  const largest = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0)
  const scale = Math.sqrt(largest) / LEVELS
  const bytes = Int8Array.from(weights, (weight) =>
    Math.round((Math.sign(weight) * Math.sqrt(Math.abs(weight))) / scale),
  )
  const file = { bias, scale, weights: brotliCompressSync(bytes).toString('base64') }
  writeFileSync(FILE, `${JSON.stringify(file, null, 2)}\n`)
  console.log(`${examples.length} examples, ${bytes.filter((byte) => byte !== 0).length} features in use`)
}
