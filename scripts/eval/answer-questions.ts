import { access, readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { z } from 'zod'
import type { Installation } from '../../src/installation.ts'
import { titleFromName } from '../../src/knowledge/documents/document.ts'
import { readPack } from '../../src/packs/pack.ts'
import { holdsAnswer } from './answer-metrics.ts'
import { findDocuments, squeeze } from './document-set.ts'
import { readJsonLines } from './json-lines.ts'
import { readAs, readJudgements } from './judged-set.ts'
import type { ScratchSource } from './scratch.ts'

/** A passage as a question judges it. */
export interface JudgedPassage {
  text: string
  /** The document's name; of a corpus in one file, the row's id. */
  document: string
}

/** A question with what a right answer to it is. */
export interface AnswerQuestion {
  id: string
  type: string
  text: string
  language?: string | undefined
  history: { role: 'user' | 'assistant'; text: string }[]
  isAnswerable: boolean
  /** For people who read the report. */
  wanted: string
  /** Names of the documents that answer, where the set says so. */
  documents?: string[]
  /** Gold answers as SQuAD has them. */
  golds?: string[]
  /** The text holds what must be said, and nothing that must not. */
  holds(text: string): boolean
  isRight(passage: JudgedPassage): boolean
}

/** Questions, and the files they are asked of. */
export interface AnswerSet {
  sources: ScratchSource[]
  questions: AnswerQuestion[]
  /** Rows of a corpus in one file, by their section. */
  rowIds?: string[]
}

const CorpusRow = z.looseObject({ id: z.string(), title: z.string().default(''), text: z.string() })
const Query = z.looseObject({ id: z.string(), text: z.string(), answers: z.array(z.string()).min(1) })
const Unanswerable = z.looseObject({ id: z.string(), text: z.string() })

/** A corpus in one file whose queries have answers; `undefined` where they have none. */
export async function readCorpusAnswers(dir: string): Promise<AnswerSet | undefined> {
  const rows = await readJsonLines(
    join(dir, 'queries.jsonl'),
    z.looseObject({ answers: z.unknown().optional() }),
  )
  if (!rows.some(({ answers }) => answers !== undefined)) return undefined
  const corpus = await readJsonLines(join(dir, 'corpus.jsonl'), CorpusRow)
  const judgements = await readJudgements(join(dir, 'qrels.tsv'))
  const queries = await readJsonLines(join(dir, 'queries.jsonl'), Query)
  const path = join(dir, 'unanswerable.jsonl')
  const unanswerable = (await exists(path)) ? await readJsonLines(path, Unanswerable) : []
  return {
    sources: [
      {
        name: 'corpus.jsonl',
        title: '',
        path: join(dir, 'corpus.jsonl'),
        extractor: readAs(corpus),
      },
    ],
    rowIds: corpus.map(({ id }) => id),
    questions: [
      ...queries.map(
        ({ id, text, answers }): AnswerQuestion => ({
          ...{ id, text, type: 'answerable', history: [], isAnswerable: true, golds: answers },
          wanted: answers.join(' · '),
          holds: (said) => holdsAnswer(said, answers),
          isRight: (passage) =>
            (judgements.get(id)?.has(passage.document) ?? false) || holdsAnswer(passage.text, answers),
        }),
      ),
      ...unanswerable.map(({ id, text }) => ({ ...without('unanswerable'), id, text })),
    ],
  }
}

const Question = z.looseObject({
  id: z.string(),
  type: z.string(),
  lang: z.string().optional(),
  text: z.string(),
  answer_must_contain: z.array(z.string()),
  match: z.literal('any').optional(),
  must_not_contain: z.array(z.string()).default([]),
  sources: z.array(z.looseObject({ doc: z.string(), quote: z.string() })),
  history: z.array(z.object({ role: z.enum(['user', 'assistant']), text: z.string() })).default([]),
})

const NO_ANSWER = /^(?:unanswerable|out-of-scope|privacy|small-talk)/

/** A folder of documents with `questions.jsonl`. */
export async function readDocumentAnswers(dir: string, { extractor }: Installation): Promise<AnswerSet> {
  const rows = await readJsonLines(join(dir, 'questions.jsonl'), Question)
  return {
    sources: await listSources(await findDocuments(dir), extractor),
    questions: rows.map(({ id, type, text, lang: language, history, sources, ...row }) => {
      const common = { id, type, text, language, history }
      const isRight = (passage: JudgedPassage) =>
        sources.some(
          ({ doc, quote }) => doc === passage.document && squeeze(passage.text).includes(squeeze(quote)),
        )
      // Some may be answered with what is near, if nothing is made up: `isRight` says with what.
      if (NO_ANSWER.test(type)) return { ...without(type), ...common, isRight }
      const has = (said: string) => (wanted: string) => squeeze(said).includes(squeeze(wanted))
      const holdsWanted = (said: string) =>
        row.match === 'any'
          ? row.answer_must_contain.some(has(said))
          : row.answer_must_contain.every(has(said))
      return {
        ...common,
        isAnswerable: true,
        wanted: row.answer_must_contain.join(row.match === 'any' ? ' or ' : ' · '),
        documents: sources.map(({ doc }) => doc),
        holds: (said) => holdsWanted(said) && !row.must_not_contain.some(has(said)),
        isRight: (passage) => isRight(passage) || holdsWanted(passage.text),
      }
    }),
  }
}

/** A bot pack: the questions that its `questions.yaml` is judged by. */
export async function readPackAnswers(dir: string, { extractor }: Installation): Promise<AnswerSet> {
  const { questions } = await readPack(dir)
  return {
    sources: await listSources(join(dir, 'knowledge'), extractor),
    questions: [
      ...questions.answerable.map(({ question, lang, document, fact }, at): AnswerQuestion => {
        const holds = (text: string) => squeeze(text).includes(squeeze(fact))
        return {
          ...{ id: `answerable-${at + 1}`, type: 'answerable', text: question, language: lang, history: [] },
          isAnswerable: true,
          wanted: fact,
          documents: [document],
          holds,
          isRight: (passage) => passage.document === document && holds(passage.text),
        }
      }),
      ...questions.refused.map(({ question, lang }, at) => ({
        ...without('refused'),
        ...{ id: `refused-${at + 1}`, text: question, language: lang },
      })),
    ],
  }
}

function without(type: string): Omit<AnswerQuestion, 'id' | 'text'> {
  return { type, history: [], isAnswerable: false, wanted: '', holds: () => false, isRight: () => false }
}

async function listSources(folder: string, extractor: Installation['extractor']): Promise<ScratchSource[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && entry.name !== 'questions.jsonl')
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()
    .map((name) => ({ name, title: titleFromName(name), path: join(folder, name), extractor }))
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
