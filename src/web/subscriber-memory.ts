import type { Transaction } from 'kysely'
import type { Actor } from '../accounts/access.ts'
import { recordAudit } from '../accounts/audit.ts'
import { getSubscriber } from '../accounts/subscriber.ts'
import type { Database } from '../db/schema.ts'
import { findConsent } from '../memory/consent.ts'
import { type Fact, listFacts } from '../memory/facts.ts'

/** What a creator may see of it. */
export interface ShownMemory {
  /** Null: the person was not asked, or has not answered. */
  consent: 'given' | 'refused' | null
  /** Empty without consent. */
  facts: Fact[]
}

/**
 * What a Bot remembers of a person, as the creator's people see it. A look at something is written down, since it may
 * be of somebody's health.
 *
 * @throws {AppError} `subscriber.not_found`, another Creator's or Bot's included.
 */
export async function showMemory(
  trx: Transaction<Database>,
  actor: Actor,
  { botId, subscriberId }: { botId: string; subscriberId: string },
): Promise<ShownMemory> {
  const key = { creatorId: actor.creatorId, botId, subscriberId }
  await getSubscriber(trx, key)
  const consent = await findConsent(trx, key)
  const facts = consent === 'given' ? await listFacts(trx, key) : []
  if (facts.length > 0) {
    await recordAudit(trx, actor, {
      action: 'memory.view',
      objectType: 'subscriber',
      objectId: subscriberId,
      details: { facts: facts.length },
    })
  }
  return { consent: consent ?? null, facts }
}
