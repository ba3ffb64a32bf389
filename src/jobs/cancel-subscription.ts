import { cancelAsAsked } from '../billing/payers/cancel-subscription.ts'
import type { PaymentProvider } from '../billing/payment-provider.ts'
import type { Db } from '../db/database.ts'
import type { JobHandlers } from './job.ts'

interface CancelSubscriptionParts {
  db: Db
  payments: PaymentProvider | undefined
}

/** Tells the provider; what fails is announced again by the sweep. Nothing to do where nothing is sold any more. */
export function createCancelSubscription({
  db,
  payments,
}: CancelSubscriptionParts): JobHandlers['cancel-subscription'] {
  return async ({ subscriptionId }) => {
    if (payments) await cancelAsAsked({ db, payments }, subscriptionId)
  }
}
