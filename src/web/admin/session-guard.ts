import { createHmac } from 'node:crypto'
import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Response } from 'express'
import type { SecurityEventKind } from '../../accounts/security-event.ts'
import { resumeSession, type SignedIn } from '../../accounts/session.ts'
import type { Vault } from '../../accounts/vault.ts'
import type { Db } from '../../db/database.ts'
import { AppError, type ErrorCode } from '../../errors.ts'
import { requireSameOrigin } from '../same-origin.ts'
import type { SecurityLog } from '../security-log.ts'
import { clearSessionCookie, readSessionCookie, setSessionCookie } from './sign-in/session-cookie.ts'
import { refuseForgery, type Visit } from './visit.ts'

/** A form's fields. Files come as multipart, which their own routes read. */
const MAX_FORM_BYTES = 65_536

interface GuardParts {
  db: Db
  vault: Vault
  security: SecurityLog
}

/**
 * What stands before every page of `/admin` but the sign-in family: who it is, then the form, then whether it
 * was sent from our own page in this session.
 */
export function guardPages(parts: GuardParts): RequestHandler[] {
  return [
    createSessionGuard(parts),
    requireSameOriginOfChange,
    express.urlencoded({ limit: MAX_FORM_BYTES, extended: false }),
    refuseForgery,
  ]
}

/**
 * Puts the Visit of the session's cookie in place. Whoever has none is led to sign-in, and from there back
 * to the page they asked for; a change is refused instead.
 */
function createSessionGuard({ db, vault, security }: GuardParts): RequestHandler {
  const key = vault.deriveKey('session-token')
  const csrfKey = vault.deriveKey('session-csrf')
  return async (req, res, next) => {
    const token = readSessionCookie(req)
    if (!token) return turnAway(req, res)
    const resumed = await resumeSession(db, token, { key, ip: req.ip })
    if (resumed.state === 'replayed') {
      const { creatorId, memberId } = resumed
      security.record({ kind: 'session.replayed', creatorId, details: { memberId }, ip: req.ip })
    }
    if (resumed.state !== 'alive') {
      clearSessionCookie(req, res)
      return turnAway(req, res)
    }
    const { signedIn } = resumed
    if (signedIn.nextToken) {
      setSessionCookie(req, res, { token: signedIn.nextToken, expiresAt: signedIn.expiresAt })
    }
    res.locals.visit = visitFor(signedIn, csrfKey)
    next()
  }
}

function visitFor({ sessionId, actor, creatorName }: SignedIn, csrfKey: Buffer): Visit {
  return { actor, creatorName, sessionId, csrfToken: forgeryToken(sessionId, csrfKey) }
}

/** The form token of a session: its own, unknown without our key, the same for as long as the session lives. */
export function forgeryToken(sessionId: string, csrfKey: Buffer): string {
  return createHmac('sha256', csrfKey).update(sessionId).digest('base64url')
}

function turnAway(req: Request, res: Response): void {
  const isPage = req.method === 'GET' && req.accepts(['json', 'html']) === 'html'
  const signIn = `/admin/sign-in?next=${encodeURIComponent(isPage ? req.originalUrl.slice(0, 500) : '/admin')}`
  if (req.get('HX-Request')) res.status(401).set('HX-Redirect', signIn).end()
  else if (isPage) res.set('Cache-Control', 'no-store').redirect(303, signIn)
  else throw new AppError('session.missing')
}

const requireSameOriginOfChange: RequestHandler = (req, res, next) => {
  if (req.method === 'GET' || req.method === 'HEAD') next()
  else requireSameOrigin(req, res, next)
}

/** Refusals that a person who uses the pages as they stand does not meet. */
const WATCHED: Partial<Record<ErrorCode, SecurityEventKind>> = {
  'access.denied': 'access.denied',
  'request.forged': 'request.forged',
  'request.cross_site': 'request.forged',
}

/** Writes down whom the pages refused, and lets the refusal go on. Stands behind all of them. */
export function recordRefusals(security: SecurityLog): ErrorRequestHandler {
  return (error, req, res, next) => {
    const kind = error instanceof AppError ? WATCHED[error.code] : undefined
    if (kind) {
      const visit: Visit | undefined = res.locals.visit
      const { creatorId, memberId } = visit?.actor ?? {}
      const details = { ...(memberId && { memberId }), method: req.method, path: req.path.slice(0, 100) }
      security.record({ kind, creatorId, details, ip: req.ip })
    }
    next(error)
  }
}
