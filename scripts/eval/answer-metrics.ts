import { mean as meanOf, round } from './metrics.ts'

const mean = (values: readonly number[]) => round(meanOf(values))

/** Scripts written without spaces: each of their characters counts as a word, as in MLQA. */
const UNSPACED = /([\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}])/gu

/** A text as SQuAD compares it: lower case, without punctuation and English articles, white space folded. */
function normaliseAnswer(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\p{P}\p{S}]/gu, '')
    .replace(/\b(?:a|an|the)\b/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}

/** SQuAD's exact match: 1 where the answer is one of the gold answers. */
export function exactMatch(answer: string, golds: readonly string[]): number {
  const given = normaliseAnswer(answer)
  return golds.some((gold) => normaliseAnswer(gold) === given) ? 1 : 0
}

/** SQuAD's F1 over words, for the gold answer it is best for. */
export function wordF1(answer: string, golds: readonly string[]): number {
  const given = wordsOf(answer)
  return Math.max(0, ...golds.map((gold) => overlapF1(given, wordsOf(gold))))
}

/** True where a gold answer stands in the text, as it must in a quoted passage. */
export function holdsAnswer(text: string, golds: readonly string[]): boolean {
  const given = normaliseAnswer(text)
  return golds.some((gold) => given.includes(normaliseAnswer(gold)))
}

function overlapF1(given: string[], gold: string[]): number {
  if (given.length === 0 || gold.length === 0) return given.length === gold.length ? 1 : 0
  const left = new Map<string, number>()
  for (const word of gold) left.set(word, (left.get(word) ?? 0) + 1)
  let shared = 0
  for (const word of given) {
    const times = left.get(word) ?? 0
    if (times > 0) shared += 1
    left.set(word, times - 1)
  }
  if (shared === 0) return 0
  const [precision, recall] = [shared / given.length, shared / gold.length]
  return (2 * precision * recall) / (precision + recall)
}

function wordsOf(text: string): string[] {
  return normaliseAnswer(text).replace(UNSPACED, ' $1 ').split(/\s+/).filter(Boolean)
}

/** What one question came to. */
export interface JudgedAnswer {
  id: string
  type: string
  question: string
  /** What it should hold, for people; nothing for a question without an answer. */
  wanted: string
  /** What was said, without marks of citation. */
  said: string
  isAnswerable: boolean
  isAnswered: boolean
  /** Refused, or answered in one of the ways that its row allows. */
  isHandled: boolean
  /** Present where the set gives gold answers. */
  exactMatch?: number
  f1?: number
  holds: boolean
  citations: JudgedCitation[]
  ms: number
}

export interface JudgedCitation {
  /** The quote stands word for word in the material at the place it names. */
  isVerbatim: boolean
  /** The cited passage is one of those that answer. */
  isRight: boolean
  /** The cited passage supports the sentence it stands behind. */
  isSupported: boolean
}

export interface AnswerMetrics {
  answerable: number
  unanswerable: number
  answeredWhenAnswerable: number
  refusedWhenUnanswerable: number
  /** SQuAD's, over all answerable questions; a refusal counts 0. */
  exactMatch?: number
  f1?: number
  /** Share of the answerable questions whose answer holds the gold answer. */
  answerContains: number
  /** Share of cited sentences with a quote that is verbatim and from a passage that answers. */
  citedCorrectly: number
  /** Share of cited sentences, on answerable questions, that their passage does not support. */
  wrongCitation: number
  quotesVerbatim: number
  p50ms: number
  p95ms: number
}

/** Sums up what {@link JudgedAnswer}s say; times are left to the caller. */
export function measureAnswers(judged: readonly JudgedAnswer[]): Omit<AnswerMetrics, 'p50ms' | 'p95ms'> {
  const answerable = judged.filter((one) => one.isAnswerable)
  const unanswerable = judged.filter((one) => !one.isAnswerable)
  const cited = answerable.flatMap(({ citations }) => citations)
  const share = <T>(of: readonly T[], holds: (one: T) => boolean) =>
    mean(of.map((one) => (holds(one) ? 1 : 0)))
  const hasGold = answerable.some((one) => one.exactMatch !== undefined)
  return {
    answerable: answerable.length,
    unanswerable: unanswerable.length,
    answeredWhenAnswerable: share(answerable, ({ isAnswered }) => isAnswered),
    refusedWhenUnanswerable: share(unanswerable, ({ isHandled }) => isHandled),
    ...(hasGold && {
      exactMatch: mean(answerable.map((one) => one.exactMatch ?? 0)),
      f1: mean(answerable.map((one) => one.f1 ?? 0)),
    }),
    answerContains: share(answerable, ({ holds }) => holds),
    citedCorrectly: share(cited, ({ isVerbatim, isRight }) => isVerbatim && isRight),
    wrongCitation: share(cited, ({ isSupported }) => !isSupported),
    quotesVerbatim: share(
      judged.flatMap(({ citations }) => citations),
      ({ isVerbatim }) => isVerbatim,
    ),
  }
}
