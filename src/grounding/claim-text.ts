import { sentencesOf } from '../knowledge/sentences.ts'
import { likeness, wordsOf } from '../knowledge/terms.ts'
import {
  isNegation,
  numberValues,
  type Opposite,
  oppositesOf,
  spellOut,
  unspacedNegations,
} from './claim-lexicon.ts'

/** A word of a claim or its source, with all that decides whether the two say the same. */
export interface ClaimWord {
  /** Folded. */
  text: string
  /** Place among the words of meaning; what denies or turns stands between two of them. */
  at: number
  sentence: number
  /** Counted from the beginning of the text. */
  clause: number
  isContent: boolean
  isName: boolean
  isNegation: boolean
  /** What a number may be meant as; empty for other words. */
  values: readonly string[]
  opposites: readonly Opposite[]
}

export interface ReadText {
  /** Words of meaning and those that turn one; the others are left out. */
  words: readonly ClaimWord[]
  /** How many there are. */
  sentences: number
  /** Where the words like this one stand. */
  find(word: ClaimWord): readonly ClaimWord[]
}

/** Below this likeness two words are taken as different ones. */
const SAME_WORD = 0.7

/** Where a part of a sentence ends that can be true or false by itself. */
const CLAUSE_END =
  /[,;:()[\]|–—，、；：。]|(?<!\p{L})(?:and|but|or|while|whereas|because|which|und|aber|oder|sondern|weil|y|pero|sino|porque|et|mais|ou|e|ma|mas|en|maar|и|но|а|ve|ama|fakat|और|लेकिन)(?!\p{L})/giu

export function readClaimText(text: string): ReadText {
  const words: ClaimWord[] = []
  const state = { at: 0, sentence: 0, clause: 0 }
  for (const sentence of sentencesOf(text)) {
    readSentence(spellOut(sentence.text).normalize('NFKC'), words, state)
    state.sentence += 1
    state.clause += 1
  }
  return { words, sentences: state.sentence, find: createFinder(words) }
}

function readSentence(
  text: string,
  words: ClaimWord[],
  state: { at: number; sentence: number; clause: number },
): void {
  const ends = Array.from(text.matchAll(CLAUSE_END), ({ index }) => index)
  const denials = unspacedNegations(text)
  const addNegation = () =>
    words.push({
      ...PLAIN,
      text: '',
      at: state.at - 0.5,
      sentence: state.sentence,
      clause: state.clause,
      isNegation: true,
    })
  for (const { term, isName, isFunction, start } of wordsOf(text)) {
    while (ends[0] !== undefined && ends[0] < start) {
      ends.shift()
      state.clause += 1
    }
    while (denials[0] !== undefined && denials[0] <= start) {
      denials.shift()
      addNegation()
    }
    const word = readWord(term, isFunction)
    if (!word) continue
    const at = word.isContent ? state.at : state.at - 0.5
    words.push({
      ...word,
      isName: isName || isSymbol(term),
      at,
      sentence: state.sentence,
      clause: state.clause,
    })
    if (word.isContent) state.at += 1
  }
  for (const _ of denials) addNegation()
}

/** "p53", "B12": like a name it is there or it is not. */
function isSymbol(term: string): boolean {
  return /^\p{L}.*\p{N}/u.test(term)
}

const PLAIN = { isContent: false, isName: false, isNegation: false, values: [], opposites: [] }

/** Without its place; nothing for a function word that turns nothing. */
function readWord(
  text: string,
  isFunction: boolean,
): Omit<ClaimWord, 'at' | 'sentence' | 'clause'> | undefined {
  const denies = isNegation(text)
  const values = numberValues(text)
  const opposites = oppositesOf(text)
  const isContent = (!isFunction || values.length > 0) && !denies
  if (!isContent && !denies && opposites.length === 0) return undefined
  return { text, isContent, isName: false, isNegation: denies, values, opposites }
}

function createFinder(words: readonly ClaimWord[]): ReadText['find'] {
  const byText = new Map<string, ClaimWord[]>()
  const byInitial = new Map<string, string[]>()
  const byValue = new Map<string, ClaimWord[]>()
  const add = <T>(map: Map<string, T[]>, key: string, value: T) => {
    const list = map.get(key)
    if (list) list.push(value)
    else map.set(key, [value])
  }
  for (const word of words) {
    if (!byText.has(word.text)) add(byInitial, word.text.charAt(0), word.text)
    add(byText, word.text, word)
    for (const value of word.values) add(byValue, value, word)
  }
  return ({ text, values }) => (values.length > 0 ? findValues(values) : findLike(text))

  function findValues(values: readonly string[]): ClaimWord[] {
    return [...new Set(values.flatMap((value) => byValue.get(value) ?? []))]
  }

  function findLike(text: string): readonly ClaimWord[] {
    const same = byText.get(text)
    if (same) return same
    const alike = (byInitial.get(text.charAt(0)) ?? []).filter((other) => likeness(text, other) >= SAME_WORD)
    return alike.flatMap((other) => byText.get(other) ?? [])
  }
}
