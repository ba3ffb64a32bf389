import { namesAnotherBearer } from './claim-bearer.ts'
import { deniesClaim, deniesMore, isDenialShared } from './claim-denial.ts'
import { isFigure } from './claim-lexicon.ts'
import { mixesNames } from './claim-name.ts'
import {
  type ClaimSurroundings,
  isPlaceTaken,
  type Matching,
  standsForAnother,
  type Window,
} from './claim-place.ts'
import { turnsQuestion } from './claim-question.ts'
import { matchWords, saysAnother } from './claim-relation.ts'
import { standsInStead } from './claim-stead.ts'
import type { ClaimWord, ReadText } from './claim-text.ts'

/** Weighted share of its words that one or two sentences must hold of a claim, and of each of its parts. */
const CLAIM_SUPPORT = 0.55
const PART_SUPPORT = 0.4

/** What a claim repeats of the question weighs so much when the text does not say it. */
const ASKED_WEIGHT = 0.4

/** Shorter parts are judged together with the one before. */
const PART_TERMS = 3

/** So many words of meaning in a row that the text does not have are an addition of the writer's. */
const ADDED_RUN = 3

/** A part of a sentence with so many words of meaning, all foreign to the text, is an addition too. */
const ADDED_PART = 2
/** And one of so many words in all where a single one has a meaning, and that is foreign. */
const ADDED_TOKENS = 4

/**
 * How much of a claim a text supports, 0 to 1; 0 also where it says something else: another number or name in the
 * same place, the opposite, a denial where the claim has none, or nothing about a part of it.
 */
export function matchClaim(claim: ReadText, source: ReadText, around: ClaimSurroundings): number {
  // Said as it stands there: nothing is to be weighed.
  if (claim.wordings.isSubsetOf(source.wordings)) return claim.words.length > 0 ? 1 : 0
  const matches = matchWords(claim, source, around)
  const matching: Matching = { claim, source, matches, around }
  const parts = splitParts(claim.words).map((words) => ({ words, ...chooseWindow(words, matching) }))
  const whole = chooseShare(claim.words, parts, matching)
  if (whole < CLAIM_SUPPORT || hasAddition(matching)) return 0
  for (const { words, support, window } of parts) {
    if (support < PART_SUPPORT) return 0
    const near = source.words.filter(
      ({ sentence }) => sentence >= window.from - 1 && sentence <= window.to + 1,
    )
    const inWindow = near.filter(({ sentence }) => sentence >= window.from && sentence <= window.to)
    if (words.some((word) => isContradicted(word, { near, inWindow }, matching))) return 0
  }
  const told = sentencesOf(parts)
  if (mixesNames(matching) || turnsQuestion(matching)) return 0
  if (standsInStead(told, matching) || namesAnotherBearer(told, matching)) return 0
  return deniesMore(parts, matching) || parts.some(({ window }) => deniesClaim(window, matching)) ? 0 : whole
}

function sentencesOf(parts: readonly { window: Window }[]): Set<number> {
  return new Set(parts.flatMap(({ window: { from, to } }) => [from, to]))
}

function splitParts(words: readonly ClaimWord[]): ClaimWord[][] {
  const parts: ClaimWord[][] = []
  for (const clause of Map.groupBy(words, ({ clause: number }) => number).values()) {
    const last = parts.at(-1)
    const isShort = (part: ClaimWord[]) => part.filter(({ isContent }) => isContent).length < PART_TERMS
    if (last && (isShort(clause) || isShort(last))) last.push(...clause)
    else parts.push([...clause])
  }
  return parts
}

