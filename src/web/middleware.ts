import { randomUUID } from 'node:crypto'
import type { ErrorRequestHandler, RequestHandler } from 'express'
import { AppError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { sendErrorPage } from './error-page.ts'

/** What body-parser and Node call the ways in which a body can be wrong, in our codes. */
const BODY_FAILURES: Record<string, ConstructorParameters<typeof AppError>[0]> = {
  'entity.too.large': 'request.too_large',
  'parameters.too.many': 'request.too_large',
  'entity.parse.failed': 'request.malformed',
  'encoding.unsupported': 'request.malformed',
  'charset.unsupported': 'request.malformed',
  'request.size.invalid': 'request.malformed',
  'request.aborted': 'request.malformed',
}

/** SQLSTATE of a change that met another one: what it refers to is gone, or the two cannot both stand. */
const OVERTAKEN = new Set(['23503', '40001', '40P01'])

/** Answers what no route took. */
export const refuseUnknownRoute: RequestHandler = (req, _res, next) => {
  next(new AppError('route.not_found', { path: req.path.slice(0, 200) }))
}

/**
 * The only place where an error becomes an answer: a code becomes the contract's JSON (or a page, for who
 * asks for one), anything else a logged 500 that says nothing of the inside.
 */
export function answerErrors(log: Logger): ErrorRequestHandler {
  return (thrown, req, res, next) => {
    // Answered in full already: what still breaks is no one's to hear.
    if (res.writableEnded) return
    if (res.headersSent) return next(thrown)
    const error = readError(thrown)
    const id = randomUUID()
    if (error.code === 'request.overtaken')
      log.warn({ err: thrown, route: req.route?.path ?? req.baseUrl }, 'request-overtaken')
    if (error.status >= 500)
      log.error({ err: thrown, errorId: id, route: req.route?.path ?? req.baseUrl }, 'request-failed')
    const retryAfterSeconds = Number(error.details.retryAfterSeconds)
    if (retryAfterSeconds > 0) res.set('Retry-After', String(Math.ceil(retryAfterSeconds)))
    // What the client sent beyond a refused body is not read: the connection ends with the answer.
    if (error.code === 'request.too_large' || error.code === 'request.timed_out')
      res.set('Connection', 'close')
    const answer: ErrorAnswer | undefined = res.locals.answerError
    if (answer?.(error)) return
    if (wantsPage(req)) return sendErrorPage(res, error)
    res.status(error.status).json({
      success: false,
      error: { code: error.code, message: error.message, details: presentDetails(error, id) },
      timestamp: new Date().toISOString(),
    })
  }
}

/** How some pages tell a failure in their own frame; false where they leave it to the others. */
type ErrorAnswer = (error: AppError) => boolean

function readError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown
  const type = thrown instanceof Error && 'type' in thrown ? String(thrown.type) : ''
  const status = thrown instanceof Error && 'status' in thrown ? Number(thrown.status) : 500
  const known = BODY_FAILURES[type]
  if (known) return new AppError(known, { cause: thrown })
  if (thrown instanceof Error && 'code' in thrown && OVERTAKEN.has(String(thrown.code)))
    return new AppError('request.overtaken', { cause: thrown })
  // Express refuses a path it cannot decode with a plain 400.
  if (status === 400) return new AppError('request.malformed', { cause: thrown })
  return new AppError('internal.unexpected', { cause: thrown })
}

function presentDetails(error: AppError, id: string): Record<string, unknown> {
  return error.status >= 500 ? { errorId: id } : error.details
}

/** A program asks the API, whatever a browser that follows a link into it would rather see. */
function wantsPage(req: Parameters<RequestHandler>[0]): boolean {
  if (req.path.startsWith('/api/v1')) return false
  return req.method === 'GET' && req.accepts(['json', 'html']) === 'html'
}
