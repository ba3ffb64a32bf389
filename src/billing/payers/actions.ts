import { sql } from 'kysely'
import { type Actor, requireRole } from '../../accounts/access.ts'
import { recordAudit } from '../../accounts/audit.ts'
import type { Db } from '../../db/database.ts'
import type { WithinCreator } from '../../db/tenant-wall.ts'
import { AppError } from '../../errors.ts'
import type { PaymentProvider } from '../payment-provider.ts'
import type { SettleObject } from '../settle/object.ts'
import { getPayer } from './payer.ts'

interface PayerActionParts {
  within: WithinCreator
  payments: PaymentProvider | undefined
  /** Reads at the provider what became of it, so that it shows at once. */
  settle: SettleObject | undefined
}

interface Target {
  botId: string
  subscriptionId: string
}

/** Of subscriptions that can still be cancelled. */
const OVER = ['canceled', 'incomplete_expired']

/**
 * Cancels someone's subscription: at once, or when what was paid for is over. The latter is written down and the job
 * `cancel-subscription` tells the payment provider; the former is done when this returns.
 *
 * @throws {AppError} `access.denied` for all but owners; `subscription.not_found`, `subscription.over`,
 *   `payment.not_set_up`, `payment.unavailable`, `payment.refused`.
 */
export async function cancelPayer(
  { within, payments, settle }: PayerActionParts,
  actor: Actor,
  { when, ...target }: Target & { when: 'now' | 'period_end' },
): Promise<void> {
  requireRole(actor, 'owner')
  if (!payments) throw new AppError('payment.not_set_up')
  const { providerId } = await within(actor.creatorId, async (trx) => {
    const payer = await getOpen(trx, actor, target)
    if (when === 'period_end') await markToCancel(trx, actor, payer.id)
    await recordAudit(trx, actor, {
      ...{ action: 'subscription.cancel', objectType: 'subscription', objectId: payer.id },
      details: { botId: target.botId, when },
    })
    return payer
  })
  if (when === 'period_end') return
  await payments.cancelSubscription(providerId, when)
  await settle?.settleSubscription(providerId)
}

async function markToCancel(trx: Db, { creatorId }: Actor, subscriptionId: string): Promise<void> {
  await trx
    .updateTable('subscription')
    .set({ cancel_asked_at: sql<Date>`coalesce(cancel_asked_at, now())` })
    .where('id', '=', subscriptionId)
    .where('creator_id', '=', creatorId)
    .execute()
}

/**
 * Gives a payment of a subscription back, whole. Once, however often it is asked for: the payment's id is the key.
 *
 * @throws {AppError} `access.denied` for all but owners; `subscription.not_found`, `payment.not_refundable`,
 *   `payment.not_set_up`, `payment.unavailable`, `payment.refused`.
 */
export async function refundPayer(
  { within, payments, settle }: PayerActionParts,
  actor: Actor,
  { paymentId, ...target }: Target & { paymentId: string },
): Promise<void> {
  requireRole(actor, 'owner')
  if (!payments) throw new AppError('payment.not_set_up')
  await within(actor.creatorId, async (trx) => {
    const payer = await getPayer(
      trx,
      { creatorId: actor.creatorId, botId: target.botId },
      target.subscriptionId,
    )
    const payment = payer.payments.find(({ id }) => id === paymentId)
    if (payer.source !== 'stripe' || !payment || !isRefundable(payment.state)) {
      throw new AppError('payment.not_refundable')
    }
    await recordAudit(trx, actor, {
      ...{ action: 'payment.refund', objectType: 'subscription', objectId: payer.id },
      details: { botId: target.botId, paymentId },
    })
  })
  await payments.refund({ paymentId, key: `payer-refund:${paymentId}` })
  await settle?.settlePayment(paymentId)
}

export function isRefundable(state: string): boolean {
  return state === 'paid' || state === 'partly_refunded'
}

async function getOpen(trx: Db, { creatorId }: Actor, { botId, subscriptionId }: Target) {
  const payer = await getPayer(trx, { creatorId, botId }, subscriptionId)
  if (payer.endedAt || payer.source !== 'stripe' || OVER.includes(payer.status)) {
    throw new AppError('subscription.over', { subscriptionId })
  }
  return payer
}
