import { sql, type Transaction } from 'kysely'
import type { Db } from '../../db/database.ts'
import type { Database } from '../../db/schema.ts'
import type { QueueMail } from '../../mail/mail-queue.ts'
import { presentPaidButLostMail, presentPaymentFailedMail, presentReceiptMail } from '../../mail/mails.ts'
import type { PaidLinks } from '../checkout/paid-link.ts'
import type { PayLinks } from '../checkout/pay-link.ts'
import { formatMoney } from '../money.ts'
import type { ProviderPayment, ProviderSubscription } from '../payment-provider.ts'
import type { SubscriptionOutcome, SubscriptionRow } from './subscription-row.ts'
import { givesAccess } from './subscription-state.ts'

/** Where a person opens a chat with the bot; `start` is what it then hears first. */
export type FindChatLink = (db: Db, botId: string, start?: string) => Promise<string | undefined>

interface TellParts {
  queueMail: QueueMail
  payLinks: PayLinks
  paidLinks: PaidLinks
  findChatLink: FindChatLink
}

/** What reminding of a payment takes. */
export type RemindParts = Pick<TellParts, 'queueMail' | 'payLinks'>

interface Told {
  outcome: Extract<SubscriptionOutcome, { kind: 'applied' }>
  reading: ProviderSubscription | undefined
}

/**
 * Queues what a payer is to be told by mail, as part of the commit that makes it so: where their receipt is, that a
 * payment failed, and, if they have never opened the chat, how to get what they paid for. Each occasion once.
 */
export async function tellPayer(
  parts: TellParts,
  trx: Transaction<Database>,
  { outcome, reading }: Told,
): Promise<void> {
  const { row, after, isPaidNow } = outcome
  if (row.email === null) return
  if (row.subscriber_id === null && givesAccess(after, new Date())) await queuePaidButLost(parts, trx, row)
  if (isPaidNow && reading?.payment) await queueReceipt(parts, trx, row, reading.payment)
  if (after.status === 'past_due') await queuePaymentFailed(parts, trx, row, 'first')
}

async function queuePaidButLost(parts: TellParts, trx: Db, row: SubscriptionRow): Promise<void> {
  const { to, botName, planName, amount } = await findFacts(trx, row)
  const link = await parts.findChatLink(trx, row.bot_id, parts.paidLinks.tokenOf(row.id))
  const mail = presentPaidButLostMail(to, link, { botName, planName, amount })
  await parts.queueMail(trx, { creatorId: row.creator_id, dedupeKey: `paid-but-lost:${row.id}`, mail })
}

async function queueReceipt(
  { queueMail }: TellParts,
  trx: Db,
  row: SubscriptionRow,
  payment: ProviderPayment,
): Promise<void> {
  const { to, botName, planName: what } = await findFacts(trx, row)
  const mail = presentReceiptMail(to, payment.receiptUrl, {
    botName,
    what,
    amount: formatMoney(payment, to.language),
  })
  await queueMail(trx, { ...ownerOf(row), dedupeKey: `receipt:${payment.id}`, mail })
}

/** Tells someone that their payment failed and how long it is forgiven: at once, and a last time. Each grace once. */
export async function queuePaymentFailed(
  { queueMail, payLinks }: RemindParts,
  trx: Db,
  row: SubscriptionRow,
  which: 'first' | 'last-call',
): Promise<void> {
  const until = row.grace_until
  if (row.email === null || until === null) return
  const { to, botName, planName, amount, chatId } = await findFacts(trx, row)
  const portal = chatId && payLinks.urlOf({ target: 'portal', targetId: chatId, chatId })
  const mail = presentPaymentFailedMail(to, portal, { botName, planName, amount, until })
  const dedupeKey = `payment-failed:${which}:${row.id}:${until.getTime()}`
  await queueMail(trx, { ...ownerOf(row), dedupeKey, mail })
}

function ownerOf(row: SubscriptionRow) {
  return { creatorId: row.creator_id, subscriberId: row.subscriber_id ?? undefined }
}

async function findFacts(trx: Db, row: SubscriptionRow) {
  const bot = await trx
    .selectFrom('bot')
    .select(sql<string>`settings->>'name'`.as('name'))
    .where('id', '=', row.bot_id)
    .executeTakeFirstOrThrow()
  const plan = await trx
    .selectFrom('plan')
    .leftJoin('price', (on) => on.onRef('price.plan_id', '=', 'plan.id').on('price.id', '=', row.price_id))
    .select(['plan.name', 'price.amount', 'price.currency'])
    .where('plan.id', '=', row.plan_id)
    .executeTakeFirstOrThrow()
  const chat =
    row.subscriber_id === null
      ? undefined
      : await trx
          .selectFrom('chat')
          .innerJoin('subscriber', 'subscriber.id', 'chat.subscriber_id')
          .select(['chat.id', 'chat.language', 'subscriber.name', 'subscriber.language as person_language'])
          .where('chat.subscriber_id', '=', row.subscriber_id)
          .where('chat.bot_id', '=', row.bot_id)
          .orderBy('chat.last_message_at', 'desc')
          .limit(1)
          .executeTakeFirst()
  const language = chat?.language ?? chat?.person_language ?? 'en'
  const { amount, currency } = plan
  return {
    to: { email: row.email ?? '', name: chat?.name, language },
    botName: bot.name,
    planName: plan.name,
    amount:
      amount === null || currency === null ? '' : formatMoney({ amount: Number(amount), currency }, language),
    chatId: chat?.id,
  }
}
