/** A worker that crawls what is due until it is killed. Started by a test with the addresses of its world. */

import { createCrawling } from '../../crawling/crawling.ts'
import { listDueSources } from '../../crawling/source-claim.ts'
import { openDatabase } from '../../db/database.ts'
import { createExtractor } from '../../extraction/extractor.ts'
import { createDiskFileStore } from '../../files/disk.ts'
import { createCrawlSource } from '../../jobs/crawl-source.ts'
import { createLogger } from '../../logger.ts'
import { isWorkerGone, openWorkerPresence } from '../../messaging/worker-presence.ts'
import { createChromaIndex } from '../../vectors/chroma.ts'

const { DATABASE_URL = '', FILES_DIR = '', SITE = '' } = process.env
const db = openDatabase(DATABASE_URL, { max: 4 })
const log = createLogger('silent')
const presence = await openWorkerPresence(DATABASE_URL, log)
const crawl = createCrawlSource({
  ...createCrawling({ allowPrivate: [SITE], publicUrl: 'https://bots.example' }),
  ...{ db, log, workerId: presence.id },
  files: createDiskFileStore(FILES_DIR),
  // Nothing is removed in this world.
  vectors: createChromaIndex({ url: 'http://127.0.0.1:9', timeoutMs: 100 }),
  extractor: createExtractor({ maxChildren: 1 }),
  jobs: { add: async () => {}, addMany: async () => {} },
  settings: { maxPages: 100, maxBytes: 1_000_000, totalMs: 5_000, idleMs: 5_000, delayMs: 0 },
  uploadLimits: { maxBytes: 1_000_000, maxDocuments: 1_000, maxCreatorBytes: 1_000_000_000 },
})
const { signal } = new AbortController()
for (;;) {
  for (const sourceId of await listDueSources(db, isWorkerGone)) await crawl({ sourceId }, signal)
  await new Promise((resolve) => setTimeout(resolve, 20))
}
