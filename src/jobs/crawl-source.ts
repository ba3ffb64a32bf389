import { type CrawlParts, crawlSource } from '../crawling/crawl.ts'
import { claimSource } from '../crawling/source-claim.ts'
import { isWorkerGone } from '../messaging/worker-presence.ts'
import type { JobHandlers, JobQueue } from './job.ts'

/**
 * Crawls a source, if it is to be crawled and no living worker does. Run twice it does nothing the second time; after
 * a crash it goes on with the pages that were left.
 */
export function createCrawlSource(
  parts: Omit<CrawlParts, 'announce'> & { workerId: number; jobs: JobQueue },
): JobHandlers['crawl-source'] {
  return async ({ sourceId }, signal) => {
    const source = await claimSource(parts.db, sourceId, { workerId: parts.workerId, isWorkerGone })
    if (!source) return
    // Lost, the sweep announces it.
    const announce = (versionId: string) => parts.jobs.add('ingest-version', { versionId }).catch(() => {})
    await crawlSource({ ...parts, announce }, source, signal)
  }
}
