import { openDatabase } from '../../src/db/database.ts'
import { listDeadUpdates } from '../../src/messaging/inbox.ts'
import { listDoubtedParts } from '../../src/messaging/outbox.ts'
import type { createDriver, DrivenChannel, DrivenChat } from './driver.ts'
import { countChat, SOURCES_ANSWER } from './expectation.ts'

export interface ChaosFigures {
  sent: number
  /** Messages whose answer arrived. */
  answered: number
  lost: number
  /** Answers that arrived again although no send of them was ever in doubt. */
  duplicated: number
  /** Answers that arrived again because their send was in flight at a kill: the price of losing none. */
  duplicatedInDoubt: number
  outOfOrder: number
  questions: number
  usageRows: number
  /** Sends that were in flight at a kill. */
  ambiguousSends: number
}

type Driver = ReturnType<typeof createDriver>

/** What PostgreSQL says went wrong for good: Parts by the code they failed with, Updates that were set aside. */
export async function listTroubles(databaseUrl: string): Promise<Record<string, number>> {
  const db = openDatabase(databaseUrl, { max: 1 })
  try {
    const parts = await db.selectFrom('part').select('error_code').where('state', '=', 'failed').execute()
    const updates = await listDeadUpdates(db)
    const codes = [...parts, ...updates].map(({ error_code }) => error_code ?? 'unknown')
    return Object.fromEntries(
      [...new Set(codes)].map((code) => [code, codes.filter((it) => it === code).length]),
    )
  } finally {
    await db.destroy()
  }
}

/** Holds what was sent against what arrived and what PostgreSQL says. */
export async function takeStock(databaseUrl: string, driver: Driver, chats: DrivenChat[]) {
  const db = openDatabase(databaseUrl)
  try {
    const doubted = await listDoubtedParts(db, 100_000)
    const usage = await db
      .selectFrom('usage')
      .innerJoin('chat', 'chat.id', 'usage.chat_id')
      .select('chat.channel')
      .execute()
    const channels = [...new Set(chats.map((chat) => chat.channel))]
    return Object.fromEntries(
      channels.map((channel) => [
        channel,
        countChannel(
          driver,
          chats.filter((chat) => chat.channel === channel),
          {
            usageRows: usage.filter((row) => row.channel === channel).length,
            doubts: doubted
              .filter((part) => part.channel === channel)
              .reduce((sum, part) => sum + part.doubts, 0),
          },
        ),
      ]),
    ) as Record<DrivenChannel, ChaosFigures>
  } finally {
    await db.destroy()
  }
}

function countChannel(
  driver: Driver,
  chats: DrivenChat[],
  told: { usageRows: number; doubts: number },
): ChaosFigures {
  const counts = chats.map((chat) => countChat(chat.expected, driver.listArrivals(chat)))
  const sum = (pick: (count: ReturnType<typeof countChat>) => number) =>
    counts.reduce((total, count) => total + pick(count), 0)
  const repeats = sum((count) => count.repeated)
  const sent = sum((count) => count.sent)
  const lost = sum((count) => count.lost)
  return {
    sent,
    answered: sent - lost,
    lost,
    duplicated: Math.max(0, repeats - told.doubts),
    duplicatedInDoubt: Math.min(repeats, told.doubts),
    outOfOrder: sum((count) => count.outOfOrder),
    questions: chats.flatMap((chat) => chat.expected).filter((word) => word !== SOURCES_ANSWER).length,
    usageRows: told.usageRows,
    ambiguousSends: told.doubts,
  }
}
