import { randomUUID } from 'node:crypto'
import type { Transaction } from 'kysely'
import type { Channel, OutboundMessage } from '../channels/channel.ts'
import type { Db } from '../db/database.ts'
import type { Database } from '../db/schema.ts'
import { changeChat, type LeasedChat, lockLeasedChat } from '../messaging/chat.ts'
import { type InboxEntry, listOpenUpdates, markUpdatesDone } from '../messaging/inbox.ts'
import { addMessages, forgetConversation, type NewMessage } from '../messaging/message.ts'
import { addParts, type NewPart } from '../messaging/outbox.ts'
import { buildCitationButtons } from './buttons.ts'
import type { Turn } from './turn.ts'
import { joins } from './turn-unit.ts'

export type CommitOutcome =
  | { kind: 'committed'; turnId: string; partCount: number }
  /** The person wrote on before the commit: the answer is to start over with these too. */
  | { kind: 'joined' }
  /** Another worker holds the Chat by now: nothing was written. */
  | { kind: 'lost' }

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
  const { chat, unit, turn, channel } = commit
  return db.transaction().execute(async (trx) => {
    if (!(await lockLeasedChat(trx, chat))) return { kind: 'lost' }
    if (commit.mayJoin && (await hasJoiners(trx, chat, unit))) return { kind: 'joined' }

    const turnId = randomUUID()
    await markUpdatesDone(
      trx,
      unit.map((entry) => entry.id),
      { turnId, ...(commit.errorCode && { errorCode: commit.errorCode }) },
    )
    // After the Updates are done, so that what asked for it is forgotten too; before the farewell is stored.
    if (turn.isForgetting) await forgetConversation(trx, chat)
    await addTurn(trx, turnId, chat, turn)
    const { messages, parts } = arrangeMessages(turnId, chat, unit, turn, channel)
    await addMessages(trx, messages)
    await addParts(trx, parts)
    await addUsage(trx, turnId, chat, turn)
    if (turn.gap) await addGap(trx, turnId, chat, turn.gap)
    await changeChat(trx, chat.id, turn.changes)
    return { kind: 'committed', turnId, partCount: parts.length }
  })
}

async function hasJoiners(
  trx: Transaction<Database>,
  chat: LeasedChat,
  unit: InboxEntry[],
): Promise<boolean> {
  const newcomers = await listOpenUpdates(trx, chat, { afterId: unit.at(-1)?.id ?? '0', limit: 1 })
  return newcomers.some((entry) => joins(entry.update))
}

async function addTurn(
  trx: Transaction<Database>,
  turnId: string,
  chat: LeasedChat,
  turn: Turn,
): Promise<void> {
  await trx
    .insertInto('turn')
    .values({
      id: turnId,
      creator_id: chat.creatorId,
      bot_id: chat.botId,
      chat_id: chat.id,
      kind: turn.kind,
      trace: JSON.stringify({ ...turn.trace, ...(turn.answer && traceOf(turn.answer)) }),
    })
    .execute()
}

/** Why the answer is as it is: all but its text, which is the Message. */
function traceOf(answer: NonNullable<Turn['answer']>): Record<string, unknown> {
  const { markdown: _markdown, citations, ...rest } = answer
  return { ...rest, citations: citations.map(({ n, passageId }) => ({ n, passageId })) }
}

function arrangeMessages(turnId: string, chat: LeasedChat, unit: InboxEntry[], turn: Turn, channel: Channel) {
  const owner = { creatorId: chat.creatorId, chatId: chat.id, turnId }
  const messages: NewMessage[] = []
  const parts: NewPart[] = []
  if (turn.said) {
    messages.push({
      ...owner,
      id: randomUUID(),
      direction: 'in',
      kind: turn.said.kind,
      markdown: turn.said.text,
      vendorMessageId: messageIdOf(unit),
    })
  }
  for (const reply of turn.replies) {
    const message: NewMessage = { ...owner, id: randomUUID(), direction: 'out', ...reply }
    messages.push(message)
    for (const payload of channel.render(dress(message, channel))) {
      parts.push({
        id: randomUUID(),
        creatorId: chat.creatorId,
        botId: chat.botId,
        chatId: chat.id,
        messageId: message.id,
        channel: chat.channel,
        payload,
        policy: 'answer',
      })
    }
  }
  return { messages, parts }
}

/** On Telegram a proof is a button under the answer; elsewhere it stands in the answer itself. */
function dress(message: NewMessage, channel: Channel): OutboundMessage {
  const citations = message.citations ?? []
  const buttons = message.buttons ?? []
  return {
    markdown: message.markdown,
    citations,
    buttons:
      channel.name === 'telegram' ? [...buildCitationButtons(message.id, citations), ...buttons] : buttons,
  }
}

function messageIdOf(unit: InboxEntry[]): string | undefined {
  const event = unit.at(-1)?.update.event
  return event && 'messageId' in event ? event.messageId : undefined
}

async function addUsage(
  trx: Transaction<Database>,
  turnId: string,
  chat: LeasedChat,
  turn: Turn,
): Promise<void> {
  if (!turn.answer) return
  const { usage, model } = turn.answer
  await trx
    .insertInto('usage')
    .values({
      turn_id: turnId,
      creator_id: chat.creatorId,
      bot_id: chat.botId,
      chat_id: chat.id,
      subscriber_id: chat.subscriberId,
      model,
      input_tokens: usage.inputTokens,
      output_tokens: usage.outputTokens,
      cost_usd: usage.costUsd,
    })
    .execute()
}

async function addGap(
  trx: Transaction<Database>,
  turnId: string,
  chat: LeasedChat,
  gap: NonNullable<Turn['gap']>,
): Promise<void> {
  await trx
    .insertInto('gap')
    .values({
      creator_id: chat.creatorId,
      bot_id: chat.botId,
      turn_id: turnId,
      chat_id: chat.id,
      question: gap.question,
      language: gap.language,
    })
    .execute()
}
