import { randomUUID } from 'node:crypto'
import { basename } from 'node:path'
import type { Answer } from '../../src/answering/answer-request.ts'
import { type Bot, BotSettings } from '../../src/bots/bot-settings.ts'
import type { Installation } from '../../src/installation.ts'
import { isInstructionLike } from '../../src/knowledge/instruction-like.ts'
import type { BaseKey } from '../../src/knowledge/knowledge-base.ts'
import { sentencesOf } from '../../src/knowledge/words/sentences.ts'
import { termsOf } from '../../src/knowledge/words/terms.ts'
import { coverageOf, indexWords } from '../../src/knowledge/words/word-index.ts'
import {
  type AnswerMetrics,
  exactMatch,
  type JudgedAnswer,
  type JudgedCitation,
  measureAnswers,
  wordF1,
} from './answer-metrics.ts'
import type { AnswerQuestion, AnswerSet } from './answer-questions.ts'
import { percentile, round } from './metrics.ts'
import { withScratchBase } from './scratch.ts'

export interface AnswerReport extends AnswerMetrics {
  /** How often each wrote an answer. */
  models: Record<string, number>
  /** Answers for which a step of the pipeline was missing, by step. */
  degraded: Record<string, number>
  /** Answers that fell short, the plainest first. */
  worst: Shortfall[]
}

/** A question that was answered badly, and what was said. */
export interface Shortfall {
  id: string
  type: string
  question: string
  wanted: string
  said: string
  fault: 'refused' | 'answered without material' | 'quote not verbatim' | 'wrong passage' | 'fact missing'
}

/** An answer takes no longer, be it written by the slowest model. */
const ANSWER_MS = 180_000

/** Questions asked before the clock counts. */
const WARM_UP = 3

/** A sentence is supported by a passage that has this share of its words, as a paraphrase has. */
const SUPPORTED_SHARE = 0.5

const SHORTFALLS = 20

/**
 * Asks every question of the set the way a chat does, past the answer cache, and judges what is said.
 *
 * @param limit questions of each kind, spread over the set; all where it is absent.
 */
export async function evaluateAnswers(
  installation: Installation,
  dir: string,
  set: AnswerSet,
  limit = Infinity,
): Promise<AnswerReport> {
  const questions = [
    ...spread(
      set.questions.filter(({ isAnswerable }) => isAnswerable),
      limit,
    ),
    ...spread(
      set.questions.filter(({ isAnswerable }) => !isAnswerable),
      limit,
    ),
  ]
  return withScratchBase(installation, set.sources, async (key) => {
    const passages = await readPassages(installation, key, set.rowIds)
    const bot = buildBot(key, basename(dir))
    const ask = (question: AnswerQuestion) =>
      installation.answerer.answer({
        ...{ bot, question: question.text, history: question.history, languageHint: question.language },
        isFresh: true,
        signal: AbortSignal.timeout(ANSWER_MS),
      })
    for (const question of questions.slice(0, WARM_UP)) await ask(question)
    const judged: JudgedAnswer[] = []
    const models: Record<string, number> = {}
    const degraded: Record<string, number> = {}
    for (const question of questions) {
      const answer = await ask(question)
      judged.push(judge(question, answer, passages))
      count(models, answer.model)
      for (const step of answer.degraded) count(degraded, step)
    }
    const times = judged.map(({ ms }) => ms)
    return {
      ...measureAnswers(judged),
      p50ms: round(percentile(times, 0.5), 1),
      p95ms: round(percentile(times, 0.95), 1),
      ...{ models, degraded },
      worst: judged.flatMap(faultOf).slice(0, SHORTFALLS),
    }
  })
}

interface StoredPassage {
  text: string
  /** Of its document, all of it. */
  documentText: string
  document: string
}

async function readPassages(
  { db }: Installation,
  key: BaseKey,
  rowIds: string[] | undefined,
): Promise<Map<string, StoredPassage>> {
  const rows = await db
    .selectFrom('passage')
    .innerJoin('document', 'document.id', 'passage.document_id')
    .select(['passage.id', 'passage.document_id', 'passage.section', 'passage.text', 'document.name'])
    .where('passage.knowledge_base_id', '=', key.knowledgeBaseId)
    .where('passage.creator_id', '=', key.creatorId)
    .orderBy('passage.version_id')
    .orderBy('passage.ordinal')
    .execute()
  const texts = new Map<string, string>()
  for (const { document_id, text } of rows)
    texts.set(document_id, `${texts.get(document_id) ?? ''}\n${fold(text)}`)
  return new Map(
    rows.map(({ id, document_id, section, text, name }) => [
      id,
      { text, documentText: texts.get(document_id) ?? '', document: rowIds?.[section] ?? name },
    ]),
  )
}

