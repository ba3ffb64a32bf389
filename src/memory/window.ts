import { sql } from 'kysely'
import type { Db } from '../db/database.ts'
import type { SpokenLine } from './summarise.ts'

/** Earlier Messages that go with a question as they were said. */
export const WINDOW_MESSAGES = 8

/** The summary takes in so many Messages at a time: until then those that left the window go along as they are. */
export const SUMMARISE_EVERY = 12

/** Most Messages that go along: the window, what waits for the summary, and what was said while it was written. */
export const LONGEST_WINDOW = WINDOW_MESSAGES + 2 * SUMMARISE_EVERY

/** Messages a summary takes in at once; of a longer conversation the last of them. */
const MAX_LINES = 40

/** What a conversation consists of; commands, prices and notices do not belong to it. */
const SPOKEN = ['question', 'voice', 'media', 'text', 'answer', 'takeover']

/** Of the messages before a question, those that go with it: the window, and what the summary does not tell of yet. */
export function chooseWindow<T extends { position: string }>(
  past: readonly T[],
  { coveredPosition, isSummarising }: { coveredPosition: bigint; isSummarising: boolean },
): T[] {
  const start = Math.max(0, past.length - WINDOW_MESSAGES)
  if (!isSummarising) return past.slice(start)
  return past.filter(({ position }, at) => at >= start || BigInt(position) > coveredPosition)
}

/** True when enough has left the window that the summary is to be written anew. */
export function isOverflowing(window: readonly unknown[]): boolean {
  // The question itself and its answer push two more out.
  return window.length + 2 >= WINDOW_MESSAGES + SUMMARISE_EVERY
}

/** What left the window since the summary was written, oldest first; undefined while it is too little. */
export async function findOverflow(
  db: Db,
  { chatId, coveredPosition }: { chatId: string; coveredPosition: string },
): Promise<{ lines: SpokenLine[]; coveredPosition: string; turnId: string } | undefined> {
  const { rows } = await sql<{
    position: string
    direction: 'in' | 'out'
    kind: string
    markdown: string
    turn_id: string
  }>`
    SELECT position, direction, kind, markdown, turn_id FROM message
    WHERE chat_id = ${chatId} AND position > ${coveredPosition}
    ORDER BY position DESC OFFSET ${sql.lit(WINDOW_MESSAGES)} LIMIT ${sql.lit(MAX_LINES)}
  `.execute(db)
  const [last] = rows
  if (!last || rows.length < SUMMARISE_EVERY) return undefined
  const lines = rows
    .reverse()
    .filter(({ kind }) => SPOKEN.includes(kind))
    .map(({ direction, markdown }) => ({ direction, text: markdown }))
  return { lines, coveredPosition: last.position, turnId: last.turn_id }
}

/** What the person wrote or said to the bot after a position, oldest first; those in which they told of danger are left alone. */
export async function listUnread(
  db: Db,
  { chatId, after, limit }: { chatId: string; after: string; limit: number },
): Promise<{ position: string; turnId: string; text: string; saidAt: Date }[]> {
  const { rows } = await sql<{ position: string; turnId: string; text: string; saidAt: Date }>`
    SELECT position, turn_id AS "turnId", markdown AS text, created_at AS "saidAt" FROM message AS said
    WHERE chat_id = ${chatId} AND position > ${after} AND direction = 'in' AND kind IN ('question', 'voice')
      AND NOT EXISTS (SELECT FROM message WHERE chat_id = ${chatId} AND turn_id = said.turn_id AND kind = 'safety')
    ORDER BY position LIMIT ${limit}
  `.execute(db)
  return rows
}