/** The sentence, or the two neighbours where they hold clearly more, that hold most of the words. */
function chooseWindow(
  words: readonly ClaimWord[],
  { source, matches, around }: Matching,
): { support: number; window: Window } {
  const held = new Array<number>(source.sentences).fill(0)
  const heldByPair = new Array<number>(source.sentences).fill(0)
  let all = 0
  let elsewhere = 0
  for (const word of words.filter(({ isContent }) => isContent)) {
    const weight = around.weigh(word)
    const found = new Set((matches.get(word) ?? []).map(({ sentence }) => sentence))
    const isKnown = around.isKnown(word)
    all += found.size === 0 && isKnown ? weight * ASKED_WEIGHT : weight
    if (isKnown) elsewhere += found.size === 0 ? 0 : weight * ASKED_WEIGHT
    const own = isKnown ? weight * (1 - ASKED_WEIGHT) : weight
    for (const at of found) held[at] = (held[at] ?? 0) + own
    for (const at of new Set([...found].flatMap((at) => [at - 1, at])))
      heldByPair[at] = (heldByPair[at] ?? 0) + own
  }
  if (all === 0) return { support: 1, window: { from: 0, to: source.sentences - 1 } }
  const single = indexOfMost(held)
  const pair = indexOfMost(heldByPair)
  const isPair = (heldByPair[pair] ?? 0) > (held[single] ?? 0) + WORTH_A_SECOND_SENTENCE * all
  const support = (((isPair ? heldByPair[pair] : held[single]) ?? 0) + elsewhere) / all
  return { support, window: isPair ? { from: pair, to: pair + 1 } : { from: single, to: single } }
}

const WORTH_A_SECOND_SENTENCE = 0.1

function indexOfMost(values: readonly number[]): number {
  let best = 0
  for (const [at, value] of values.entries()) if (value > (values[best] ?? 0)) best = at
  return best
}

function chooseShare(
  words: readonly ClaimWord[],
  parts: { words: ClaimWord[]; support: number }[],
  { around }: Matching,
): number {
  const weightOf = (list: readonly ClaimWord[]) =>
    list.reduce((sum, word) => sum + (word.isContent ? around.weigh(word) : 0), 0)
  const all = weightOf(words)
  return all === 0
    ? 0
    : parts.reduce((sum, part) => sum + (weightOf(part.words) / all) * Math.min(1, part.support), 0)
}

function hasAddition({ claim, matches, around }: Matching): boolean {
  const isForeign = (word: ClaimWord) => (matches.get(word) ?? []).length === 0 && !around.isKnown(word)
  const lengths = new Map<number, number>()
  for (const { clause } of claim.tokens) lengths.set(clause, (lengths.get(clause) ?? 0) + 1)
  for (const [at, clause] of Map.groupBy(claim.words, ({ clause: number }) => number)) {
    const said = clause.filter(({ isContent }) => isContent)
    // How a claim begins ("What you want to know is that") may be the writer's.
    const isLater = at > 0 && said.length > 0 && (lengths.get(at) ?? 0) >= ADDED_TOKENS
    if ((isLater || said.length >= ADDED_PART) && said.every(isForeign)) return true
  }
  let run = 0
  for (const word of claim.words) {
    if (!word.isContent) continue
    run = isForeign(word) ? run + 1 : 0
    if (run >= ADDED_RUN) return true
  }
  return false
}

/** A word of the claim for which its source has another one in that place, or which it must have and has not. */
function isContradicted(
  word: ClaimWord,
  { near, inWindow }: { near: readonly ClaimWord[]; inWindow: readonly ClaimWord[] },
  matching: Matching,
): boolean {
  const { matches, around } = matching
  if (word.isNegation) return !isDenialShared(word, near, matching)
  const own = (matches.get(word) ?? []).filter((found) => near.includes(found))
  const isFree = around.isKnown(word)
  if (word.values.length > 0) {
    if (own.length === 0 && isFigure(word.text) && !isFree) return true
    const others = inWindow.filter((other) => other.values.length > 0 && !own.includes(other))
    return (own.length > 0 || !isFree) && isPlaceTaken(word, own, others, matching)
  }
  if (word.isName && own.length === 0 && !isFree) {
    return !around.areNounsCapital || inWindow.some((other) => standsForAnother(word, other, matching))
  }
  if (own.length === 0 && saysAnother(word, inWindow, matching)) return true
  // A name that begins the claim shows by how the source writes it.
  const isAskedNoun = around.areNounsCapital && isFree
  if (!isAskedNoun && own.length > 0 && own.every(({ isName }) => isName)) {
    const others = inWindow.filter((other) => other.isName && !own.includes(other))
    if (isPlaceTaken(word, own, others, matching)) return true
  }
  return word.opposites.some(({ of, group }) => {
    const ofClass = inWindow.filter(({ opposites }) => opposites.some((other) => other.of === of))
    const isSame = (other: ClaimWord) => other.opposites.some((it) => it.of === of && it.group === group)
    const same = ofClass.filter(isSame)
    return isPlaceTaken(
      word,
      [...same, ...own],
      ofClass.filter((other) => !isSame(other)),
      matching,
    )
  })
}
