import { Readable } from 'node:stream'
import { sql } from 'kysely'
import type { Actor } from '../accounts/access.ts'
import { recordAudit } from '../accounts/audit.ts'
import { type Db, inTransaction } from '../db/database.ts'
import { AppError } from '../errors.ts'
import type { FileStore, StoredFile } from '../files/file-store.ts'
import { type Removed, recordVersion, removeDocument } from '../knowledge/documents/document.ts'
import type { BaseKey } from '../knowledge/knowledge-base.ts'
import { type GapKey, lockGapGroup } from './gap.ts'
import { withdrawUnsent } from './gap-notice.ts'

/** Far above any answer a chat takes; what is longer belongs into a document. */
export const ANSWER_MAX_CHARS = 4_000
export const ANSWER_QUESTION_MAX_CHARS = 300
const MAX_FILE_BYTES = 64_000

export interface AnswerText {
  /** As it is to stand in the material, one line. */
  question: string
  /** Markdown. */
  text: string
}

export interface GapAnswer extends AnswerText {
  /** What {@link storeAnswer} returned for these very texts. */
  file: StoredFile
  /** Who was told an earlier answer is told this one, too. */
  isCorrection: boolean
  /** The askers are told this long after the answer: until then it can be taken back unseen. */
  undoMs: number
}

export interface AnsweredGap {
  documentId: string
  /** To be taken in; undefined when the material already says so. */
  versionId: string | undefined
}

/** An answer as it is kept: the question on one line and no heading sign before it, nothing PostgreSQL cannot store. */
export function readAnswerText({ question, text }: AnswerText): AnswerText {
  const clean = (part: string) => part.replaceAll('\u0000', '').toWellFormed()
  return {
    question: clean(question)
      .replace(/\s+/g, ' ')
      .replace(/^[#>\s-]+/, '')
      .trim(),
    text: clean(text).trim(),
  }
}

/** Writes an answer's file: before the transaction of {@link answerGap}, since a store may be far away. */
export async function storeAnswer(
  files: FileStore,
  creatorId: string,
  { question, text }: AnswerText,
): Promise<StoredFile> {
  const document = `# ${question}\n\n${text}\n`
  return files.write(creatorId, Readable.from([document]), { maxBytes: MAX_FILE_BYTES })
}

/**
 * Answers an open question: the answer becomes a Document, "Answered by" whoever wrote it, so that it is cited as
 * such; who asked is told once `undoMs` are over. The caller announces both to the queue after the commit.
 *
 * @throws {AppError} `gap.not_found`, `gap.not_open`
 */
export async function answerGap(
  db: Db,
  files: FileStore,
  actor: Actor,
  { botId, groupId, ...answer }: GapKey & GapAnswer,
): Promise<AnsweredGap> {
  return inTransaction(db, async (trx) => {
    const base = await getBase(trx, actor, botId)
    const group = await lockGapGroup(trx, actor, { botId, groupId })
    if (group.state === 'answered') throw new AppError('gap.not_open', { groupId })
    const { documentId, versionId, isNew } = await recordVersion(trx, files, {
      ...base,
      name: `answers/${groupId}.md`,
      title: `Answered by ${actor.name}`,
      file: answer.file,
    })
    if (answer.isCorrection) await forgetNotices(trx, groupId)
    await trx
      .updateTable('gap_group')
      .set({
        state: 'answered',
        answer: answer.text,
        answer_question: answer.question,
        answered_by: actor.memberId ?? null,
        answered_name: actor.name,
        answered_at: sql<Date>`now()`,
        notify_at: sql<Date>`now() + make_interval(secs => ${answer.undoMs / 1000})`,
        document_id: documentId,
      })
      .where('id', '=', groupId)
      .execute()
    await recordAudit(trx, actor, { action: 'gap.answer', objectType: 'gap_group', objectId: groupId })
    return { documentId, versionId: isNew ? versionId : undefined }
  })
}

export interface UndoneAnswer {
  base: BaseKey
  /** What is left to remove outside the database; undefined when the Document was gone already. */
  removed: Removed | undefined
  /** Subscribers the answer has reached, or may have: their chats keep it. */
  toldCount: number
}

/**
 * Takes an answer back: its Document goes, messages that have not left yet go, and the question is open again with
 * the text as a draft. What has left a chat cannot be fetched back.
 *
 * @throws {AppError} `gap.not_found`, `gap.not_answered`
 */
export async function undoGapAnswer(db: Db, actor: Actor, key: GapKey): Promise<UndoneAnswer> {
  return inTransaction(db, async (trx) => {
    const base = await getBase(trx, actor, key.botId)
    const group = await lockGapGroup(trx, actor, key)
    if (group.state !== 'answered') throw new AppError('gap.not_answered', { groupId: key.groupId })
    await withdrawUnsent(trx, key.groupId)
    const toldCount = await countTold(trx, key.groupId)
    await trx
      .updateTable('gap_group')
      .set({ state: 'open', notify_at: null, document_id: null })
      .where('id', '=', key.groupId)
      .execute()
    const removed = group.document_id
      ? await removeDocument(trx, { ...base, documentId: group.document_id })
      : undefined
    await recordAudit(trx, actor, {
      action: 'gap.undo',
      objectType: 'gap_group',
      objectId: key.groupId,
      details: { toldCount },
    })
    return { base, removed, toldCount }
  })
}

async function getBase(trx: Db, { creatorId }: Actor, botId: string): Promise<BaseKey> {
  const bot = await trx
    .selectFrom('bot')
    .select('knowledge_base_id')
    .where('id', '=', botId)
    .where('creator_id', '=', creatorId)
    .executeTakeFirst()
  if (!bot) throw new AppError('bot.not_found', { botId })
  return { creatorId, knowledgeBaseId: bot.knowledge_base_id }
}

async function forgetNotices(trx: Db, groupId: string): Promise<void> {
  await trx
    .updateTable('gap')
    .set({ notified_message_id: null })
    .where('group_id', '=', groupId)
    .where('notified_message_id', 'is not', null)
    .execute()
}

async function countTold(trx: Db, groupId: string): Promise<number> {
  const { count } = await trx
    .selectFrom('gap')
    .select((is) => is.fn.count<string>('notified_message_id').distinct().as('count'))
    .where('group_id', '=', groupId)
    .executeTakeFirstOrThrow()
  return Number(count)
}
