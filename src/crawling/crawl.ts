import { setTimeout as sleep } from 'node:timers/promises'
import { recordAudit } from '../accounts/audit.ts'
import type { Db } from '../db/database.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import type { FileStore } from '../files/file-store.ts'
import { removeRemains } from '../knowledge/documents/delete.ts'
import type { UploadLimits } from '../knowledge/documents/upload.ts'
import type { IngestParts } from '../knowledge/intake/ingest.ts'
import type { Logger } from '../logger.ts'
import type { VectorIndex } from '../vectors/vector-index.ts'
import type { HostPace } from './host-pace.ts'
import { listSitemapAddresses } from './list-addresses.ts'
import { keyOf } from './page-document.ts'
import { createSiteRules } from './site-rules.ts'
import {
  type ClaimedSource,
  finishSource,
  giveBackSource,
  markPage,
  markTotal,
  type PageOutcome,
} from './source-claim.ts'
import { type TakePageParts, takePage } from './take-page.ts'
import type { WebFetch } from './web-fetch.ts'
import { forgetPages, readPages, type WebPageRow } from './web-page.ts'
import type { RequestLimits } from './web-request.ts'

export interface CrawlSettings extends RequestLimits {
  /** Of one source, whatever it was given. */
  maxPages: number
  /** Wait between two pages of one host, where the site asks for no longer one. */
  delayMs: number
}

export interface CrawlParts {
  db: Db
  files: FileStore
  vectors: VectorIndex
  extractor: IngestParts['extractor']
  fetch: WebFetch
  pace: HostPace
  settings: CrawlSettings
  uploadLimits: UploadLimits
  announce: (versionId: string) => Promise<void>
  log: Logger
}

/** A crawl of the most pages at the slowest pace; one that takes longer meets a site that plays with it. */
const MAX_CRAWL_MS = 3 * 3_600_000

/** Pages in a row that fail for reasons of the site's: then it is left in peace until the next crawl. */
const MAX_TROUBLES = 10
const SITE_TROUBLES = new Set<ErrorCode>([
  'web_page.unreachable',
  'web_page.timed_out',
  'web_page.failed',
  'web_page.robots_unavailable',
])

const PAGE_TYPES =
  'text/html, application/xhtml+xml, application/pdf;q=0.9, text/markdown;q=0.9, text/plain;q=0.8, */*;q=0.5'
const SITEMAP_TYPES = 'application/xml, text/xml, text/plain;q=0.8, */*;q=0.5'

/**
 * Crawls a claimed source to its end: each page is brought in line with what the site has now. Ends in done, or failed
 * with the reason; stopped from outside, another worker goes on where this one was.
 */
export async function crawlSource(
  parts: CrawlParts,
  source: ClaimedSource,
  signal: AbortSignal,
): Promise<void> {
  try {
    const failure = await run(parts, source, signal)
    await end(parts, source, failure)
  } catch (error) {
    const isStopped = signal.aborted
    if (!isStopped)
      parts.log.warn({ err: error, sourceId: source.id, creatorId: source.creator_id }, 'crawl-failed')
    const settle = () =>
      !isStopped && error instanceof AppError
        ? end(parts, source, error.code)
        : giveBackSource(parts.db, source, { isAttempt: !isStopped })
    await insist(settle, signal)
  }
}

/** Tries at a write without which a source would seem to be in our hands for as long as we live: a minute of them. */
const TRIES = 30
const TRY_AGAIN_MS = 2_000

async function insist(write: () => Promise<void>, signal: AbortSignal): Promise<void> {
  for (let left = TRIES - 1; ; left -= 1) {
    try {
      return await write()
    } catch (error) {
      // A process that ends gives back what it holds by ending.
      if (left === 0 || signal.aborted) throw error
      await sleep(TRY_AGAIN_MS, undefined, { signal }).catch(() => {})
    }
  }
}

