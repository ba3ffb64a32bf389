import { randomUUID } from 'node:crypto'
import { sql, type Transaction } from 'kysely'
import type { Channel, Citation } from '../channels/channel.ts'
import type { Database } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import { announceChange } from '../messaging/chat-feed.ts'
import type { ChatAddress } from '../messaging/inbox.ts'
import type { SendPolicy } from '../messaging/outbox.ts'
import type { ChannelName } from '../messaging/update.ts'
import { dress } from './commit-turn.ts'

/** How each channel cuts a message into Parts. */
export type Renderers = Record<ChannelName, Pick<Channel, 'render'>>

/** A Chat whose row the transaction has locked, so that what is said now stands after what was said before. */
export interface LockedChat extends ChatAddress {
  id: string
  creatorId: string
}

/** Something said in a Chat that answers no Update. */
export interface Speech {
  /** Of the message; a new one where none is given. */
  id?: string
  turnKind: 'takeover' | 'order' | 'gap_answer'
  kind: 'takeover' | 'notice' | 'answer'
  markdown: string
  citations?: Citation[]
  policy: SendPolicy
  memberId?: string | null | undefined
  trace: Record<string, unknown>
}

/**
 * Says something in a locked Chat as a Turn of its own: its Message and Parts are stored, and open pages are
 * told. Whoever calls it nudges `send-parts` once the transaction is committed.
 *
 * @throws {AppError} `message.empty` when the channel has nothing to show of it.
 */
export async function speak(
  trx: Transaction<Database>,
  chat: LockedChat,
  { speech, channels }: { speech: Speech; channels: Renderers },
): Promise<{ messageId: string }> {
  const [turnId, messageId] = [randomUUID(), speech.id ?? randomUUID()]
  const { markdown, citations = [] } = speech
  const message = dress({ id: messageId, markdown, citations, buttons: [] }, { name: chat.channel })
  const payloads = channels[chat.channel].render(message)
  if (payloads.length === 0) throw new AppError('message.empty')
  const owner = { creator_id: chat.creatorId, chat_id: chat.id }
  await trx
    .insertInto('turn')
    .values({
      ...owner,
      id: turnId,
      bot_id: chat.botId,
      kind: speech.turnKind,
      trace: JSON.stringify(speech.trace),
    })
    .execute()
  await trx
    .insertInto('message')
    .values({
      ...owner,
      id: messageId,
      turn_id: turnId,
      direction: 'out',
      kind: speech.kind,
      markdown,
      citations: JSON.stringify(citations),
      vendor_message_id: null,
      member_id: speech.memberId ?? null,
    })
    .execute()
  // One by one: a Part's place in the Chat is the order in which it was stored.
  for (const payload of payloads) {
    await trx
      .insertInto('part')
      .values({
        ...owner,
        bot_id: chat.botId,
        message_id: messageId,
        channel: chat.channel,
        payload: JSON.stringify(payload),
        policy: speech.policy,
      })
      .execute()
  }
  await trx.updateTable('chat').set({ last_message_at: sql`now()` }).where('id', '=', chat.id).execute()
  await announceChange(trx, chat)
  return { messageId }
}
