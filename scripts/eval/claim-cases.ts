import { sentencesOf } from '../../src/knowledge/words/sentences.ts'
import { termsOf } from '../../src/knowledge/words/terms.ts'
import { coverageOf, indexWords, type WordIndex } from '../../src/knowledge/words/word-index.ts'
import { FALSIFICATIONS } from './claim-falsehoods.ts'
import { pick } from './claim-falsifying.ts'
import type { Material, MaterialPassage } from './claim-material.ts'
import { generalise, sayOtherwise, swapKind } from './claim-paraphrases.ts'
import { ENGLISH_ONLY, joinSentences, NO_GERMAN, REWORDINGS, stateAnswer } from './claim-truths.ts'
import { isAlikeAnswer } from './claim-turns.ts'

/** One sentence of an answer, citing the first of these passages. */
export interface ClaimCase {
  set: string
  language: string
  kind: string
  isSupported: boolean
  claim: string
  question: string
  passages: MaterialPassage[]
}

export interface CaseLimits {
  /** Sentences each kind starts from, by set. */
  perKind: number
  random: () => number
}

/** Passages beside the cited one: an answer's sources are about one thing. */
const NEIGHBOURS = 3
/** Passages compared for the nearest; more take minutes and are no nearer. */
const COMPARED = 400
/** What stands alone as a statement. */
const MIN_TERMS = 5

/** Claims of every kind that this material gives. */
export function listCases(material: Material, limits: CaseLimits): ClaimCase[] {
  const neighboursOf = findNeighbours(material.passages)
  const cases: ClaimCase[] = []
  const add = (
    kind: string,
    made: { passage: MaterialPassage; claim: string; question?: string },
    truth: { isSupported: boolean; isCitedThere?: boolean },
  ) => {
    const { passage, claim, question = passage.asked[0]?.question ?? passage.topic } = made
    const others = neighboursOf(passage)
    const passages = (truth.isCitedThere ?? true) ? [passage, ...others.slice(0, NEIGHBOURS)] : others
    const { name: set, language } = material
    if (passages.length > 0)
      cases.push({ set, language, kind, isSupported: truth.isSupported, claim, question, passages })
  }
  const sentences = shuffle(material.passages, limits.random).flatMap((passage) => {
    const said = sentencesOf(passage.text).filter(({ text }) => isStatement(text))
    const chosen = pick(said, limits.random)
    return chosen ? [{ passage, claim: chosen.text }] : []
  })
  const asked = shuffle(material.passages, limits.random).flatMap((passage) =>
    passage.asked.flatMap((one) => {
      const claim = stateAnswer(one, material.language)
      return claim ? [{ passage, claim, question: one.question }] : []
    }),
  )

  addTruths(material, { sentences, asked, add, limits })
  addFalsehoods(material, { sentences, asked, add, limits })
  for (const { claim, passageId, isSupported } of material.judged) {
    const passage = material.passages.find(({ id }) => id === passageId)
    if (passage) add(isSupported ? 'people: true' : 'people: false', { passage, claim }, { isSupported })
  }
  if (material.language === 'en') addParaphrases({ sentences, asked, add, limits })
  return cases
}

interface Making {
  sentences: { passage: MaterialPassage; claim: string }[]
  asked: { passage: MaterialPassage; claim: string; question: string }[]
  add: (
    kind: string,
    made: { passage: MaterialPassage; claim: string; question?: string },
    truth: { isSupported: boolean; isCitedThere?: boolean },
  ) => void
  limits: CaseLimits
}

function addTruths({ language }: Material, { sentences, asked, add, limits }: Making): void {
  for (const [kind, reword] of Object.entries(REWORDINGS)) {
    if (language !== 'en' && ENGLISH_ONLY.has(kind)) continue
    if (language === 'de' && NO_GERMAN.has(kind)) continue
    const made = sentences.flatMap(({ passage, claim }) => {
      const other = reword(claim, limits.random)
      return other ? [{ passage, claim: other }] : []
    })
    for (const one of made.slice(0, limits.perKind)) add(kind, one, { isSupported: true })
  }
  for (const one of asked.slice(0, limits.perKind)) add('answer stated', one, { isSupported: true })
  const joined = sentences.flatMap(({ passage }) => {
    const claim = joinSentences(passage.text, 0)
    return language === 'en' && claim ? [{ passage, claim }] : []
  })
  for (const one of joined.slice(0, limits.perKind)) add('two joined', one, { isSupported: true })
}

