import { type GiveBackParts, giveBack } from '../billing/orders/give-back.ts'
import type { JobHandlers } from './job.ts'

/** Gives a payment back that is queued for it; again and again until the provider has. */
export function createRefundOrder(parts: GiveBackParts): JobHandlers['refund-order'] {
  return ({ paymentId }) => giveBack(parts, paymentId)
}
