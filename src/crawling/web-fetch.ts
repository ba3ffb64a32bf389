import { AppError } from '../errors.ts'
import type { AddressGuard } from './address-guard.ts'
import { readWebAddress } from './web-address.ts'
import { type RequestLimits, requestWeb, type WebResponse } from './web-request.ts'

/** As browsers of old: a site that needs more goes in circles. RFC 9309 asks for five at least. */
const MAX_REDIRECTS = 5

const REDIRECTS = new Set([301, 302, 303, 307, 308])

export interface FetchOrder {
  accept: string
  limits: RequestLimits
  signal?: AbortSignal | undefined
  /** What is known of the page at one address; only that address is asked whether it changed. */
  known?: { url: string; etag: string | undefined; lastModified: string | undefined } | undefined
  /** Called before each server is asked, redirections included; refuses by throwing. */
  beforeHop?: (url: URL) => Promise<void>
}

export interface Fetched extends WebResponse {
  /** Where the redirections ended. */
  url: URL
}

/** Fetches an address, on the internet alone, and follows redirections; every server is checked anew. */
export type WebFetch = (url: URL, order: FetchOrder) => Promise<Fetched>

/**
 * @param userAgent names the product to the sites.
 * @returns a function that throws {AppError} `web_page.too_many_redirects`, what {@link requestWeb} throws, and
 *   `web_address.invalid` where a redirection leads to no web address. Any other status is an answer.
 */
export function createWebFetch({ guard, userAgent }: { guard: AddressGuard; userAgent: string }): WebFetch {
  return async (start, { accept, limits, signal, known, beforeHop }) => {
    let url = start
    for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
      guard.check(url)
      await beforeHop?.(url)
      const headers = { 'User-Agent': userAgent, Accept: accept, ...conditionsOf(known, url) }
      const response = await requestWeb({ url, guard, headers, limits, signal })
      const location = response.header('location')
      if (!REDIRECTS.has(response.status) || location === undefined) return { ...response, url }
      response[Symbol.dispose]()
      // Headers come letter by byte; many servers put UTF-8 in.
      url = readWebAddress(Buffer.from(location, 'latin1').toString('utf8'), url)
    }
    throw new AppError('web_page.too_many_redirects', { limit: MAX_REDIRECTS })
  }
}

function conditionsOf(known: FetchOrder['known'], url: URL): Record<string, string> {
  if (known?.url !== url.href) return {}
  return {
    ...(known.etag !== undefined && { 'If-None-Match': known.etag }),
    ...(known.lastModified !== undefined && { 'If-Modified-Since': known.lastModified }),
  }
}
