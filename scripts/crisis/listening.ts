import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { findCrisis } from '../../src/safety/crisis.ts'
import { createRandom } from '../../src/testing/random.ts'
import { SHARED_DIR } from '../../src/testing/vendor-spec.ts'
import { traceQuestions } from '../stage/question-trace.ts'
import { type Labelled, readLabelled, readLines } from './examples.ts'
import { percent } from './shares.ts'

const FOLDER = fileURLToPath(new URL('../../prompts/crisis/', import.meta.url))
const HELD_OUT = ['held-out', 'held-out-second', 'held-out-third']
/** Sets of the evaluation data whose questions are ordinary. */
const ORDINARY = [
  'coachpack/questions',
  'medquad/queries',
  'scifact/queries',
  ...['ar', 'de', 'en', 'es', 'hi', 'ru', 'th', 'tr', 'zh'].map((lang) => `xquad/${lang}/queries`),
]
/** People who seek counsel: some of them are in danger, so that what is heard here is no mistake as such. */
const COUNSELLING = 'counselchat/queries'
const REFUSED = 'adversarial/over-refusal'
/** The made-up day of `bench cache`. */
const DAY = { questions: 10_000, seed: 20_261_121 }

const Row = z.object({ text: z.string(), label: z.string().optional() })

/** Prints what is heard of messages nothing was learned from: of the held-out sets, and of ordinary questions. */
export function printListening(): void {
  for (const name of HELD_OUT) printHeldOut(name, readLabelled(`${FOLDER}${name}.jsonl`))
  const day = traceQuestions(DAY.questions, createRandom(DAY.seed)).map(({ text }) => text)
  printShare(`a made-up day`, day)
  if (!existsSync(SHARED_DIR)) return
  printShare('ordinary questions of the evaluation sets', ORDINARY.flatMap(readTexts))
  printShare('questions to counsellors', readTexts(COUNSELLING))
  printShare('questions refused too easily, harmless half', readTexts(REFUSED))
}

function printHeldOut(name: string, rows: Labelled[]): void {
  for (const label of ['crisis', 'none']) {
    const those = rows.filter((row) => row.label === label)
    const languages = [...new Set(those.map(({ lang }) => lang))].sort()
    const kinds = [...new Set(those.map(({ kind }) => kind))].sort()
    const print = (what: string, isWanted: (row: Labelled) => boolean) =>
      printShare(
        `${name} ${label}${what}`,
        those.filter(isWanted).map(({ text }) => text),
      )
    print('', () => true)
    print(' but English', ({ lang }) => lang !== 'en')
    for (const lang of languages) print(` ${lang}`, (row) => row.lang === lang)
    for (const kind of kinds) print(` "${kind}"`, (row) => row.kind === kind)
  }
}

/** The texts of a set, without those that are marked as harmful or as a danger. */
function readTexts(name: string): string[] {
  return readLines(`${SHARED_DIR}/eval/${name}.jsonl`, Row)
    .filter(({ label }) => name !== REFUSED || label === 'safe')
    .map(({ text }) => text)
}

function printShare(name: string, texts: string[]): void {
  const startedMs = performance.now()
  const heard = texts.filter((text) => findCrisis(text)).length
  const eachMs = (performance.now() - startedMs) / Math.max(1, texts.length)
  console.log(
    `${name}: ${heard} of ${texts.length} raise the alarm, ${percent(heard, texts.length)} (${eachMs.toFixed(2)} ms each)`,
  )
}