function addFalsehoods({ language }: Material, { sentences, asked, add, limits }: Making): void {
  for (const [kind, falsify] of Object.entries(FALSIFICATIONS)) {
    const made = [...sentences, ...asked].flatMap((one, at, all) => {
      const foreign = all[(at + Math.ceil(all.length / 2)) % all.length]
      if (!foreign || foreign.passage === one.passage) return []
      const claim = falsify({
        sentence: one.claim,
        language,
        passage: one.passage.text,
        foreign: foreign.claim,
        answers: one.passage.asked.map(({ answer }) => answer),
        random: limits.random,
      })
      return claim && !one.passage.text.includes(claim) ? [{ ...one, claim }] : []
    })
    for (const one of shuffle(made, limits.random).slice(0, limits.perKind))
      add(kind, one, { isSupported: false })
  }
  const wrong = asked.flatMap((one) => {
    const claim = stateOtherAnswer(one, language, limits.random)
    return claim ? [{ ...one, claim }] : []
  })
  for (const one of wrong.slice(0, limits.perKind)) add('another answer stated', one, { isSupported: false })
  const elsewhere = { isSupported: false, isCitedThere: false }
  for (const one of sentences.slice(0, limits.perKind)) add('other passage', one, elsewhere)
  for (const one of asked.slice(0, limits.perKind)) add('other passage, stated', one, elsewhere)
}

/** Words for one another by lists of their own. */
function addParaphrases({ sentences, add, limits: { perKind, random } }: Making): void {
  const made = (change: (one: Making['sentences'][number]) => string | undefined) =>
    sentences
      .flatMap((one) => {
        const claim = change(one)
        return claim ? [{ ...one, claim }] : []
      })
      .slice(0, perKind)
  for (const one of made(({ claim }) => sayOtherwise(claim, random))) add('said otherwise', one, TRUE)
  for (const one of made(({ claim }) => generalise(claim, random))) add('generalised', one, TRUE)
  const swapped = made(({ claim, passage }) => swapKind({ sentence: claim, passage: passage.text, random }))
  for (const one of swapped) add('another of its kind', one, FALSE)
}

const TRUE = { isSupported: true }
const FALSE = { isSupported: false }

/** The question with what answers another one about the same passage. */
function stateOtherAnswer(
  { passage, question }: { passage: MaterialPassage; question: string },
  language: string,
  random: () => number,
): string | undefined {
  const own = passage.asked.find((it) => it.question === question)?.answer
  const other = pick(
    passage.asked.filter(
      ({ answer }) => own !== undefined && isAlikeAnswer(own, answer) && !question.includes(answer),
    ),
    random,
  )
  return other && stateAnswer({ question, answer: other.answer }, language)
}

function isStatement(text: string): boolean {
  return (
    !/[?？:|]\s*$|^[#|>*-]/.test(text) &&
    termsOf(text).length >= MIN_TERMS &&
    /[.!。।]$|\p{Script=Thai}$/u.test(text)
  )
}

/** The passages nearest to one: those of its topic, then those that share most of its words. */
function findNeighbours(passages: MaterialPassage[]): (passage: MaterialPassage) => MaterialPassage[] {
  const compared = passages.slice(0, COMPARED)
  const indexes = new Map<string, WordIndex>(compared.map(({ id, text }) => [id, indexWords([text])]))
  const known = new Map<string, MaterialPassage[]>()
  return (passage) => {
    const terms = termsOf(passage.text).slice(0, 80)
    const nearest =
      known.get(passage.id) ??
      compared
        .filter(({ id, text }) => id !== passage.id && text !== passage.text)
        .map((other) => {
          const index = indexes.get(other.id)
          const share = index ? coverageOf(terms, index, () => 1) : 0
          return { other, score: share + (other.topic === passage.topic ? 1 : 0) }
        })
        .sort((a, b) => b.score - a.score)
        .slice(0, NEIGHBOURS + 1)
        .map(({ other }) => other)
    known.set(passage.id, nearest)
    return nearest
  }
}

function shuffle<T>(list: readonly T[], random: () => number): T[] {
  return list
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
