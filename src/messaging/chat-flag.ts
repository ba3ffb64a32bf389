import type { Actor } from '../accounts/access.ts'
import { requireRole } from '../accounts/access.ts'
import { recordAudit } from '../accounts/audit.ts'
import { type Db, inTransaction } from '../db/database.ts'
import { getChatFacts } from './chat-facts.ts'

/**
 * Takes the flag off a Chat in which somebody seemed to be in danger: a person has looked after it.
 * Harmless when there is none.
 *
 * @throws {AppError} `access.denied`, `chat.not_found`.
 */
export function clearFlag(
  db: Db,
  actor: Actor,
  { botId, chatId }: { botId: string; chatId: string },
): Promise<void> {
  return inTransaction(db, async (trx) => {
    requireRole(actor, 'editor')
    const { id, flag } = await getChatFacts(trx, { creatorId: actor.creatorId, botId, chatId })
    if (!flag) return
    await trx.updateTable('chat').set({ flag: null, flagged_at: null }).where('id', '=', id).execute()
    await recordAudit(trx, actor, {
      action: 'chat_flag.clear',
      objectType: 'chat',
      objectId: id,
      details: { reason: flag.reason, flaggedAt: flag.at },
    })
  })
}

/** Chats of a Bot that are flagged; at most `limit` are counted. */
export async function countFlagged(
  db: Db,
  { creatorId, botId }: { creatorId: string; botId: string },
  limit: number,
): Promise<number> {
  const rows = await db
    .selectFrom('chat')
    .select('id')
    .where('bot_id', '=', botId)
    .where('creator_id', '=', creatorId)
    .where('flagged_at', 'is not', null)
    .limit(limit)
    .execute()
  return rows.length
}
