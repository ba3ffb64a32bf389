import type { Selectable } from 'kysely'
import { z } from 'zod'
import { type Actor, requireRole } from '../../accounts/access.ts'
import { recordAudit } from '../../accounts/audit.ts'
import { type Db, inTransaction } from '../../db/database.ts'
import type { Database } from '../../db/schema.ts'
import { AppError } from '../../errors.ts'
import { AMOUNT, CURRENCIES } from '../money.ts'
import type { BotKey } from './plan.ts'
import { type MirrorState, Moment } from './price.ts'

/** Coupons of one bot that can be redeemed: a list stays a page. */
const MAX_COUPONS = 100

export const COUPON_DURATIONS = ['once', 'repeating', 'forever'] as const

/** What is typed at the till: upper case, so that it does not matter how it is written. */
const CouponCode = z
  .string()
  .trim()
  .toUpperCase()
  .regex(/^[A-Z0-9](?:[A-Z0-9-]{1,38}[A-Z0-9])$/, '3 to 40 letters without accents, digits and hyphens')

/** What a coupon gives. It never changes: one that is to be another is ended, and a new one made. */
export const CouponTerms = z
  .strictObject({
    code: CouponCode,
    percentOff: z.number().min(1).max(100).multipleOf(0.01).optional(),
    /** In the currency's smallest unit; with `currency`. */
    amountOff: z.int().min(AMOUNT.min).max(AMOUNT.max).optional(),
    currency: z.enum(CURRENCIES).optional(),
    /** Of a subscription's payments: the first, those of some months, or all. */
    duration: z.enum(COUPON_DURATIONS).default('once'),
    durationMonths: z.int().min(1).max(36).optional(),
    maxRedemptions: z.int().min(1).max(1_000_000).optional(),
    expiresAt: Moment.optional(),
  })
  .refine(({ percentOff, amountOff }) => (percentOff === undefined) !== (amountOff === undefined), {
    path: ['percentOff'],
    message: 'either a percentage or an amount',
  })
  .refine(({ amountOff, currency }) => (amountOff === undefined) === (currency === undefined), {
    path: ['currency'],
    message: 'a currency where an amount is taken off, and only there',
  })
  .refine(({ duration, durationMonths }) => (duration === 'repeating') === (durationMonths !== undefined), {
    path: ['durationMonths'],
    message: 'a number of months where it holds for some months, and only there',
  })
export type CouponTerms = z.output<typeof CouponTerms>

export interface Coupon extends CouponTerms {
  id: string
  mirror: MirrorState
  mirrorError: string | undefined
  /** Ended by hand. */
  retiredAt: Date | undefined
  createdAt: Date
}

/** A Bot's coupons, those in force first, then the newest; ended ones up to as many again. */
export async function listCoupons(db: Db, { creatorId, botId }: BotKey): Promise<Coupon[]> {
  const rows = await db
    .selectFrom('coupon')
    .selectAll()
    .where('creator_id', '=', creatorId)
    .where('bot_id', '=', botId)
    .orderBy('retired_at', (order) => order.desc().nullsFirst())
    .orderBy('created_at', 'desc')
    .limit(2 * MAX_COUPONS)
    .execute()
  return rows.map(readCoupon)
}

/** @throws {AppError} `access.denied` below editor; `coupon.code_taken`, `coupon.too_many`. */
export async function createCoupon(
  db: Db,
  actor: Actor,
  { botId, terms }: { botId: string; terms: CouponTerms },
): Promise<Coupon> {
  requireRole(actor, 'editor')
  const { creatorId } = actor
  return inTransaction(db, async (trx) => {
    const inForce = (await listCoupons(trx, { creatorId, botId })).filter(({ retiredAt }) => !retiredAt)
    if (inForce.length >= MAX_COUPONS) throw new AppError('coupon.too_many', { most: MAX_COUPONS })
    const row = await trx
      .insertInto('coupon')
      .values({
        ...{ creator_id: creatorId, bot_id: botId, code: terms.code, duration: terms.duration },
        ...{ percent_off: terms.percentOff ?? null, amount_off: terms.amountOff ?? null },
        ...{ currency: terms.currency ?? null, duration_months: terms.durationMonths ?? null },
        ...{ max_redemptions: terms.maxRedemptions ?? null, expires_at: terms.expiresAt ?? null },
      })
      .onConflict((conflict) => conflict.columns(['bot_id', 'code']).doNothing())
      .returningAll()
      .executeTakeFirst()
    if (!row) throw new AppError('coupon.code_taken')
    const entry = { action: 'coupon.create', objectType: 'coupon', objectId: row.id, details: { botId } }
    await recordAudit(trx, actor, entry)
    return readCoupon(row)
  })
}

/**
 * Ends a coupon: nobody new redeems it, who did keeps it.
 *
 * @throws {AppError} `access.denied` below editor; `coupon.not_found`.
 */
export async function retireCoupon(
  db: Db,
  actor: Actor,
  { botId, couponId }: { botId: string; couponId: string },
): Promise<void> {
  requireRole(actor, 'editor')
  await inTransaction(db, async (trx) => {
    const row = await trx
      .updateTable('coupon')
      .set({ retired_at: new Date() })
      .where('id', '=', couponId)
      .where('creator_id', '=', actor.creatorId)
      .where('bot_id', '=', botId)
      .returning('id')
      .executeTakeFirst()
    if (!row) throw new AppError('coupon.not_found', { couponId })
    const entry = { action: 'coupon.retire', objectType: 'coupon', objectId: couponId, details: { botId } }
    await recordAudit(trx, actor, entry)
  })
}

function readCoupon(row: Selectable<Database['coupon']>): Coupon {
  const isMirrored = row.provider_promotion_code_id !== null
  return {
    id: row.id,
    code: row.code,
    ...(row.percent_off !== null && { percentOff: Number(row.percent_off) }),
    ...(row.amount_off !== null && { amountOff: Number(row.amount_off) }),
    ...(row.currency !== null && { currency: row.currency }),
    duration: COUPON_DURATIONS.find((word) => word === row.duration) ?? 'once',
    ...(row.duration_months !== null && { durationMonths: row.duration_months }),
    ...(row.max_redemptions !== null && { maxRedemptions: row.max_redemptions }),
    ...(row.expires_at !== null && { expiresAt: row.expires_at }),
    mirror: isMirrored ? 'mirrored' : row.mirror_error !== null ? 'failing' : 'waiting',
    mirrorError: row.mirror_error ?? undefined,
    retiredAt: row.retired_at ?? undefined,
    createdAt: row.created_at,
  }
}
