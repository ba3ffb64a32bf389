import { sql, type Transaction } from 'kysely'
import type { Database } from '../db/schema.ts'
import type { ChannelName } from './update.ts'

/** How fast one key may send: `perSecond` in the long run, `burst` at once. */
export interface Pace {
  key: string
  perSecond: number
  burst: number
}

export interface PaceSettings {
  telegram: { botPerSecond: number; chatPerSecond: number }
  whatsapp: { numberPerSecond: number; pairPerSecond: number }
}

/** Short bursts in one Telegram chat pass: enough for the bubbles of one long answer. */
const TELEGRAM_CHAT_BURST = 5
/** Meta lets a pair run ahead by 45 messages, to be paid back. */
const WHATSAPP_PAIR_BURST = 45

/** The paces a send has to keep: of the vendor account, and of the one conversation. */
export function listPaces(
  settings: PaceSettings,
  send: { channel: ChannelName; botId: string; chatId: string },
): Pace[] {
  switch (send.channel) {
    case 'telegram': {
      const { botPerSecond, chatPerSecond } = settings.telegram
      return [
        { key: `telegram:${send.botId}`, perSecond: botPerSecond, burst: botPerSecond },
        { key: `chat:${send.chatId}`, perSecond: chatPerSecond, burst: TELEGRAM_CHAT_BURST },
      ]
    }
    case 'whatsapp': {
      const { numberPerSecond, pairPerSecond } = settings.whatsapp
      return [
        { key: `whatsapp:${send.botId}`, perSecond: numberPerSecond, burst: numberPerSecond },
        { key: `chat:${send.chatId}`, perSecond: pairPerSecond, burst: WHATSAPP_PAIR_BURST },
      ]
    }
    case 'web':
      return []
  }
}

/**
 * Takes one send out of every pace, or none: all keys are charged in the caller's transaction, which must
 * be rolled back when the answer is not 0. Returns the milliseconds to wait.
 *
 * Generic cell rate algorithm, kept in PostgreSQL so that all workers share it. Keys are charged in a fixed
 * order, so that two sends cannot wait for each other.
 */
export async function takePace(trx: Transaction<Database>, paces: Pace[]): Promise<number> {
  if (paces.length === 0) return 0
  const { rows } = await sql<{ key: string; ahead_ms: number }>`
    INSERT INTO pace AS kept (key, due_at)
    SELECT wanted.key, clock_timestamp() + make_interval(secs => wanted.interval)
    FROM unnest(
      ${paces.map(({ key }) => key)}::text[],
      ${paces.map(({ perSecond }) => 1 / perSecond)}::float8[]
    ) AS wanted (key, interval)
    ON CONFLICT (key) DO UPDATE
      SET due_at = greatest(kept.due_at, clock_timestamp()) + (EXCLUDED.due_at - clock_timestamp())
    RETURNING key, extract(epoch FROM due_at - clock_timestamp())::float8 * 1000 AS ahead_ms
  `.execute(trx)
  const waits = paces.map(({ key, perSecond, burst }) => {
    const aheadMs = rows.find((row) => row.key === key)?.ahead_ms ?? 0
    return aheadMs - (1000 * Math.max(burst, 1)) / perSecond
  })
  return Math.max(0, Math.ceil(Math.max(...waits)))
}
