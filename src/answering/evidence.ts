import { isInstructionLike } from '../knowledge/instruction-like.ts'
import type { RetrievedPassage } from '../knowledge/passage.ts'
import { remembered } from '../knowledge/remembered.ts'
import { type Sentence, sentencesOf } from '../knowledge/sentences.ts'
import { isFunctionWordSlip, type Term, termsOf } from '../knowledge/terms.ts'
import { indexTerms, indexWords, type Weigh, type WordIndex, weighByRarity } from '../knowledge/word-index.ts'
import { findShapes, type Shapes } from './asked-shape.ts'

/** A question beside the passages found for it, in words. */
export interface Evidence {
  question: string
  /** The question's words of meaning, each once, in their order. */
  terms: Term[]
  weigh: Weigh
  /** One for each passage, in its order. */
  passages: readonly PassageEvidence[]
}

export interface PassageEvidence {
  passage: RetrievedPassage
  /** The words of the nearest heading alone, and how many of them the question has, 0 to 1. */
  heading: WordIndex
  headingAsked: number
  /** Of the document's title and all headings. */
  title: WordIndex
  /** Of the text alone. */
  own: WordIndex
  /** Of title, headings and text. */
  whole: WordIndex
  sentences: readonly SentenceWords[]
}

export interface SentenceWords {
  text: string
  start: number
  index: WordIndex
  /** Neighbouring words of meaning, joined by a space. */
  pairs: ReadonlySet<string>
  /** Talks to a model: it proves nothing and is never quoted. */
  isBarred: boolean
}

/** A word found in the title or heading counts a little less than in the sentence itself. */
export const TITLE_SHARE = 0.8

export function readEvidence(question: string, retrieved: readonly RetrievedPassage[]): Evidence {
  const asked = indexWords([question])
  const passages = retrieved.map((passage) => readPassage(passage, asked))
  const isSomewhere = (term: Term) => passages.some(({ whole }) => whole.find(term) > 0)
  const terms = [...new Map(termsOf(question).map((term) => [term.text, term])).values()].filter(
    (term) => isSomewhere(term) || !isFunctionWordSlip(term),
  )
  return { question, terms, weigh: weighByRarity(passages.map(({ whole }) => whole)), passages }
}

function readPassage(passage: RetrievedPassage, asked: WordIndex): PassageEvidence {
  const { sentences, own } = readText(passage.text)
  const nearest = passage.headingPath.at(-1) ?? ''
  const heading = readHeads(nearest)
  const title = readHeads([passage.document, ...passage.headingPath].join('\n')).index
  const known = heading.terms.filter((term) => asked.find(term) > 0).length
  return {
    passage,
    heading: heading.index,
    headingAsked: heading.terms.length === 0 ? 0 : known / heading.terms.length,
    title,
    own,
    whole: eitherOf(own, title),
    sentences,
  }
}

/** Found where either has it; in the second at the given share. */
export function eitherOf(a: WordIndex, b: WordIndex | undefined, share = 1): WordIndex {
  return b ? { find: (term) => Math.max(a.find(term), share * b.find(term)) } : a
}

/** Texts whose words are kept: what answers one question is often found for the next. */
const REMEMBERED = { passages: 1_000, headings: 2_000 }

const readHeads = remembered((text: string) => {
  const terms = termsOf(text)
  return { terms, index: indexTerms(terms) }
}, REMEMBERED.headings)

const readText = remembered((text: string): Pick<PassageEvidence, 'own' | 'sentences'> => {
  const read = sentencesOf(text)
    .flatMap(splitLong)
    .map((sentence) => {
      const isBarred = isInstructionLike(sentence.text) || isInstructionLike(lineAround(text, sentence.start))
      return { ...sentence, isBarred, terms: isBarred ? [] : termsOf(sentence.text) }
    })
  return {
    own: withShapes(indexTerms(read.flatMap(({ terms }) => terms)), findShapes(text)),
    sentences: read.map(({ terms, ...sentence }) => ({
      ...sentence,
      index: withShapes(indexTerms(terms), findShapes(sentence.text)),
      pairs: pairsOf(terms),
    })),
  }
}, REMEMBERED.passages)

/** A longer sentence is quoted in parts: Thai has no full stops, and some authors use few. */
const LONG_CHARS = 240

/** Where such a sentence may be cut: at a comma, in Thai at a space. */
const CLAUSE_END =
  /[,;:，、；：،؛](?=[\s\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])|(?<=\p{Script=Thai}\p{M}*) /gu

/** Its clauses, joined up to a third of the longest. */
function splitLong(sentence: Sentence): Sentence[] {
  const { text, start } = sentence
  if (text.length <= LONG_CHARS) return [sentence]
  const parts: Sentence[] = []
  let from = 0
  for (const { index } of text.matchAll(CLAUSE_END)) {
    if (index + 1 - from < LONG_CHARS / 3) continue
    parts.push(trimPart(text, from, index + 1, start))
    from = index + 1
  }
  return [...parts, trimPart(text, from, text.length, start)].filter((part) =>
    /[\p{L}\p{N}]/u.test(part.text),
  )
}

function trimPart(text: string, from: number, to: number, start: number): Sentence {
  const raw = text.slice(from, to)
  return { text: raw.trim(), start: start + from + raw.length - raw.trimStart().length }
}

/** What a sum of money is to "cost", though the word does not stand there. */
const SHAPE_SHARE = 0.9

function withShapes(index: WordIndex, shapes: Shapes): WordIndex {
  if (shapes.length === 0) return index
  return {
    find: (term) =>
      Math.max(index.find(term), shapes.some(({ words }) => words.has(term.text)) ? SHAPE_SHARE : 0),
  }
}

/** Neighbours, and those with one word between. */
function pairsOf(terms: readonly Term[]): Set<string> {
  const pairs = new Set<string>()
  for (const [at, term] of terms.entries()) {
    for (const before of [terms[at - 1], terms[at - 2]]) if (before) pairs.add(`${before.text} ${term.text}`)
  }
  return pairs
}

function lineAround(text: string, at: number): string {
  const end = text.indexOf('\n', at)
  return text.slice(text.lastIndexOf('\n', at) + 1, end === -1 ? text.length : end)
}
