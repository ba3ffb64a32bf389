import type { Request } from 'express'
import { isAppError } from '../../../errors.ts'
import { createRateLimiter, type RateLimit } from '../../rate-limit.ts'
import type { SecurityLog } from '../../security-log.ts'

const MINUTE_MS = 60_000

/** How often each door may be tried. Counted in each web process by itself. */
const DOOR_LIMITS = {
  /** Passwords tried for one account: a person who forgot theirs, not a machine. */
  passwordPerEmail: { max: 10, windowMs: 15 * MINUTE_MS },
  /** From one address: an office or a school shares one. */
  passwordPerAddress: { max: 60, windowMs: 15 * MINUTE_MS },
  /** Mails asked for to one address: nobody's mailbox is filled through us. */
  mailPerEmail: { max: 5, windowMs: 60 * MINUTE_MS },
  mailPerAddress: { max: 40, windowMs: 60 * MINUTE_MS },
  /** Links and tokens tried. They cannot be guessed; trying is a bound on work. */
  linkPerAddress: { max: 120, windowMs: 15 * MINUTE_MS },
  /** Codes of the second step: 5 of a million in a quarter of an hour. */
  codePerMember: { max: 5, windowMs: 15 * MINUTE_MS },
} as const satisfies Record<string, RateLimit>

export type Door = keyof typeof DOOR_LIMITS
export type DoorLimits = Record<Door, RateLimit>

export interface Doors {
  /**
   * Counts a try of this door by this key (an address for mail, a Member's id; the request's own address
   * where none is given). @throws {AppError} `request.rate_limited`.
   */
  take(door: Door, req: Request, key?: string): void
}

/** The doors of sign-in, watched. */
export function createDoors(security: SecurityLog, limits: DoorLimits = DOOR_LIMITS): Doors {
  const limiters = Object.fromEntries(
    Object.entries(limits).map(([door, limit]) => [door, createRateLimiter(limit)]),
  )
  return {
    take(door, req, key = req.ip ?? '') {
      try {
        limiters[door]?.take(key)
      } catch (error) {
        if (isAppError(error, 'request.rate_limited')) {
          security.record({ kind: 'sign_in.rate_limited', details: { door }, ip: req.ip })
        }
        throw error
      }
    },
  }
}
