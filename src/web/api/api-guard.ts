import type { Request, RequestHandler, Response } from 'express'
import { type Actor, hasRole, type Role } from '../../accounts/access.ts'
import { findApiKey, type KeyHolder } from '../../accounts/api-key.ts'
import type { Db } from '../../db/database.ts'
import { AppError } from '../../errors.ts'
import { createRateLimiter, type Share } from '../rate-limit.ts'
import type { SecurityLog } from '../security-log.ts'
import type { ApiScope } from './operation.ts'

const MINUTE_MS = 60_000
/** Longer than any key of ours; it is not even looked up. */
const MAX_KEY_LENGTH = 200
/** Wrong keys one address may try a minute, before it is told to wait instead of being told they are wrong. */
const WRONG_KEYS_PER_MINUTE = 60

/** What a route asks of who calls it. */
export interface Needed {
  scope: ApiScope | undefined
  role: Role
}

interface GuardParts {
  db: Db
  security: SecurityLog
  requestsPerMinute: number
}

/**
 * The door of the API: who calls, how often, and whether they may. Puts the actor where {@link actorOf} finds it.
 *
 * One instance serves every route, since the counts are its own.
 */
export function createApiGuard({ db, security, requestsPerMinute }: GuardParts) {
  const perKey = createRateLimiter({ max: requestsPerMinute, windowMs: MINUTE_MS })
  const perAddress = createRateLimiter({ max: WRONG_KEYS_PER_MINUTE, windowMs: MINUTE_MS })

  async function findCaller(req: Request, res: Response): Promise<KeyHolder> {
    const presented = readKey(req.get('authorization'))
    const found = presented === undefined ? undefined : await findApiKey(db, presented)
    if (found) return found
    perAddress.take(req.ip ?? '')
    if (presented !== undefined) security.record({ kind: 'api_key.refused', ip: req.ip })
    res.set('WWW-Authenticate', 'Bearer')
    throw new AppError('request.unauthorized')
  }

  return ({ scope, role }: Needed): RequestHandler =>
    async (req, res, next) => {
      const { scopes, actor } = await findCaller(req, res)
      const share = perKey.count(actor.apiKeyId ?? '')
      setRateHeaders(res, share)
      if (share.isOver) throw new AppError('request.rate_limited', { retryAfterSeconds: share.resetSeconds })
      if ((scope !== undefined && !scopes.includes(scope)) || !hasRole(actor, role)) {
        const { creatorId, apiKeyId } = actor
        security.record({ kind: 'access.denied', creatorId, details: { apiKeyId, scope }, ip: req.ip })
        throw new AppError('scope.missing', { needed: scope })
      }
      res.locals.apiActor = { ...actor, ip: req.ip } satisfies Actor
      next()
    }
}

/** Who calls. @throws {AppError} `request.unauthorized` where no guard stands before the route. */
export function actorOf(res: Response): Actor {
  const actor: Actor | undefined = res.locals.apiActor
  if (!actor) throw new AppError('request.unauthorized')
  return actor
}

function readKey(header: string | undefined): string | undefined {
  const [, key] = /^Bearer +(\S+)$/i.exec(header ?? '') ?? []
  return key !== undefined && key.length <= MAX_KEY_LENGTH ? key : undefined
}

/** As drafted by the IETF: how many in this window, how many are left, and when it begins anew. */
function setRateHeaders(res: Response, { limit, remaining, resetSeconds }: Share): void {
  res.set('RateLimit-Limit', String(limit))
  res.set('RateLimit-Remaining', String(remaining))
  res.set('RateLimit-Reset', String(resetSeconds))
}
