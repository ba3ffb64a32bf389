import { type MirrorParts, mirrorBot } from '../billing/plans/mirror.ts'
import type { JobHandlers } from './job.ts'

/** Takes a Bot's new prices and coupons to the payment provider; nothing where none is set up. */
export function createMirrorPrices({
  db,
  payments,
}: Pick<MirrorParts, 'db'> & {
  payments: MirrorParts['payments'] | undefined
}): JobHandlers['mirror-prices'] {
  return async ({ botId }) => {
    if (payments) await mirrorBot({ db, payments }, botId)
  }
}
