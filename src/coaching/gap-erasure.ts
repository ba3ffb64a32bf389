import type { Transaction } from 'kysely'
import type { Database } from '../db/schema.ts'
import { type Removed, removeDocument } from '../knowledge/documents/document.ts'
import type { BaseKey } from '../knowledge/knowledge-base.ts'
import { foldText } from '../knowledge/words/terms.ts'
import { recountGroups } from './gap-group-state.ts'
import { readMeaning } from './gap-meaning.ts'

/** A Document that is gone from the database, and what is left to remove of it outside. */
export interface RemovedAnswer {
  base: BaseKey
  removed: Removed
}

interface Group {
  id: string
  bot_id: string
  knowledge_base_id: string
  question: string
  answer: string | null
  answer_question: string | null
  document_id: string | null
}

/**
 * Takes the words of who is erased out of the groups their questions were in, after the Gaps are gone. A group is
 * shown by another asker's question from then on; with none left it goes. An answer stays in the material, unless
 * the erased person's question stands in it word by word: then it leaves the material, and where others asked the
 * same its group is open again with the answer as a draft.
 */
export async function eraseGapWords(
  trx: Transaction<Database>,
  creatorId: string,
  gaps: readonly { groupId: string; question: string }[],
): Promise<RemovedAnswer[]> {
  const removals: RemovedAnswer[] = []
  for (const [groupId, erased] of Map.groupBy(gaps, (gap) => gap.groupId)) {
    const group = await lockGroup(trx, creatorId, groupId)
    if (!group) continue
    const questions = erased.map(({ question }) => question)
    const base = { creatorId, knowledgeBaseId: group.knowledge_base_id }
    const isTheirs = holdsWords([group.answer, group.answer_question], questions)
    if (group.document_id !== null && isTheirs) {
      removals.push({ base, removed: await removeDocument(trx, { ...base, documentId: group.document_id }) })
    }
    await reword(trx, group, { questions, isTheirs })
  }
  return removals
}

function lockGroup(
  trx: Transaction<Database>,
  creatorId: string,
  groupId: string,
): Promise<Group | undefined> {
  return trx
    .selectFrom('gap_group')
    .innerJoin('bot', 'bot.id', 'gap_group.bot_id')
    .select(['gap_group.id', 'gap_group.bot_id', 'bot.knowledge_base_id', 'gap_group.question'])
    .select(['gap_group.answer', 'gap_group.answer_question', 'gap_group.document_id'])
    .where('gap_group.id', '=', groupId)
    .where('gap_group.creator_id', '=', creatorId)
    .forUpdate('gap_group')
    .executeTakeFirst()
}

async function reword(
  trx: Transaction<Database>,
  group: Group,
  { questions, isTheirs }: { questions: string[]; isTheirs: boolean },
): Promise<void> {
  const other = await trx
    .selectFrom('gap')
    .select(['question', 'language'])
    .where('group_id', '=', group.id)
    .orderBy('created_at')
    .limit(1)
    .executeTakeFirst()
  if (!other) {
    await trx.deleteFrom('gap_group').where('id', '=', group.id).execute()
    return
  }
  const takenBack = isTheirs
    ? { state: 'open' as const, notify_at: null, document_id: null, answer_question: null }
    : {}
  if (holdsWords([group.question], questions)) {
    const { key } = readMeaning(other.question)
    const taken = await trx
      .selectFrom('gap_group')
      .select('id')
      .where('bot_id', '=', group.bot_id)
      .where('terms_key', '=', key)
      .where('id', '!=', group.id)
      .executeTakeFirst()
    await trx
      .updateTable('gap_group')
      .set({
        question: other.question,
        language: other.language,
        // Two groups whose first questions differed may be left with the same words.
        terms_key: taken ? `${key}:${group.id}` : key,
        vector: null,
        vector_model: null,
      })
      .where('id', '=', group.id)
      .execute()
  }
  if (isTheirs) await trx.updateTable('gap_group').set(takenBack).where('id', '=', group.id).execute()
  await recountGroups(trx, [group.id])
}

/** True when one of the texts holds one of the questions, letter case and spaces aside. */
function holdsWords(texts: (string | null)[], questions: string[]): boolean {
  const folded = questions.map(fold).filter((question) => question !== '')
  return texts.some((text) => text !== null && folded.some((question) => fold(text).includes(question)))
}

function fold(text: string): string {
  return foldText(text).replace(/\s+/g, ' ').trim()
}
