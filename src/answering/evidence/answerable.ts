import { coverageOf } from '../../knowledge/words/word-index.ts'
import type { RatedPassage } from '../quoting/rate-passages.ts'
import { asksForTopic } from './asked-topic.ts'
import type { Evidence } from './evidence.ts'
import { isForeignTo } from './told-language.ts'

/** What speaks for and against the passages holding the answer; each from 0 to 1. */
export interface EvidenceSigns {
  /** Share of the question's words in the passage that has most of them, rare words weighing more. */
  passageWeight: number
  /** The same in the passage that fits best by everything. */
  likeliestWeight: number
  /** The same, where words that mean the same count as well, in whatever language. */
  likeliestShare: number
  /** How far that one stands out from the others, and how much of its heading is asked about. */
  likeliestChance: number
  headingAsked: number
  /** Share of the question's words, or of words that mean the same, in two neighbouring sentences under their headings. */
  sentenceWeight: number
  /** Share of the question's names that stand in no passage. */
  missingNames: number
  /** Share of its neighbouring words that stand side by side in one sentence, too. */
  adjacent: number
  /** The best keyword score for each word asked: it knows how rare the words are in the whole base. */
  keywordScore: number
  /** How far retrieval's first passage stands out from its others. */
  lead: number
  /** How many words there are to find, 8 or more being 1. */
  length: number
  /** Length times passageWeight: half of many words is more than half of two. */
  manyFound: number
  /** The question is written in pairs of Chinese or Japanese characters, which are found more easily than words. */
  isPairs: number
  /** The same for triples of Thai. */
  isTriples: number
  /** The best passage is in another language than the question. */
  isForeign: number
  /** It asks what everybody asks; and the share of that which a passage answers. */
  usualAsked: number
  usualAnswered: number
  /** It asks whether there is something, or which is best. */
  asksForTopic: number
}

const MANY_TERMS = 8

/** A word of the question that is as rare as can be adds about this to a keyword score. */
const HIGH_KEYWORD_SCORE = 3

/** An ending more is the same name (Berlin, Berlins); a letter changed is another one. */
const SAME_NAME = 0.8

export function readSigns(evidence: Evidence, rated: readonly RatedPassage[]): EvidenceSigns {
  const { terms, passages, question } = evidence
  const names = terms.filter(({ isName }) => isName)
  const missing = names.filter((term) => passages.every(({ exact }) => exact.find(term) < SAME_NAME))
  const exact = rated.map(({ read }) => coverageOf(terms, read.exact, evidence.weigh))
  const passageWeight = Math.max(0, ...exact)
  const length = Math.min(1, terms.length / MANY_TERMS)
  return {
    passageWeight,
    likeliestWeight: exact[0] ?? 0,
    likeliestShare: rated[0]?.signs.share ?? 0,
    likeliestChance: rated[0]?.chance ?? 0,
    headingAsked: rated[0]?.read.headingAsked ?? 0,
    sentenceWeight: Math.max(0, ...rated.map(({ signs }) => signs.sentence)),
    missingNames: names.length === 0 ? 0 : missing.length / names.length,
    adjacent: Math.max(0, ...rated.map(({ signs }) => signs.adjacent)),
    keywordScore: readKeywordScore(evidence, passageWeight),
    lead: readLead(passages.map(({ passage }) => passage.score)),
    length,
    manyFound: length * passageWeight,
    isPairs: /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(question) ? 1 : 0,
    isTriples: /\p{Script=Thai}/u.test(question) ? 1 : 0,
    isForeign: rated[0] && isForeignTo(question, rated[0].read.passage.text) ? 1 : 0,
    usualAsked: evidence.usual.length > 0 ? 1 : 0,
    usualAnswered: Math.max(0, ...rated.map(({ signs }) => signs.usual)),
    asksForTopic: asksForTopic(question) ? 1 : 0,
  }
}

/** Where the keyword side is silent, its usual share of what the words themselves say. */
function readKeywordScore({ terms, passages }: Evidence, passageWeight: number): number {
  const scores = passages.flatMap(({ passage }) => passage.keywordScore ?? [])
  if (scores.length === 0) return USUAL_KEYWORD_SHARE * passageWeight
  return Math.min(1, Math.max(...scores) / terms.length / HIGH_KEYWORD_SCORE)
}

const USUAL_KEYWORD_SHARE = 0.8

/** Scores may be of any scale, those of a cross-encoder below 0, too. */
function readLead([first = 0, ...others]: number[]): number {
  if (others.length === 0) return USUAL_LEAD
  if (first <= 0) return 0
  const rest = others.reduce((sum, score) => sum + score, 0) / others.length
  return Math.min(1, Math.max(0, 1 - rest / first))
}

/** What a passage found alone is given: there is nothing to hold it against. */
const USUAL_LEAD = 0.5

/**
 * Weights of the signs, fitted by logistic regression on nine languages of XQuAD (questions with and without their
 * paragraph in the base) and on coaches' packs, with and without the documents that answer
 * (`scripts/train-answerable.ts`, which prints what each left out of the fit comes to).
 */
const WEIGHTS: EvidenceSigns & { bias: number } = {
  passageWeight: -1.37,
  likeliestWeight: -0.63,
  likeliestShare: 1.97,
  likeliestChance: 2.28,
  headingAsked: 1.41,
  sentenceWeight: 2.16,
  missingNames: -1.21,
  adjacent: 1.94,
  keywordScore: 1.47,
  lead: 0.87,
  length: 0.09,
  manyFound: 4.01,
  isPairs: -0.23,
  isTriples: -0.59,
  isForeign: 0.85,
  usualAsked: 0.21,
  usualAnswered: 0.95,
  asksForTopic: -1.99,
  bias: -4.68,
}

/** How likely the passages hold the answer, 0 to 1. */
export function estimateAnswerable(evidence: Evidence, rated: readonly RatedPassage[]): number {
  if (evidence.terms.length === 0 || evidence.passages.length === 0) return 0
  const signs = readSigns(evidence, rated)
  let sum = WEIGHTS.bias
  for (const sign of SIGNS) sum += WEIGHTS[sign] * signs[sign]
  return 1 / (1 + Math.exp(-sum))
}

export const SIGNS = Object.keys(WEIGHTS).filter((name): name is keyof EvidenceSigns => name !== 'bias')

/** From this likelihood on the extractive answerer answers; below it says that it does not know. */
export const ANSWERABLE_FROM = 0.5
