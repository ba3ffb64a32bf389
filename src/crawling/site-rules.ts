import { AppError } from '../errors.ts'
import { ALLOW_ALL, MAX_ROBOTS_BYTES, type RobotRules, readRobots } from './robots.ts'
import type { WebFetch } from './web-fetch.ts'
import type { RequestLimits } from './web-request.ts'

/** How sites' robots.txt call us. */
export const ROBOT = 'Cornerman'

/** Asks each site once for its rules and keeps to them, for as long as one crawl lasts. */
export interface SiteRules {
  /** @throws {AppError} `web_page.robots_disallowed`, `web_page.robots_unavailable`, `web_address.refused` */
  check(url: URL): Promise<void>
  /** The wait the site asks for between two pages, where it does. */
  delayMsOf(url: URL): Promise<number | undefined>
}

export function createSiteRules({
  fetch,
  limits,
  signal,
}: {
  fetch: WebFetch
  limits: Omit<RequestLimits, 'maxBytes'>
  signal?: AbortSignal | undefined
}): SiteRules {
  const known = new Map<string, Promise<RobotRules>>()

  function rulesOf(url: URL): Promise<RobotRules> {
    const rules = known.get(url.origin) ?? read(new URL('/robots.txt', url.origin))
    known.set(url.origin, rules)
    return rules
  }

  /** RFC 9309: where there is none all is allowed, where it cannot be had nothing is. */
  async function read(url: URL): Promise<RobotRules> {
    try {
      // A longer one is cut, not refused.
      const room = { ...limits, maxBytes: Number.MAX_SAFE_INTEGER }
      using answer = await fetch(url, { accept: 'text/plain', limits: room, signal })
      if (answer.status >= 400 && answer.status < 500 && answer.status !== 429) return ALLOW_ALL
      if (answer.status !== 200)
        throw new AppError('web_page.robots_unavailable', { reason: `HTTP ${answer.status}` })
      return readRobots(await readStart(answer.body()), ROBOT)
    } catch (error) {
      if (!(error instanceof AppError) || KEPT.has(error.code)) throw error
      throw new AppError('web_page.robots_unavailable', { cause: error })
    }
  }

  return {
    async check(url) {
      const rules = await rulesOf(url)
      if (!rules.isAllowed(url.pathname + url.search)) throw new AppError('web_page.robots_disallowed')
    },
    async delayMsOf(url) {
      return (await rulesOf(url)).delayMs
    },
  }
}

/** Said as they are: they are not the site's doing. */
const KEPT = new Set(['web_address.refused', 'web_address.invalid', 'web_page.robots_unavailable'])

async function readStart(body: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of body) {
    pieces.push(piece)
    bytes += piece.length
    if (bytes >= MAX_ROBOTS_BYTES) break
  }
  const start = Buffer.concat(pieces).subarray(0, MAX_ROBOTS_BYTES).toString('utf8')
  // A line that is cut may say the opposite of the whole one.
  return bytes >= MAX_ROBOTS_BYTES ? start.slice(0, start.lastIndexOf('\n') + 1) : start
}
