import { coverageOf } from '../knowledge/word-index.ts'
import type { Evidence, PassageEvidence } from './evidence.ts'

/** A passage with how well it fits the question. */
export interface RatedPassage {
  read: PassageEvidence
  /** Its place in retrieval's order, from 0. */
  rank: number
  rating: number
  /** Weighted share of the question's words that it holds. */
  share: number
  /** How likely it is the one of them that answers, if one does, 0 to 1. */
  chance: number
}

/**
 * How much each speaks for a passage: what retrieval says of it, the question's words in it, in its nearest
 * heading and side by side, and that its heading is asked about in full. Fitted as the odds of holding the
 * answer, on four languages of XQuAD and the questions of two coaches' packs.
 */
const RATING = { score: 3, share: 4.5, heading: 2.5, headingAsked: 3, adjacent: 2 }

/** The passages, best first. */
export function ratePassages({ terms, weigh, passages }: Evidence): RatedPassage[] {
  const top = passages[0]?.passage.score ?? 0
  const pairs = terms.slice(1).map((term, at) => `${terms[at]?.text} ${term.text}`)
  const rated = passages.map((read, rank) => {
    const share = coverageOf(terms, read.whole, weigh)
    // Scores of a cross-encoder may be below 0; then only their order counts.
    const score = top > 0 ? Math.max(0, read.passage.score / top) : 1 - rank / passages.length
    const rating =
      RATING.score * score +
      RATING.share * share +
      RATING.heading * coverageOf(terms, read.heading, weigh) +
      RATING.headingAsked * read.headingAsked +
      RATING.adjacent * shareSideBySide(pairs, read)
    return { read, rank, rating, share }
  })
  const best = Math.max(...rated.map(({ rating }) => rating))
  const odds = rated.map(({ rating }) => Math.exp(rating - best))
  const all = odds.reduce((sum, one) => sum + one, 0)
  return rated
    .map((one, at) => ({ ...one, chance: (odds[at] ?? 0) / all }))
    .sort((a, b) => b.rating - a.rating)
}

/** The largest share of the question's neighbouring words that one sentence has side by side. */
export function bestAdjacent({ terms, passages }: Evidence): number {
  const pairs = terms.slice(1).map((term, at) => `${terms[at]?.text} ${term.text}`)
  return Math.max(0, ...passages.map((read) => shareSideBySide(pairs, read)))
}

function shareSideBySide(pairs: string[], { sentences }: PassageEvidence): number {
  if (pairs.length === 0) return 0
  const found = sentences.map((sentence) => pairs.filter((pair) => sentence.pairs.has(pair)).length)
  return Math.max(0, ...found) / pairs.length
}
