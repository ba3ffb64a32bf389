import { foldText, likeness, termsOf } from './terms.ts'

export interface MarkedText {
  text: string
  /** True for a word the question asks by, inflections included. */
  isMarked: boolean
}

const WORDS = /[\p{L}\p{M}\p{N}]+/gu
/** Inflections of a word are as alike as this; slips of the pen are less, and would mark too much. */
const SAME_WORD = 0.85

/** Cuts a text into stretches that share a question's words and those between. Joined they are the text. */
export function markWords(text: string, question: string): MarkedText[] {
  const terms = [...new Set(termsOf(question).map((term) => term.text))]
  const marked: MarkedText[] = []
  let end = 0
  for (const { 0: word, index } of text.matchAll(WORDS)) {
    if (!isAskedFor(foldText(word), terms)) continue
    if (index > end) marked.push({ text: text.slice(end, index), isMarked: false })
    marked.push({ text: word, isMarked: true })
    end = index + word.length
  }
  if (end < text.length) marked.push({ text: text.slice(end), isMarked: false })
  return marked
}

/** Scripts without spaces have no words here: a short stretch that holds a pair asked for is marked whole. */
function isAskedFor(word: string, terms: string[]): boolean {
  return terms.some(
    (term) => likeness(word, term) >= SAME_WORD || (IS_UNSPACED.test(term) && word.includes(term)),
  )
}

const IS_UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u
