import type { Db } from '../db/database.ts'
import { settleReceipts } from '../messaging/receipt.ts'
import type { JobHandlers, JobQueue } from './job.ts'

/** Applies stored Receipts until none is left; a Chat whose doubt is settled goes on sending. */
export function createSettleReceipts({
  db,
  jobs,
}: {
  db: Db
  jobs: JobQueue
}): JobHandlers['settle-receipts'] {
  return async function settle(_payload, signal) {
    let hasMore = true
    while (hasMore && !signal.aborted) {
      const settled = await settleReceipts(db)
      hasMore = settled.hasMore
      await jobs.addMany(
        'send-parts',
        settled.chatIds.map((chatId) => ({ chatId })),
      )
    }
  }
}
