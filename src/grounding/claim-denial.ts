import type { Matching, Window } from './claim-place.ts'
import type { ClaimWord } from './claim-text.ts'

/** True where the claim denies more often than all that it draws on. */
export function deniesMore(parts: readonly { window: Window }[], { claim, source }: Matching): boolean {
  const isDrawnOn = ({ sentence }: ClaimWord) =>
    parts.some(({ window: { from, to } }) => sentence >= from - 1 && sentence <= to + 1)
  const count = (words: readonly ClaimWord[]) => words.filter(({ isNegation }) => isNegation).length
  const drawnOn = source.words.filter(isDrawnOn)
  return count(claim.words) > count(drawnOn) || (deniesTwice(claim.words) && !deniesTwice(drawnOn))
}

/** "Not no excuse": two denials with at most one word between them. */
function deniesTwice(words: readonly ClaimWord[]): boolean {
  const denials = words.filter(({ isNegation }) => isNegation)
  return denials.some(({ at }, nth) => (denials[nth + 1]?.at ?? Infinity) - at <= 1)
}

/** Words that follow a denial and are what it denies. */
const DENIED_WORDS = 2
/** How far from a word its denial may stand. */
const DENIAL_REACH = 3.5

/** True where the source denies what the claim denies; any denial nearby where it says that in other words. */
export function isDenialShared(
  denial: ClaimWord,
  near: readonly ClaimWord[],
  { claim, matches }: Matching,
): boolean {
  const denials = near.filter(({ isNegation }) => isNegation)
  const said = deniedBy(denial, claim.words).flatMap((word) =>
    (matches.get(word) ?? []).filter((found) => near.includes(found)),
  )
  if (said.length === 0) return denials.length > 0
  return said.some((word) => denials.some((it) => isWithinReach(it, word)))
}

/** True where the source denies, too, words that the claim denies. */
export function deniesAlike({ claim, source, matches }: Matching): boolean {
  return claim.words.some((denial) => {
    if (!denial.isNegation) return false
    const said = deniedBy(denial, claim.words).flatMap((word) => matches.get(word) ?? [])
    return said.some((word) => source.words.some((it) => it.isNegation && isWithinReach(it, word)))
  })
}

/** True where the source denies a word that the claim says, and says it nowhere without denying. */
export function deniesClaim(window: Window, { claim, source, matches }: Matching): boolean {
  const inWindow = source.words.filter(({ sentence }) => sentence >= window.from && sentence <= window.to)
  return inWindow.some((denial) => {
    if (!denial.isNegation) return false
    const denied = deniedBy(denial, source.words)
    const said = claim.words.filter(
      (word) => word.isContent && (matches.get(word) ?? []).some((found) => denied.includes(found)),
    )
    const first = said[0]
    if (!first) return false
    const isDeniedThere = claim.words.some(
      (word) => word.isNegation && said.some((it) => Math.abs(word.at - it.at) <= DENIAL_REACH),
    )
    if (isDeniedThere) return false
    // Said elsewhere in the same sentences without a denial: which one is meant cannot be told.
    return said.some((word) =>
      (matches.get(word) ?? [])
        .filter((found) => inWindow.includes(found))
        .every((found) => inWindow.some((it) => it.isNegation && deniedBy(it, source.words).includes(found))),
    )
  })
}

function isWithinReach(denial: ClaimWord, word: ClaimWord): boolean {
  return denial.sentence === word.sentence && Math.abs(denial.at - word.at) <= DENIAL_REACH
}

/** The words of meaning behind a denial within its part of the sentence, else those before it. */
function deniedBy(denial: ClaimWord, words: readonly ClaimWord[]): ClaimWord[] {
  const part = words.filter(
    ({ isContent, sentence, clause }) =>
      isContent && sentence === denial.sentence && clause === denial.clause,
  )
  const after = part.filter(({ at }) => at > denial.at).slice(0, DENIED_WORDS)
  return after.length > 0 ? after : part.slice(-DENIED_WORDS)
}
