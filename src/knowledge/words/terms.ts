import { STOPWORDS } from './stopwords.ts'

/** A word of meaning in a text, folded: lower case, without accents. */
export interface Term {
  text: string
  /** Written like a name, or a year: what a text holds or does not, but never says in other words. */
  isName: boolean
}

const WORD = /\p{N}+(?:[.:,]\p{N}+)*|[\p{L}\p{M}\p{N}]+/gu
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u
const UNSPACED_RUN =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー]+|[\p{Script=Thai}\p{M}]+|[^\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]+/gu
const BETWEEN_SENTENCES = /[.!?:;\n|*#>(]/
const HIRAGANA_ONLY = /^\p{Script=Hiragana}+$/u

const IS_ASCII = /^[\x20-\x7e\s]*$/

/** Lower case, compatibility forms resolved, and Latin accents taken off ("Café" is "cafe"). */
export function foldText(text: string): string {
  if (IS_ASCII.test(text)) return text.toLowerCase()
  return text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f\u064b-\u065f]/g, '')
    .normalize('NFC')
    .toLowerCase()
    .replace(/ß/g, 'ss')
    .replace(/ı/g, 'i')
    .replace(/[أإآ]/g, 'ا')
}

/** The terms of a text in order, function words left out. Unspaced scripts give pairs of characters. */
export function termsOf(text: string): Term[] {
  const terms: Term[] = []
  for (const { term, isName, isFunction } of wordsOf(text))
    if (!isFunction) terms.push({ text: term, isName })
  return terms
}

/** A word as it stands in a text, function words among them. */
export interface Word {
  /** Folded as {@link Term.text} is. */
  term: string
  isName: boolean
  isFunction: boolean
  /** Of the text in compatibility form (NFKC). */
  start: number
}

/** The words of a text in order. */
export function* wordsOf(text: string): Generator<Word> {
  let isSentenceStart = true
  let end = 0
  for (const match of text.normalize('NFKC').matchAll(WORD)) {
    const word = match[0]
    const start = match.index
    if (start - end !== 1 && BETWEEN_SENTENCES.test(match.input.slice(end, start))) isSentenceStart = true
    end = start + word.length
    const isName = /^\d{4}$/.test(word) || (!isSentenceStart && /^\p{Lu}/u.test(word))
    isSentenceStart = false
    for (const term of splitWord(foldText(word))) {
      yield { term, isName, isFunction: STOPWORDS.has(term), start }
    }
  }
}

function splitWord(word: string): string[] {
  if (!UNSPACED.test(word)) return word.length > 1 || /\p{N}/u.test(word) ? [stripArticle(word)] : []
  return (word.match(UNSPACED_RUN) ?? []).flatMap((run) => {
    if (!UNSPACED.test(run)) return [run]
    const size = /\p{Script=Thai}/u.test(run) ? 3 : 2
    const characters = [...run]
    if (characters.length <= size) return isFunctionRun(run) ? [] : [run]
    const grams = characters.slice(0, 1 - size).map((_, at) => characters.slice(at, at + size).join(''))
    return grams.filter((gram) => !isFunctionRun(gram))
  })
}

/** Pairs with a particle in them would match everything. */
function isFunctionRun(gram: string): boolean {
  return HIRAGANA_ONLY.test(gram) || [...gram].some((character) => STOPWORDS.has(character))
}

/** Arabic writes the article and some conjunctions into the word. */
function stripArticle(word: string): string {
  return word.length > 4 ? word.replace(/^(?:وال|بال|كال|فال|لل|ال)(?=\p{L}{3})/u, '') : word
}

/**
 * How surely two folded terms are the same word, 0 to 1: inflections share a stem ("recorded",
 * "recording"), typing slips are one letter away. Needs no stemmer, so it works in any language.
 */
export function likeness(a: string, b: string): number {
  if (a === b) return 1
  const [short, long] = a.length <= b.length ? [a, b] : [b, a]
  if (short.length < 3 || short[0] !== long[0]) return 0
  const like = likenessOfLetters(short, long)
  // Asked last: of all pairs, few come so far.
  return like > 0 && !UNSPACED.test(a) && !DIGIT.test(a) && !DIGIT.test(b) ? like : 0
}

const DIGIT = /\p{N}/u

function likenessOfLetters(short: string, long: string): number {
  const shared = sharedPrefix(short, long)
  if (shared === short.length && (short.length >= 5 || long.length - short.length <= 2)) return 0.9
  if (shared >= 4 && shared >= 0.65 * long.length) return 0.85
  return short.length >= 4 && isOneSlipAway(short, long) ? 0.7 : 0
}

/** Shorter words lie one letter from too many others. */
const SLIP_LETTERS = 5

/** Words that are a slip away from a function word and mean something. */
const NO_SLIPS = new Set(['dose', 'form', 'quiet'])

/** True for a function word with a typing slip ("shoud", "teh"): a word that means nothing when it is found nowhere. */
export function isFunctionWordSlip({ text }: Term): boolean {
  if (text.length < SWAPPED_LETTERS || NO_SLIPS.has(text)) return false
  for (const word of STOPWORDS) {
    if (word[0] !== text[0]) continue
    const [short, long] = word.length <= text.length ? [word, text] : [text, word]
    if (!isOneSlipAway(short, long)) continue
    if (short.length >= SLIP_LETTERS || haveSameLetters(short, long)) return true
  }
  return false
}

/** In short words only two letters that are swapped make a slip. */
const SWAPPED_LETTERS = 3

function haveSameLetters(a: string, b: string): boolean {
  return a.length === b.length && [...a].sort().join('') === [...b].sort().join('')
}

function sharedPrefix(a: string, b: string): number {
  let length = 0
  while (length < a.length && a[length] === b[length]) length += 1
  return length
}

/** One letter added, left out, changed or two swapped; the shorter word first. */
export function isOneSlipAway(short: string, long: string): boolean {
  if (long.length - short.length > 1) return false
  const start = sharedPrefix(short, long)
  if (long.length > short.length) return endsAlike(short, start, long, start + 1)
  if (endsAlike(short, start + 1, long, start + 1)) return true
  const isSwapped = short[start] === long[start + 1] && short[start + 1] === long[start]
  return isSwapped && endsAlike(short, start + 2, long, start + 2)
}

/** With each letter that stands several times in a row once: "napp" and "nap" are the same. */
export function withoutDoubles(word: string): string {
  return word.replace(/(\p{L})\1+/gu, '$1')
}

/** True where two words are the same from these letters on, as many being left of both. */
function endsAlike(a: string, fromA: number, b: string, fromB: number): boolean {
  for (let at = 0; fromA + at < a.length; at += 1) if (a[fromA + at] !== b[fromB + at]) return false
  return true
}
