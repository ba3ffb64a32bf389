import { sql } from 'kysely'
import { formatMoney } from '../billing/money.ts'
import type { OrderChange } from '../billing/orders/change.ts'
import { numberOf } from '../billing/orders/order.ts'
import { phrase } from '../bots/phrases.ts'
import type { Db } from '../db/database.ts'
import type { QueueMail } from '../mail/mail-queue.ts'
import type { Mail } from '../mail/mailer.ts'
import type { OrderFacts } from '../mail/words.ts'
import type { ChannelName } from '../messaging/update.ts'
import { escapeMarkdown } from './escape-markdown.ts'
import { type Renderers, speak } from './speak.ts'

/** What a buyer is to be told of one order. */
export interface DueNotice {
  orderId: string
  kind: OrderChange
}

/** The letters of an order, as `mails.ts` lays them out. */
export type OrderMails = Partial<
  Record<
    OrderChange,
    (
      to: { email: string; name?: string | null; language?: string | null },
      link: string | undefined,
      facts: OrderFacts,
    ) => Mail
  >
>

export interface TellBuyerParts {
  db: Db
  channels: Renderers
  queueMail: QueueMail
  mails: OrderMails
}

/** A notice that cannot be told (a fault of ours) is tried again after this, and twice as long each time. */
const FIRST_WAIT_SECONDS = 5
const MAX_WAIT_SECONDS = 3_600

/** Notices that are due, the oldest first. */
export async function listDueNotices(db: Db, limit: number): Promise<DueNotice[]> {
  const rows = await db
    .selectFrom('order_notice')
    .select(['order_id', 'kind'])
    .where('told_at', 'is', null)
    .where((is) => is.or([is('not_before', 'is', null), is('not_before', '<=', sql<Date>`now()`)]))
    .orderBy('created_at')
    .limit(limit)
    .execute()
  return rows.map(({ order_id: orderId, kind }) => ({ orderId, kind: readKind(kind) }))
}

const KINDS: readonly OrderChange[] = ['paid', 'shipped', 'fulfilled', 'refunded', 'sold_out']

function readKind(kind: string): OrderChange {
  return KINDS.find((known) => known === kind) ?? 'paid'
}

/**
 * Tells a buyer of their order, in the chat they ordered in and by mail where their address is known. Told and marked
 * as told in one commit, so that a crash or a second run tells it once.
 *
 * @returns the Chat that has something to send.
 */
export async function tellBuyer(
  { db, channels, queueMail, mails }: TellBuyerParts,
  { orderId, kind }: DueNotice,
): Promise<string | undefined> {
  return db.transaction().execute(async (trx) => {
    const order = await findOrder(trx, orderId)
    // The Chat first, then the notice: in the order of whoever erases a person.
    const chat = order?.chat_id ? await lockChat(trx, order.chat_id) : undefined
    if (!order || !(await markTold(trx, { orderId, kind }))) return undefined
    if (order.email !== null) {
      const mail = mails[kind]?.(
        { email: order.email, name: order.subscriber_name, language: languageOf(order) },
        readLink(order.tracking),
        factsOf(order),
      )
      const { creator_id: creatorId, subscriber_id: subscriberId } = order
      if (mail) {
        await queueMail(trx, {
          creatorId,
          ...(subscriberId !== null && { subscriberId }),
          dedupeKey: `order-${kind}:${orderId}`,
          mail,
        })
      }
    }
    if (!chat) return undefined
    await speak(
      trx,
      {
        id: chat.id,
        creatorId: order.creator_id,
        botId: order.bot_id,
        channel: chat.channel,
        chatKey: chat.chat_key,
      },
      {
        speech: {
          turnKind: 'order',
          kind: 'notice',
          markdown: writeOrderNotice(order, kind),
          // Who just paid waits for this; of what comes later, twice is worse than missing.
          policy: kind === 'paid' ? 'answer' : 'notice',
          trace: { orderId, change: kind },
        },
        channels,
      },
    )
    return chat.id
  })
}

