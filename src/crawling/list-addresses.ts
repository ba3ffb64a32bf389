import { AppError } from '../errors.ts'
import { readSitemap } from './sitemap.ts'
import { readWebAddress } from './web-address.ts'
import type { Fetched } from './web-fetch.ts'

/** Sitemaps of sitemaps of sitemaps: nobody who writes them for readers goes deeper. */
const MAX_DEPTH = 3
/** Sitemap files read for one source. */
const MAX_FILES = 50

export interface Listed {
  pages: URL[]
  /** False where some were left out: too many, or named in a sitemap that could not be had. */
  isWhole: boolean
}

/**
 * The pages that a sitemap and the sitemaps in it name, in their order, each once. Pages of other sites are left out:
 * a sitemap speaks for its own alone.
 *
 * @param fetchSitemap fetches within the rules of the site and the pace of its host.
 * @throws {AppError} `web_sitemap.unreadable`, `web_sitemap.empty`, and what fetching it fails with. A sitemap named
 *   in another that cannot be had is passed over.
 */
export async function listSitemapAddresses(
  start: URL,
  {
    fetchSitemap,
    maxPages,
    maxBytes,
  }: { fetchSitemap: (url: URL) => Promise<Fetched>; maxPages: number; maxBytes: number },
): Promise<Listed> {
  const site = siteOf(start)
  const pages = new Map<string, URL>()
  const seen = new Set([start.href])
  const open: { url: URL; depth: number }[] = [{ url: start, depth: 1 }]
  let isWhole = true
  for (let next = open.shift(); next && pages.size < maxPages; next = open.shift()) {
    const { url, depth } = next
    const sitemap = await read(url, { isStart: url === start })
    if (!sitemap) isWhole = false
    for (const address of sitemap?.locations.map((text) => readLocation(text, url)) ?? []) {
      if (pages.size >= maxPages) isWhole = false
      if (!address || pages.size >= maxPages) continue
      if (sitemap?.kind === 'pages') {
        if (siteOf(address) === site) pages.set(address.href, address)
      } else if (!seen.has(address.href)) {
        if (depth < MAX_DEPTH && seen.size < MAX_FILES) {
          seen.add(address.href)
          open.push({ url: address, depth: depth + 1 })
        } else isWhole = false
      }
    }
  }
  if (pages.size === 0) throw new AppError('web_sitemap.empty')
  return { pages: [...pages.values()], isWhole: isWhole && open.length === 0 }

  async function read(url: URL, { isStart }: { isStart: boolean }) {
    try {
      using answer = await fetchSitemap(url)
      if (answer.status !== 200) throw new AppError(codeOf(answer.status), { status: answer.status })
      return await readSitemap(answer.body(), { maxLocations: MAX_LOCATIONS, maxBytes })
    } catch (error) {
      if (isStart || !(error instanceof AppError)) throw error
      return undefined
    }
  }
}

/** Of one file: as many as the protocol allows. */
const MAX_LOCATIONS = 50_000

function codeOf(status: number) {
  if (status === 404 || status === 410) return 'web_page.gone'
  return status >= 500 || status === 429 ? 'web_page.failed' : 'web_page.refused'
}

/** With and without `www.` is one site. */
function siteOf({ host }: URL): string {
  return host.replace(/^www\./, '')
}

function readLocation(text: string, base: URL): URL | undefined {
  try {
    return readWebAddress(text, base)
  } catch {
    return undefined
  }
}
