import { z } from 'zod'
import type { Actor } from '../accounts/access.ts'
import { Allowance } from '../billing/entitlement/allowance.ts'
import {
  type BotKey,
  listPlans,
  MAX_PLANS,
  type Plan,
  PlanKey,
  PlanTerms,
  retirePlan,
  savePlan,
} from '../billing/plans/plan.ts'
import { PriceTerms } from '../billing/plans/price.ts'
import type { Db } from '../db/database.ts'

const { interval, currency, amount, trialDays, stars } = PriceTerms.shape

/** A price as `bot.yaml` has it. */
const PackPrice = z
  .strictObject({ interval, currency, amount, trial_days: trialDays, stars })
  .transform(({ trial_days, ...price }) => ({ ...price, trialDays: trial_days }))

/** A plan as `bot.yaml` has it. */
const PackPlan = z
  .strictObject({
    key: PlanKey,
    name: PlanTerms.shape.name,
    description: PlanTerms.shape.description,
    free: z.boolean().default(false),
    allowance: Allowance.default({}),
    prices: z.array(PackPrice).default([]),
  })
  .transform(({ key, free, ...plan }, context) => {
    const read = PlanTerms.safeParse({ ...plan, isFree: free })
    for (const { path, message } of read.error?.issues ?? [])
      context.addIssue({ code: 'custom', path, message })
    return { key, terms: read.success ? read.data : z.NEVER }
  })

type PackPlan = z.output<typeof PackPlan>

/** `plans:` of `bot.yaml`: in the order they are offered. */
export const PackPlans = z
  .array(PackPlan)
  .max(MAX_PLANS)
  // A plan that is not valid itself comes here too, without its terms.
  .refine(
    (plans: Partial<PackPlan>[]) => new Set(plans.map(({ key }) => key)).size === plans.length,
    'each key once',
  )
  .refine(
    (plans: Partial<PackPlan>[]) => plans.filter(({ terms }) => terms?.isFree).length <= 1,
    'one free plan at most',
  )
export type PackPlans = z.output<typeof PackPlans>

/**
 * Makes a Bot's plans what its pack says: again with nothing changed, it changes nothing. Plans that are not in the
 * pack are taken off the offer; who has one keeps it. A pack that says nothing of plans leaves them alone.
 */
export async function recordPlans(
  trx: Db,
  { creatorId, botId }: BotKey,
  plans: PackPlans | undefined,
): Promise<void> {
  if (plans === undefined) return
  const actor = packActor(creatorId)
  const known = new Map((await listPlans(trx, { creatorId, botId })).map((plan) => [plan.key, plan]))
  const kept = new Set(plans.map(({ key }) => key))
  // First what leaves: there is one free plan, and it may be another one now.
  for (const plan of known.values()) {
    if (!plan.retiredAt && !kept.has(plan.key)) await retirePlan(trx, actor, { botId, planId: plan.id })
  }
  const wanted = plans.map(({ key, terms }, position) => ({ key, terms: { ...terms, position } }))
  // What stops being free comes before what becomes free.
  for (const { key, terms } of wanted.toSorted((a, b) => Number(a.terms.isFree) - Number(b.terms.isFree))) {
    const plan = known.get(key)
    if (plan && !plan.retiredAt && isSame(termsOf(plan), terms)) continue
    await savePlan(trx, actor, { botId, terms, ...(plan ? { planId: plan.id } : { key }) })
  }
}

/** The plans on offer as `bot.yaml` has them; undefined where there are none. */
export async function presentPlans(db: Db, key: BotKey): Promise<object[] | undefined> {
  const offered = (await listPlans(db, key)).filter(({ retiredAt }) => !retiredAt)
  if (offered.length === 0) return undefined
  return offered
    .toSorted((a, b) => a.position - b.position || (a.name < b.name ? -1 : 1))
    .map((plan) => {
      const { name, description, isFree, allowance, prices } = termsOf(plan)
      return {
        ...{ key: plan.key, name, ...(description && { description }), ...(isFree && { free: true }) },
        ...(Object.keys(allowance).length > 0 && { allowance }),
        ...(prices.length > 0 && { prices: prices.map(presentPrice) }),
      }
    })
}

function presentPrice({ trialDays: days, ...price }: PriceTerms) {
  return { ...price, ...(days > 0 && { trial_days: days }) }
}

function termsOf({ name, description, isFree, allowance, position, prices }: Plan): PlanTerms {
  const current = prices.filter(({ retiredAt }) => !retiredAt)
  return PlanTerms.parse({
    ...{ name, description, isFree, allowance, position },
    prices: current.map((price) => ({
      ...{ interval: price.interval, currency: price.currency, amount: price.amount },
      ...{ trialDays: price.trialDays, ...(price.stars !== undefined && { stars: price.stars }) },
    })),
  })
}

function isSame(one: PlanTerms, other: PlanTerms): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other))
}

/** The same terms always in the same order: kinds and prices have none of their own. */
function sorted({ name, description, isFree, allowance, position, prices }: PlanTerms) {
  return {
    ...{ name, description, isFree, position },
    allowance: Object.entries(allowance)
      .map(([kind, limit]) => [kind, limit?.count, limit?.per])
      .sort(),
    prices: prices
      .map((price) => [price.interval, price.currency, price.amount, price.trialDays, price.stars ?? null])
      .sort(),
  }
}

/** Whoever imports a pack may have been checked already, or be the installation itself. */
function packActor(creatorId: string): Actor {
  return {
    ...{ creatorId, memberId: undefined, apiKeyId: undefined, ip: undefined },
    ...{ name: 'Pack', role: 'editor' as const, isOperator: false },
  }
}
