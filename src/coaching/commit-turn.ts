import { randomUUID } from 'node:crypto'
import { sql, type Transaction } from 'kysely'
import { addUsage, NO_USAGE } from '../answering/written-answer.ts'
import { giveChargesBack } from '../billing/entitlement/charge.ts'
import { holdQuestion } from '../billing/entitlement/held-question.ts'
import type { Button, Channel, Citation, OutboundMessage } from '../channels/channel.ts'
import type { Db } from '../db/database.ts'
import type { Database } from '../db/schema.ts'
import { type LeasedChat, lockLeasedChat } from '../messaging/chat.ts'
import { type InboxEntry, isOpenFor } from '../messaging/inbox.ts'
import { buildCitationButtons } from './buttons.ts'
import { forgetChat } from './forget-chat.ts'
import type { RemovedAnswer } from './gap-erasure.ts'
import type { Turn } from './turn-outcome.ts'

export type CommitOutcome =
  /**
   * `isFree`: nothing is open any more, and the Chat was let go of.
   * `isMemoryDue`: something is to be remembered, and nothing was before.
   * `removedAnswers`: answers that held the words of who was forgotten, to be removed outside the database, too.
   */
  | {
      kind: 'committed'
      turnId: string
      partCount: number
      isFree: boolean
      isMemoryDue: boolean
      removedAnswers?: RemovedAnswer[]
    }
  /** The person wrote on before the commit: the answer is to start over with these too. */
  | { kind: 'joined' }
  /** A Member took the Chat over, or gave it back, before the commit: who answers is to be decided again. */
  | { kind: 'takeover_changed'; takeover: 'none' | 'active' }
  /** Another worker holds the Chat by now: nothing was written. */
  | { kind: 'lost' }

/** One thing said, as it is stored. */
interface NewMessage {
  id: string
  direction: 'in' | 'out'
  kind: string
  markdown: string
  citations: Citation[]
  buttons: Button[]
  vendorMessageId?: string
}

interface NewPart {
  id: string
  messageId: string
  payload: Record<string, unknown>
}

export interface TurnCommit {
  chat: LeasedChat
  /** The Updates that this Turn answers. */
  unit: InboxEntry[]
  turn: Turn
  channel: Channel
  /** Whether Updates that arrived meanwhile may still join. */
  mayJoin: boolean
  /** Sets the Updates aside as failed instead of answered. */
  errorCode?: string
}

/**
 * Writes a Turn: Messages, Parts, usage, Trace and Gap are stored and the Updates leave the Inbox, all in
 * ONE transaction under the Chat's lease. So an Update is answered once, whoever else tries.
 */
export async function commitTurn(db: Db, commit: TurnCommit): Promise<CommitOutcome> {
  const { turn, chat } = commit
  if (!turn.isForgetting) {
    if (!turn.held && !turn.givesBack?.length) return writeTurn(db, commit)
    return db.transaction().execute(async (trx) => {
      const outcome = await writeTurn(trx, commit)
      if (outcome.kind !== 'committed') return outcome
      if (turn.held) await holdQuestion(trx, chat, turn.held)
      if (turn.givesBack?.length) await giveChargesBack(trx, turn.givesBack)
      return outcome
    })
  }
  return db.transaction().execute(async (trx) => {
    if (!(await lockLeasedChat(trx, commit.chat))) return { kind: 'lost' }
    const removedAnswers = await forgetChat(
      trx,
      commit.chat,
      commit.unit.map((entry) => entry.id),
    )
    return { ...(await writeTurn(trx, commit)), removedAnswers }
  })
}

/**
 * The commit as one statement: a turn costs one round trip, and nothing is written unless the lease is held
 * and, where it may matter, no further text has arrived. Where nothing is open behind it, the lease ends with it.
 */
