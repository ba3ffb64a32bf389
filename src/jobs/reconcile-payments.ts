import type { PaymentProvider } from '../billing/payment-provider.ts'
import { createReconcile, isReconcileDue } from '../billing/reconcile/reconcile.ts'
import type { SettleObject } from '../billing/settle/object.ts'
import type { RemindParts } from '../billing/settle/payment-mail.ts'
import { remindPayers } from '../billing/settle/remind-payers.ts'
import type { Db } from '../db/database.ts'
import type { Logger } from '../logger.ts'
import type { ChatAddress } from '../messaging/inbox.ts'
import type { JobHandlers } from './job.ts'

interface ReconcileJobParts extends RemindParts {
  db: Db
  payments: PaymentProvider | undefined
  settle: SettleObject | undefined
  nudgeTurn: (chat: ChatAddress) => void
  config: { payments: { graceDays: number; reconcileHours: number } }
  log: Logger
}

/**
 * Holds what is stored against the payment provider: of one creator, who asked for it, or of all, where that is due.
 * The sweep asks more often than it is. Then whoever's grace is about to end is told so.
 */
export function createReconcilePayments(parts: ReconcileJobParts): JobHandlers['reconcile-payments'] {
  const { payments, settle, config } = parts
  if (!payments || !settle) return async () => {}
  const reconcile = createReconcile({ ...parts, payments, settle, settings: config.payments })
  return async ({ creatorId }) => {
    if (creatorId === undefined && !(await isReconcileDue(parts.db, config.payments.reconcileHours))) return
    await reconcile({ creatorId })
    if (creatorId === undefined) await remindPayers(parts)
  }
}
