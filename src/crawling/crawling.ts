import { createAddressGuard, type GuardSettings } from './address-guard.ts'
import { createHostPace, type HostPace } from './host-pace.ts'
import { ROBOT } from './site-rules.ts'
import { createWebFetch, type WebFetch } from './web-fetch.ts'

/** What every crawl of a process shares. */
export interface Crawling {
  fetch: WebFetch
  pace: HostPace
}

/** @param publicUrl where whoever runs a site can learn who asks. */
export function createCrawling(settings: GuardSettings & { publicUrl: string }): Crawling {
  const userAgent = `${ROBOT} (+${settings.publicUrl})`
  return { fetch: createWebFetch({ guard: createAddressGuard(settings), userAgent }), pace: createHostPace() }
}
