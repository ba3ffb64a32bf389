import { areListed } from './claim-list.ts'
import { isTurnedPassive } from './claim-passive.ts'
import type { ClaimWord, ReadText } from './claim-text.ts'
import type { Relation } from './english.ts'

/** What else a claim may speak of than the text it is held against. */
export interface ClaimSurroundings {
  /** The question: what a claim repeats of it is not to be turned around. */
  asked: ReadText
  weigh(word: ClaimWord): number
  /** Said by the question or the document's title. */
  isKnown(word: ClaimWord): boolean
  /** Every noun has a capital, as in German: then a capital is no name. */
  areNounsCapital: boolean
  /** How two folded words of the claim's language go together, where that is known. */
  relate(one: string, other: string): Relation | undefined
  /** True where the first of two such words says the same as the second, or more generally. */
  saysNoOther(one: string, other: string): boolean
}

/** A claim, the text it is held against, and where its words stand there. */
export interface Matching {
  claim: ReadText
  source: ReadText
  matches: ReadonlyMap<ClaimWord, readonly ClaimWord[]>
  around: ClaimSurroundings
}

/** Sentences of the source, both ends included. */
export interface Window {
  from: number
  to: number
}

/** How much better another word must fit into a word's place than the word itself. */
const CLEARLY_BETTER = 0.8
/** Below this nothing stands in that place: the words around are others. */
export const IN_PLACE = 0.7

/** True where one of the others stands in the place that the claim gives to a word, and the word does not. */
export function isPlaceTaken(
  word: ClaimWord,
  own: readonly ClaimWord[],
  others: readonly ClaimWord[],
  matching: Matching,
): boolean {
  const best = (list: readonly ClaimWord[]) =>
    Math.max(0, ...list.map((other) => fitOf(word, other, matching)))
  const held = best(own)
  if (held < IN_PLACE) {
    const taken = best(others)
    return taken >= IN_PLACE && taken > held + (own.length > 0 ? CLEARLY_BETTER : 0)
  }
  // Where a word was left out the next ones move up: then only two words that changed places count.
  const isExchanged = others.some((other) => {
    if (fitOf(word, other, matching) <= held + CLEARLY_BETTER) return false
    if (own.some((found) => areListed(found, other, matching.source.tokens))) return false
    const partner = matching.claim.words.find((it) => matching.matches.get(it)?.includes(other))
    if (!partner) return false
    const swapped = Math.max(0, ...own.map((found) => fitOf(partner, found, matching)))
    return swapped > fitOf(partner, other, matching)
  })
  return isExchanged && !isTurnedPassive(matching)
}

/** Words on each side that tell a place. */
const NEIGHBOURS = 4

/** What a neighbour counts that stands as near, on the other side. */
const TURNED = 0.5

/** How well the words around a word of the claim stand around one of the source. */
export function fitOf(word: ClaimWord, other: ClaimWord, { claim, matches }: Matching): number {
  let fit = 0
  for (const neighbour of claim.words) {
    const distance = neighbour.at - word.at
    if (!neighbour.isContent || neighbour === word || Math.abs(distance) > NEIGHBOURS) continue
    let best = 0
    for (const found of matches.get(neighbour) ?? []) {
      const offset = found.at - other.at
      if (found === other || Math.abs(offset) > NEIGHBOURS + 2) continue
      const isClose = TURNED / (1 + Math.abs(Math.abs(offset) - Math.abs(distance)))
      best = Math.max(best, 1 / (1 + Math.abs(offset - distance)), isClose)
    }
    fit += best / Math.sqrt(Math.max(1, Math.abs(distance)))
  }
  return fit
}

/** True where the words of meaning next to one of the claim stand next to the other one, on both sides. */
export function standsForAnother(
  word: ClaimWord,
  other: ClaimWord,
  { claim, source, matches }: Matching,
): boolean {
  const held = (step: number): boolean | undefined => {
    const [own, there] = [besideIn(claim.words, word, step), besideIn(source.words, other, step)]
    if (!own || !there) return own || there ? false : undefined
    return (matches.get(own) ?? []).includes(there)
  }
  const [before, after] = [held(-1), held(1)]
  if (before === false || after === false) return false
  if (before && after) return true
  // At the end of a sentence two words on the one side tell as much.
  return (before && held(-2)) === true || (after && held(2)) === true
}

function besideIn(words: readonly ClaimWord[], word: ClaimWord, step: number): ClaimWord | undefined {
  return words.find(
    ({ isContent, at, sentence }) => isContent && at === word.at + step && sentence === word.sentence,
  )
}