function judge(
  question: AnswerQuestion,
  answer: Answer,
  passages: ReadonlyMap<string, StoredPassage>,
): JudgedAnswer {
  const { isAnswerable, golds } = question
  const isAnswered = answer.kind === 'answer' || answer.kind === 'safety'
  const said = isAnswered ? plainText(answer) : ''
  const citations = isAnswered ? judgeCitations(question, answer, passages) : []
  return {
    ...{ id: question.id, type: question.type, question: question.text, wanted: question.wanted },
    ...{ said: said || answer.markdown, isAnswerable, isAnswered },
    isHandled: isAnswerable ? isAnswered : !isAnswered || citations.some(({ isRight }) => isRight),
    ...(golds && {
      exactMatch: isAnswered ? exactMatch(said, golds) : 0,
      f1: isAnswered ? wordF1(said, golds) : 0,
    }),
    holds: isAnswered && question.holds(said),
    citations,
    ms: answer.ms.total,
  }
}

/** What the person reads as the answer: the quotes alone where it is made of them. */
function plainText({ model, citations, markdown }: Answer): string {
  if (model === 'extractive' && citations.length > 0) return citations.map(({ quote }) => quote).join('\n')
  return withoutMarkers(markdown)
}

const MARKERS = /\s*\[\d+\]/g

function withoutMarkers(text: string): string {
  return text.replace(MARKERS, '')
}

/** Each citation once for every sentence it stands behind. */
function judgeCitations(
  question: AnswerQuestion,
  answer: Answer,
  passages: ReadonlyMap<string, StoredPassage>,
): JudgedCitation[] {
  const sentences =
    answer.model === 'extractive'
      ? answer.citations.map(({ n, quote }) => ({ text: quote, n }))
      : sentencesOf(answer.markdown).flatMap(({ text }) =>
          (text.match(/\[(\d+)\]/g) ?? []).map((mark) => ({
            text: withoutMarkers(text),
            n: Number(mark.slice(1, -1)),
          })),
        )
  return sentences.map(({ text, n }) => {
    const citation = answer.citations.find((one) => one.n === n)
    const passage = citation && passages.get(citation.passageId)
    if (!passage) return { isVerbatim: false, isRight: false, isSupported: false }
    const isVerbatim = [fold(passage.text), passage.documentText].some((held) =>
      held.includes(fold(citation.quote)),
    )
    return {
      isVerbatim,
      isRight: question.isRight(passage),
      isSupported: isVerbatim && !isInstructionLike(citation.quote) && isSupported(text, passage),
    }
  })
}

/** A quote supports itself; any other sentence must share its numbers and half of its words with the passage. */
function isSupported(sentence: string, passage: StoredPassage): boolean {
  if (fold(passage.text).includes(fold(sentence))) return true
  const index = indexWords([passage.text])
  const terms = termsOf(sentence)
  const numbers = terms.filter(({ text }) => /^\p{N}/u.test(text))
  return (
    numbers.every((number) => index.find(number) > 0) && coverageOf(terms, index, () => 1) >= SUPPORTED_SHARE
  )
}

function faultOf(judged: JudgedAnswer): Shortfall[] {
  const fault = nameFault(judged)
  if (!fault) return []
  const { id, type, question, wanted, said } = judged
  return [{ id, type, question, wanted, said, fault }]
}

function nameFault({
  isAnswerable,
  isAnswered,
  isHandled,
  holds,
  citations,
}: JudgedAnswer): Shortfall['fault'] | undefined {
  if (!isAnswerable) return isHandled ? undefined : 'answered without material'
  if (!isAnswered) return 'refused'
  if (citations.some(({ isVerbatim }) => !isVerbatim)) return 'quote not verbatim'
  if (holds) return undefined
  return citations.some(({ isRight }) => isRight) ? 'fact missing' : 'wrong passage'
}

function spread<T>(all: T[], limit: number): T[] {
  if (all.length <= limit) return all
  const step = all.length / limit
  return all.filter((_, at) => Math.floor(at / step) !== Math.floor((at - 1) / step))
}

/** A Bot that is stored nowhere: strict, and with a line of each kind. */
function buildBot(key: BaseKey, name: string): Bot {
  const settings = BotSettings.parse({
    name: name.slice(0, 80) || 'eval',
    persona: 'A patient coach who speaks from the material.',
    languages: ['en'],
    greeting: { en: 'Hello.' },
    no_answer: { en: 'That is not in the material.' },
    safety_line: { en: 'Please stop and get medical help, or call the emergency number.' },
  })
  return { id: randomUUID(), ...key, slug: 'eval', settings }
}

function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1
}

function fold(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
