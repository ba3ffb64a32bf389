import type { Db } from '../db/database.ts'
import { createRecent } from '../db/recent.ts'
import { chargeAllowance, findHasPlans } from './entitlement-charge.ts'
import { listOffers, listTopups, type Offer, type TopupOffer } from './entitlement-offers.ts'

/**
 * What a plan may limit. Questions that a plan does not name are free of charge; voice and media it does not name
 * count as questions.
 */
export const ALLOWANCE_KINDS = ['question', 'voice', 'media'] as const
export type AllowanceKind = (typeof ALLOWANCE_KINDS)[number]

/** How often an allowance begins anew: with the day, with the month, never. */
export const ALLOWANCE_PERIODS = ['day', 'month', 'lifetime'] as const
export type AllowancePeriod = (typeof ALLOWANCE_PERIODS)[number]

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

export interface Entitlement {
  /** THE question: may they do this now? Charges what it allows. */
  mayDo(request: EntitlementRequest): Promise<Decision>
  /** False for a bot that sells and limits nothing. Asked of the database once in a few seconds. */
  hasPlans(botId: string): Promise<boolean>
}

/** A bot's first plan is in force everywhere within this time. */
const PLANS_CACHE_MS = 5_000
const PLANS_CACHE_ENTRIES = 10_000

/**
 * Says who may do what. A bot without plans costs no round trip; any other costs one statement, and the list of
 * offers where the answer is no.
 *
 * Of several plans a person has, the one that serves them best counts: without a limit before limited, paid or
 * granted before free. Days and months are those of the bot's time zone, where it has one, else of UTC.
 */
export function createEntitlement({ db }: { db: Db }): Entitlement {
  const plans = createRecent((botId) => findHasPlans(db, botId), {
    forMs: PLANS_CACHE_MS,
    entries: PLANS_CACHE_ENTRIES,
  })
  return {
    hasPlans: plans.get,
    async mayDo(request) {
      if (!(await plans.get(request.botId))) return { isAllowed: true, source: 'unlimited' }
      const outcome = await chargeAllowance(db, request)
      if (outcome.isAllowed) return outcome
      const [offers, topups] = await Promise.all([listOffers(db, request), listTopups(db, request)])
      return { ...outcome, offers, ...(topups.length > 0 && { topups }) }
    },
  }
}
