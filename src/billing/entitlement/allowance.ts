import { z } from 'zod'

/**
 * What a plan may limit. Questions that a plan does not name are free of charge; voice and media it does not name
 * count as questions.
 */
export const ALLOWANCE_KINDS = ['question', 'voice', 'media'] as const
export type AllowanceKind = (typeof ALLOWANCE_KINDS)[number]

/** How often an allowance begins anew: with the day, with the month, never. */
const ALLOWANCE_PERIODS = ['day', 'month', 'lifetime'] as const
export type AllowancePeriod = (typeof ALLOWANCE_PERIODS)[number]

/** Most that can be allowed: beyond it, it is no limit. */
const MAX_ALLOWANCE = 100_000

/** How much of each kind a plan lets through; a kind that is not named has no limit. */
export const Allowance = z.partialRecord(
  z.enum(ALLOWANCE_KINDS),
  z.strictObject({ count: z.int().min(0).max(MAX_ALLOWANCE), per: z.enum(ALLOWANCE_PERIODS) }),
)
export type Allowance = z.output<typeof Allowance>
