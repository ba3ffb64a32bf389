import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import { foldText } from '../knowledge/words/terms.ts'

/** What words of many languages have in common. */
interface Meaning {
  concept: string
  /** The file it stands in: what kind of danger, or what calms it. */
  theme: string
}

/** A meaning, and where in the text it stands, in words. */
export interface ConceptAt extends Meaning {
  at: number
}

/** One way of saying it. */
interface Entry extends Meaning {
  /** Its words in order; one that ends in `*` stands for all that begin so. */
  words: string[]
}

interface UnspacedEntry extends Meaning {
  characters: string
}

/** Entries by their first word, and those that know only how it begins, by that. */
interface Lexicon {
  exact: Map<string, Entry[]>
  beginning: Map<string, Entry[]>
  /** Of scripts without spaces, by the first character. */
  unspaced: Map<string, UnspacedEntry[]>
}

const FOLDER = fileURLToPath(new URL('../../prompts/crisis/concepts', import.meta.url))
const File = z.record(z.string().regex(/^[a-z_]+$/), z.record(z.string().regex(/^[a-z]{2}$/), z.string()))

const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u
const HANGUL = /^\p{Script=Hangul}{2,}$/u
/** Written together with the word they belong to: "and", "so", "with", "for", "the". */
const ARABIC_BEFORE = /^(?:[وف]?[بلك]?ال|[وفبلس])(?=\p{L}{2})/u
/** How many characters count as a word where none are separated: a guess good enough for "near". */
const CHARACTERS_A_WORD = 2
/** Numbers from here on are "many", of pills as of drinks. */
const MANY = 10

let held: Lexicon | undefined

/** What is meant by the folded words, in order; where several entries fit, the longest. */
export function conceptsOf(words: string[]): ConceptAt[] {
  held ??= readLexicon()
  const found: ConceptAt[] = []
  let at = 0
  for (let index = 0; index < words.length; ) {
    const word = words[index] ?? ''
    if (UNSPACED.test(word)) {
      at = findUnspaced(word, at, held, found)
      index++
      continue
    }
    const entry = /^\d+$/.test(word) ? numberEntry(word) : longestAt(words, index, held)
    if (entry) found.push({ concept: entry.concept, theme: entry.theme, at })
    index += entry?.words.length ?? 1
    at += entry?.words.length ?? 1
  }
  return found
}

/**
 * Every file of `prompts/crisis/concepts` as one table: what a word means does not hang on the language it is taken for.
 *
 * @throws {AppError} `prompt.invalid` with the file and what is wrong in it.
 */
function readLexicon(): Lexicon {
  const lexicon: Lexicon = { exact: new Map(), beginning: new Map(), unspaced: new Map() }
  for (const name of readdirSync(FOLDER).sort()) {
    const path = join(FOLDER, name)
    const read = File.safeParse(parse(readFileSync(path, 'utf8')))
    if (!read.success)
      throw new AppError('prompt.invalid', { path, wants: z.prettifyError(read.error), cause: read.error })
    for (const [concept, languages] of Object.entries(read.data)) {
      for (const said of Object.values(languages).join(' ').split(/\s+/))
        addEntry(lexicon, { concept, theme: basename(name, '.yaml') }, said)
    }
  }
  return lexicon
}

function addEntry({ exact, beginning, unspaced }: Lexicon, meaning: Meaning, said: string): void {
  const words = said.split('_').filter(Boolean).map(foldText)
  const [first] = words
  if (!first) return
  if (UNSPACED.test(first)) {
    push(unspaced, first.charAt(0), { ...meaning, characters: words.join('') })
    return
  }
  const [begin] = words
  if (begin?.endsWith('*')) push(beginning, begin.slice(0, -1), { ...meaning, words })
  // A particle follows the word in Korean, without a space.
  else if (HANGUL.test(first) && words.length === 1) push(beginning, first, { ...meaning, words })
  else push(exact, first, { ...meaning, words })
}

function push<T>(table: Map<string, T[]>, key: string, value: T): void {
  const list = table.get(key)
  if (list) list.push(value)
  else table.set(key, [value])
}

function longestAt(words: string[], index: number, lexicon: Lexicon): Entry | undefined {
  const word = words[index] ?? ''
  const found = longestOf(word, words, index, lexicon)
  if (found || !ARABIC_BEFORE.test(word)) return found
  return longestOf(word.replace(ARABIC_BEFORE, ''), words, index, lexicon)
}

function longestOf(
  word: string,
  words: string[],
  index: number,
  { exact, beginning }: Lexicon,
): Entry | undefined {
  let best: Entry | undefined
  const consider = (entry: Entry) => {
    const isLonger = entry.words.length > (best?.words.length ?? 0)
    if (isLonger && goesOn(entry.words, words, index)) best = entry
  }
  for (const entry of exact.get(word) ?? []) consider(entry)
  for (let length = word.length; length > 1; length--) {
    for (const entry of beginning.get(word.slice(0, length)) ?? []) consider(entry)
  }
  return best
}

function goesOn(wanted: string[], words: string[], index: number): boolean {
  for (let next = 1; next < wanted.length; next++) {
    const [want = '', word = ''] = [wanted[next], words[index + next]]
    if (want.endsWith('*') ? !word.startsWith(want.slice(0, -1)) : word !== want) return false
  }
  return true
}

function numberEntry(word: string): Entry | undefined {
  const value = Number(word)
  return value >= MANY && value < 1_000 ? { concept: 'many', theme: 'grammar', words: [word] } : undefined
}

function findUnspaced(word: string, start: number, { unspaced }: Lexicon, found: ConceptAt[]): number {
  let index = 0
  while (index < word.length) {
    let best: UnspacedEntry | undefined
    for (const entry of unspaced.get(word.charAt(index)) ?? []) {
      if (
        entry.characters.length > (best?.characters.length ?? 0) &&
        word.startsWith(entry.characters, index)
      )
        best = entry
    }
    if (best) {
      const { concept, theme } = best
      found.push({ concept, theme, at: start + Math.floor(index / CHARACTERS_A_WORD) })
    }
    index += best?.characters.length ?? 1
  }
  return start + Math.ceil(word.length / CHARACTERS_A_WORD)
}
