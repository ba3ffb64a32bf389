import { alignTokens, type Gap, gapsBetween } from './claim-alignment.ts'
import { areListed } from './claim-list.ts'
import { isTurnedPassive } from './claim-passive.ts'
import type { Matching } from './claim-place.ts'
import { maySaySame } from './claim-relation.ts'
import type { ClaimWord, Token } from './claim-text.ts'

/** Words of meaning that a gap may hold; in a longer one nothing stands for anything. */
const GAP_WORDS = 5

/**
 * True where a claim follows its source word for word but for a name, a number or a word that stands elsewhere in the
 * source, put there in another one's stead: the sentence of one thing told of another.
 */
export function standsInStead(sentences: ReadonlySet<number>, matching: Matching): boolean {
  const { tokens } = matching.source
  const isFollowed = (told: readonly Token[]) => leavesOther(told, matching)
  if (isFollowed(tokens.filter(({ sentence }) => sentences.has(sentence)))) return true
  // Of two sentences the one may lend a name to what the other tells.
  return (
    sentences.size > 1 &&
    [...sentences].some((at) => {
      const told = tokens.filter(({ sentence }) => sentence === at)
      return tellsMost(told, matching) && isFollowed(told)
    })
  )
}

/** Share of a claim's plain words by which one sentence alone tells what it says. */
const TOLD_SHARE = 0.8

function tellsMost(told: readonly Token[], matching: Matching): boolean {
  const said = new Set(told.map(({ word }) => word))
  const plain = matching.claim.words.filter((word) => word.isContent && kindOf(word, matching) === 'plain')
  const held = plain.filter((word) => matching.matches.get(word)?.some((found) => said.has(found)))
  return held.length > 1 && held.length >= TOLD_SHARE * plain.length
}

function leavesOther(told: readonly Token[], matching: Matching): boolean {
  const { tokens } = matching.claim
  const anchors = alignTokens(tokens, told, matching)
  const held = new Set(anchors.map(({ source: at }) => told[at]?.word))
  const gaps = gapsBetween(tokens, told, anchors)
  return gaps.some((gap) => isExchanged(gap, { gaps, held, matching }) || isDeniedOnce(gap, held))
}

/** Pairs and triples of characters that a denial within them changes, in scripts without spaces. */
const DENIED_PAIRS = 5
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u

/** True where nothing but a denial stands on one side, and none on the other. */
function isDeniedOnce(gap: Gap, held: Exchange['held']): boolean {
  const [claim, source] = [gap.claim, gap.source].map((tokens) => ({
    denials: tokens.filter(({ word }) => word?.isNegation).length,
    said: contentOf(tokens).filter((word) => !held.has(word)),
  }))
  if (!claim || !source || claim.denials > 0 === source.denials > 0) return false
  const said = [...claim.said, ...source.said]
  return (
    said.length === 0 || (said.length <= DENIED_PAIRS * 2 && said.every(({ text }) => UNSPACED.test(text)))
  )
}

interface Exchange {
  gaps: readonly Gap[]
  /** Words of the source that the claim says in their order. */
  held: ReadonlySet<ClaimWord | undefined>
  matching: Matching
}

function isExchanged(gap: Gap, exchange: Exchange): boolean {
  const said = contentOf(gap.claim)
  const left = contentOf(gap.source).filter((word) => !exchange.held.has(word))
  if (said.length === 0 || said.length > GAP_WORDS || left.length === 0) return false
  return said.some((word) => left.some((other) => isPutFor(word, other, gap, exchange)))
}

function isPutFor(word: ClaimWord, other: ClaimWord, gap: Gap, exchange: Exchange): boolean {
  const { matching } = exchange
  const { matches, around, source } = matching
  const kind = kindOf(word, matching)
  const own = matches.get(word) ?? []
  if (own.length === 0 || own.includes(other) || kind !== kindOf(other, matching)) return false
  // Said again where it stands, or beside it: "Nell" for "Nell Varga".
  if (contentOf(gap.source).some((it) => own.includes(it))) return false
  if (own.some((found) => areListed(found, other, source.tokens))) return false
  if (kind === 'plain' && contentOf(gap.source).some((it) => maySaySame(word.text, it.text, around)))
    return false
  if (kind === 'plain') {
    if (isSaid(other, matching)) return !isTurnedPassive(matching) && haveChangedPlaces(own, other, exchange)
    const isFromElsewhere = own.every(({ sentence }) => sentence !== other.sentence)
    return isFromElsewhere && !around.isKnown(word)
  }
  if (isTurnedPassive(matching)) return false
  if (isSaid(other, matching)) return haveChangedPlaces(own, other, exchange)
  return !(kind === 'name' && gap.isOpening && around.isKnown(word))
}

/** True where the other word, too, stands in the claim where the source has the first one. */
function haveChangedPlaces(
  own: readonly ClaimWord[],
  other: ClaimWord,
  { gaps, matching }: Exchange,
): boolean {
  return gaps.some(
    (gap) =>
      contentOf(gap.claim).some((word) => matching.matches.get(word)?.includes(other)) &&
      contentOf(gap.source).some((word) => own.includes(word)),
  )
}

type Kind = 'number' | 'name' | 'plain'

function kindOf(word: ClaimWord, { around, matches }: Matching): Kind {
  if (word.values.length > 0) return 'number'
  const isName = word.isName || (matches.get(word) ?? []).some((found) => found.isName)
  return isName && !around.areNounsCapital ? 'name' : 'plain'
}

function contentOf(tokens: readonly Token[]): ClaimWord[] {
  return tokens.flatMap(({ word }) => (word?.isContent ? [word] : []))
}

function isSaid(other: ClaimWord, { claim, matches }: Matching): boolean {
  return claim.words.some((word) => matches.get(word)?.includes(other))
}