/** After a failure: not at once again. */
export async function postponeNotice(db: Db, { orderId, kind }: DueNotice): Promise<void> {
  await db
    .updateTable('order_notice')
    .set({
      attempts: sql<number>`least(attempts + 1, 1000)`,
      not_before: sql<Date>`now() + make_interval(secs =>
        least(${MAX_WAIT_SECONDS}, ${FIRST_WAIT_SECONDS} * power(2, least(attempts, 12))))`,
    })
    .where('order_id', '=', orderId)
    .where('kind', '=', kind)
    .execute()
}

type BoughtOrder = NonNullable<Awaited<ReturnType<typeof findOrder>>>

function findOrder(trx: Db, orderId: string) {
  return trx
    .selectFrom('order')
    .innerJoin('product', 'product.id', 'order.product_id')
    .innerJoin('bot', 'bot.id', 'order.bot_id')
    .leftJoin('chat', 'chat.id', 'order.chat_id')
    .leftJoin('subscriber', 'subscriber.id', 'order.subscriber_id')
    .select([
      'order.id',
      'order.creator_id',
      'order.bot_id',
      'order.subscriber_id',
      'order.chat_id',
      'order.quantity',
      'order.amount',
      'order.currency',
      'order.email',
      'order.tracking',
      'product.name as product_name',
      'product.delivery',
      'product.is_shipped',
      'chat.language',
      'subscriber.name as subscriber_name',
      sql<string>`bot.settings ->> 'name'`.as('bot_name'),
      sql<string | null>`bot.settings #>> '{languages,0}'`.as('bot_language'),
    ])
    .where('order.id', '=', orderId)
    .executeTakeFirst()
}

const CHANNELS: readonly ChannelName[] = ['telegram', 'whatsapp', 'web']

/** `undefined` for a Chat that cannot be written to. */
async function lockChat(trx: Db, chatId: string) {
  const row = await trx
    .selectFrom('chat')
    .select(['id', 'channel', 'chat_key', 'blocked_at'])
    .where('id', '=', chatId)
    .forUpdate()
    .executeTakeFirst()
  const channel = CHANNELS.find((name) => name === row?.channel)
  return row && channel && row.blocked_at === null ? { ...row, channel } : undefined
}

async function markTold(trx: Db, { orderId, kind }: DueNotice): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('order_notice')
    .set({ told_at: sql<Date>`now()` })
    .where('order_id', '=', orderId)
    .where('kind', '=', kind)
    .where('told_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

function languageOf({ language, bot_language }: BoughtOrder): string {
  return language ?? bot_language ?? 'en'
}

function factsOf(order: BoughtOrder) {
  return {
    botName: order.bot_name,
    productName: order.product_name,
    quantity: order.quantity,
    amount: formatMoney({ amount: Number(order.amount), currency: order.currency }, languageOf(order)),
    orderNumber: numberOf(order.id),
    ...(order.tracking !== null && { tracking: order.tracking }),
  }
}

/** The words in the chat: what happened, and what the buyer can do with it. */
function writeOrderNotice(order: BoughtOrder, kind: OrderChange): string {
  const language = languageOf(order)
  const product = escapeMarkdown(order.product_name)
  switch (kind) {
    case 'paid': {
      const thanks = phrase(language, 'order_paid', { product, order: numberOf(order.id) })
      return [thanks, order.delivery].filter(Boolean).join('\n\n')
    }
    case 'shipped': {
      const sent = phrase(language, 'order_shipped', { product })
      if (order.tracking === null) return sent
      const tracking = readLink(order.tracking) ?? escapeMarkdown(order.tracking)
      return `${sent}\n\n${phrase(language, 'order_tracking', { tracking })}`
    }
    case 'fulfilled':
      return phrase(language, 'order_fulfilled', { product })
    case 'refunded':
      return phrase(language, 'order_refunded', { product })
    case 'sold_out':
      return phrase(language, 'order_sold_out', { product })
  }
}

/** A tracking that is an address leads there; others are numbers to be copied. */
function readLink(tracking: string | null): string | undefined {
  return tracking && /^https:\/\/\S+$/i.test(tracking) && URL.canParse(tracking) ? tracking : undefined
}
