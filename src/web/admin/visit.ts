import { timingSafeEqual } from 'node:crypto'
import type { Request, RequestHandler, Response } from 'express'
import { type Actor, type Role, requireRole } from '../../accounts/access.ts'
import { AppError } from '../../errors.ts'

/** What is known of a signed-in request. The session guard puts it there before any page runs. */
export interface Visit {
  actor: Actor
  creatorName: string
  sessionId: string
  /** Of this session; every form carries it as `_csrf`, every htmx request as `X-CSRF-Token`. */
  csrfToken: string
}

/** @throws {AppError} `session.missing` where no guard stands before the route. */
export function visitOf(res: Response): Visit {
  const visit: Visit | undefined = res.locals.visit
  if (!visit) throw new AppError('session.missing')
  return visit
}

/** Lets a role and those above it through. @throws {AppError} `access.denied`. */
export function allow(needed: Role): RequestHandler {
  return (_req, res, next) => {
    requireRole(visitOf(res).actor, needed)
    next()
  }
}

/** @throws {AppError} `request.forged` unless the token is the one of this session. */
export function checkForgeryToken({ csrfToken }: Visit, given: unknown): void {
  const [wanted, got] = [Buffer.from(csrfToken), Buffer.from(typeof given === 'string' ? given : '')]
  if (wanted.length !== got.length || !timingSafeEqual(wanted, got)) throw new AppError('request.forged')
}

/**
 * Refuses a change that does not carry the session's token. A multipart body is not read yet here: its route
 * calls {@link checkForgeryToken} with the form's first field, where no header came.
 */
export const refuseForgery: RequestHandler = (req, res, next) => {
  if (req.method === 'GET' || req.method === 'HEAD') return next()
  const header = req.get('X-CSRF-Token')
  if (header === undefined && req.is('multipart/form-data')) return next()
  checkForgeryToken(visitOf(res), header ?? readField(req))
  next()
}

function readField({ body }: Request): unknown {
  return typeof body === 'object' && body !== null && '_csrf' in body ? body._csrf : undefined
}
