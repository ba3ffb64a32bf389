import { readFileSync } from 'node:fs'
import { baseForms } from './english-forms.ts'

/**
 * What one English word says beside another: `broader` where the first is a general word for the second, `another`
 * where both are of one kind whose members exclude each other, `near` where nobody can tell, `unlike` where the two
 * have nothing in common.
 */
export type Relation = 'same' | 'opposite' | 'broader' | 'another' | 'near' | 'unlike'

const TABLE = new URL('english.tsv', import.meta.url)

/** Steps from a word to a general one for it: "spaniel", "dog", "canine" ... "animal". */
const BROADER_STEPS = 12
/** Steps within which two words may mean nearly the same. */
const NEAR_STEPS = 2
/** Steps within which two words are of one kind: "violin" and "piano" are instruments. */
const KIND_STEPS = 3

interface Sense {
  line: number
  /** The word usually means something else. */
  isRare: boolean
}

interface Table {
  lines: readonly string[]
  senses: ReadonlyMap<string, readonly Sense[]>
}

let table: Table | undefined

/** Read when it is first asked for: many installations never see an English claim. */
function readTable(): Table {
  const lines = readFileSync(TABLE, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  const senses = new Map<string, Sense[]>()
  for (const [at, line] of lines.entries()) {
    for (const written of (line.split('\t', 2)[1] ?? '').split(' ')) {
      const isRare = written.endsWith('~')
      const word = isRare ? written.slice(0, -1) : written
      const known = senses.get(word)
      if (known) known.push({ line: at, isRare })
      else senses.set(word, [{ line: at, isRare }])
    }
  }
  return { lines, senses }
}

/** How two folded words go together; `undefined` where nothing is known of them. Inflected forms are understood. */
export function relationOf(one: string, other: string): Relation | undefined {
  const [a, b] = [readWord(one), readWord(other)]
  if (!a || !b) return undefined
  if (!a.opposites.isDisjointFrom(b.usual) || !b.opposites.isDisjointFrom(a.usual)) return 'opposite'
  if (b.own.some((line) => a.usual.has(line)) || a.own.some((line) => b.usual.has(line))) return 'same'
  if (a.own.some((line) => b.above.has(line))) return 'broader'
  if (b.own.some((line) => a.above.has(line))) return 'near'
  if (!a.kinds.isDisjointFrom(b.kinds)) return 'another'
  // Adverbs are of no kind: what they share is not told.
  return (a.isAdverb && b.isAdverb) || !a.around.isDisjointFrom(b.around) ? 'near' : 'unlike'
}

/** True where the first of two folded words says the same as the second, or more generally: the quick answer alone. */
export function saysNoOther(one: string, other: string): boolean {
  const [a, b] = [readWord(one), readWord(other)]
  if (!a || !b) return false
  const isHeld =
    a.own.some((line) => b.usual.has(line) || b.above.has(line)) || b.own.some((line) => a.usual.has(line))
  return isHeld && relationOf(one, other) !== 'opposite'
}

/** What is known of a word, by lines of the table. */
interface KnownWord {
  own: readonly number[]
  /** Its usual senses. */
  usual: ReadonlySet<number>
  opposites: ReadonlySet<number>
  /** What it is a kind of, by its usual senses. */
  above: ReadonlySet<number>
  isAdverb: boolean
  /** What all its senses are, and are a kind of. */
  around: ReadonlySet<number>
  /** The nearest of these where what is of one kind is not of another. */
  kinds: ReadonlySet<number>
}

/** Words kept as they were read; all of a language's usual ones. Keeping the latest (`remembered`) takes twice as long. */
const REMEMBERED_WORDS = 20_000
const words = new Map<string, KnownWord | undefined>()

function readWord(word: string): KnownWord | undefined {
  if (words.has(word)) return words.get(word)
  if (words.size >= REMEMBERED_WORDS) words.clear()
  const known = lookUp(word)
  words.set(word, known)
  return known
}

function lookUp(word: string): KnownWord | undefined {
  if (!/^[a-z]{2,}$/.test(word)) return undefined
  table ??= readTable()
  const { lines, senses } = table
  const found = baseForms(word).flatMap((form) => senses.get(form) ?? [])
  if (found.length === 0) return undefined
  const all = [...new Set(found.map(({ line }) => line))]
  const usual = found.filter(({ isRare }) => !isRare).map(({ line }) => line)
  const above = (from: readonly number[], steps: number) =>
    from.flatMap((line) => ancestorsOf(lines, line, steps))
  const isConcrete = (line: number) => lines[line]?.startsWith('c') === true
  return {
    own: all,
    usual: new Set(usual),
    opposites: new Set(usual.flatMap((line) => numbersIn(lines, line, OPPOSITES))),
    above: new Set(above(usual, BROADER_STEPS)),
    isAdverb: all.some((line) => lines[line]?.startsWith('r') === true),
    around: new Set([...all, ...above(all, NEAR_STEPS)]),
    kinds: new Set(above(usual.filter(isConcrete), KIND_STEPS).filter(isConcrete)),
  }
}

const PARENTS = 2
const OPPOSITES = 3

function numbersIn(lines: readonly string[], line: number, column: number): number[] {
  const cell = lines[line]?.split('\t')[column]
  return cell ? cell.split(' ').map((number) => Number.parseInt(number, 36)) : []
}

function ancestorsOf(lines: readonly string[], line: number, steps: number): number[] {
  if (steps === 0) return []
  return numbersIn(lines, line, PARENTS).flatMap((parent) => [
    parent,
    ...ancestorsOf(lines, parent, steps - 1),
  ])
}
