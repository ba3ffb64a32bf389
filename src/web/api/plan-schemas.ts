import { z } from 'zod'
import { Allowance } from '../../billing/entitlement/allowance.ts'
import { COUPON_DURATIONS, type Coupon } from '../../billing/plans/coupon.ts'
import { type Plan, PlanKey } from '../../billing/plans/plan.ts'
import { INTERVALS } from '../../billing/plans/price.ts'
import { Instant } from './operation.ts'

const Mirror = z
  .enum(['mirrored', 'waiting', 'failing'])
  .describe('Whether the payment provider knows it: mirrored, on its way, or refused and tried again.')

const MirrorError = z.string().nullable().describe('The code of what it was last refused for.')

const PriceAnswer = z.object({
  id: z.uuid(),
  interval: z.enum(INTERVALS),
  currency: z.string(),
  amount: z.int().describe('In the currency’s smallest unit.'),
  trialDays: z.int(),
  stars: z.int().nullable().describe('The price on Telegram in Stars; null where it is paid like elsewhere.'),
  payerCount: z.int(),
  mirror: Mirror,
  mirrorError: MirrorError,
  retiredAt: Instant.nullable().describe('Since when no one new can take it. Who pays it keeps it.'),
})

export const PlanAnswer = z.object({
  id: z.uuid(),
  key: PlanKey,
  name: z.string(),
  description: z.string(),
  isFree: z.boolean(),
  allowance: Allowance.describe('A kind that is not named has no limit.'),
  position: z.int(),
  prices: z.array(PriceAnswer),
  subscriberCount: z.int(),
  grantCount: z.int().describe('Who has it by an access code.'),
  retiredAt: Instant.nullable(),
})

export function presentPlan({ prices, retiredAt, ...plan }: Plan): z.input<typeof PlanAnswer> {
  return {
    ...plan,
    retiredAt: retiredAt ?? null,
    prices: prices.map(({ stars, mirrorError, retiredAt: until, createdAt: _, ...price }) => ({
      ...{ ...price, stars: stars ?? null, mirrorError: mirrorError ?? null, retiredAt: until ?? null },
    })),
  }
}

export const CouponAnswer = z.object({
  id: z.uuid(),
  code: z.string(),
  percentOff: z.number().nullable(),
  amountOff: z.int().nullable().describe('In the currency’s smallest unit.'),
  currency: z.string().nullable(),
  duration: z.enum(COUPON_DURATIONS),
  durationMonths: z.int().nullable(),
  maxRedemptions: z.int().nullable(),
  expiresAt: Instant.nullable(),
  mirror: Mirror,
  mirrorError: MirrorError,
  retiredAt: Instant.nullable(),
  createdAt: Instant,
})

export function presentCoupon(coupon: Coupon): z.input<typeof CouponAnswer> {
  const { percentOff, amountOff, currency, durationMonths, maxRedemptions, expiresAt, ...rest } = coupon
  return {
    ...{ ...rest, percentOff: percentOff ?? null, amountOff: amountOff ?? null },
    ...{ currency: currency ?? null, durationMonths: durationMonths ?? null },
    ...{ maxRedemptions: maxRedemptions ?? null, expiresAt: expiresAt ?? null },
    ...{ mirrorError: rest.mirrorError ?? null, retiredAt: rest.retiredAt ?? null },
  }
}
