import { isReconcileDue } from '../billing/reconcile/reconcile.ts'
import { hasDueEvents } from '../billing/settle/payment-event.ts'
import type { Db } from '../db/database.ts'
import type { JobQueue } from './job.ts'

/** Announces events that wait to be acted on, and the reconciliation when its hour has come. */
export async function sweepPayments({
  db,
  jobs,
  reconcileHours,
}: {
  db: Db
  jobs: JobQueue
  reconcileHours: number
}): Promise<void> {
  if (await hasDueEvents(db)) await jobs.add('settle-events', {})
  if (await isReconcileDue(db, reconcileHours)) await jobs.add('reconcile-payments', {})
}
