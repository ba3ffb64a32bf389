import { isInstructionLike } from '../../knowledge/instruction-like.ts'
import type { RetrievedPassage } from '../../knowledge/passage.ts'
import { remembered } from '../../knowledge/words/remembered.ts'
import { type Sentence, sentencesOf } from '../../knowledge/words/sentences.ts'
import { isFunctionWordSlip, type Term, termsOf } from '../../knowledge/words/terms.ts'
import { indexTerms, type Weigh, type WordIndex, weighByRarity } from '../../knowledge/words/word-index.ts'
import { findShapes, type Shapes } from './asked-shape.ts'
import { type Meaning, type Meanings, readMeanings } from './related-words.ts'
import { mayBeIn } from './told-language.ts'
import { findUsual, type Usual } from './usual-questions.ts'
import { baseFormsOf, findRelations, type Relations } from './word-relations.ts'

/** A question beside the passages found for it, in words. */
export interface Evidence {
  question: string
  /** The question's words of meaning, each once, in their order. */
  terms: Term[]
  weigh: Weigh
  /** What everybody asks, and this question does. */
  usual: Usual
  /** One for each passage, in its order. */
  passages: readonly PassageEvidence[]
}

/** A word counts as found, for a share, where a related one stands in its place: in other words, another language. */
export interface PassageEvidence {
  passage: RetrievedPassage
  /** The words of the nearest heading alone, and how many of them the question has, 0 to 1. */
  heading: WordIndex
  headingAsked: number
  /** Of the document's title and all headings. */
  title: WordIndex
  /** Of the text alone, related ones not counted. */
  own: WordIndex
  /** Of title, headings and text. */
  whole: WordIndex
  /** The same, related ones not counted. */
  exact: WordIndex
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
  const words = termsOf(question)
  const asked: Asked = {
    words: indexTerms(words),
    meanings: readMeanings(words.map(({ text }) => text)),
    relations: readRelations(question, words),
  }
  const passages = retrieved.map((passage) => readPassage(passage, asked))
  const isSomewhere = (term: Term) => passages.some(({ exact }) => exact.find(term) > 0)
  const terms = [...new Map(words.map((term) => [term.text, term])).values()].filter(
    (term) => isSomewhere(term) || !isFunctionWordSlip(term),
  )
  const weigh = weighByRarity(passages.map(({ whole }) => whole))
  return { question, terms, weigh, usual: findUsual(question), passages }
}

interface Asked {
  words: WordIndex
  meanings: Meanings
  relations: ReadonlyMap<string, Relations>
}

/** What other words may stand for those of an English question; a name or a number is itself. */
function readRelations(question: string, terms: readonly Term[]): Map<string, Relations> {
  if (!mayBeIn('en', question)) return new Map()
  const common = terms.filter(({ text, isName }) => !isName && IS_WORD.test(text))
  return new Map(common.map(({ text }) => [text, findRelations(text)]))
}

const IS_WORD = /^[a-z]{2,}$/

function readPassage(passage: RetrievedPassage, asked: Asked): PassageEvidence {
  const text = readText(passage.text)
  const own = remembering(text.own)
  const nearest = readHeads(passage.headingPath.at(-1) ?? '')
  const heads = readHeads([passage.document, ...passage.headingPath].join('\n'))
  const known = nearest.terms.filter((term) => asked.words.find(term) > 0).length
  const inHeads = remembering(heads.index)
  const title = withRelated(inHeads, heads, asked)
  return {
    passage,
    heading: withRelated(nearest.index, nearest, asked),
    headingAsked: nearest.terms.length === 0 ? 0 : known / nearest.terms.length,
    title,
    own,
    whole: eitherOf(withRelated(own, text, asked), title),
    exact: eitherOf(own, inHeads),
    sentences: text.sentences.map((sentence) => ({
      ...sentence,
      index: withRelated(sentence.index, sentence, asked),
    })),
  }
}

/** Asked for the same word again and again, for one question. */
function remembering(index: WordIndex): WordIndex {
  const known = new Map<string, number>()
  return {
    find: (term) => {
      const found = known.get(term.text) ?? index.find(term)
      known.set(term.text, found)
      return found
    },
  }
}

/** What another word for the same is, beside the word itself. */
const RELATED_SHARE = 0.7

/** What the words of a text stand for beside themselves. */
interface Held {
  meanings: ReadonlySet<Meaning>
  /** English base forms. */
  forms: ReadonlySet<string>
}

function withRelated(index: WordIndex, held: Held, { meanings, relations }: Asked): WordIndex {
  const isSilent = (held.meanings.size === 0 || meanings.size === 0) && held.forms.size === 0
  if (isSilent) return index
  return {
    find: (term) => {
      const found = index.find(term)
      if (found >= RELATED_SHARE) return found
      if (meanings.get(term.text)?.some((meaning) => held.meanings.has(meaning))) return RELATED_SHARE
      let best = found
      for (const [other, share] of relations.get(term.text) ?? [])
        if (share * RELATION_SHARE > best && held.forms.has(other)) best = share * RELATION_SHARE
      return best
    },
  }
}

/** A dictionary's synonym knows neither the subject nor the usual word for it, as the lists do. */
const RELATION_SHARE = 0.6

function readHeld(terms: readonly Term[], meanings: Meanings): Held {
  return {
    meanings: new Set(terms.flatMap(({ text }) => meanings.get(text) ?? [])),
    forms: new Set(terms.flatMap(({ text }) => (IS_WORD.test(text) ? baseFormsOf(text) : []))),
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
  return {
    terms,
    index: indexTerms(terms),
    ...readHeld(terms, readMeanings(terms.map((term) => term.text))),
  }
}, REMEMBERED.headings)

const readText = remembered((text: string) => {
  const read = sentencesOf(text)
    .flatMap(splitLong)
    .map((sentence) => {
      const isBarred = isInstructionLike(sentence.text) || isInstructionLike(lineAround(text, sentence.start))
      return { ...sentence, isBarred, terms: isBarred ? [] : termsOf(sentence.text) }
    })
  const words = read.flatMap(({ terms }) => terms)
  const meanings = readMeanings(words.map((term) => term.text))
  return {
    own: withShapes(indexTerms(words), findShapes(text)),
    ...readHeld(words, meanings),
    sentences: read.map(({ terms, ...sentence }) => ({
      ...sentence,
      index: withShapes(indexTerms(terms), findShapes(sentence.text)),
      ...readHeld(terms, meanings),
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
