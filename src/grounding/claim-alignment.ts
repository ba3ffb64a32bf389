import type { Matching } from './claim-place.ts'
import type { Token } from './claim-text.ts'

/** A token of the claim and the one of the source that it stands for. */
export interface Anchor {
  claim: number
  source: number
}

/** What stands between two anchors: in the claim, and in the source in its stead. */
export interface Gap {
  claim: readonly Token[]
  source: readonly Token[]
  /** True at the beginning, where what a sentence speaks of stands. */
  isOpening: boolean
}

/** Words of meaning carry an order; names least, since what is asked is whether they stand where they belong. */
const WORD_WEIGHT = 1
const NAME_WEIGHT = 0.2
const FUNCTION_WEIGHT = 0.15
/** For a token right behind the one aligned before it, on both sides. */
const ADJACENT = 0.1

/**
 * The longest run of words that a claim and some sentences of its source share in the same order, others between
 * them allowed.
 */
export function alignTokens(
  claim: readonly Token[],
  source: readonly Token[],
  { matches }: Matching,
): Anchor[] {
  const width = source.length + 1
  const scores = new Float64Array((claim.length + 1) * width)
  const weights = new Float64Array(claim.length * source.length)
  for (let c = claim.length - 1; c >= 0; c -= 1) {
    const token = claim[c]
    const found = token?.word?.isContent ? matches.get(token.word) : undefined
    for (let s = source.length - 1; s >= 0; s -= 1) {
      const weight = weightOf(token, source[s], found)
      const here = c * width + s
      const skipped = Math.max(scores[here + width] ?? 0, scores[here + 1] ?? 0)
      if (weight === 0) {
        scores[here] = skipped
        continue
      }
      const follows = c + 1 < claim.length && (weights[(c + 1) * source.length + s + 1] ?? 0) > 0
      const taken = weight + (follows ? ADJACENT : 0) + (scores[here + width + 1] ?? 0)
      weights[c * source.length + s] = weight
      scores[here] = Math.max(skipped, taken)
    }
  }
  return readAnchors({ claim, source, scores, weights, width })
}

function weightOf(
  token: Token | undefined,
  other: Token | undefined,
  found: Matching['claim']['words'] | undefined,
): number {
  if (!token || !other) return 0
  if (found) {
    if (!other.word || !found.includes(other.word)) return 0
    return token.word?.isName || other.word.isName || other.word.values.length > 0 ? NAME_WEIGHT : WORD_WEIGHT
  }
  return token.text !== '' && token.text === other.text ? FUNCTION_WEIGHT : 0
}

function readAnchors(table: {
  claim: readonly Token[]
  source: readonly Token[]
  scores: Float64Array
  weights: Float64Array
  width: number
}): Anchor[] {
  const { claim, source, scores, weights, width } = table
  const anchors: Anchor[] = []
  let c = 0
  let s = 0
  while (c < claim.length && s < source.length) {
    const here = scores[c * width + s] ?? 0
    const isTaken =
      (weights[c * source.length + s] ?? 0) > 0 &&
      here > Math.max(scores[(c + 1) * width + s] ?? 0, scores[c * width + s + 1] ?? 0)
    if (isTaken) {
      anchors.push({ claim: c, source: s })
      c += 1
      s += 1
    } else if ((scores[c * width + s + 1] ?? 0) >= (scores[(c + 1) * width + s] ?? 0)) s += 1
    else c += 1
  }
  return anchors
}

/** Further from its anchor than so many words nothing stands in a word's stead. */
const GAP_TOKENS = 9

/** What an alignment leaves over on both sides, gap by gap; none across the end of a sentence. */
export function gapsBetween(
  claim: readonly Token[],
  source: readonly Token[],
  anchors: readonly Anchor[],
): Gap[] {
  const gaps: Gap[] = []
  const ends = [{ claim: -1, source: -1 }, ...anchors, { claim: claim.length, source: source.length }]
  for (const [at, end] of ends.entries()) {
    const from = ends[at - 1]
    if (!from || (end.claim - from.claim < 2 && end.source - from.source < 2)) continue
    const sentence = source[from.source < 0 ? end.source : from.source]?.sentence
    if (end.source < source.length && source[end.source]?.sentence !== sentence) continue
    const between = source.slice(from.source + 1, end.source).filter((token) => token.sentence === sentence)
    gaps.push({
      claim: claim.slice(from.claim + 1, end.claim),
      source: from.source < 0 ? between.slice(-GAP_TOKENS) : between.slice(0, GAP_TOKENS),
      isOpening: from.source < 0,
    })
  }
  return gaps
}
