import type { RetrievedPassage } from '../knowledge/passage.ts'
import { sentencesOf } from '../knowledge/sentences.ts'
import { isFunctionWordSlip, type Term, termsOf } from '../knowledge/terms.ts'
import { coverageOf, indexWords, type Weigh, type WordIndex, weighByRarity } from '../knowledge/word-index.ts'

/** A question beside the passages found for it, in words. */
export interface Evidence {
  /** The question's words of meaning, each once. */
  terms: Term[]
  weigh: Weigh
  /** One for each passage, in its order. */
  passages: ReadonlyArray<{
    passage: RetrievedPassage
    title: WordIndex
    whole: WordIndex
    sentences: SentenceWords[]
  }>
}

export interface SentenceWords {
  text: string
  start: number
  index: WordIndex
}

/** A word found in the title or heading counts a little less than in the sentence itself. */
export const TITLE_SHARE = 0.8

export function readEvidence(question: string, retrieved: readonly RetrievedPassage[]): Evidence {
  const passages = retrieved.map((passage) => {
    const heads = [passage.document, passage.headingPath.join('\n')]
    const sentences = sentencesOf(passage.text)
    return {
      passage,
      title: indexWords(heads),
      whole: indexWords([...heads, passage.text]),
      sentences: sentences.map((sentence) => ({ ...sentence, index: indexWords([sentence.text]) })),
    }
  })
  const isSomewhere = (term: Term) => passages.some(({ whole }) => whole.find(term) > 0)
  const terms = [...new Map(termsOf(question).map((term) => [term.text, term])).values()].filter(
    (term) => isSomewhere(term) || !isFunctionWordSlip(term),
  )
  return { terms, weigh: weighByRarity(passages.map(({ whole }) => whole)), passages }
}

/** What speaks for and against the passages holding the answer; each from 0 to 1. */
export interface EvidenceSigns {
  /** Share of the question's words in the passage that has most of them. */
  passageShare: number
  /** The same, rare words weighing more. */
  passageWeight: number
  /** The same for two neighbouring sentences under their headings. */
  sentenceWeight: number
  /** Share of the question's words that stand in no passage. */
  missing: number
  /** Share of its names that stand in no passage. */
  missingNames: number
  /** How many words there are to find, 8 or more being 1: half of many is more than half of two. */
  length: number
}

const MANY_TERMS = 8

export function readSigns({ terms, weigh, passages }: Evidence): EvidenceSigns {
  const even: Weigh = () => 1
  const best = (share: (passage: Evidence['passages'][number]) => number) =>
    Math.max(0, ...passages.map(share))
  const isMissing = (term: Term) => passages.every(({ whole }) => whole.find(term) === 0)
  const names = terms.filter(({ isName }) => isName)
  return {
    passageShare: best(({ whole }) => coverageOf(terms, whole, even)),
    passageWeight: best(({ whole }) => coverageOf(terms, whole, weigh)),
    sentenceWeight: best(({ title, sentences }) =>
      Math.max(
        0,
        ...sentences.map(({ index }, at) =>
          coverageOf(terms, eitherOf(index, sentences[at + 1]?.index, title), weigh),
        ),
      ),
    ),
    missing: terms.length === 0 ? 1 : terms.filter(isMissing).length / terms.length,
    missingNames: names.length === 0 ? 0 : names.filter(isMissing).length / names.length,
    length: Math.min(1, terms.length / MANY_TERMS),
  }
}

function eitherOf(sentence: WordIndex, next: WordIndex | undefined, title: WordIndex): WordIndex {
  return {
    find: (term) => Math.max(sentence.find(term), next?.find(term) ?? 0, TITLE_SHARE * title.find(term)),
  }
}

/**
 * Weights of the signs, fitted by logistic regression on eight languages of XQuAD (questions with and
 * without their paragraph in the base) and on the questions of two coaches' packs. Left out of the
 * fit, each of these lost at most three points in a hundred, the smaller pack (35 questions) six.
 */
const WEIGHTS: EvidenceSigns & { bias: number } = {
  passageShare: 3.4,
  passageWeight: 2.15,
  sentenceWeight: 2.4,
  missing: -1.4,
  missingNames: -2.35,
  length: 2.45,
  bias: -4.45,
}

/** How likely the passages hold the answer, 0 to 1. */
export function estimateAnswerable(evidence: Evidence): number {
  if (evidence.terms.length === 0 || evidence.passages.length === 0) return 0
  const signs = readSigns(evidence)
  const sum =
    WEIGHTS.bias +
    WEIGHTS.passageShare * signs.passageShare +
    WEIGHTS.passageWeight * signs.passageWeight +
    WEIGHTS.sentenceWeight * signs.sentenceWeight +
    WEIGHTS.missing * signs.missing +
    WEIGHTS.missingNames * signs.missingNames +
    WEIGHTS.length * signs.length
  return 1 / (1 + Math.exp(-sum))
}

/** From this likelihood on the extractive answerer answers; below it says that it does not know. */
export const ANSWERABLE_FROM = 0.5
