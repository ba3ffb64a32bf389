import { z } from 'zod'
import { ALLOWANCE_KINDS, ALLOWANCE_PERIODS } from './entitlement.ts'

/** Most that can be allowed: beyond it, it is no limit. */
export const MAX_ALLOWANCE = 100_000

/** How much of each kind a plan lets through; a kind that is not named has no limit. */
export const Allowance = z.partialRecord(
  z.enum(ALLOWANCE_KINDS),
  z.strictObject({ count: z.int().min(0).max(MAX_ALLOWANCE), per: z.enum(ALLOWANCE_PERIODS) }),
)
export type Allowance = z.output<typeof Allowance>
