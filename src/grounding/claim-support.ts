import { findQuote, isVerbatim, type QuotableText, readQuotable } from '../knowledge/citation.ts'
import { remembered } from '../knowledge/words/remembered.ts'
import { type Term, termsOf } from '../knowledge/words/terms.ts'
import { indexWords, type Weigh, type WordIndex, weighByRarity } from '../knowledge/words/word-index.ts'
import { isFigure } from './claim-lexicon.ts'
import { matchClaim } from './claim-match.ts'
import { type ReadText, readClaimText } from './claim-text.ts'
import { relationOf, saysNoOther } from './english.ts'
import type { Source } from './source.ts'

/** What a claim without a number of its own must share with a passage to be given that one. */
const FOUND_SUPPORT = 0.6

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
  text: ReadText
  title: ReadText
  index: WordIndex
  /** The passage, then its section: a quote from the passage itself is the better proof. */
  readTexts: () => QuotableText[]
}

/** What the claims are an answer to. */
export interface ClaimContext {
  /** What may be said again without a proof: the question, as it was asked and as it was looked up. */
  question: string
  /** Base code of the language the claims are in. */
  language: string
  /**
   * Marks sources in another language than the claims: their words cannot be compared, so there a number must stand
   * in the source (or the question), and that is all that can be asked.
   */
  isForeign: (source: Source) => boolean
}

/** Prepares sources for checking claims made from them. */
export function createClaimCheck(
  sources: readonly Source[],
  { question, language, isForeign }: ClaimContext,
): ClaimCheck {
  const read = sources.map(readSource)
  const weigh = weighByRarity(read.map(({ index }) => index))
  const asked = readClaimText(question)
  const areNounsCapital = CAPITAL_NOUNS.has(language)
  const isEnglish = language === 'en'

  function support(claim: ReadText, { text, title }: ReadSource): number {
    return matchClaim(claim, text, {
      asked,
      weigh: (word) => weigh(word),
      isKnown: (word) => asked.find(word).length > 0 || title.find(word).length > 0,
      areNounsCapital,
      relate: isEnglish ? relationOf : () => undefined,
      saysNoOther: isEnglish ? saysNoOther : () => false,
    })
  }

  function quote(claim: string, { source, readTexts }: ReadSource): Proof | undefined {
    const found = quoteFrom(readTexts(), termsOf(claim), weigh)
    return found === undefined ? undefined : { source, quote: found }
  }

  function proveForeign(claim: string, { source, text, readTexts }: ReadSource): Proof | undefined {
    const numbers = readClaim(claim).words.filter(({ text: word }) => isFigure(word))
    if (!numbers.every((number) => text.find(number).length > 0 || asked.find(number).length > 0))
      return undefined
    const found = quoteFrom(readTexts(), termsOf(claim), weigh)
    return { source, quote: found ?? firstSentence(readTexts(), question) }
  }

  function prove(claim: string, found: ReadSource): Proof | undefined {
    if (isForeign(found.source)) return proveForeign(claim, found)
    return support(readClaim(claim), found) > 0 ? quote(claim, found) : undefined
  }

  function findBest(claim: string): Proof | undefined {
    const words = readClaim(claim)
    const [best] = read
      .filter(({ source }) => !isForeign(source))
      .map((candidate) => ({ candidate, share: support(words, candidate) }))
      .sort((a, b) => b.share - a.share)
    return best && best.share >= FOUND_SUPPORT ? quote(claim, best.candidate) : undefined
  }

  // A draft's sentences come again in the next one, and in the answer.
  const judged = new Map<string, Proof | undefined>()
  function once(key: string, judge: () => Proof | undefined): Proof | undefined {
    if (!judged.has(key)) judged.set(key, judge())
    return judged.get(key)
  }

  return {
    prove(claim, wanted) {
      const at = read.findIndex(({ source }) => source === wanted)
      const found = read[at]
      return found && once(`${at} ${claim}`, () => prove(claim, found))
    },
    find: (claim) => once(`any ${claim}`, () => findBest(claim)),
  }
}

/** Languages that write every noun with a capital. */
const CAPITAL_NOUNS: ReadonlySet<string> = new Set(['de', 'lb'])

/** Sections whose words are kept: some tens of kilobytes each. */
const REMEMBERED_SECTIONS = 400

const REMEMBERED_CLAIMS = 50

const readSection = remembered(readClaimText, REMEMBERED_SECTIONS)
/** Each is held against several sources. */
const readClaim = remembered(readClaimText, REMEMBERED_CLAIMS)
const readTitle = remembered(readClaimText, REMEMBERED_SECTIONS)

const readQuote = remembered(readQuotable, REMEMBERED_SECTIONS)

const indexSection = remembered((text) => indexWords([text]), REMEMBERED_SECTIONS)

function readSource(source: Source): ReadSource {
  const { passage, shown } = source
  let texts: QuotableText[] | undefined
  return {
    source,
    text: readSection(shown),
    title: readTitle([passage.document, ...passage.headingPath].join('\n')),
    index: indexSection([passage.document, ...passage.headingPath, shown].join('\n')),
    // Most sources of an answer are never quoted.
    readTexts() {
      texts ??= [...new Set([passage.text, passage.context])].map(readQuote)
      return texts
    },
  }
}

/** The best supporting words of the first text that has any, checked to stand there verbatim. */
function quoteFrom(texts: QuotableText[], terms: Term[], weigh: Weigh): string | undefined {
  const [own, section] = texts.map((text) => findQuote(terms, text, weigh))
  // The section only where it says clearly more.
  const quote = section && section.support > (own?.support ?? 0) + 0.2 ? section : (own ?? section)
  return quote && texts.some(({ text }) => isVerbatim(quote.text, text)) ? quote.text : undefined
}

/** In a language we cannot compare: what answers the question's words best, else how the passage begins. */
function firstSentence(texts: QuotableText[], question: string): string {
  const asked = indexWords([question])
  const sentences = texts[0]?.sentences ?? []
  const shares = (sentence: { text: string }) =>
    termsOf(sentence.text).filter((term) => asked.find(term) > 0).length
  const best = sentences.toSorted((a, b) => shares(b) - shares(a))[0]
  return best?.text ?? texts[0]?.text.trim() ?? ''
}
