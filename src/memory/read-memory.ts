import { sql } from 'kysely'
import { z } from 'zod'
import type { Db } from '../db/database.ts'
import type { Consent } from './consent.ts'
import type { Fact } from './facts.ts'

/** What is remembered in a Chat, as far as its next Turn is concerned. */
export interface ChatMemory {
  consent: Consent
  /** What was said before the lines that still go with a question. */
  summary: string | undefined
  /** Of the last Message the summary tells of; 0 for none. */
  coveredPosition: bigint
  /** With consent alone. Newest first. */
  facts: Fact[]
}

export const NO_MEMORY: ChatMemory = {
  consent: undefined,
  summary: undefined,
  coveredPosition: 0n,
  facts: [],
}

const Facts = z.array(
  z.object({
    id: z.string(),
    kind: z.enum(['name', 'goal', 'constraint', 'preference', 'other', 'promise', 'breakthrough']),
    text: z.string(),
    saidAt: z.coerce.date(),
  }),
) satisfies z.ZodType<Fact[]>

/** Reads it in one round trip: every question of every person comes by here. */
export async function readChatMemory(db: Db, chatId: string): Promise<ChatMemory> {
  const { rows } = await sql<{
    consent: 'given' | 'refused' | null
    summary: string | null
    covered: string | null
    facts: unknown
  }>`
    SELECT memory_consent.state AS consent, chat_memory.summary, chat_memory.covered_position AS covered,
      CASE WHEN memory_consent.state = 'given' THEN (
        SELECT jsonb_agg(jsonb_build_object('id', id, 'kind', kind, 'text', text, 'saidAt', said_at)
          ORDER BY said_at DESC, id)
        FROM memory_fact WHERE subscriber_id = chat.subscriber_id AND bot_id = chat.bot_id
      ) END AS facts
    FROM chat
    LEFT JOIN memory_consent ON memory_consent.subscriber_id = chat.subscriber_id
      AND memory_consent.bot_id = chat.bot_id
    LEFT JOIN chat_memory ON chat_memory.chat_id = chat.id
    WHERE chat.id = ${chatId}
  `.execute(db)
  const [row] = rows
  if (!row) return NO_MEMORY
  return {
    consent: row.consent ?? undefined,
    summary: row.summary ?? undefined,
    coveredPosition: BigInt(row.covered ?? 0),
    facts: row.facts === null ? [] : Facts.parse(row.facts),
  }
}
