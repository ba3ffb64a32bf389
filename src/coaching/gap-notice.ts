import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { phrase } from '../bots/phrases.ts'
import type { Citation } from '../channels/channel.ts'
import { type Db, inTransaction } from '../db/database.ts'
import { cutQuote } from '../knowledge/citation.ts'
import { presentLocator } from '../knowledge/passage.ts'
import { escapeMarkdown } from './escape-markdown.ts'
import { type LockedChat, type Renderers, type Speech, speak } from './speak.ts'

/** Askers told in one run; the next run goes on. */
const BATCH = 100

/** The message waits this much longer for the answer to become citable; then it goes without its proof. */
const WAIT_FOR_PASSAGE_SECONDS = 120

/** A question is recalled, not repeated at length. */
const RECALLED_CHARS = 160

export interface TellAskersParts {
  db: Db
  channels: Renderers
}

interface AnswerToTell {
  groupId: string
  answeredAt: Date
  answeredBy: string | null
  name: string
  text: string
  botLanguage: string
  citation: Citation | undefined
}

interface Asker extends LockedChat {
  subscriberId: string
  question: string
  language: string | null
}

/** Groups whose askers are due to be told. */
export async function listDueAnswers(db: Db, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('gap_group')
    .select('id')
    .where('notify_at', '<=', sql<Date>`now()`)
    .orderBy('notify_at')
    .limit(limit)
    .execute()
  return rows.map(({ id }) => id)
}

/**
 * Puts the answer into the chats of those who asked and were not told yet: one message a Subscriber, into the Chat
 * they asked in last. Told and marked as told in one commit, so that a crash or a second run tells no one twice.
 *
 * Only here, when the time to take the answer back is over, does the message come to be: it stands in the Chat where
 * it was said, and nothing said meanwhile has to wait behind it.
 *
 * @returns the Chats that have something to send, and whether more are to be told.
 */
export async function tellAskers(
  { db, channels }: TellAskersParts,
  groupId: string,
): Promise<{ chatIds: string[]; hasMore: boolean }> {
  const answer = await findDueAnswer(db, groupId)
  if (!answer) return { chatIds: [], hasMore: false }
  const askers = await listUntold(db, groupId)
  const chatIds: string[] = []
  for (const asker of askers) {
    if (await tell({ db, channels }, answer, asker)) chatIds.push(asker.id)
  }
  const hasMore = askers.length === BATCH
  if (!hasMore) await closeNotice(db, answer)
  return { chatIds, hasMore }
}

async function findDueAnswer(db: Db, groupId: string): Promise<AnswerToTell | undefined> {
  const { rows } = await sql<{
    answer: string | null
    answered_at: Date | null
    answered_by: string | null
    answered_name: string | null
    bot_language: string | null
    document_id: string | null
    title: string | null
    passage_id: string | null
    passage: string | null
    heading_path: string[] | null
  }>`
    SELECT gap_group.answer, gap_group.answered_at, gap_group.answered_by, gap_group.answered_name,
      bot.settings #>> '{languages,0}' AS bot_language,
      document.id AS document_id, document.title, passage.id AS passage_id, passage.text AS passage, passage.heading_path
    FROM gap_group
    JOIN bot ON bot.id = gap_group.bot_id
    LEFT JOIN document ON document.id = gap_group.document_id
    LEFT JOIN passage ON passage.version_id = document.active_version_id AND passage.ordinal = 0
    WHERE gap_group.id = ${groupId} AND gap_group.state = 'answered' AND gap_group.notify_at <= now()
      AND (
        (SELECT bool_and(version.state NOT IN ('queued', 'extracting')) FROM document_version AS version
          WHERE version.document_id = document.id)
        OR document.id IS NULL
        OR gap_group.notify_at < now() - make_interval(secs => ${WAIT_FOR_PASSAGE_SECONDS})
      )
  `.execute(db)
  const row = rows[0]
  if (!row || row.answer === null || row.answered_at === null) return undefined
  return {
    groupId,
    answeredAt: row.answered_at,
    answeredBy: row.answered_by,
    name: row.answered_name ?? '',
    text: row.answer,
    botLanguage: row.bot_language ?? 'en',
    citation: readCitation(row),
  }
}

function readCitation(row: {
  document_id: string | null
  title: string | null
  passage_id: string | null
  passage: string | null
  heading_path: string[] | null
}): Citation | undefined {
  const { document_id: documentId, passage_id: passageId, passage, title } = row
  if (documentId === null || passageId === null || passage === null || title === null) return undefined
  const locator = presentLocator({ document: title, headingPath: row.heading_path ?? [] })
  return { n: 1, documentId, passageId, document: title, locator, quote: cutQuote(passage) }
}

