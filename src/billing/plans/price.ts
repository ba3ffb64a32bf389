import type { Selectable } from 'kysely'
import { z } from 'zod'
import type { Db } from '../../db/database.ts'
import type { Database } from '../../db/schema.ts'
import { AMOUNT, CURRENCIES, isChargeable } from '../money.ts'

export const INTERVALS = ['month', 'year'] as const

/** A time as programs write it. */
export const Moment = z.iso.datetime().transform((text) => new Date(text))

/** Two years: the longest trial Stripe takes. */
const MAX_TRIAL_DAYS = 730
/** What Telegram takes for one subscription. */
const MAX_STARS = 10_000

/** What a price of a plan says. Shared by pages, the API and packs. */
export const PriceTerms = z
  .strictObject({
    interval: z.enum(INTERVALS),
    /** ISO 4217, lower case. */
    currency: z.enum(CURRENCIES),
    /** In the currency's smallest unit. */
    amount: z.int().min(AMOUNT.min).max(AMOUNT.max),
    trialDays: z.int().min(0).max(MAX_TRIAL_DAYS).default(0),
    /** The price on Telegram, where it is paid in Stars. */
    stars: z.int().min(1).max(MAX_STARS).optional(),
  })
  .refine(({ interval, stars }) => interval === 'month' || stars === undefined, {
    path: ['stars'],
    message: 'Stars for a monthly price only: Telegram knows no other',
  })
  .refine(isChargeable, { path: ['amount'], message: 'the last digit 0 in this currency' })
export type PriceTerms = z.output<typeof PriceTerms>

/** How taking a price or code to the payment provider goes. */
export type MirrorState = 'mirrored' | 'waiting' | 'failing'

/** A price as it is kept. */
export interface Price extends PriceTerms {
  id: string
  mirror: MirrorState
  /** Code of what the provider last refused it for. */
  mirrorError: string | undefined
  /** No one new can take it; who pays it keeps it. */
  retiredAt: Date | undefined
  createdAt: Date
}

/** The prices of plans, those in force first and the newest of them first. */
export async function listPrices(
  db: Db,
  { creatorId, planIds }: { creatorId: string; planIds: string[] },
): Promise<(Price & { planId: string })[]> {
  if (planIds.length === 0) return []
  const rows = await db
    .selectFrom('price')
    .selectAll()
    .where('creator_id', '=', creatorId)
    .where('plan_id', 'in', planIds)
    .orderBy('retired_at', (order) => order.desc().nullsFirst())
    .orderBy('interval')
    .orderBy('created_at')
    .execute()
  return rows.map((row) => ({ ...readPrice(row), planId: row.plan_id }))
}

/**
 * Makes these the prices of a plan. A price never changes: one that is to be another is retired and a new one takes
 * its place, so that who pays the old one keeps it. Those that stay as they are stay untouched.
 *
 * @returns what changed.
 */
export async function recordPrices(
  trx: Db,
  { creatorId, planId }: { creatorId: string; planId: string },
  wanted: readonly PriceTerms[],
): Promise<{ added: number; retired: number }> {
  const current = (await listPrices(trx, { creatorId, planIds: [planId] })).filter((it) => !it.retiredAt)
  const left = [...current]
  const fresh = wanted.filter((terms) => {
    const at = left.findIndex((price) => isSamePrice(price, terms))
    if (at !== -1) left.splice(at, 1)
    return at === -1
  })
  const leaving = left.map(({ id }) => id)
  if (leaving.length > 0) {
    await trx
      .updateTable('price')
      .set({ retired_at: new Date() })
      .where('creator_id', '=', creatorId)
      .where('id', 'in', leaving)
      .execute()
  }
  if (fresh.length > 0) {
    await trx
      .insertInto('price')
      .values(
        fresh.map(({ interval, currency, amount, trialDays, stars }) => ({
          ...{ creator_id: creatorId, plan_id: planId, interval, currency, amount },
          ...{ trial_days: trialDays, stars: stars ?? null },
        })),
      )
      .execute()
  }
  return { added: fresh.length, retired: leaving.length }
}

function isSamePrice(price: Price, terms: PriceTerms): boolean {
  return (
    price.interval === terms.interval &&
    price.currency === terms.currency &&
    price.amount === terms.amount &&
    price.trialDays === terms.trialDays &&
    price.stars === terms.stars
  )
}

function readPrice(row: Selectable<Database['price']>): Price {
  return {
    id: row.id,
    interval: row.interval === 'year' ? 'year' : 'month',
    currency: row.currency,
    amount: Number(row.amount),
    trialDays: row.trial_days,
    ...(row.stars !== null && { stars: row.stars }),
    mirror: row.provider_price_id !== null ? 'mirrored' : row.mirror_error !== null ? 'failing' : 'waiting',
    mirrorError: row.mirror_error ?? undefined,
    retiredAt: row.retired_at ?? undefined,
    createdAt: row.created_at,
  }
}
