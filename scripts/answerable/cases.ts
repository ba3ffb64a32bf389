import { basename } from 'node:path'
import type { Installation } from '../../src/installation.ts'
import type { BaseKey } from '../../src/knowledge/knowledge-base.ts'
import type { RetrievedPassage } from '../../src/knowledge/passage.ts'
import type { AnswerQuestion, AnswerSet } from '../eval/answer-questions.ts'
import { withScratchBase } from '../eval/scratch.ts'

/** A question beside what is found for it, as the gate sees them. */
export interface Case {
  set: string
  id: string
  type: string
  isAnswerable: boolean
  question: string
  passages: RetrievedPassage[]
  /** For each passage, whether it answers. */
  isRight: boolean[]
}

/** Passages an answer is made from. */
const PASSAGES = 8

/** Enough to have as many left when a document is taken away. */
const DEPTH = 24

/**
 * Every question of the set with its passages. A question whose documents are known is asked once more with those taken
 * away: near to the material, and not answered by it.
 */
export async function collectCases(
  installation: Installation,
  dir: string,
  { sources, questions, rowIds }: AnswerSet,
): Promise<Case[]> {
  const set = /^[a-z]{2}$/.test(basename(dir)) ? `xquad ${basename(dir)}` : basename(dir)
  return withScratchBase(installation, sources, async (key) => {
    const rowOf = rowIds && (await readRows(installation, key, rowIds))
    const cases: Case[] = []
    for (const question of questions) {
      const { text, history, id, type, isAnswerable } = question
      const query = await installation.lookUp(key, { question: text, history }, AbortSignal.timeout(60_000))
      const { passages: found } = await installation.retrieve({ ...key, ...query, limit: DEPTH })
      const rights = found.map((passage) => isRight(question, passage, rowOf))
      const asked = [query.carried, query.question].filter(Boolean).join('\n')
      const common = { set, question: asked }
      cases.push({
        ...{ ...common, id, type, isAnswerable },
        passages: found.slice(0, PASSAGES),
        isRight: rights.slice(0, PASSAGES),
      })
      const documents = question.documents
      if (!isAnswerable || !documents || type === 'conflict' || type === 'history') continue
      const rest = found.filter(({ documentName }) => !documents.includes(documentName)).slice(0, PASSAGES)
      cases.push({
        ...{ ...common, id: `${id}-without`, type: `without ${type}`, isAnswerable: false },
        ...{ passages: rest, isRight: rest.map(() => false) },
      })
    }
    return cases
  })
}

function isRight(
  question: AnswerQuestion,
  { id, text, documentName }: RetrievedPassage,
  rowOf: ReadonlyMap<string, string> | undefined,
): boolean {
  return question.isAnswerable && question.isRight({ text, document: rowOf?.get(id) ?? documentName })
}

async function readRows({ db }: Installation, key: BaseKey, rowIds: string[]): Promise<Map<string, string>> {
  const rows = await db
    .selectFrom('passage')
    .select(['id', 'section'])
    .where('knowledge_base_id', '=', key.knowledgeBaseId)
    .where('creator_id', '=', key.creatorId)
    .execute()
  return new Map(rows.map(({ id, section }) => [id, rowIds[section] ?? '']))
}
