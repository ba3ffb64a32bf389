import { forgetOldCharges } from '../billing/entitlement/charge.ts'
import { forgetOldHeldQuestions } from '../billing/entitlement/held-question.ts'
import { listCancelsDue } from '../billing/payers/cancel-subscription.ts'
import { endStarsSubscriptions } from '../billing/stars/stars.ts'
import type { Db } from '../db/database.ts'
import type { JobQueue } from './job.ts'

/** Nudges of one sweep; the next goes on. */
const BATCH = 100

/** What of subscriptions no event brings: ends that are to be told, Stars that ran out, charges nobody asks for again. */
export async function sweepSubscriptions(
  { db, jobs }: { db: Db; jobs: JobQueue },
  { isSelling }: { isSelling: boolean },
): Promise<void> {
  await endStarsSubscriptions(db)
  await forgetOldCharges(db)
  await forgetOldHeldQuestions(db)
  if (!isSelling) return
  const due = await listCancelsDue(db, BATCH)
  await jobs.addMany(
    'cancel-subscription',
    due.map((subscriptionId) => ({ subscriptionId })),
  )
}
