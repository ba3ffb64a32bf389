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

/** The lexicon, ready to be asked for a word. */
interface Lexicon {
  /** By line, then by language. */
  meanings: string[][][]
  words: Map<string, Entry[]>
  byInitial: Map<string, Entry[]>
}

let lexicon: Lexicon | undefined

/** Read with the first question that needs it: most commands never do. */
function openLexicon(): Lexicon {
  lexicon ??= readLexicon()
  return lexicon
}

function readLexicon(): Lexicon {
  const meanings = LEXICON.trim()
    .split('\n')
    .map((line) => line.split('|').map((column) => column.split('/')))
  const entries = new Map<string, Entry>()
  for (const [meaning, columns] of meanings.entries()) {
    for (const [language, words] of columns.entries()) {
      for (const word of words.map(foldText)) {
        const entry = entries.get(`${language} ${word}`) ?? { word, language, meanings: [] }
        entry.meanings.push(meaning)
        entries.set(`${language} ${word}`, entry)
      }
    }
  }
  return {
    meanings,
    words: Map.groupBy(entries.values(), ({ word }) => word),
    byInitial: Map.groupBy(entries.values(), ({ word }) => word.charAt(0)),
  }
}

/**
 * The words of a base's languages that a question's unknown words may stand for: a small lexicon of what coaches are
 * asked about, for the question in Spanish about material in English where neither a model nor a multilingual
 * embedding is there to help. The question's own language is the one most of its words are known in; into that one
 * nothing is translated.
 *
 * @param question all its words, each once or more.
 * @param unknown of these, what no passage of the base holds.
 * @param into the base's languages.
 */
export function translateWords(
  question: readonly string[],
  unknown: readonly string[],
  into: readonly string[],
): string[] {
  const targets = into.map(indexOfLanguage).filter((at) => at >= 0)
  if (unknown.length === 0 || targets.length === 0) return []
  const { meanings } = openLexicon()
  const known = new Map(question.map((word) => [word, findEntries(foldText(word))]))
  const source = guessLanguage([...known.values()], targets)
  const others = targets.filter((at) => at !== source)
  if (source === undefined || others.length === 0) return []
  const meant = new Set(
    unknown
      .flatMap((word) => known.get(word) ?? [])
      .flatMap((entry) => (entry.language === source ? entry.meanings : [])),
  )
  return [...new Set([...meant].flatMap((meaning) => others.flatMap((at) => meanings[meaning]?.[at] ?? [])))]
}

function indexOfLanguage(code: string): number {
  return (LEXICON_LANGUAGES as readonly string[]).indexOf(code)
}

/** Of languages that know as many of the words, one of the base's. */
function guessLanguage(
  words: readonly (readonly Entry[])[],
  preferred: readonly number[],
): number | undefined {
  const known = new Map<number, number>()
  for (const entries of words) {
    for (const language of new Set(entries.map((entry) => entry.language)))
      known.set(language, (known.get(language) ?? 0) + 1)
  }
  const votes = [...known].map(([language, count]) => ({
    language,
    votes: count + (preferred.includes(language) ? 0.5 : 0),
  }))
  return votes.sort((a, b) => b.votes - a.votes)[0]?.language
}

function findEntries(word: string): readonly Entry[] {
  const { words, byInitial } = openLexicon()
  const same = words.get(word)
  if (same) return same
  const near = (byInitial.get(word.charAt(0)) ?? []).filter(
    (entry) =>
      Math.abs(entry.word.length - word.length) <= ENDING_CHARACTERS &&
      likeness(word, entry.word) >= SAME_WORD,
  )
  return near.length > 0 ? near : findParts(words, word)
}

/** "Einzelgespräch" is "einzel" and "gespräch". */
function findParts(words: ReadonlyMap<string, readonly Entry[]>, word: string): Entry[] {
  const parts: Entry[] = []
  for (let length = COMPOUND_PART_CHARACTERS; length < word.length; length += 1) {
    const [beginning, ending] = [word.slice(0, length), word.slice(-length)]
    parts.push(...(words.get(beginning) ?? []))
    if (ending !== beginning) parts.push(...(words.get(ending) ?? []))
  }
  return parts
}
