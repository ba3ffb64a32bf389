import { sql } from 'kysely'
import { z } from 'zod'
import type { Citation } from '../channels/channel.ts'
import type { Db } from '../db/database.ts'
import { type ChatAddress, listOpenUpdates } from './inbox.ts'
import { StoredButtons, StoredCitations } from './message.ts'
import type { Update } from './update.ts'

const SentParts = z.array(z.object({ state: z.string(), payload: z.record(z.string(), z.unknown()) }))

/** One thing said in a Chat, as its reader sees it. */
export interface SaidMessage {
  id: string
  /** Rises within a Chat; what a reader has seen up to. */
  position: string
  direction: 'in' | 'out'
  markdown: string
  /** Those whose Passage still stands: what was removed or replaced is not cited any more. */
  citations: Citation[]
  buttons: z.output<typeof StoredButtons>
  /** The Parts it was sent in, in their channel's form. Empty for what the person wrote. */
  payloads: Record<string, unknown>[]
  /** The channel's id of what the person wrote. */
  inboundMessageId: string | undefined
}

/** What is under way in a Chat and not yet said. */
export interface Progress {
  /** Updates no Turn has committed yet, oldest first. */
  waiting: Update[]
  /** An answer is being written or is about to be sent. */
  isWriting: boolean
  /** The Markdown of the answer so far, only while one is being written. */
  draft: string | undefined
}

/** Most Updates a person may have waiting on their page; more are answered all the same. */
const MAX_WAITING = 50

/**
 * What was said in a Chat after a position, oldest first, at most `limit` of it; without a position, the
 * last of it.
 *
 * It ends before the first Message that is still to be sent, so that a reader who goes on from the last
 * position misses nothing. Messages whose Parts all failed are left out.
 */
export async function listSaid(
  db: Db,
  chat: ChatAddress,
  { after, limit = 100 }: { after?: string; limit?: number } = {},
): Promise<SaidMessage[]> {
  const isTail = after === undefined
  const rows = await db
    .selectFrom('message')
    .innerJoin('chat', 'chat.id', 'message.chat_id')
    .selectAll('message')
    .select(
      sql<unknown>`(SELECT jsonb_agg(jsonb_build_object('state', part.state, 'payload', part.payload) ORDER BY part.position)
        FROM part WHERE part.message_id = message.id)`.as('parts'),
    )
    .where('chat.bot_id', '=', chat.botId)
    .where('chat.channel', '=', chat.channel)
    .where('chat.chat_key', '=', chat.chatKey)
    .$if(!isTail, (query) => query.where('message.position', '>', after ?? '0'))
    .orderBy('message.position', isTail ? 'desc' : 'asc')
    .limit(limit)
    .execute()
  if (isTail) rows.reverse()
  const said = rows.map((row) => ({ row, parts: SentParts.parse(row.parts ?? []) }))
  const end = said.findIndex(({ parts }) => parts.some((part) => part.state === 'queued'))
  const messages: SaidMessage[] = said
    .slice(0, end === -1 ? undefined : end)
    .filter(({ parts }) => parts.length === 0 || parts.some((part) => part.state !== 'failed'))
    .map(({ row, parts }) => ({
      id: row.id,
      position: row.position,
      direction: row.direction,
      markdown: row.markdown,
      citations: StoredCitations.parse(row.citations),
      buttons: StoredButtons.parse(row.buttons),
      payloads: parts.map((part) => part.payload),
      inboundMessageId: row.direction === 'in' ? (row.vendor_message_id ?? undefined) : undefined,
    }))
  return dropGoneCitations(db, messages)
}

/** Without the proofs whose Passage was removed or replaced meanwhile: those are not cited any more. */
export async function dropGoneCitations<T extends { citations: Citation[] }>(
  db: Db,
  messages: T[],
): Promise<T[]> {
  const cited = new Set(
    messages.flatMap((message) => message.citations.map((citation) => citation.passageId)),
  )
  if (cited.size === 0) return messages
  const rows = await db
    .selectFrom('passage')
    .select('id')
    .where('id', 'in', [...cited])
    .execute()
  const standing = new Set(rows.map((row) => row.id))
  return messages.map((message) => ({
    ...message,
    citations: message.citations.filter((citation) => standing.has(citation.passageId)),
  }))
}

/** What is under way in a Chat: the questions not yet answered and the answer as far as it is written. */
export async function readProgress(db: Db, chat: ChatAddress): Promise<Progress> {
  const [open, row] = await Promise.all([
    listOpenUpdates(db, chat, { limit: MAX_WAITING }),
    db
      .selectFrom('chat')
      .leftJoin('draft', 'draft.chat_id', 'chat.id')
      .select((eb) => [
        'draft.markdown',
        eb
          .exists(
            eb
              .selectFrom('part')
              .select('part.id')
              .whereRef('part.chat_id', '=', 'chat.id')
              .where('part.state', '=', 'queued')
              .where((part) =>
                part.or([
                  part('part.not_before', 'is', null),
                  part('part.not_before', '<=', sql<Date>`now()`),
                ]),
              ),
          )
          .as('isDue'),
      ])
      .where('chat.bot_id', '=', chat.botId)
      .where('chat.channel', '=', chat.channel)
      .where('chat.chat_key', '=', chat.chatKey)
      .executeTakeFirst(),
  ])
  const waiting = open.map((entry) => entry.update).filter((update) => update.event.kind !== 'stop')
  const isWriting = waiting.length > 0 || Boolean(row?.isDue)
  return { waiting, isWriting, draft: isWriting ? row?.markdown || undefined : undefined }
}
