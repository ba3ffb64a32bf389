import type { Vault } from '../../accounts/vault.ts'
import type { Db } from '../../db/database.ts'
import { AppError } from '../../errors.ts'
import type { Logger } from '../../logger.ts'
import type { PaymentProvider } from '../payment-provider.ts'
import { applyOrderPayment } from './apply-payment.ts'
import { type DueRefund, postponeRefund, settleRefund } from './refund.ts'

export interface GiveBackParts {
  db: Db
  payments: Pick<PaymentProvider, 'refund' | 'findPayment'> | undefined
  vault: Pick<Vault, 'seal'>
  log: Logger
}

/**
 * Gives a payment back and applies what the provider then shows. The payment's id is the key of the refund: tried
 * again, after a kill in the middle as well, it goes back once. What fails is tried again later.
 */
export async function giveBack(
  { db, payments, vault, log }: GiveBackParts,
  paymentId: string,
): Promise<void> {
  const due = await findQueued(db, paymentId)
  if (!due) return
  try {
    if (!payments) throw new AppError('payment.unavailable')
    await payments.refund({ paymentId, key: `order-refund:${paymentId}` })
    const payment = await payments.findPayment(paymentId)
    await db.transaction().execute(async (trx) => {
      await settleRefund(trx, paymentId)
      await applyOrderPayment(trx, { orderId: due.orderId, payment, checkout: undefined, vault })
    })
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    log.warn({ err: error, orderId: due.orderId }, 'refund-postponed')
    await postponeRefund(db, due, { code: error.code, isFinal: !error.retryable })
  }
}

async function findQueued(db: Db, paymentId: string): Promise<DueRefund | undefined> {
  const row = await db
    .selectFrom('order_refund')
    .select(['order_id', 'attempts'])
    .where('payment_id', '=', paymentId)
    .where('state', '=', 'queued')
    .executeTakeFirst()
  return row && { paymentId, orderId: row.order_id, attempts: row.attempts }
}
