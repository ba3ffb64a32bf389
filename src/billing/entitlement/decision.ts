import type { AllowanceKind, AllowancePeriod } from './allowance.ts'
import type { Offer, TopupOffer } from './offers.ts'

/** What somebody wants to do. */
export interface EntitlementRequest {
  botId: string
  creatorId: string
  subscriberId: string
  chatId: string
  kind: AllowanceKind
  /** Of the Update that asks: one Update is charged once, however often its Turn is tried. */
  inboxId: string
  now?: Date
}

/** Whether a Subscriber may do something now, and if not, what would let them. Kept in the Trace as it is. */
export type Decision =
  | {
      isAllowed: true
      /** What let them: a bot without limits, a plan paid for, a part of an allowance, one bought on top, a code. */
      source: 'unlimited' | 'plan' | 'allowance' | 'topup' | 'grant'
      planKey?: string
      /** Of the allowance or of what was bought on top, after this. */
      left?: number
    }
  | {
      isAllowed: false
      reason: 'allowance_used' | 'payment_failed' | 'refunded' | 'ended'
      left: 0
      /** What there was to use; absent where nothing is free. */
      allowance?: { count: number; per: AllowancePeriod }
      resetsAt?: Date
      /** What can be bought, in the creator's order. */
      offers: Offer[]
      /** What can be bought on top of any plan. */
      topups?: TopupOffer[]
    }
