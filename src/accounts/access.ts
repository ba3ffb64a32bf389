import type { Role } from '../db/schema.ts'
import { AppError } from '../errors.ts'

export type { Role } from '../db/schema.ts'

/** Who asks, and for which Creator: a signed-in Member or an API key. */
export interface Actor {
  creatorId: string
  memberId: string | undefined
  apiKeyId: string | undefined
  /** As others see them: a Member's or a key's name. */
  name: string
  role: Role
  /** Runs the whole installation, besides their role here. */
  isOperator: boolean
  ip: string | undefined
}

const RANK: Record<Role, number> = { viewer: 0, editor: 1, owner: 2 }

/** True when the role is the needed one or above it: a viewer looks, an editor changes, an owner decides who may. */
export function hasRole(actor: Pick<Actor, 'role'>, needed: Role): boolean {
  return RANK[actor.role] >= RANK[needed]
}

/** @throws {AppError} `access.denied` when the role does not reach. */
export function requireRole(actor: Pick<Actor, 'role'>, needed: Role): void {
  if (!hasRole(actor, needed)) throw new AppError('access.denied', { needed })
}
