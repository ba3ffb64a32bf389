import { LEXICON, LEXICON_LANGUAGES } from './lexicon.ts'
import { foldText, likeness } from './terms.ts'

/** A word of the lexicon, folded, and the meanings it stands for, by line. */
interface Entry {
  word: string
  language: number
  meanings: number[]
}

/** Words this alike are one word in two forms; a slip of the keys is not translated. */
const SAME_WORD = 0.85

/** Longer than an ending, and it is a word of its own. */
const ENDING_CHARACTERS = 4

/** A compound is told by the words it begins and ends with; shorter ones begin and end too much. */
const COMPOUND_PART_CHARACTERS = 5

const MEANINGS = LEXICON.trim()
  .split('\n')
  .map((line) => line.split('|').map((column) => column.split('/')))

const ENTRIES = readEntries()

function readEntries(): Map<string, Entry[]> {
  const entries = new Map<string, Entry>()
  for (const [meaning, columns] of MEANINGS.entries()) {
    for (const [language, words] of columns.entries()) {
      for (const word of words.map(foldText)) {
        const entry = entries.get(`${language} ${word}`) ?? { word, language, meanings: [] }
        entry.meanings.push(meaning)
        entries.set(`${language} ${word}`, entry)
      }
    }
  }
  return Map.groupBy(entries.values(), ({ word }) => word.charAt(0))
}

/**
 * The words of a base's languages that a question's unknown words may stand for: a small lexicon of what coaches are
 * asked about, for the question in Spanish about material in English where neither a model nor a multilingual
 * embedding is there to help. The question's own language is the one most of its words are known in; into that one
 * nothing is translated.
 *
 * @param question all its words.
 * @param unknown of these, what no passage of the base holds.
 * @param into the base's languages.
 */
export function translateWords(
  question: readonly string[],
  unknown: readonly string[],
  into: readonly string[],
): string[] {
  const targets = into.map(indexOfLanguage).filter((at) => at >= 0)
  const source = guessLanguage(question, targets)
  const others = targets.filter((at) => at !== source)
  if (source === undefined || others.length === 0) return []
  const meanings = new Set(
    unknown
      .flatMap((word) => findEntries(foldText(word)))
      .flatMap((entry) => (entry.language === source ? entry.meanings : [])),
  )
  return [
    ...new Set([...meanings].flatMap((meaning) => others.flatMap((at) => MEANINGS[meaning]?.[at] ?? []))),
  ]
}

function indexOfLanguage(code: string): number {
  return (LEXICON_LANGUAGES as readonly string[]).indexOf(code)
}

/** Of languages that know as many of the words, one of the base's. */
function guessLanguage(words: readonly string[], preferred: readonly number[]): number | undefined {
  const known = new Map<number, number>()
  for (const word of words) {
    for (const language of new Set(findEntries(foldText(word)).map((entry) => entry.language)))
      known.set(language, (known.get(language) ?? 0) + 1)
  }
  const votes = [...known].map(([language, count]) => ({
    language,
    votes: count + (preferred.includes(language) ? 0.5 : 0),
  }))
  return votes.sort((a, b) => b.votes - a.votes)[0]?.language
}

function findEntries(word: string): Entry[] {
  const near = (ENTRIES.get(word.charAt(0)) ?? []).filter(
    (entry) =>
      Math.abs(entry.word.length - word.length) <= ENDING_CHARACTERS &&
      likeness(word, entry.word) >= SAME_WORD,
  )
  const same = near.filter((entry) => entry.word === word)
  if (same.length > 0) return same
  return near.length > 0 ? near : findParts(word)
}

/** "Einzelgespräch" is "einzel" and "gespräch". */
function findParts(word: string): Entry[] {
  return [...ENTRIES.values()]
    .flat()
    .filter(
      (entry) =>
        entry.word.length >= COMPOUND_PART_CHARACTERS &&
        entry.word.length < word.length &&
        (word.startsWith(entry.word) || word.endsWith(entry.word)),
    )
}
