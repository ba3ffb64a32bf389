/**
 * `node scripts/run.ts train-answerable [DIR...] [--unlearned NAME]`: fits the weights of `src/answering/quoting/rate-passages.ts`
 * and of `src/answering/evidence/answerable.ts` on the packs of `scripts/answerable/packs`, those of `bots`, and the sets given,
 * and prints them. Each set is judged by what the others taught; `--unlearned` names one that never teaches. What rates
 * the passages is one of the gate's signs: put in the first weights and run it again for the second.
 * What is in `scripts/answerable/kept-back` taught nothing and is to teach nothing: `npm run eval` judges by it.
 */
import { readdir } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ANSWERABLE_FROM, SIGNS } from '../src/answering/evidence/answerable.ts'
import { PASSAGE_SIGNS } from '../src/answering/quoting/rate-passages.ts'
import type { Installation } from '../src/installation.ts'
import { type Case, collectCases } from './answerable/cases.ts'
import { type ObservedCase, observe } from './answerable/observations.ts'
import { dot, type Fitted, fitChoices, fitOdds } from './answerable/regression.ts'
import { openCommand, readOption, readWords } from './command.ts'
import { exists, readCorpusAnswers, readDocumentAnswers, readPackAnswers } from './eval/answer-questions.ts'

const OURS = ['./answerable/packs/', '../bots/'].map((path) => fileURLToPath(new URL(path, import.meta.url)))

const args = process.argv.slice(2)
const unlearned = readOption(args, 'unlearned')
const given = readWords(args).map((dir) => resolve(dir))

await openCommand(async (installation) => {
  const cases: Case[] = []
  for (const dir of await findSets([...OURS, ...given])) {
    const set = await readSet(dir, installation)
    if (set) cases.push(...(await collectCases(installation, dir, set)))
    console.error(`read ${dir}`)
  }
  const observed = observe(cases)
  const learned = observed.filter(({ set }) => set !== unlearned)
  const rating = fitChoices(learned.flatMap(({ choice }) => choice ?? []))
  console.log('how much speaks for a passage', name(PASSAGE_SIGNS, rating))
  const gate = fitGate(learned)
  console.log('how much speaks for an answer', { ...name(SIGNS, gate.weights), bias: round(gate.bias) })
  const sets = [...new Set(observed.map(({ set }) => set))]
  console.table(
    Object.fromEntries(
      sets.map((set) => {
        const own = observed.filter((one) => one.set === set)
        const others = learned.filter((one) => one.set !== set)
        return [
          set,
          {
            ...judge(own, gate),
            ...Object.fromEntries(
              Object.entries(judge(own, fitGate(others))).map(([key, share]) => [`left out: ${key}`, share]),
            ),
            'right one first': shareOf(
              own.flatMap(({ choice }) => choice ?? []),
              ({ options, isRight }) => {
                const ratings = options.map((option) => dot(option, rating))
                return isRight[ratings.indexOf(Math.max(...ratings))] ?? false
              },
            ),
          },
        ]
      }),
    ),
  )
})

function fitGate(cases: readonly ObservedCase[]): Fitted {
  return fitOdds(cases.filter(({ isRefused }) => !isRefused))
}

function judge(cases: readonly ObservedCase[], { weights, bias }: Fitted) {
  const isAnswered = ({ isRefused, signs }: ObservedCase) =>
    !isRefused && 1 / (1 + Math.exp(-dot(signs, weights) - bias)) >= ANSWERABLE_FROM
  const others = cases.filter(({ isAnswerable }) => !isAnswerable)
  const isWithout = ({ type }: ObservedCase) => type.startsWith('without')
  return {
    answered: shareOf(
      cases.filter(({ isAnswerable }) => isAnswerable),
      isAnswered,
    ),
    refused: shareOf(
      others.filter((one) => !isWithout(one)),
      (one) => !isAnswered(one),
    ),
    'refused without its document': shareOf(others.filter(isWithout), (one) => !isAnswered(one)),
  }
}

async function readSet(dir: string, installation: Installation) {
  if (await exists(join(dir, 'corpus.jsonl'))) return readCorpusAnswers(dir)
  if (await exists(join(dir, 'questions.jsonl'))) return readDocumentAnswers(dir, installation)
  return readPackAnswers(dir, installation)
}

/** Each folder itself, or those in it that hold a set. */
async function findSets(roots: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (const root of roots) {
    const entries = await readdir(root, { withFileTypes: true })
    const inner = entries.filter((entry) => entry.isDirectory()).map((entry) => join(root, entry.name))
    for (const dir of [root, ...inner]) if (await isSet(dir)) found.push(dir)
  }
  return [...new Set(found)].sort((a, b) => basename(a).localeCompare(basename(b)))
}

async function isSet(dir: string): Promise<boolean> {
  for (const file of ['corpus.jsonl', 'questions.jsonl', 'questions.yaml'])
    if (await exists(join(dir, file))) return true
  return false
}

function shareOf<T>(all: readonly T[], holds: (one: T) => boolean): number | undefined {
  return all.length === 0 ? undefined : round(all.filter(holds).length / all.length, 3)
}

function name(signs: readonly string[], weights: readonly number[]): Record<string, number> {
  return Object.fromEntries(signs.map((sign, at) => [sign, round(weights[at] ?? 0)]))
}

function round(value: number, digits = 2): number {
  return Number(value.toFixed(digits))
}
