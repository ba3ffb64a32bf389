import { type Actor, requireRole } from '../accounts/access.ts'
import { recordAudit } from '../accounts/audit.ts'
import { type Db, inTransaction } from '../db/database.ts'
import { AppError } from '../errors.ts'
import { type ChatKey, getChatFacts } from './chat-facts.ts'

/** What a Member wrote down about a Chat; the Subscriber never sees it. */
export interface ChatNote {
  id: string
  text: string
  /** `undefined` when an API key wrote it, or the Member left. */
  memberName: string | undefined
  at: Date
}

/** Longest note, in UTF-16 units. */
export const MAX_NOTE_TEXT = 4_000

/** Notes shown and kept of one Chat. */
const MAX_NOTES = 200

/** The notes about a Chat, oldest first. */
export async function listNotes(db: Db, { creatorId, chatId }: ChatKey): Promise<ChatNote[]> {
  const rows = await db
    .selectFrom('chat_note')
    .leftJoin('member', 'member.id', 'chat_note.member_id')
    .select(['chat_note.id', 'chat_note.text', 'chat_note.created_at', 'member.name'])
    .where('chat_note.chat_id', '=', chatId)
    .where('chat_note.creator_id', '=', creatorId)
    .orderBy('chat_note.created_at', 'desc')
    .limit(MAX_NOTES)
    .execute()
  return rows.reverse().map((row) => ({
    id: row.id,
    text: row.text,
    memberName: row.name ?? undefined,
    at: row.created_at,
  }))
}

/** @throws {AppError} `access.denied`, `chat.not_found`, `message.empty`, `message.too_long`. */
export function addNote(
  db: Db,
  actor: Actor,
  { botId, chatId, text }: { botId: string; chatId: string; text: string },
): Promise<ChatNote> {
  return inTransaction(db, async (trx) => {
    requireRole(actor, 'editor')
    const words = text.replaceAll('\0', '').trim()
    if (words === '') throw new AppError('message.empty')
    if (words.length > MAX_NOTE_TEXT) throw new AppError('message.too_long', { maxLength: MAX_NOTE_TEXT })
    const chat = await getChatFacts(trx, { creatorId: actor.creatorId, botId, chatId })
    const note = await trx
      .insertInto('chat_note')
      .values({
        creator_id: actor.creatorId,
        chat_id: chat.id,
        member_id: actor.memberId ?? null,
        text: words,
      })
      .returning(['id', 'created_at'])
      .executeTakeFirstOrThrow()
    const details = { chatId }
    await recordAudit(trx, actor, {
      action: 'chat_note.add',
      objectType: 'chat_note',
      objectId: note.id,
      details,
    })
    const memberName = actor.memberId === undefined ? undefined : actor.name
    return { id: note.id, text: words, memberName, at: note.created_at }
  })
}

/** @throws {AppError} `access.denied`, `chat_note.not_found`. */
export function deleteNote(
  db: Db,
  actor: Actor,
  { botId, chatId, noteId }: { botId: string; chatId: string; noteId: string },
): Promise<void> {
  return inTransaction(db, async (trx) => {
    requireRole(actor, 'editor')
    const chat = await getChatFacts(trx, { creatorId: actor.creatorId, botId, chatId })
    const gone = await trx
      .deleteFrom('chat_note')
      .where('id', '=', noteId)
      .where('chat_id', '=', chat.id)
      .where('creator_id', '=', actor.creatorId)
      .returning('id')
      .executeTakeFirst()
    if (!gone) throw new AppError('chat_note.not_found')
    const details = { chatId }
    await recordAudit(trx, actor, {
      action: 'chat_note.delete',
      objectType: 'chat_note',
      objectId: noteId,
      details,
    })
  })
}
