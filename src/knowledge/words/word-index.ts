import { likeness, type Term, termsOf } from './terms.ts'

/** Below this likeness two words are taken as different ones. */
const SAME_WORD = 0.7

/** Numbers, and the characters of unspaced scripts, are the same word or another one. */
const NEVER_INFLECTED = /[\p{N}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u

/** The words of a text, ready to be asked for one. */
export interface WordIndex {
  /** How surely the text holds the term, 0 to 1. */
  find(term: Term): number
}

export function indexWords(texts: Iterable<string>): WordIndex {
  return indexTerms([...texts].flatMap(termsOf))
}

/** The same of a text whose words are read already. */
export function indexTerms(terms: Iterable<Term>): WordIndex {
  const words = new Set<string>()
  const byInitial = new Map<string, string[]>()
  for (const term of terms) {
    if (words.has(term.text)) continue
    words.add(term.text)
    const initial = term.text.charAt(0)
    const group = byInitial.get(initial)
    if (group) group.push(term.text)
    else byInitial.set(initial, [term.text])
  }
  return {
    find({ text }) {
      if (words.has(text)) return 1
      if (NEVER_INFLECTED.test(text)) return 0
      let best = 0
      for (const word of byInitial.get(text.charAt(0)) ?? []) best = Math.max(best, likeness(text, word))
      return best >= SAME_WORD ? best : 0
    },
  }
}

/** Weighs a term; a rare one says more than one that stands everywhere. */
export type Weigh = (term: Term) => number

/** The weighted share of `terms` that a text holds, 0 to 1; 0 without terms. */
export function coverageOf(terms: Term[], index: WordIndex, weigh: Weigh): number {
  let found = 0
  let all = 0
  for (const term of terms) {
    const weight = weigh(term)
    all += weight
    found += weight * index.find(term)
  }
  return all === 0 ? 0 : found / all
}

/** Weights by rarity among the given texts. A term in none of them weighs as the rarest. */
export function weighByRarity(indexes: WordIndex[]): Weigh {
  const known = new Map<string, number>()
  return (term) => {
    const weight =
      known.get(term.text) ?? rarity(indexes.filter((index) => index.find(term) > 0).length, indexes.length)
    known.set(term.text, weight)
    return weight
  }
}

function rarity(holders: number, all: number): number {
  return Math.log(1 + (all - holders + 0.5) / (holders + 0.5)) + 0.4
}
