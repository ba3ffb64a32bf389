import { sql } from 'kysely'
import type { Citation } from '../channels/channel.ts'
import type { Db } from '../db/database.ts'
import type { ChatKey } from './chat-facts.ts'
import { dropGoneCitations } from './conversation.ts'
import { type Delivery, PARTS_OF_MESSAGE, StoredParts, summarizeDelivery } from './delivery.ts'
import { StoredButtons, StoredCitations } from './message.ts'

/** One thing said, as those who look after the Bot see it. */
export interface ThreadMessage {
  id: string
  /** Rises within a Chat. */
  position: string
  turnId: string
  direction: 'in' | 'out'
  /** `takeover`: a Member's words. A `notice` of a Turn of kind `takeover` tells who answers from here on. */
  kind: string
  turnKind: string | undefined
  /** Who spoke in place of the bot. */
  memberName: string | undefined
  markdown: string
  /** Those whose Passage still stands. */
  citations: Citation[]
  buttons: ReturnType<(typeof StoredButtons)['parse']>
  at: Date
  delivery: Delivery | undefined
  /** There is something to tell about why the answer is as it is. */
  hasTrace: boolean
}

/** A page of a Chat, oldest first. */
export interface ThreadPage {
  messages: ThreadMessage[]
  /** Where the page before begins: earlier messages. */
  olderCursor: string | null
}

/** The last Messages of a Chat, or those before `before`; with `after`, the next ones after it. */
export async function listThread(
  db: Db,
  chat: ChatKey,
  { before, after, limit }: { before?: string | undefined; after?: string | undefined; limit: number },
): Promise<ThreadPage> {
  const isForward = after !== undefined
  const rows = await selectMessages(db, chat)
    .$if(before !== undefined, (query) => query.where('message.position', '<', before ?? '0'))
    .$if(isForward, (query) => query.where('message.position', '>', after ?? '0'))
    .orderBy('message.position', isForward ? 'asc' : 'desc')
    .limit(limit + 1)
    .execute()
  const shown = rows.slice(0, limit)
  if (!isForward) shown.reverse()
  const hasOlder = !isForward && rows.length > limit
  return {
    messages: await dropGoneCitations(db, shown.map(toThreadMessage)),
    olderCursor: hasOlder ? (shown[0]?.position ?? null) : null,
  }
}

/** `undefined` when there is none of that id in the Chat. */
export async function findThreadMessage(
  db: Db,
  chat: ChatKey,
  messageId: string,
): Promise<ThreadMessage | undefined> {
  const row = await selectMessages(db, chat).where('message.id', '=', messageId).executeTakeFirst()
  if (!row) return undefined
  const [message] = await dropGoneCitations(db, [toThreadMessage(row)])
  return message
}

/** How the last of what was said has fared by now, by Message: what changes without anything being said. */
export async function listDeliveries(
  db: Db,
  { creatorId, chatId }: ChatKey,
  limit: number,
): Promise<Pick<ThreadMessage, 'id' | 'delivery'>[]> {
  const rows = await db
    .selectFrom('message')
    .select(['id', sql<unknown>`${sql.raw(PARTS_OF_MESSAGE)}`.as('parts')])
    .where('chat_id', '=', chatId)
    .where('creator_id', '=', creatorId)
    .orderBy('position', 'desc')
    .limit(limit)
    .execute()
  return rows.flatMap(({ id, parts }) => {
    const delivery = summarizeDelivery(StoredParts.parse(parts ?? []))
    return delivery ? [{ id, delivery }] : []
  })
}

function selectMessages(db: Db, { creatorId, botId, chatId }: ChatKey) {
  return db
    .selectFrom('message')
    .innerJoin('chat', 'chat.id', 'message.chat_id')
    .leftJoin('turn', 'turn.id', 'message.turn_id')
    .leftJoin('member', 'member.id', 'message.member_id')
    .selectAll('message')
    .select([
      'turn.kind as turn_kind',
      sql<string | null>`coalesce(member.name, turn.trace ->> 'by')`.as('member_name'),
      sql<boolean | null>`jsonb_exists(turn.trace, 'model')`.as('has_trace'),
      sql<unknown>`${sql.raw(PARTS_OF_MESSAGE)}`.as('parts'),
    ])
    .where('message.chat_id', '=', chatId)
    .where('message.creator_id', '=', creatorId)
    .where('chat.bot_id', '=', botId)
}

type MessageRow = Awaited<ReturnType<ReturnType<typeof selectMessages>['executeTakeFirstOrThrow']>>

function toThreadMessage(row: MessageRow): ThreadMessage {
  return {
    id: row.id,
    position: row.position,
    turnId: row.turn_id,
    direction: row.direction,
    kind: row.kind,
    turnKind: row.turn_kind ?? undefined,
    memberName: row.member_name ?? undefined,
    markdown: row.markdown,
    citations: StoredCitations.parse(row.citations),
    buttons: StoredButtons.parse(row.buttons),
    at: row.created_at,
    delivery: summarizeDelivery(StoredParts.parse(row.parts ?? [])),
    hasTrace: row.direction === 'out' && row.has_trace === true,
  }
}
