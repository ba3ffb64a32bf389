import { randomUUID } from 'node:crypto'
import type { ErrorRequestHandler, RequestHandler } from 'express'
import { AppError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { sendErrorPage } from './error-page.ts'

/** What body-parser and Node call the ways in which a body can be wrong, in our codes. */
const BODY_FAILURES: Record<string, ConstructorParameters<typeof AppError>[0]> = {
  'entity.too.large': 'request.too_large',
  'entity.parse.failed': 'request.malformed',
  'encoding.unsupported': 'request.malformed',
  'charset.unsupported': 'request.malformed',
  'request.size.invalid': 'request.malformed',
  'request.aborted': 'request.malformed',
}

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
    if (res.headersSent) return next(thrown)
    const error = readError(thrown)
    const id = randomUUID()
    if (error.status >= 500)
      log.error({ err: thrown, errorId: id, route: req.route?.path ?? req.baseUrl }, 'request-failed')
    const retryAfterSeconds = Number(error.details.retryAfterSeconds)
    if (retryAfterSeconds > 0) res.set('Retry-After', String(Math.ceil(retryAfterSeconds)))
    // What the client sent beyond a refused body is not read: the connection ends with the answer.
    if (error.code === 'request.too_large' || error.code === 'request.timed_out')
      res.set('Connection', 'close')
    if (wantsPage(req)) return sendErrorPage(res, error)
    res.status(error.status).json({
      success: false,
      error: { code: error.code, message: error.message, details: presentDetails(error, id) },
      timestamp: new Date().toISOString(),
    })
  }
}

function readError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown
  const type = thrown instanceof Error && 'type' in thrown ? String(thrown.type) : ''
  const status = thrown instanceof Error && 'status' in thrown ? Number(thrown.status) : 500
  const known = BODY_FAILURES[type]
  if (known) return new AppError(known, { cause: thrown })
  // Express refuses a path it cannot decode with a plain 400.
  if (status === 400) return new AppError('request.malformed', { cause: thrown })
  return new AppError('internal.unexpected', { cause: thrown })
}

function presentDetails(error: AppError, id: string): Record<string, unknown> {
  return error.status >= 500 ? { errorId: id } : error.details
}

function wantsPage(req: Parameters<RequestHandler>[0]): boolean {
  return req.method === 'GET' && req.accepts(['json', 'html']) === 'html'
}
