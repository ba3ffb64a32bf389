import type { RequestHandler } from 'express'
import { AppError } from '../errors.ts'

/**
 * Refuses a change that another site's page asked for.
 *
 * Every browser of today sends `Sec-Fetch-Site` or at least `Origin` with a POST. A caller that sends
 * neither is no browser, carries no one's cookie but its own, and passes.
 *
 * @throws {AppError} `request.cross_site`.
 */
export const requireSameOrigin: RequestHandler = (req, _res, next) => {
  const site = req.get('Sec-Fetch-Site')
  const origin = req.get('Origin')
  const isOurs =
    site !== undefined ? site === 'same-origin' : origin === undefined || isHost(origin, req.host)
  if (!isOurs) throw new AppError('request.cross_site')
  next()
}

function isHost(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && new URL(origin).host === host
}
