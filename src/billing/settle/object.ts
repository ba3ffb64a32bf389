import { sql, type Transaction } from 'kysely'
import type { Vault } from '../../accounts/vault.ts'
import type { Db } from '../../db/database.ts'
import type { Database } from '../../db/schema.ts'
import { AppError } from '../../errors.ts'
import type { Logger } from '../../logger.ts'
import type { QueueMail } from '../../mail/mail-queue.ts'
import type { ChatAddress } from '../../messaging/inbox.ts'
import type { PaidLinks } from '../checkout/paid-link.ts'
import type { PayLinks } from '../checkout/pay-link.ts'
import { applyOrderPayment } from '../orders/apply-payment.ts'
import type { PaymentObjectKind, PaymentProvider, ProviderCheckout } from '../payment-provider.ts'
import { advanceCheckout, type CheckoutRow, findCheckoutRow } from './checkout-row.ts'
import { recordMismatch } from './mismatch.ts'
import { type FindChatLink, tellPayer } from './payment-mail.ts'
import { readClock, recordPayment, StaleReading } from './payment-row.ts'
import { applySubscription, type SubscriptionOutcome } from './subscription-row.ts'

interface SettleParts {
  db: Db
  payments: PaymentProvider
  vault: Pick<Vault, 'seal'>
  queueMail: QueueMail
  payLinks: PayLinks
  paidLinks: PaidLinks
  findChatLink: FindChatLink
  settings: { graceDays: number }
  log: Logger
}

export interface Settled {
  /**
   * `settled`: what is stored says what the provider says. `foreign`: it is none of ours. `mismatch`: it names a
   * Checkout of ours and is not what that one sold. Neither of these two gives anything.
   */
  kind: 'settled' | 'foreign' | 'mismatch'
  /** Chats whose stopped question may be answered now: nudge `run-turn` for them. */
  chats: ChatAddress[]
}

/** Readings of one object that overlap are rare; several in a row mean that something is wrong. */
const MAX_READINGS = 6

const FOREIGN: Settled = { kind: 'foreign', chats: [] }

export type SettleObject = ReturnType<typeof createSettleObject>

/**
 * Brings what we know of an object in line with the provider: reads it there, then writes it down in one transaction,
 * with all that follows from it. Safe to repeat, at any time, by any number of processes at once.
 *
 * @throws {AppError} `payment.unavailable`, `payment.refused`.
 */
