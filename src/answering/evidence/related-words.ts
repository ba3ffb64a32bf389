import { LEXICON, LEXICON_LANGUAGES } from '../../knowledge/words/lexicon.ts'
import { foldText, likeness } from '../../knowledge/words/terms.ts'
import { SYNONYMS } from './synonyms.ts'

/** A line of the lexicon or of the synonyms. */
export type Meaning = number

/** Words of a text and what they may mean. */
export type Meanings = ReadonlyMap<string, readonly Meaning[]>

interface Entry {
  word: string
  language: number
  meanings: Meaning[]
}

/** Words this alike are one word in two forms; a slip of the keys is another one. */
const SAME_WORD = 0.85

/** Longer than an ending, and it is a word of its own. */
const ENDING_CHARACTERS = 4

/** Alike words share as many letters at their beginning; shorter ones are the same or are not. */
const START_CHARACTERS = 3

/** A compound is told by the words it begins and ends with; shorter ones begin and end too much. */
const COMPOUND_PART_CHARACTERS = 5

const ENGLISH = LEXICON_LANGUAGES.indexOf('en')
/** Writes compounds as one word. */
const GERMAN = LEXICON_LANGUAGES.indexOf('de')

interface Dictionary {
  byStart: Map<string, Entry[]>
  germanByEnd: Map<string, Entry[]>
}

/** Read with the first question: a command that asks none does not wait for it. */
let dictionary: Dictionary | undefined

function readDictionary(): Dictionary {
  if (dictionary) return dictionary
  const entries = readEntries()
  const german = entries.filter(({ language }) => language === GERMAN)
  dictionary = {
    byStart: Map.groupBy(entries, ({ word }) => word.slice(0, START_CHARACTERS)),
    germanByEnd: Map.groupBy(german, ({ word }) => word.slice(-START_CHARACTERS)),
  }
  return dictionary
}

function readEntries(): Entry[] {
  const synonyms = SYNONYMS.trim().split('\n').flatMap(readLine)
  const entries = new Map<string, Entry>()
  const add = (language: number, word: string, meaning: Meaning) => {
    const entry = entries.get(`${language} ${word}`) ?? { word, language, meanings: [] }
    entry.meanings.push(meaning)
    entries.set(`${language} ${word}`, entry)
  }
  for (const [meaning, words] of synonyms.entries()) for (const word of words) add(ENGLISH, word, meaning)
  for (const [at, line] of LEXICON.trim().split('\n').entries()) {
    const columns = line.split('|').map((column) => column.split('/').map(foldText))
    // A translation means what the synonyms of the English word mean as well.
    const wider = synonyms.flatMap(([first = ''], meaning) =>
      columns[ENGLISH]?.includes(first) ? [meaning] : [],
    )
    for (const [language, words] of columns.entries()) {
      const meanings = [synonyms.length + at, ...(language === ENGLISH ? [] : wider)]
      for (const word of words) for (const meaning of meanings) add(language, word, meaning)
    }
  }
  return [...entries.values()]
}

/** The words before the colon, and once again with each of those behind it. */
function readLine(line: string): string[][] {
  const [same = [], kinds = []] = line.split(' : ').map((words) => words.split(' '))
  return [same, ...kinds.map((kind) => [...same, kind])]
}

/**
 * What the words of a text may mean, in the language that knows most of them: by a small lexicon of what coaches are
 * asked about and synonyms for English. Two texts that share a meaning may speak of the same in other words, or in
 * another language.
 *
 * @param words folded, as {@link foldText} does.
 */
export function readMeanings(words: Iterable<string>): Meanings {
  const known = LEXICON_LANGUAGES.map(() => new Map<string, Meaning[]>())
  for (const word of new Set(words)) {
    for (const { language, meanings } of findEntries(word)) {
      const meant = known[language]?.get(word)
      if (meant) meant.push(...meanings)
      else known[language]?.set(word, [...meanings])
    }
  }
  return known.reduce((most, one) => (one.size > most.size ? one : most))
}

function findEntries(word: string): Entry[] {
  const near = (readDictionary().byStart.get(word.slice(0, START_CHARACTERS)) ?? []).filter(
    (entry) =>
      Math.abs(entry.word.length - word.length) <= ENDING_CHARACTERS &&
      likeness(word, entry.word) >= SAME_WORD,
  )
  const same = new Set(near.filter((entry) => entry.word === word).map(({ language }) => language))
  const found = near.filter((entry) => entry.word === word || !same.has(entry.language))
  const isInGerman = found.some(({ language }) => language === GERMAN)
  return isInGerman || word.length <= 2 * COMPOUND_PART_CHARACTERS ? found : [...found, ...findParts(word)]
}

/** "Einzelgespräch" is "einzel" and "gespräch". */
function findParts(word: string): Entry[] {
  const isPart = (entry: Entry) => entry.word.length >= COMPOUND_PART_CHARACTERS
  const { byStart, germanByEnd } = readDictionary()
  const first = byStart.get(word.slice(0, START_CHARACTERS)) ?? []
  const last = germanByEnd.get(word.slice(-START_CHARACTERS)) ?? []
  return [
    ...first.filter((entry) => entry.language === GERMAN && isPart(entry) && word.startsWith(entry.word)),
    ...last.filter((entry) => isPart(entry) && word.endsWith(entry.word)),
  ]
}
