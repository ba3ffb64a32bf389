import type { Transaction } from 'kysely'
import type { Database } from '../db/schema.ts'
import { forgetMemory } from '../memory/consent.ts'
import type { LeasedChat } from '../messaging/chat.ts'
import { forgetConversation } from '../messaging/message.ts'
import { eraseGapWords, type RemovedAnswer } from './gap-erasure.ts'

/**
 * Erases what was said in a Chat, as its person asked, and their words in the groups of questions that the material
 * did not answer. What is left to remove outside the database is the caller's, after the commit.
 */
export async function forgetChat(
  trx: Transaction<Database>,
  chat: LeasedChat,
  askedBy: string[],
): Promise<RemovedAnswer[]> {
  const gaps = await trx
    .selectFrom('gap')
    .innerJoin('gap_group', 'gap_group.id', 'gap.group_id')
    .select(['gap.group_id', 'gap.question'])
    .where('gap.chat_id', '=', chat.id)
    // Before the Gaps, as everyone locks them.
    .forUpdate('gap_group')
    .execute()
  await forgetConversation(trx, chat, askedBy)
  await forgetMemory(trx, chat)
  return eraseGapWords(
    trx,
    chat.creatorId,
    gaps.flatMap(({ group_id: groupId, question }) => (groupId === null ? [] : [{ groupId, question }])),
  )
}
