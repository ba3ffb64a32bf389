import type { RequestHandler, Response } from 'express'
import { AppError } from '../errors.ts'

/**
 * Ends a request whose body has not arrived in time, with `request.timed_out`. Node's own bound is one for every
 * route and so has to be an upload's; this one is each route's.
 */
export function limitBodyTime(timeoutMs: number): RequestHandler {
  return (req, res, next) => {
    if (req.complete || !hasBody(req.headers)) return next()
    const refuse = () => {
      if (req.complete || res.headersSent) return
      const { status, code, message } = new AppError('request.timed_out')
      res.status(status).set('Connection', 'close')
      res.json({
        success: false,
        error: { code, message, details: {} },
        timestamp: new Date().toISOString(),
      })
      // Whoever still sends has had their time.
      res.once('finish', () => req.destroy())
    }
    const extend = (ms: number) => {
      clearTimeout(timer)
      timer = setTimeout(refuse, ms).unref()
    }
    let timer = setTimeout(refuse, timeoutMs).unref()
    res.locals.extendBodyTime = extend
    const stop = () => clearTimeout(timer)
    req.once('end', stop)
    res.once('close', stop)
    next()
  }
}

/** Gives this request's body this long from now on: an upload may take its time. */
export function extendBodyTime(res: Response, timeoutMs: number): void {
  const extend: ((ms: number) => void) | undefined = res.locals.extendBodyTime
  extend?.(timeoutMs)
}

function hasBody(headers: {
  'content-length'?: string | undefined
  'transfer-encoding'?: string | undefined
}): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}
