import { likeness } from '../knowledge/words/terms.ts'
import { type ClaimSurroundings, isPlaceTaken, type Matching, standsForAnother } from './claim-place.ts'
import { isTurned } from './claim-prefix.ts'
import { saySame } from './claim-same.ts'
import type { ClaimWord, ReadText } from './claim-text.ts'
import type { Relation } from './english.ts'

/** Where less than this share of a claim's words stands, the rest is not looked for in other words. */
const LIKELY_SHARE = 0.4

/** Where the source says each word of a claim: as it is, by one that says the same or by a more special one. */
export function matchWords(
  claim: ReadText,
  source: ReadText,
  { saysNoOther }: ClaimSurroundings,
): Map<ClaimWord, readonly ClaimWord[]> {
  const matches = new Map(claim.words.map((word) => [word, word.isContent ? source.find(word) : []]))
  const content = claim.words.filter(({ isContent }) => isContent)
  const missed = content.filter((word) => matches.get(word)?.length === 0)
  if (content.length - missed.length < LIKELY_SHARE * content.length) return matches
  for (const word of missed) {
    if (!isPlain(word) || word.opposites.length > 0) continue
    const same = source.words.filter((other) => isPlain(other) && saysNoOther(word.text, other.text))
    if (same.length > 0) matches.set(word, same)
  }
  return matches
}

/** True for two words of which the one may have been written for the other. */
export function maySaySame(one: string, other: string, { relate }: ClaimSurroundings): boolean {
  return saySame(one, other) || MAY_BE_SAME.has(relate(one, other))
}

const MAY_BE_SAME: ReadonlySet<Relation | undefined> = new Set(['same', 'broader', 'near'] as const)

function isPlain({ isContent, isName, values }: ClaimWord): boolean {
  return isContent && !isName && values.length === 0
}

/** True where a word that the source has not stands for one that says something else. */
export function saysAnother(word: ClaimWord, inWindow: readonly ClaimWord[], matching: Matching): boolean {
  return (
    isTurnedInPlace(word, inWindow, matching) ||
    isAnotherOfKind(word, inWindow, matching) ||
    isOtherInPlace(word, inWindow, matching)
  )
}

/** "Unknown" where the source says "known", "rural" where it says "urban", and no denial beside it. */
function isTurnedInPlace(word: ClaimWord, inWindow: readonly ClaimWord[], matching: Matching): boolean {
  if (!word.isContent) return false
  const isOpposite = (other: ClaimWord) =>
    isTurned(word.text, other.text, (a, b) => likeness(a, b) > 0.8) ||
    (isPlain(word) && isPlain(other) && matching.around.relate(word.text, other.text) === 'opposite')
  const turned = inWindow.filter(isOpposite)
  if (turned.length === 0 || isDenied(word, matching.claim.words)) return false
  return isPlaceTaken(
    word,
    [],
    turned.filter((other) => !isDenied(other, inWindow)),
    matching,
  )
}

const DENIED_WITHIN = 2

function isDenied({ at }: ClaimWord, words: readonly ClaimWord[]): boolean {
  return words.some((it) => it.isNegation && Math.abs(it.at - at) <= DENIED_WITHIN)
}

/** "Violin" where the source says "piano". */
function isAnotherOfKind(word: ClaimWord, inWindow: readonly ClaimWord[], matching: Matching): boolean {
  if (!isPlain(word) || matching.around.isKnown(word)) return false
  const others = inWindow.filter(
    (other) => isPlain(other) && matching.around.relate(word.text, other.text) === 'another',
  )
  return others.length > 0 && isPlaceTaken(word, [], others, matching)
}

/** "Number practice" in a sentence that is told word for word, where the source has "number theory". */
function isOtherInPlace(word: ClaimWord, inWindow: readonly ClaimWord[], matching: Matching): boolean {
  const { around, claim, matches } = matching
  if (!isPlain(word) || around.isKnown(word)) return false
  const isSaid = (other: ClaimWord) => claim.words.some((it) => matches.get(it)?.includes(other))
  return inWindow.some(
    (other) =>
      isPlain(other) &&
      around.relate(word.text, other.text) === 'unlike' &&
      !saySame(word.text, other.text) &&
      !isSaid(other) &&
      standsForAnother(word, other, matching),
  )
}
