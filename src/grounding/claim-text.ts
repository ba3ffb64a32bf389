import { sentencesOf } from '../knowledge/words/sentences.ts'
import { likeness, wordsOf } from '../knowledge/words/terms.ts'
import {
  isNegation,
  numberValues,
  type Opposite,
  oppositesOf,
  spellOut,
  unspacedNegations,
} from './claim-lexicon.ts'
import { partScripts } from './unspaced.ts'

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

/** Any word in its place, those that carry no meaning among them. */
export interface Token {
  /** Folded. */
  text: string
  sentence: number
  clause: number
  /** What it says, where it says something. */
  word?: ClaimWord
}

export interface ReadText {
  /** Every word, in order. */
  tokens: readonly Token[]
  /** Words of meaning and those that turn one; the others are left out. */
  words: readonly ClaimWord[]
  /** How many there are. */
  sentences: number
  /** Each sentence as its words alone, parted by spaces. */
  wordings: ReadonlySet<string>
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
  const tokens: Token[] = []
  const state: Reading = { at: 0, sentence: 0, clause: 0, words, tokens }
  const wordings = new Set<string>()
  for (const sentence of sentencesOf(text)) {
    const begin = tokens.length
    readSentence(partScripts(spellOut(sentence.text).normalize('NFKC')), state)
    wordings.add(
      tokens
        .slice(begin)
        .map((token) => token.text)
        .join(' '),
    )
    state.sentence += 1
    state.clause += 1
  }
  return { words, tokens, wordings, sentences: state.sentence, find: createFinder(words) }
}

interface Reading {
  at: number
  sentence: number
  clause: number
  words: ClaimWord[]
  tokens: Token[]
}

function readSentence(text: string, state: Reading): void {
  const ends = Array.from(text.matchAll(CLAUSE_END), ({ index }) => index)
  const denials = unspacedNegations(text)
  const add = (word: ClaimWord) => {
    state.words.push(word)
    state.tokens.push({ text: word.text, sentence: word.sentence, clause: word.clause, word })
  }
  const addNegation = () =>
    add({
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
    const { sentence, clause } = state
    const word = readWord(term, isFunction)
    if (!word) {
      state.tokens.push({ text: term, sentence, clause })
      continue
    }
    const at = word.isContent ? state.at : state.at - 0.5
    add({ ...word, isName: isName || isSymbol(term), at, sentence, clause })
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
