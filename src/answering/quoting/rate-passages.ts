import { coverageOf } from '../../knowledge/words/word-index.ts'
import { type Evidence, type PassageEvidence, TITLE_SHARE } from '../evidence/evidence.ts'
import { shareAnswered, type Usual } from '../evidence/usual-questions.ts'
import { ASKS_NUMBER, numbersOf } from './extract-window.ts'

/** What speaks for a passage, each from 0 to 1. */
export interface PassageSigns {
  /** What retrieval says of it, beside its best. */
  score: number
  /** Weighted share of the question's words that it holds, and that two neighbouring sentences of it hold. */
  share: number
  sentence: number
  /** Of its nearest heading, the same, and how much of the heading is asked about. */
  heading: number
  headingAsked: number
  /** Share of the question's neighbouring words that one sentence has side by side. */
  adjacent: number
  /** It has a number of its own, where the question asks for one. */
  number: number
  /** Share of what everybody asks that a sentence of it answers; and the same, as far as the words fit there. */
  usual: number
  usualSentence: number
}

/** A passage with how well it fits the question. */
export interface RatedPassage {
  read: PassageEvidence
  /** Its place in retrieval's order, from 0. */
  rank: number
  signs: PassageSigns
  rating: number
  /** How likely it is the one of them that answers, if one does, 0 to 1. */
  chance: number
}

/**
 * How much each speaks for a passage, as the odds of holding the answer: fitted on nine languages of XQuAD and coaches'
 * packs (`scripts/train-answerable.ts`).
 */
const RATING: PassageSigns = {
  score: 2.08,
  share: 2.9,
  sentence: 3.52,
  heading: 2.48,
  headingAsked: 1.41,
  adjacent: 1.73,
  number: 1.36,
  usual: 2.39,
  usualSentence: 1.21,
}

/** The passages, best first. */
export function ratePassages(evidence: Evidence): RatedPassage[] {
  const rated = readPassageSigns(evidence).map((signs, rank) => ({
    ...{ signs, rank },
    rating: PASSAGE_SIGNS.reduce((sum, sign) => sum + RATING[sign] * signs[sign], 0),
  }))
  const best = Math.max(...rated.map(({ rating }) => rating))
  const odds = rated.map(({ rating }) => Math.exp(rating - best))
  const all = odds.reduce((sum, one) => sum + one, 0)
  return evidence.passages
    .flatMap((read, at) => {
      const one = rated[at]
      return one ? [{ ...one, read, chance: (odds[at] ?? 0) / all }] : []
    })
    .sort((a, b) => b.rating - a.rating)
}

export const PASSAGE_SIGNS = Object.keys(RATING).filter((name): name is keyof PassageSigns => name in RATING)

/** One for each passage, in retrieval's order. */
export function readPassageSigns({ question, terms, weigh, usual, passages }: Evidence): PassageSigns[] {
  const top = passages[0]?.passage.score ?? 0
  const pairs = terms.slice(1).map((term, at) => `${terms[at]?.text} ${term.text}`)
  const numbers = ASKS_NUMBER.test(question) ? new Set(numbersOf(question)) : undefined
  const weights = terms.map(weigh)
  const asked = { terms, weights, all: weights.reduce((sum, weight) => sum + weight, 0), usual }
  return passages.map((read, rank) => ({
    // Scores of a cross-encoder may be below 0; then only their order counts.
    score: top > 0 ? Math.max(0, read.passage.score / top) : 1 - rank / passages.length,
    share: coverageOf(terms, read.whole, weigh),
    ...readSentences(read, asked),
    heading: coverageOf(terms, read.heading, weigh),
    headingAsked: read.headingAsked,
    adjacent: shareSideBySide(pairs, read),
    number: numbers && numbersOf(read.passage.text).some((number) => !numbers.has(number)) ? 1 : 0,
  }))
}

interface Asked {
  terms: Evidence['terms']
  weights: number[]
  /** Of all weights. */
  all: number
  usual: Usual
}

/** What two neighbouring sentences have, under their headings: the best of them. */
function readSentences(
  { passage, sentences, title }: PassageEvidence,
  { terms, weights, all, usual }: Asked,
): Pick<PassageSigns, 'sentence' | 'usual' | 'usualSentence'> {
  const headed = terms.map((term) => TITLE_SHARE * title.find(term))
  const heading = passage.headingPath.at(-1) ?? passage.document
  const best = { sentence: 0, usual: 0, usualSentence: 0 }
  let before = headed
  for (const { index, text, isBarred } of sentences) {
    const found = terms.map((term, n) => Math.max(headed[n] ?? 0, index.find(term)))
    let held = 0
    for (const [n, weight] of weights.entries()) held += weight * Math.max(found[n] ?? 0, before[n] ?? 0)
    before = found
    const share = all === 0 ? 0 : held / all
    const answered = isBarred ? 0 : shareAnswered(usual, `${heading}: ${text}`)
    best.sentence = Math.max(best.sentence, share)
    best.usual = Math.max(best.usual, answered)
    best.usualSentence = Math.max(best.usualSentence, answered * share)
  }
  return best
}

function shareSideBySide(pairs: string[], { sentences }: PassageEvidence): number {
  if (pairs.length === 0) return 0
  const found = sentences.map((sentence) => pairs.filter((pair) => sentence.pairs.has(pair)).length)
  return Math.max(0, ...found) / pairs.length
}
