import { sql, type Transaction } from 'kysely'
import { z } from 'zod'
import type { Button, Citation } from '../channels/channel.ts'
import type { Db } from '../db/database.ts'
import type { Database } from '../db/schema.ts'

const StoredCitation = z.object({
  n: z.number(),
  documentId: z.string(),
  passageId: z.string(),
  document: z.string(),
  locator: z.string(),
  quote: z.string(),
  url: z.exactOptional(z.string()),
}) satisfies z.ZodType<Citation>

// Built once: building a schema costs more than reading with it.
export const StoredCitations = z.array(StoredCitation)

const StoredButton = z.union([
  z.object({ label: z.string(), data: z.string() }),
  z.object({ label: z.string(), url: z.string() }),
  z.object({
    label: z.string(),
    invoice: z.object({
      title: z.string(),
      description: z.string(),
      payload: z.string(),
      stars: z.number(),
      isMonthly: z.boolean(),
    }),
  }),
]) satisfies z.ZodType<Button>

export const StoredButtons = z.array(StoredButton)

export interface PastMessage {
  role: 'user' | 'assistant'
  text: string
  buttons: Button[]
  kind: string
  /** Rises within a Chat. */
  position: string
}

/** What was said last in a Chat as far as a model may know it (questions and answers), oldest first. */
export async function listRecentMessages(db: Db, chatId: string, limit: number): Promise<PastMessage[]> {
  const rows = await db
    .selectFrom('message')
    .select(['direction', 'kind', 'markdown', 'buttons', 'position'])
    .where('chat_id', '=', chatId)
    .orderBy('position', 'desc')
    .limit(limit)
    .execute()
  return rows.reverse().map((row) => ({
    role: row.direction === 'in' ? 'user' : 'assistant',
    text: row.markdown,
    buttons: StoredButtons.parse(row.buttons),
    kind: row.kind,
    position: row.position,
  }))
}

/**
 * The proof behind a [n] of an earlier answer of this Chat.
 *
 * `undefined` when there is none, or when its Document is gone or replaced meanwhile: what was removed is
 * not cited any more.
 */
export async function findCitation(
  db: Db,
  { chatId, messageId, n }: { chatId: string; messageId: string; n: number },
): Promise<Citation | undefined> {
  const row = await db
    .selectFrom('message')
    .select('citations')
    .where('id', '=', messageId)
    .where('chat_id', '=', chatId)
    .executeTakeFirst()
  const citation = StoredCitations.parse(row?.citations ?? []).find((candidate) => candidate.n === n)
  if (!citation) return undefined
  const passage = await db
    .selectFrom('passage')
    .select('id')
    .where('id', '=', citation.passageId)
    .executeTakeFirst()
  return passage ? citation : undefined
}

/**
 * Erases what was said in a Chat (its Messages, Parts, Traces, Gaps and the words of its Inbox) and what is
 * known about the person: name, language and the Members' notes. What was counted stays, without a word or a name in it.
 *
 * `askedBy`: the open Updates that asked for it, which are erased as well; what else is open is to be answered yet.
 */
export async function forgetConversation(
  trx: Transaction<Database>,
  chat: { id: string; subscriberId: string; botId: string; channel: string; chatKey: string },
  askedBy: string[],
): Promise<void> {
  await trx.deleteFrom('message').where('chat_id', '=', chat.id).execute()
  await trx.deleteFrom('gap').where('chat_id', '=', chat.id).execute()
  await trx.deleteFrom('chat_note').where('chat_id', '=', chat.id).execute()
  await trx.updateTable('turn').set({ trace: '{}' }).where('chat_id', '=', chat.id).execute()
  await trx
    .updateTable('inbox')
    .set({ update: '{}' })
    .where('bot_id', '=', chat.botId)
    .where('channel', '=', chat.channel)
    .where('chat_key', '=', chat.chatKey)
    .where((is) =>
      is.or([is('done_at', 'is not', null), ...(askedBy.length > 0 ? [is('id', 'in', askedBy)] : [])]),
    )
    .execute()
  await trx.deleteFrom('held_question').where('chat_id', '=', chat.id).execute()
  await sql`DELETE FROM draft WHERE chat_id = ${chat.id}`.execute(trx)
  await trx.updateTable('chat').set({ language: null }).where('id', '=', chat.id).execute()
  await trx
    .updateTable('subscriber')
    .set({ name: null, language: null })
    .where('id', '=', chat.subscriberId)
    .execute()
}
