import { findQuote, isVerbatim, type QuotableText, readQuotable } from '../knowledge/citation.ts'
import { remembered } from '../knowledge/remembered.ts'
import { type Term, termsOf } from '../knowledge/terms.ts'
import { coverageOf, indexWords, type Weigh, type WordIndex, weighByRarity } from '../knowledge/word-index.ts'
import type { Source } from './answer-prompt.ts'

/** Share of a cited claim's words its passage must hold. Paraphrase keeps about half of them. */
const CITED_SUPPORT = 0.3

/** The same with a number the passage does not have, which may be worked out from those it has. */
const COMPUTED_SUPPORT = 0.4

/** What a claim without a number of its own must share with a passage to be given that one. */
const FOUND_SUPPORT = 0.5

export interface Proof {
  source: Source
  quote: string
}

/** Looks for what proves a claim. */
export interface ClaimCheck {
  /** Proof from this source, or `undefined` when the source does not hold the claim. */
  prove(claim: string, source: Source): Proof | undefined
  /** Proof from whichever source holds the claim best. */
  find(claim: string): Proof | undefined
}

interface ReadSource {
  source: Source
  index: WordIndex
  /** The passage, then its section: a quote from the passage itself is the better proof. */
  readTexts: () => QuotableText[]
}

/**
 * Prepares sources for checking claims made from them.
 *
 * `isForeign` marks sources in another language than the answer: their words cannot be compared, so
 * there a number in the claim must stand in the source (or the question), and that is all that can
 * be asked.
 */
export function createClaimCheck(
  sources: readonly Source[],
  question: string,
  isForeign: (source: Source) => boolean,
): ClaimCheck {
  const read = sources.map(readSource)
  const weigh = weighByRarity(read.map(({ index }) => index))
  const asked = indexWords([question])

  function prove(claim: string, { source, index, readTexts }: ReadSource, least: number): Proof | undefined {
    const terms = termsOf(claim)
    const numbers = terms.filter(isNumber)
    const known = numbers.filter((number) => index.find(number) > 0 || asked.find(number) > 0)
    if (isForeign(source)) {
      if (known.length < numbers.length) return undefined
      return { source, quote: quoteFrom(readTexts(), terms, weigh) ?? firstSentence(readTexts(), asked) }
    }
    const isComputed = known.length < numbers.length
    if (isComputed && !numbers.some((number) => index.find(number) > 0)) return undefined
    const support = coverageOf(terms, index, weigh)
    if (support < (isComputed ? Math.max(least, COMPUTED_SUPPORT) : least)) return undefined
    const quote = quoteFrom(readTexts(), terms, weigh)
    return quote === undefined ? undefined : { source, quote }
  }

  return {
    prove(claim, wanted) {
      const found = read.find(({ source }) => source === wanted)
      return found && prove(claim, found, CITED_SUPPORT)
    },
    find(claim) {
      const terms = termsOf(claim)
      const [best] = read
        .filter(({ source }) => !isForeign(source))
        .map((candidate) => ({ candidate, support: coverageOf(terms, candidate.index, weigh) }))
        .sort((a, b) => b.support - a.support)
      return best && prove(claim, best.candidate, FOUND_SUPPORT)
    },
  }
}

/** Sections whose words are kept: some tens of kilobytes each. */
const REMEMBERED_SECTIONS = 400

const indexSection = remembered((text) => indexWords([text]), REMEMBERED_SECTIONS)

function readSource(source: Source): ReadSource {
  const { passage, shown } = source
  let texts: QuotableText[] | undefined
  return {
    source,
    index: indexSection([passage.document, ...passage.headingPath, shown].join('\n')),
    // Most sources of an answer are never quoted.
    readTexts() {
      texts ??= [...new Set([passage.text, passage.context])].map(readQuotable)
      return texts
    },
  }
}

function isNumber({ text }: Term): boolean {
  return /^\p{N}/u.test(text)
}

/** The best supporting words of the first text that has any, checked to stand there verbatim. */
function quoteFrom(texts: QuotableText[], terms: Term[], weigh: Weigh): string | undefined {
  const [own, section] = texts.map((text) => findQuote(terms, text, weigh))
  // The section only where it says clearly more.
  const quote = section && section.support > (own?.support ?? 0) + 0.2 ? section : (own ?? section)
  return quote && texts.some(({ text }) => isVerbatim(quote.text, text)) ? quote.text : undefined
}

/** In a language we cannot compare: what answers the question's words best, else how the passage begins. */
function firstSentence(texts: QuotableText[], asked: WordIndex): string {
  const sentences = texts[0]?.sentences ?? []
  const shares = (sentence: { text: string }) =>
    termsOf(sentence.text).filter((term) => asked.find(term) > 0).length
  const best = sentences.toSorted((a, b) => shares(b) - shares(a))[0]
  return best?.text ?? texts[0]?.text.trim() ?? ''
}
