import { randomBytes, timingSafeEqual } from 'node:crypto'
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
  const token = typeof given === 'string' ? unmaskForgeryToken(given) : ''
  const [wanted, got] = [Buffer.from(csrfToken), Buffer.from(token)]
  if (wanted.length !== got.length || !timingSafeEqual(wanted, got)) throw new AppError('request.forged')
}

/**
 * The token as a page carries it: other letters each time. Pages are packed, and from the length of packed
 * answers one could guess, letter by letter, what stands in all of them.
 */
export function maskForgeryToken(csrfToken: string): string {
  const token = Buffer.from(csrfToken)
  const mask = randomBytes(token.length)
  return `${MASKED}${Buffer.concat([mask, xor(token, mask)]).toString('base64url')}`
}

/** Begins a masked token; a token never does. */
const MASKED = '~'

function unmaskForgeryToken(given: string): string {
  if (!given.startsWith(MASKED)) return given
  const both = Buffer.from(given.slice(MASKED.length), 'base64url')
  const half = both.length / 2
  return Number.isInteger(half) ? xor(both.subarray(half), both.subarray(0, half)).toString() : ''
}

function xor(left: Buffer, right: Buffer): Buffer {
  return Buffer.from(left.map((byte, at) => byte ^ (right[at] ?? 0)))
}

/**
 * The forms with files, below `/admin`. Their bodies are not read yet where tokens are checked: each of these routes
 * calls {@link checkForgeryToken} with its form's first field, where no header came. Any other multipart body is
 * refused, since a route that reads none would be carried out without a token.
 */
const FILE_FORMS =
  /^\/bots\/(?:import|[^/]+\/knowledge\/(?:files|documents\/[^/]+\/file)|[^/]+\/money\/products\/[^/]+\/photo)$/

/** Refuses a change that does not carry the session's token. */
export const refuseForgery: RequestHandler = (req, res, next) => {
  if (req.method === 'GET' || req.method === 'HEAD') return next()
  const header = req.get('X-CSRF-Token')
  if (header === undefined && req.is('multipart/form-data') && FILE_FORMS.test(req.path)) return next()
  checkForgeryToken(visitOf(res), header ?? readField(req))
  next()
}

function readField({ body }: Request): unknown {
  return typeof body === 'object' && body !== null && '_csrf' in body ? body._csrf : undefined
}
