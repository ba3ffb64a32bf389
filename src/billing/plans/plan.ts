import { type Selectable, sql } from 'kysely'
import { z } from 'zod'
import { type Actor, requireRole } from '../../accounts/access.ts'
import { recordAudit } from '../../accounts/audit.ts'
import { type Db, inTransaction } from '../../db/database.ts'
import type { Database } from '../../db/schema.ts'
import { AppError } from '../../errors.ts'
import { Allowance } from '../entitlement/allowance.ts'
import { listPrices, type Price, PriceTerms, recordPrices } from './price.ts'

/** Plans in use of one bot: more choices than this help nobody. */
export const MAX_PLANS = 20
/** Prices in force of one plan: two intervals in twelve currencies. */
export const MAX_PRICES = 24

/** A plan's name in packs and addresses. */
export const PlanKey = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/, 'lower-case letters, digits and hyphens, at most 40')

/** What a plan says. Shared by pages, the API and packs. */
export const PlanTerms = z
  .strictObject({
    name: z.string().trim().min(1).max(60),
    description: z.string().trim().max(300).default(''),
    /** What everyone has who pays nothing. */
    isFree: z.boolean().default(false),
    allowance: Allowance.default({}),
    /** Plans are offered in this order, the lowest first. */
    position: z.int().min(0).max(1_000).default(0),
    prices: z.array(PriceTerms).max(MAX_PRICES).default([]),
  })
  .refine(({ isFree, prices }) => !isFree || prices.length === 0, {
    path: ['prices'],
    message: 'no price on the free plan',
  })
  .refine(({ prices }) => new Set(prices.map(slotOf)).size === prices.length, {
    path: ['prices'],
    message: 'one price for each interval and currency',
  })
export type PlanTerms = z.output<typeof PlanTerms>

function slotOf({ interval, currency }: PriceTerms): string {
  return `${interval} ${currency}`
}

/** A plan as it is kept, with how many have it. */
export interface Plan extends Omit<PlanTerms, 'prices'> {
  id: string
  key: string
  /** Those in force first; retired ones only where someone still pays them. */
  prices: PlanPrice[]
  /** Who has it by a subscription that runs, trials included. */
  subscriberCount: number
  /** Who has it by an access code. */
  grantCount: number
  retiredAt: Date | undefined
}

export interface PlanPrice extends Price {
  /** Who pays it now, or will after a trial. */
  payerCount: number
}

export interface BotKey {
  creatorId: string
  botId: string
}

/** A Bot's plans in the order they are offered; those no longer offered last. */
export async function listPlans(db: Db, { creatorId, botId }: BotKey): Promise<Plan[]> {
  const rows = await selectPlans(db, { creatorId, botId })
    .limit(10 * MAX_PLANS)
    .execute()
  return completePlans(db, { creatorId, botId }, rows)
}

/** @throws {AppError} `plan.not_found`, another Bot's or Creator's included. */
export async function getPlan(db: Db, key: BotKey, planId: string): Promise<Plan> {
  const rows = await selectPlans(db, key).where('id', '=', planId).execute()
  const [plan] = await completePlans(db, key, rows)
  if (!plan) throw new AppError('plan.not_found', { planId })
  return plan
}

/**
 * Makes a plan, or gives one other terms: what is new holds for whoever has the plan from then on, save its prices,
 * which those who pay them keep. A plan that was no longer offered is offered again.
 *
 * @param planId absent: a new plan, whose key comes from its name unless `key` names one.
 * @throws {AppError} `access.denied` below editor; `plan.not_found`, `plan.free_exists`, `plan.key_taken`,
 *   `plan.too_many`.
 */
export async function savePlan(
  db: Db,
  actor: Actor,
  { botId, planId, key, terms }: { botId: string; planId?: string; key?: string; terms: PlanTerms },
): Promise<{ planId: string }> {
  requireRole(actor, 'editor')
  const owner = { creatorId: actor.creatorId, botId }
  return inTransaction(db, async (trx) => {
    const plans = await lockPlans(trx, owner)
    const known = planId === undefined ? undefined : plans.find(({ id }) => id === planId)
    if (planId !== undefined && !known) throw new AppError('plan.not_found', { planId })
    refuseWhatDoesNotFit(
      plans.filter((plan) => plan !== known),
      { terms, key },
    )
    const id = known
      ? await changePlan(trx, owner, known.id, terms)
      : await addPlan(trx, owner, key ?? findFreeKey(terms.name, plans), terms)
    const changed = await recordPrices(trx, { creatorId: owner.creatorId, planId: id }, terms.prices)
    await recordAudit(trx, actor, {
      ...{ action: known ? 'plan.save' : 'plan.create', objectType: 'plan', objectId: id },
      details: { botId, pricesAdded: changed.added, pricesRetired: changed.retired },
    })
    return { planId: id }
  })
}

/**
 * Takes a plan off the offer: who has it keeps it, and its price.
 *
 * @throws {AppError} `access.denied` below editor; `plan.not_found`.
 */
export async function retirePlan(
  db: Db,
  actor: Actor,
  { botId, planId }: { botId: string; planId: string },
): Promise<void> {
  requireRole(actor, 'editor')
  const { creatorId } = actor
  await inTransaction(db, async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable('plan')
      .set({ retired_at: sql<Date>`coalesce(retired_at, now())` })
      .where('id', '=', planId)
      .where('creator_id', '=', creatorId)
      .where('bot_id', '=', botId)
      .executeTakeFirst()
    if (numUpdatedRows === 0n) throw new AppError('plan.not_found', { planId })
    await recordPrices(trx, { creatorId, planId }, [])
    const entry = { action: 'plan.retire', objectType: 'plan', objectId: planId, details: { botId } }
    await recordAudit(trx, actor, entry)
  })
}

