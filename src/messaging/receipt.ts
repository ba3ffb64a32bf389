import { sql, type Transaction } from 'kysely'
import type { Db } from '../db/database.ts'
import type { Database } from '../db/schema.ts'
import { Receipt } from './update.ts'

/** Later facts outrank earlier ones; what arrives late or twice never moves a Part back. */
const RANK = { sent: 1, delivered: 2, read: 3, failed: 4 } as const

/**
 * Applies stored Receipts to their Parts, oldest first, at most `limit`. Several workers may do this at
 * once: each takes Receipts the others do not have.
 *
 * A Part is found by its own id when the vendor echoes it, else by the vendor's message id. A Receipt
 * settles a doubtful Part. Returns the Chats whose Outbox may go on, and whether there may be more.
 */
export async function settleReceipts(db: Db, limit = 500): Promise<{ chatIds: string[]; hasMore: boolean }> {
  return db.transaction().execute(async (trx) => {
    const rows = await trx
      .selectFrom('receipt')
      .select(['id', 'bot_id', 'receipt'])
      .where('done_at', 'is', null)
      .orderBy('id')
      .limit(limit)
      .forUpdate()
      .skipLocked()
      .execute()
    const chatIds = new Set<string>()
    for (const row of rows) {
      const chatId = await applyReceipt(trx, row.bot_id, Receipt.parse(row.receipt))
      if (chatId) chatIds.add(chatId)
    }
    if (rows.length > 0) {
      const ids = rows.map((row) => row.id)
      await trx.updateTable('receipt').set({ done_at: sql`now()` }).where('id', 'in', ids).execute()
    }
    return { chatIds: [...chatIds], hasMore: rows.length === limit }
  })
}

async function applyReceipt(
  trx: Transaction<Database>,
  botId: string,
  receipt: Receipt,
): Promise<string | undefined> {
  const byOurId = receipt.partId !== undefined
  const part = await trx
    .selectFrom('part')
    .select(['id', 'chat_id', 'state', 'delivery'])
    .where('bot_id', '=', botId)
    .where('channel', '=', receipt.channel)
    .$if(byOurId, (query) => query.where('id', '=', receipt.partId ?? ''))
    .$if(!byOurId, (query) => query.where('vendor_message_id', '=', receipt.vendorMessageId))
    .forUpdate()
    .executeTakeFirst()
  if (!part) return undefined
  if (rank(part.delivery) >= RANK[receipt.state]) return undefined

  const isFailure = receipt.state === 'failed'
  await trx
    .updateTable('part')
    .set({
      state: isFailure ? 'failed' : 'sent',
      delivery: receipt.state,
      vendor_message_id: receipt.vendorMessageId,
      sent_at: sql`coalesce(sent_at, ${receipt.at}::timestamptz)`,
      holder_id: null,
      error_code: isFailure ? 'channel.rejected' : null,
      error_detail: isFailure ? [receipt.errorCode, receipt.errorDetail].filter(Boolean).join(': ') : null,
    })
    .where('id', '=', part.id)
    .execute()
  return part.state === 'sent' || part.state === 'failed' ? undefined : part.chat_id
}

function rank(delivery: string | null): number {
  return delivery !== null && delivery in RANK ? RANK[delivery as keyof typeof RANK] : 0
}
