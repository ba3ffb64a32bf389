import { cutQuote } from '../knowledge/citation.ts'
import { isInstructionLike, stripInvisible } from '../knowledge/instruction-like.ts'
import type { RetrievedPassage } from '../knowledge/passage.ts'
import type { Term } from '../knowledge/terms.ts'
import { coverageOf } from '../knowledge/word-index.ts'
import { ANSWERABLE_FROM, type Evidence, estimateAnswerable, readEvidence, TITLE_SHARE } from './evidence.ts'

/** Words of a passage, verbatim. */
export interface Extract {
  passage: RetrievedPassage
  quote: string
}

/** Quotes in one answer: enough for a question with two sides, still read at a glance. */
const MAX_EXTRACTS = 3

/** A further quote must be nearly as good as the first, or hold words the others lack. */
const NEARLY_AS_GOOD = 0.85
const STILL_GOOD = 0.5

/** A hit is shown with its paragraph up to this length: the answer often stands in the next sentence. */
const EXTRACT_CHARS = 400

/** Each place further down the ranking costs a little: retrieval saw more than words. */
const RANK_COST = 0.08

/** What the passage as a whole holds counts beside what the sentence holds. */
const PASSAGE_SHARE = 1

/**
 * The passages' own words that best answer the question, best first; empty when the passages do not
 * seem to hold the answer.
 */
export function extractAnswer(question: string, retrieved: readonly RetrievedPassage[]): Extract[] {
  const evidence = readEvidence(question, retrieved.map(withoutInstructions))
  if (estimateAnswerable(evidence) < ANSWERABLE_FROM) return []
  return chooseExtracts(evidence)
}

interface Hit {
  passage: RetrievedPassage
  start: number
  end: number
  score: number
  /** What of it is the sentence's own, its neighbours and rank left out. */
  own: number
  /** Which of the question's words it holds. */
  held: Set<string>
}

function chooseExtracts(evidence: Evidence): Extract[] {
  const hits = listHits(evidence).sort((a, b) => b.score - a.score)
  const best = hits[0]?.score ?? 0
  const bestOwn = Math.max(...hits.slice(0, MAX_EXTRACTS).map((hit) => hit.own))
  const seen = new Set<string>()
  const extracts: Extract[] = []
  for (const hit of hits) {
    if (extracts.length >= MAX_EXTRACTS || hit.score < STILL_GOOD * best) break
    const addsWords = [...hit.held].some((word) => !seen.has(word))
    if (extracts.length > 0 && hit.own < NEARLY_AS_GOOD * bestOwn && !addsWords) continue
    const quote = quoteAround(hit)
    if (extracts.some((other) => other.quote.includes(quote) || quote.includes(other.quote))) continue
    for (const word of hit.held) seen.add(word)
    extracts.push({ passage: hit.passage, quote })
  }
  return extracts
}

function listHits({ terms, weigh, passages }: Evidence): Hit[] {
  return passages.flatMap(({ passage, title, whole, sentences }, rank) => {
    const around = PASSAGE_SHARE * coverageOf(terms, whole, weigh) - RANK_COST * rank
    return sentences
      .filter((sentence) => !isInstructionLike(sentence.text))
      .map(({ text, start, index }) => {
        const underTitle = {
          find: (term: Term) => Math.max(index.find(term), TITLE_SHARE * title.find(term)),
        }
        // Half for the sentence itself, half for the sentence under its headings.
        const own = (coverageOf(terms, index, weigh) + coverageOf(terms, underTitle, weigh)) / 2
        return {
          passage,
          start,
          end: start + text.length,
          own,
          score: own + around,
          held: new Set(terms.filter((term) => underTitle.find(term) > 0).map((term) => term.text)),
        }
      })
  })
}

/**
 * The hit with as much of its paragraph as fits, and with the lines after it where they fit whole:
 * the answer often stands right behind the words that match the question.
 */
function quoteAround({ passage: { text }, start, end }: Hit): string {
  const lineStart = text.lastIndexOf('\n', start) + 1
  const from = endOfLine(text, end) - lineStart <= EXTRACT_CHARS ? lineStart : start
  let to = endOfLine(text, end)
  while (to < text.length) {
    const next = endOfLine(text, to + 1)
    if (next - from > EXTRACT_CHARS) break
    to = next
  }
  return cutQuote(text.slice(from, to).trim(), Math.max(EXTRACT_CHARS, end - start))
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end === -1 ? text.length : end
}

/** Lines that address a model are no material; neither are invisible letters. */
function withoutInstructions(passage: RetrievedPassage): RetrievedPassage {
  if (!isInstructionLike(passage.text) && stripInvisible(passage.text) === passage.text) return passage
  const lines = passage.text.split('\n').filter((line) => !isInstructionLike(line))
  return { ...passage, text: lines.join('\n') }
}