type LockedPlan = Pick<Selectable<Database['plan']>, 'id' | 'key' | 'is_free' | 'retired_at'>

/** Two savings of one Bot's plans come one after the other. */
async function lockPlans(trx: Db, { creatorId, botId }: BotKey): Promise<LockedPlan[]> {
  await trx
    .selectFrom('bot')
    .select('id')
    .where('id', '=', botId)
    .where('creator_id', '=', creatorId)
    .forUpdate()
    .execute()
  return trx
    .selectFrom('plan')
    .select(['id', 'key', 'is_free', 'retired_at'])
    .where('creator_id', '=', creatorId)
    .where('bot_id', '=', botId)
    .execute()
}

function refuseWhatDoesNotFit(
  others: LockedPlan[],
  { terms, key }: { terms: PlanTerms; key: string | undefined },
): void {
  const offered = others.filter(({ retired_at }) => retired_at === null)
  if (offered.length >= MAX_PLANS) throw new AppError('plan.too_many', { most: MAX_PLANS })
  if (terms.isFree && offered.some(({ is_free }) => is_free)) throw new AppError('plan.free_exists')
  if (key !== undefined && others.some((plan) => plan.key === key)) throw new AppError('plan.key_taken')
}

async function addPlan(
  trx: Db,
  { creatorId, botId }: BotKey,
  key: string,
  terms: PlanTerms,
): Promise<string> {
  const { id } = await trx
    .insertInto('plan')
    .values({ creator_id: creatorId, bot_id: botId, key, ...columnsOf(terms) })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

async function changePlan(trx: Db, { creatorId }: BotKey, planId: string, terms: PlanTerms): Promise<string> {
  await trx
    .updateTable('plan')
    .set({ ...columnsOf(terms), retired_at: null })
    .where('id', '=', planId)
    .where('creator_id', '=', creatorId)
    .execute()
  return planId
}

function columnsOf({ name, description, isFree, allowance, position }: PlanTerms) {
  return { name, description, is_free: isFree, allowance: JSON.stringify(allowance), position }
}

/** "Élan Plus" is `elan-plus`, the second of it `elan-plus-2`. */
function findFreeKey(name: string, plans: LockedPlan[]): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}+/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 32)
    .replace(/^-+|-+$/g, '')
  const base = plain || 'plan'
  const taken = new Set(plans.map(({ key }) => key))
  if (!taken.has(base)) return base
  for (let n = 2; ; n += 1) if (!taken.has(`${base}-${n}`)) return `${base}-${n}`
}

function selectPlans(db: Db, { creatorId, botId }: BotKey) {
  return db
    .selectFrom('plan')
    .selectAll()
    .where('creator_id', '=', creatorId)
    .where('bot_id', '=', botId)
    .orderBy(sql`retired_at IS NOT NULL`)
    .orderBy('is_free', 'desc')
    .orderBy('position')
    .orderBy('name')
}

async function completePlans(db: Db, owner: BotKey, rows: Selectable<Database['plan']>[]): Promise<Plan[]> {
  const prices = await listPrices(db, { ...owner, planIds: rows.map(({ id }) => id) })
  const payers = await countPayers(db, owner)
  const grants = await countGrants(db, owner)
  return rows.map((row) => {
    const ofPlan = payers.filter(({ plan_id }) => plan_id === row.id)
    const withCounts = prices
      .filter(({ planId }) => planId === row.id)
      .map(({ planId: _, ...price }) => ({
        ...price,
        payerCount: sum(ofPlan.filter(({ price_id }) => price_id === price.id)),
      }))
    return {
      ...{ id: row.id, key: row.key, name: row.name, description: row.description },
      ...{ isFree: row.is_free, allowance: Allowance.parse(row.allowance), position: row.position },
      prices: withCounts.filter(({ retiredAt, payerCount }) => !retiredAt || payerCount > 0),
      subscriberCount: sum(ofPlan),
      grantCount: grants.get(row.id) ?? 0,
      retiredAt: row.retired_at ?? undefined,
    }
  })
}

function sum(counted: { count: string }[]): number {
  return counted.reduce((total, { count }) => total + Number(count), 0)
}

/** States of a subscription that runs: its price is paid, will be, or is being asked for again. */
const RUNNING = ['trialing', 'active', 'past_due'] as const

function countPayers(db: Db, { creatorId, botId }: BotKey) {
  return db
    .selectFrom('subscription')
    .select((is) => ['plan_id', 'price_id', is.fn.countAll<string>().as('count')])
    .where('creator_id', '=', creatorId)
    .where('bot_id', '=', botId)
    .where('status', 'in', [...RUNNING])
    .where('blocked_at', 'is', null)
    .where('ended_at', 'is', null)
    .groupBy(['plan_id', 'price_id'])
    .execute()
}

async function countGrants(db: Db, { creatorId, botId }: BotKey): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('access_grant')
    .select((is) => ['plan_id', is.fn.count<string>('subscriber_id').distinct().as('count')])
    .where('creator_id', '=', creatorId)
    .where('bot_id', '=', botId)
    .where((is) => is.or([is('expires_at', 'is', null), is('expires_at', '>', new Date())]))
    .groupBy('plan_id')
    .execute()
  return new Map(rows.map(({ plan_id, count }) => [plan_id, Number(count)]))
}