export function createSettleObject(parts: SettleParts) {
  const { db, payments, settings } = parts

  function settleObject(object: { kind: PaymentObjectKind; id: string }): Promise<Settled> {
    if (object.kind === 'subscription') return settleSubscription(object.id)
    if (object.kind === 'checkout') return settleCheckout(object.id)
    if (object.kind === 'payment') return settlePayment(object.id)
    if (object.kind === 'account') return settleAccount(object.id)
    return Promise.resolve(FOREIGN)
  }

  async function settleSubscription(id: string): Promise<Settled> {
    let isSessionKnown = false
    for (let readings = 0; readings < MAX_READINGS; readings++) {
      const askedAt = await readClock(db)
      const reading = await payments.findSubscription(id)
      const session = isSessionKnown && reading ? await payments.findCheckoutOf(id) : undefined
      const outcome = await write((trx) =>
        commitSubscription(trx, { id, reading, session, askedAt, isSessionKnown }),
      )
      if (outcome === 'again') continue
      if (outcome.kind !== 'needsSession') return tellOutcome(outcome, id)
      isSessionKnown = true
    }
    throw new AppError('payment.unavailable', { id })
  }

  async function commitSubscription(
    trx: Transaction<Database>,
    given: Parameters<typeof applySubscription>[1],
  ): Promise<SubscriptionOutcome> {
    const outcome = await applySubscription(trx, given, settings)
    if (outcome.kind === 'applied') {
      if (given.session?.checkoutId) await advanceCheckout(trx, given.session)
      await tellPayer(parts, trx, { outcome, reading: given.reading })
    }
    return outcome
  }

  async function tellOutcome(outcome: SubscriptionOutcome, id: string): Promise<Settled> {
    if (outcome.kind === 'applied') return { kind: 'settled', chats: outcome.chats }
    if (outcome.kind === 'mismatch') return refuse(id)
    return FOREIGN
  }

  async function settleCheckout(id: string): Promise<Settled> {
    for (let readings = 0; readings < MAX_READINGS; readings++) {
      const askedAt = await readClock(db)
      const session = await payments.findCheckout(id)
      if (!session) return FOREIGN
      const row = session.checkoutId ? await findCheckoutRow(db, session.checkoutId) : undefined
      if (!row) return session.subscriptionId ? settleSubscription(session.subscriptionId) : FOREIGN
      if (row.provider_id !== null && row.provider_id !== session.id) return refuse(id, row.creator_id)
      const settled = await settleOurs(row, session, askedAt)
      if (settled !== 'again') return settled
    }
    throw new AppError('payment.unavailable', { id })
  }

  async function settleOurs(
    row: CheckoutRow,
    session: ProviderCheckout,
    askedAt: Date,
  ): Promise<Settled | 'again'> {
    if (row.order_id !== null) return settleOrder(row, session, askedAt)
    await db.transaction().execute((trx) => advanceCheckout(trx, session))
    return session.subscriptionId
      ? settleSubscription(session.subscriptionId)
      : { kind: 'settled', chats: [] }
  }

  async function settleOrder(
    row: CheckoutRow,
    session: ProviderCheckout,
    askedAt: Date,
  ): Promise<Settled | 'again'> {
    const { creator_id: creatorId, bot_id: botId, order_id: orderId } = row
    if (orderId === null) return FOREIGN
    const isSold = session.subtotal === Number(row.amount) && session.currency === row.currency
    if (session.state === 'complete' && !isSold) return refuse(session.id, creatorId)
    const payment = session.paymentId ? await payments.findPayment(session.paymentId) : undefined
    const outcome = await write(async (trx) => {
      await advanceCheckout(trx, session)
      const owner = { creatorId, botId, orderId, subscriberId: row.subscriber_id ?? undefined }
      if (payment && payment.state !== 'pending') await recordPayment(trx, { payment, owner, askedAt })
      return applyOrderPayment(trx, { orderId, payment, checkout: session, vault: parts.vault })
    })
    if (outcome === 'again') return 'again'
    return { kind: outcome.kind === 'refused' ? 'mismatch' : 'settled', chats: outcome.chats }
  }

  async function settlePayment(id: string): Promise<Settled> {
    const payment = await payments.findPayment(id)
    if (payment?.subscriptionId) return settleInvoicePayment(id, payment.subscriptionId)
    const row = payment?.checkoutId ? await findCheckoutRow(db, payment.checkoutId) : undefined
    if (!row?.provider_id) return FOREIGN
    const session = await payments.findCheckout(row.provider_id)
    return session?.paymentId === id ? settleCheckout(row.provider_id) : refuse(id, row.creator_id)
  }

  /** Also of an older invoice, which the subscription itself shows no longer. */
  async function settleInvoicePayment(id: string, subscriptionId: string): Promise<Settled> {
    const settled = await settleSubscription(subscriptionId)
    for (let readings = 0; readings < MAX_READINGS; readings++) {
      const askedAt = await readClock(db)
      const payment = await payments.findPayment(id)
      const subscription = await db
        .selectFrom('subscription')
        .select(['id', 'creator_id', 'bot_id', 'subscriber_id'])
        .where('provider_id', '=', subscriptionId)
        .executeTakeFirst()
      if (!payment || !subscription || payment.state === 'pending') return settled
      const owner = {
        creatorId: subscription.creator_id,
        botId: subscription.bot_id,
        subscriberId: subscription.subscriber_id ?? undefined,
        subscriptionId: subscription.id,
      }
      if ((await write((trx) => recordPayment(trx, { payment, owner, askedAt }))) !== 'again') return settled
    }
    throw new AppError('payment.unavailable', { id })
  }

  async function settleAccount(id: string): Promise<Settled> {
    const account = await payments.findAccount(id)
    if (!account) return FOREIGN
    const row = await db
      .updateTable('payment_account')
      .set({
        is_charging: account.isCharging,
        is_paying_out: account.isPayingOut,
        updated_at: sql<Date>`now()`,
      })
      .where('account_id', '=', id)
      .returning('creator_id')
      .executeTakeFirst()
    return row ? { kind: 'settled', chats: [] } : FOREIGN
  }

  async function write<T>(work: (trx: Transaction<Database>) => Promise<T>): Promise<T | 'again'> {
    try {
      return await db.transaction().execute(work)
    } catch (error) {
      if (error instanceof StaleReading) return 'again'
      throw error
    }
  }

  async function refuse(objectId: string, creatorId?: string): Promise<Settled> {
    await recordMismatch(db, { objectId, creatorId })
    parts.log.warn({ objectId, creatorId }, 'payment-mismatch')
    return { kind: 'mismatch', chats: [] }
  }

  return { settleObject, settleSubscription, settleCheckout, settlePayment, settleAccount }
}
