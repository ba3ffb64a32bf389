import type { RetrievedPassage } from '../../knowledge/passage.ts'
import { termsOf } from '../../knowledge/words/terms.ts'
import { coverageOf, indexWords, type WordIndex } from '../../knowledge/words/word-index.ts'
import { ANSWERABLE_FROM, estimateAnswerable } from '../evidence/answerable.ts'
import { type Evidence, eitherOf, type PassageEvidence, readEvidence } from '../evidence/evidence.ts'
import { namesParticipant } from '../evidence/named-participant.ts'
import { chooseWindow } from './extract-window.ts'
import { type RatedPassage, ratePassages } from './rate-passages.ts'

/** Words of a passage, verbatim. */
export interface Extract {
  passage: RetrievedPassage
  quote: string
}

/** Quotes in one answer: enough for a question with two sides, still read at a glance. */
const MAX_EXTRACTS = 3

/** Longest quote from the passage that answers best: a section, mostly. Further ones are shorter. */
const FIRST_CHARS = 700
const FURTHER_CHARS = 400

/** Passages are quoted until it is this likely that one of them holds the answer. */
const LIKELY_ENOUGH = 0.8

/** Share of the question's weight in words that a further quote must add where it is likely already. */
const WORTH_MORE = 0.35

/** What a passage must hold of the question, beside the most that one of them holds. */
const STILL_GOOD = 0.4

/** Two passages that have this share of their words in common say the same, or one says it as of today. */
const SAME_SUBJECT = 0.7

/** Between passages of one subject, retrieval's order stands unless the words differ by more than this. */
const SAME_RATING = 0.6

/**
 * The passages' own words that best answer the question, best first; empty when the passages do not
 * seem to hold the answer, or when it is somebody else's.
 */
export function extractAnswer(question: string, retrieved: readonly RetrievedPassage[]): Extract[] {
  if (namesParticipant(question, retrieved)) return []
  const evidence = readEvidence(question, retrieved)
  const rated = ratePassages(evidence)
  if (estimateAnswerable(evidence, rated) < ANSWERABLE_FROM) return []
  return chooseExtracts(evidence, rated)
}

function chooseExtracts(evidence: Evidence, rated: RatedPassage[]): Extract[] {
  const { terms, weigh } = evidence
  const left = [...rated]
  const bestShare = Math.max(...left.map(({ signs }) => signs.share))
  const extracts: Extract[] = []
  const quoted: { read: PassageEvidence; index: WordIndex }[] = []
  let likely = 0
  while (left.length > 0 && extracts.length < MAX_EXTRACTS) {
    const [next] = left.splice(preferredOf(left), 1)
    if (!next || next.signs.share < STILL_GOOD * bestShare) continue
    const known: WordIndex = { find: (term) => Math.max(0, ...quoted.map(({ index }) => index.find(term))) }
    const adds = coverageOf(terms, eitherOf(known, next.read.whole), weigh) - coverageOf(terms, known, weigh)
    if (extracts.length > 0) {
      if (likely >= LIKELY_ENOUGH && adds < WORTH_MORE) continue
      if (quoted.some(({ read }) => isSameSubject(next.read, read))) continue
    }
    const quote = chooseWindow(next.read, evidence, extracts.length === 0 ? FIRST_CHARS : FURTHER_CHARS)
    likely += next.chance
    if (!quote) continue
    extracts.push({ passage: next.read.passage, quote })
    quoted.push({ read: next.read, index: eitherOf(indexWords([quote]), next.read.title) })
  }
  return extracts
}

/** The best of them, or the one that retrieval prefers among those that say the same, such as the newer price list. */
function preferredOf([best, ...others]: RatedPassage[]): number {
  if (!best) return 0
  const at = others.findIndex(
    ({ rank, rating, read }) =>
      rank < best.rank && rating > best.rating - SAME_RATING && isSameSubject(best.read, read),
  )
  return at + 1
}

function isSameSubject({ passage }: PassageEvidence, other: PassageEvidence): boolean {
  return coverageOf(termsOf(passage.text), other.own, () => 1) >= SAME_SUBJECT
}