async function writeTurn(db: Db | Transaction<Database>, commit: TurnCommit): Promise<CommitOutcome> {
  const { chat, unit, turn, channel } = commit
  const turnId = randomUUID()
  const { messages, parts } = arrangeMessages(unit, turn, channel)
  const { answer, gap, changes, spent } = turn
  const usage = addUsage(answer?.usage ?? NO_USAGE, spent ?? NO_USAGE)
  const unitIds = unit.map((entry) => entry.id)
  const { rows } = await sql<WrittenRow>`
    WITH held AS (
      SELECT id, takeover_until IS NOT NULL AS is_taken_over FROM chat
      WHERE id = ${chat.id} AND lease = ${chat.lease} FOR UPDATE
    ), newcomer AS (
      SELECT update->'event'->>'kind' AS kind FROM inbox
      WHERE ${isOpenFor(chat)} AND id > ${unit.at(-1)?.id ?? '0'}
      ORDER BY id LIMIT 1
    ), left_open AS (
      SELECT EXISTS (
        SELECT FROM inbox WHERE ${isOpenFor(chat)} AND id <> ALL (${unitIds}::bigint[])
      ) AS is_open
    ), free AS (
      SELECT id FROM held
      WHERE (NOT ${commit.mayJoin} OR NOT EXISTS (SELECT FROM newcomer WHERE kind = 'text'))
        AND CASE WHEN is_taken_over THEN ${fitsTakeover(turn)}::boolean ELSE ${turn.kind !== 'takeover'}::boolean END
    ), new_turn AS (
      INSERT INTO turn (id, creator_id, bot_id, chat_id, kind, trace)
      SELECT ${turnId}, ${chat.creatorId}, ${chat.botId}, free.id, ${turn.kind},
        ${JSON.stringify({ ...turn.trace, ...(answer && traceOf(answer)) })}::jsonb
      FROM free
    ), new_messages AS (
      INSERT INTO message (id, creator_id, chat_id, turn_id, direction, kind, markdown, citations, buttons, vendor_message_id)
      SELECT said.id, ${chat.creatorId}, free.id, ${turnId}, said.direction, said.kind, said.markdown,
        said.citations, said.buttons, said."vendorMessageId"
      FROM free, ROWS FROM (jsonb_to_recordset(${JSON.stringify(messages)}::jsonb) AS (
        id uuid, direction text, kind text, markdown text, citations jsonb, buttons jsonb, "vendorMessageId" text
      )) WITH ORDINALITY AS said (id, direction, kind, markdown, citations, buttons, "vendorMessageId", place)
      ORDER BY said.place
    ), new_parts AS (
      INSERT INTO part (id, creator_id, bot_id, chat_id, message_id, channel, payload, policy)
      SELECT queued.id, ${chat.creatorId}, ${chat.botId}, free.id, queued."messageId", ${chat.channel},
        queued.payload, 'answer'
      FROM free, ROWS FROM (jsonb_to_recordset(${JSON.stringify(parts)}::jsonb) AS (
        id uuid, "messageId" uuid, payload jsonb
      )) WITH ORDINALITY AS queued (id, "messageId", payload, place)
      ORDER BY queued.place
    ), new_usage AS (
      INSERT INTO usage (turn_id, creator_id, bot_id, chat_id, subscriber_id, model, input_tokens, output_tokens, cost_usd,
        outcome, total_ms, cited_document_ids, is_cached, saved_usd)
      SELECT ${turnId}, ${chat.creatorId}, ${chat.botId}, free.id, ${chat.subscriberId}, ${answer?.model ?? spent?.model ?? null},
        ${usage.inputTokens}, ${usage.outputTokens}, ${usage.costUsd},
        ${answer?.kind ?? 'unanswered'}, ${Math.round(answer?.ms.total ?? 0)},
        ${[...new Set(answer?.citations.map(({ documentId }) => documentId))]}::uuid[],
        ${answer?.cached ?? false}, ${answer ? savedUsd(answer) : 0}
      FROM free WHERE ${answer !== undefined || spent !== undefined}
    ), new_gap AS (
      INSERT INTO gap (creator_id, bot_id, turn_id, chat_id, question, language)
      SELECT ${chat.creatorId}, ${chat.botId}, ${turnId}, free.id, ${gap?.question ?? ''}, ${gap?.language ?? null}
      FROM free WHERE ${gap !== undefined}
    ), due_memory AS (
      INSERT INTO chat_memory (chat_id, creator_id, bot_id, due_at)
      SELECT free.id, ${chat.creatorId}, ${chat.botId}, now() FROM free WHERE ${turn.remembers === true}
      ON CONFLICT (chat_id) DO UPDATE SET due_at = now()
    ), recalled AS (
      UPDATE memory_fact SET used_at = now() FROM free
      WHERE memory_fact.id = ANY (${turn.recalled ?? []}::uuid[]) AND memory_fact.subscriber_id = ${chat.subscriberId}
    ), changed AS (
      UPDATE chat SET
        attempts = 0,
        language = coalesce(${changes.language ?? null}, chat.language),
        state = coalesce(${changes.state ? JSON.stringify(changes.state) : null}::jsonb, chat.state),
        blocked_at = CASE ${changes.isBlocked ?? null}::boolean
          WHEN true THEN now() WHEN false THEN NULL ELSE chat.blocked_at END,
        last_inbound_at = CASE WHEN ${changes.isInbound ?? false} THEN now() ELSE chat.last_inbound_at END,
        flag = coalesce(${changes.flag ?? null}, chat.flag),
        flagged_at = CASE WHEN ${changes.flag !== undefined} THEN now() ELSE chat.flagged_at END,
        last_message_at = CASE WHEN ${messages.length > 0} THEN now() ELSE chat.last_message_at END,
        holder_id = CASE WHEN is_open THEN chat.holder_id END,
        lease = CASE WHEN is_open THEN chat.lease END,
        leased_at = CASE WHEN is_open THEN chat.leased_at END
      FROM free, left_open WHERE chat.id = free.id
    ), done AS (
      UPDATE inbox SET done_at = now(), turn_id = ${turnId}, error_code = ${commit.errorCode ?? null}
      FROM free WHERE inbox.id = ANY (${unitIds}::bigint[])
    )
    SELECT (SELECT is_taken_over FROM held), EXISTS (SELECT FROM free) AS is_written,
      (SELECT NOT is_open FROM left_open) AS is_free,
      EXISTS (SELECT FROM chat_memory WHERE chat_id = ${chat.id} AND due_at IS NOT NULL) AS was_memory_due
  `.execute(db)
  const [row] = rows
  const isTakenOver = row?.is_taken_over ?? undefined
  if (isTakenOver === undefined) return { kind: 'lost' }
  if (row?.is_written) {
    const isMemoryDue = turn.remembers === true && !row.was_memory_due
    return { kind: 'committed', turnId, partCount: parts.length, isFree: row.is_free, isMemoryDue }
  }
  const fits = isTakenOver ? fitsTakeover(turn) : turn.kind !== 'takeover'
  return fits ? { kind: 'joined' } : { kind: 'takeover_changed', takeover: isTakenOver ? 'active' : 'none' }
}