async function run(
  parts: CrawlParts,
  source: ClaimedSource,
  signal: AbortSignal,
): Promise<ErrorCode | undefined> {
  const fetchWithin = createPoliteFetch(parts, signal)
  const known = await readPages(parts.db, source)
  const { addresses, unlisted } = await listAddresses(source, known, fetchWithin, parts.settings)
  const isDone = ({ href }: URL) => (known.get(href)?.checked_at ?? 0) >= source.run_started_at
  // A crawl that ends early has seen those first that were not seen for longest.
  const seenAt = ({ href }: URL) => known.get(href)?.checked_at?.getTime() ?? 0
  const open = addresses.filter((url) => !isDone(url)).sort((a, b) => seenAt(a) - seenAt(b))
  const total = { done: addresses.length - open.length, total: addresses.length }
  if (!(await markTotal(parts.db, source, total))) return undefined
  const listed = new Set(addresses.map(({ href }) => href))
  const takeParts: TakePageParts = {
    ...parts,
    limits: parts.uploadLimits,
    fetchPage: (url, row) => fetchWithin(url, PAGE_TYPES, row),
    remarkOn: ({ href }) => (unlisted.has(href) ? 'web_page.unlisted' : null),
    isOther: (finalUrl, url) => finalUrl.href !== url.href && listed.has(finalUrl.href),
    removeRemains: (removed) => removeRemains(parts, keyOf(source), removed),
  }
  const codes = new Map<PageOutcome, ErrorCode | undefined>()
  let troubles = 0
  for (const url of open) {
    signal.throwIfAborted()
    if (Date.now() - source.run_started_at.getTime() > MAX_CRAWL_MS) return 'web_source.timed_out'
    const { outcome, code } = await takePage(takeParts, source, url, known.get(url.href))
    signal.throwIfAborted()
    codes.set(outcome, code)
    if (!(await markPage(parts.db, source, outcome))) return undefined
    troubles = code !== undefined && SITE_TROUBLES.has(code) ? troubles + 1 : 0
    if (troubles >= MAX_TROUBLES) return code
  }
  await forgetPages(parts.db, source)
  return judge(source, codes)
}

/** A single page fails with its own reason; a sitemap only when not one of its pages could be had. */
function judge(
  source: ClaimedSource,
  codes: ReadonlyMap<PageOutcome, ErrorCode | undefined>,
): ErrorCode | undefined {
  if (source.kind === 'page') return [...codes.values()].find((code) => code !== undefined)
  return codes.size === 1 && source.progress_done === 0 ? codes.get('failed') : undefined
}

interface Addresses {
  addresses: URL[]
  /** Of those, the pages a whole sitemap names no longer. */
  unlisted: ReadonlySet<string>
}

/** The pages the sitemap names now, then those it named before: only their own absence removes them. */
async function listAddresses(
  source: ClaimedSource,
  known: ReadonlyMap<string, WebPageRow>,
  fetchWithin: PoliteFetch,
  { maxPages, maxBytes }: CrawlSettings,
): Promise<Addresses> {
  const start = new URL(source.url)
  if (source.kind === 'page') return { addresses: [start], unlisted: new Set() }
  const { pages, isWhole } = await listSitemapAddresses(start, {
    fetchSitemap: (url) => fetchWithin(url, SITEMAP_TYPES),
    maxPages: Math.min(source.max_pages, maxPages),
    maxBytes,
  })
  const listed = new Set(pages.map(({ href }) => href))
  const kept = [...known.values()].filter(({ url, document_id }) => document_id && !listed.has(url))
  return {
    addresses: [...pages, ...kept.map(({ url }) => new URL(url))],
    unlisted: new Set(isWhole ? kept.map(({ url }) => url) : []),
  }
}

type PoliteFetch = (url: URL, accept: string, known?: WebPageRow) => ReturnType<WebFetch>

/** Fetches by the rules of each site, and no faster than it wants. */
function createPoliteFetch({ fetch, pace, settings }: CrawlParts, signal: AbortSignal): PoliteFetch {
  const { delayMs, maxBytes, totalMs, idleMs } = settings
  const limits = { maxBytes, totalMs, idleMs }
  const rules = createSiteRules({ fetch, limits, signal })
  return (url, accept, known) =>
    fetch(url, {
      accept,
      limits,
      signal,
      known: known?.document_id && known.digest && known.fetched_url ? stampsOf(known) : undefined,
      async beforeHop(hop) {
        await rules.check(hop)
        await pace(hop.host, Math.max(delayMs, (await rules.delayMsOf(hop)) ?? 0), signal)
      },
    })
}

function stampsOf({ fetched_url, etag, last_modified }: WebPageRow) {
  return { url: fetched_url ?? '', etag: etag ?? undefined, lastModified: last_modified ?? undefined }
}

async function end(
  { db, log }: CrawlParts,
  source: ClaimedSource,
  failure: ErrorCode | undefined,
): Promise<void> {
  if (!(await finishSource(db, source, failure))) return
  const counts = await db
    .selectFrom('web_source')
    .select(['pages_added', 'pages_changed', 'pages_removed', 'pages_failed'])
    .where('id', '=', source.id)
    .executeTakeFirst()
  const { pages_added: added, pages_changed: changed, pages_removed: removed } = counts ?? {}
  log.info({ sourceId: source.id, creatorId: source.creator_id, ...counts, failure }, 'source-crawled')
  // Changes alone: a crawl that finds all as it was is no news.
  if (!added && !changed && !removed) return
  const actor = { creatorId: source.creator_id, memberId: undefined, apiKeyId: undefined, name: 'Crawl' }
  await recordAudit(
    db,
    { ...actor, role: 'editor', isOperator: false, ip: undefined },
    {
      action: 'web_source.crawl',
      objectType: 'web_source',
      objectId: source.id,
      details: { added, changed, removed },
    },
  )
}