async function listUntold(db: Db, groupId: string): Promise<Asker[]> {
  const { rows } = await sql<Asker>`
    SELECT DISTINCT ON (chat.subscriber_id) chat.subscriber_id AS "subscriberId", chat.id, chat.creator_id AS "creatorId",
      chat.bot_id AS "botId", chat.channel, chat.chat_key AS "chatKey", gap.question,
      coalesce(chat.language, gap.language) AS language
    FROM gap JOIN chat ON chat.id = gap.chat_id
    WHERE gap.group_id = ${groupId} AND gap.notified_message_id IS NULL
    ORDER BY chat.subscriber_id, gap.created_at DESC
    LIMIT ${BATCH}
  `.execute(db)
  return rows
}

/** False when there was nothing left to tell: taken back, told or erased meanwhile. */
async function tell({ db, channels }: TellAskersParts, answer: AnswerToTell, asker: Asker): Promise<boolean> {
  const messageId = randomUUID()
  return inTransaction(db, async (trx) => {
    // In the order of a Turn that forgets: the Chat, then the group, then the Gaps.
    await trx.selectFrom('chat').select('id').where('id', '=', asker.id).forUpdate().execute()
    if (!(await holdAnswer(trx, answer))) return false
    if (!(await markTold(trx, answer.groupId, asker, messageId))) return false
    const speech: Speech = {
      id: messageId,
      turnKind: 'gap_answer',
      kind: 'answer',
      markdown: writeNotice(answer, asker),
      citations: answer.citation ? [answer.citation] : [],
      // Never repeated in doubt: what no one has just asked for is better missing than said twice.
      policy: 'notice',
      memberId: answer.answeredBy,
      trace: { gapGroupId: answer.groupId },
    }
    await speak(trx, asker, { speech, channels })
    return true
  })
}

/** The message as its reader gets it: what they asked, who answers, the answer and its proof. */
export function writeNotice(
  { text, name, citation, botLanguage }: Pick<AnswerToTell, 'text' | 'name' | 'citation' | 'botLanguage'>,
  { question, language }: Pick<Asker, 'question' | 'language'>,
): string {
  const recalled = escapeMarkdown(shorten(question.replace(/\s+/g, ' ').trim()))
  const intro = phrase(language ?? botLanguage, 'gap_answered', {
    question: recalled,
    name: escapeMarkdown(name),
  })
  const body = text.trim()
  if (!citation) return `${intro}\n\n${body}`
  // After a code block or a table a marker would become part of it.
  const isBlockEnd = /(^|\n)\s*(```|~~~|\|)[^\n]*$/.test(body)
  return `${intro}\n\n${body}${isBlockEnd ? '\n\n' : ' '}[1]`
}

function shorten(text: string): string {
  const characters = [...text]
  return characters.length <= RECALLED_CHARS
    ? text
    : `${characters.slice(0, RECALLED_CHARS).join('').trimEnd()}…`
}

/** Keeps the answer from being taken back until the transaction ends. False when it was. */
async function holdAnswer(trx: Db, { groupId, answeredAt }: AnswerToTell): Promise<boolean> {
  const group = await trx
    .selectFrom('gap_group')
    .select(['state', 'answered_at'])
    .where('id', '=', groupId)
    .forShare()
    .executeTakeFirst()
  return group?.state === 'answered' && group.answered_at?.getTime() === answeredAt.getTime()
}

async function markTold(trx: Db, groupId: string, asker: Asker, messageId: string): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('gap')
    .set({ notified_message_id: messageId })
    .where('group_id', '=', groupId)
    .where('notified_message_id', 'is', null)
    .where('chat_id', 'in', (chats) =>
      chats.selectFrom('chat').select('chat.id').where('chat.subscriber_id', '=', asker.subscriberId),
    )
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** No one is left to tell, unless someone joined the group meanwhile. */
async function closeNotice(db: Db, { groupId }: AnswerToTell): Promise<void> {
  await inTransaction(db, async (trx) => {
    await trx.selectFrom('gap_group').select('id').where('id', '=', groupId).forUpdate().execute()
    await sql`
      UPDATE gap_group SET notify_at = NULL
      WHERE id = ${groupId} AND notify_at <= now() AND NOT EXISTS (
        SELECT FROM gap WHERE gap.group_id = ${groupId} AND gap.notified_message_id IS NULL
      )
    `.execute(trx)
  })
}

/** Takes back the messages of an answer of which nothing has left yet; their askers count as not told. */
export async function withdrawUnsent(trx: Db, groupId: string): Promise<void> {
  await sql`
    WITH waiting AS (
      SELECT part.id, part.message_id, part.state FROM part
      WHERE part.message_id IN (
        SELECT notified_message_id FROM gap WHERE group_id = ${groupId} AND notified_message_id IS NOT NULL
      )
      FOR UPDATE
    ), unsent AS (
      SELECT message_id FROM waiting GROUP BY message_id HAVING bool_and(state = 'queued')
    ), untold AS (
      UPDATE gap SET notified_message_id = NULL FROM unsent
      WHERE gap.notified_message_id = unsent.message_id AND gap.group_id = ${groupId}
    )
    DELETE FROM message USING unsent WHERE message.id = unsent.message_id
  `.execute(trx)
}