interface WrittenRow {
  is_taken_over: boolean | null
  is_written: boolean
  is_free: boolean
  was_memory_due: boolean
}

/** While a Member answers, a Turn of the bot says nothing, save what a person has a right to: being forgotten. */
function fitsTakeover(turn: Turn): boolean {
  return turn.kind === 'takeover' || turn.replies.length === 0 || turn.isOfRight === true
}

/** What it would have cost to write it anew. */
function savedUsd({ cache }: NonNullable<Turn['answer']>): number {
  return cache && cache.outcome !== 'miss' ? cache.savedUsd : 0
}

/** Why the answer is as it is: all but its text, which is the Message. */
function traceOf(answer: NonNullable<Turn['answer']>): Record<string, unknown> {
  const { markdown: _markdown, citations, ...rest } = answer
  return { ...rest, citations: citations.map(({ n, passageId }) => ({ n, passageId })) }
}

function arrangeMessages(
  unit: InboxEntry[],
  turn: Turn,
  channel: Channel,
): { messages: NewMessage[]; parts: NewPart[] } {
  const messages: NewMessage[] = []
  const parts: NewPart[] = []
  if (turn.said) {
    const vendorMessageId = messageIdOf(unit)
    messages.push({
      id: randomUUID(),
      direction: 'in',
      kind: turn.said.kind,
      markdown: turn.said.text,
      citations: [],
      buttons: [],
      ...(vendorMessageId !== undefined && { vendorMessageId }),
    })
  }
  for (const { kind, markdown, citations = [], buttons = [], photo } of turn.replies) {
    const message: NewMessage = { id: randomUUID(), direction: 'out', kind, markdown, citations, buttons }
    messages.push(message)
    for (const payload of channel.render(dress({ ...message, ...(photo && { photo }) }, channel))) {
      parts.push({ id: randomUUID(), messageId: message.id, payload })
    }
  }
  return { messages, parts }
}

/** On Telegram a proof is a button under the answer; elsewhere it stands in the answer itself. */
export function dress(
  { id, markdown, citations, buttons, photo }: OutboundMessage & { id: string },
  channel: Pick<Channel, 'name'>,
): OutboundMessage {
  const proofs = channel.name === 'telegram' ? buildCitationButtons(id, citations) : []
  return { markdown, citations, buttons: [...proofs, ...buttons], ...(photo && { photo }) }
}

function messageIdOf(unit: InboxEntry[]): string | undefined {
  const event = unit.at(-1)?.update.event
  return event && 'messageId' in event ? event.messageId : undefined
}
