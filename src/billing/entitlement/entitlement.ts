import type { Db } from '../../db/database.ts'
import { createRecent } from '../../db/recent.ts'
import { chargeAllowance, findHasPlans } from './charge.ts'
import type { Decision, EntitlementRequest } from './decision.ts'
import { listOffers, listTopups } from './offers.ts'

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
