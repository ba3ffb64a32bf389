import type { Db } from '../db/database.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import type { FileStore } from '../files/file-store.ts'
import type { Removed } from '../knowledge/documents/document.ts'
import type { UploadLimits } from '../knowledge/documents/upload.ts'
import type { IngestParts } from '../knowledge/intake/ingest.ts'
import { notePage, removePageDocument, storePage } from './page-document.ts'
import { readMediaType, receivePage } from './page-file.ts'
import { namePage } from './page-name.ts'
import type { ClaimedSource, PageOutcome } from './source-claim.ts'
import type { Fetched } from './web-fetch.ts'
import type { WebPageRow } from './web-page.ts'

export interface TakePageParts {
  db: Db
  files: FileStore
  extractor: IngestParts['extractor']
  limits: UploadLimits
  /** Fetches within the rules of the site and the pace of its host. */
  fetchPage(url: URL, known: WebPageRow | undefined): Promise<Fetched>
  /** What is to be said of a page that was had all the same. */
  remarkOn(url: URL): ErrorCode | null
  /** True for the address of another page of the source: who leads there is no page of its own. */
  isOther(finalUrl: URL, url: URL): boolean
  /** Announces a version that is to be taken in. */
  announce(versionId: string): Promise<void>
  /** Removes what a removed Document left outside the database. */
  removeRemains(removed: Removed): Promise<void>
}

export interface Taken {
  outcome: PageOutcome
  code?: ErrorCode
}

/**
 * Looks at one page and brings its Document in line: a new page makes one, new words a new version, a page that is
 * gone removes it, and one that only fails leaves it as it was, with the reason.
 *
 * @throws what ends the whole crawl: no room for documents, an address in a private network, the signal's reason.
 */
export async function takePage(
  parts: TakePageParts,
  source: ClaimedSource,
  url: URL,
  row: WebPageRow | undefined,
): Promise<Taken> {
  // Its Document was deleted by hand.
  if (row?.digest && !row.document_id) {
    await notePage(parts.db, source, url, { error_code: 'web_page.left_out' })
    return { outcome: 'skipped', code: 'web_page.left_out' }
  }
  try {
    return await look(parts, source, url, row)
  } catch (error) {
    if (!(error instanceof AppError) || ENDS_CRAWL.has(error.code)) throw error
    await notePage(parts.db, source, url, { error_code: error.code })
    return { outcome: 'failed', code: error.code }
  }
}

const ENDS_CRAWL = new Set(['document.too_many', 'document.storage_full', 'file.not_stored'])

async function look(
  parts: TakePageParts,
  source: ClaimedSource,
  url: URL,
  row: WebPageRow | undefined,
): Promise<Taken> {
  using answer = await parts.fetchPage(url, row)
  const code = judgeStatus(answer.status)
  if (code === 'web_page.gone') return dismiss(parts, source, { url, row, code })
  if (code) throw new AppError(code, { status: answer.status })
  if (parts.isOther(answer.url, url)) return dismiss(parts, source, { url, row, code: 'web_page.moved' })
  const stamps = {
    fetched_url: answer.url.href,
    etag: readStamp(answer.header('etag')),
    last_modified: readStamp(answer.header('last-modified')),
  }
  if (answer.status === 304) {
    // Said of a page it was not asked about.
    if (!row?.document_id) throw new AppError('web_page.failed', { status: 304 })
    await notePage(parts.db, source, url, { error_code: parts.remarkOn(url) })
    return { outcome: 'unchanged' }
  }
  const { mediaType } = readMediaType(answer)
  await using file = await receivePage(answer, { ...parts, fileName: namePage(url, mediaType) })
  const kept = { ...stamps, digest: file.digest, error_code: parts.remarkOn(url) }
  if (row?.document_id && row.digest === file.digest) {
    await notePage(parts.db, source, url, { ...stamps, error_code: parts.remarkOn(url) })
    return { outcome: 'unchanged' }
  }
  const stored = await storePage(parts, source, { url, row, mediaType, path: file.path, kept })
  if (!stored) return { outcome: 'skipped' }
  if (stored.isNew) await parts.announce(stored.versionId)
  return { outcome: row?.document_id ? 'changed' : 'added' }
}

function judgeStatus(status: number): ErrorCode | undefined {
  if (status === 200 || status === 304) return undefined
  if (status === 404 || status === 410) return 'web_page.gone'
  return status >= 500 || status === 429 || status === 408 ? 'web_page.failed' : 'web_page.refused'
}

/** What a site gave us to ask with the next time; longer than this it is no stamp. */
function readStamp(value: string | undefined): string | null {
  return value !== undefined && value.length <= 500 ? value : null
}

async function dismiss(
  parts: TakePageParts,
  source: ClaimedSource,
  page: { url: URL; row: WebPageRow | undefined; code: 'web_page.gone' | 'web_page.moved' },
): Promise<Taken> {
  const { url, row, code } = page
  if (!row) {
    await notePage(parts.db, source, url, { error_code: code })
    return { outcome: code === 'web_page.gone' ? 'failed' : 'skipped', code }
  }
  const removed = await removePageDocument(parts.db, source, { row, code })
  if (removed) await parts.removeRemains(removed)
  return { outcome: removed ? 'removed' : code === 'web_page.gone' ? 'failed' : 'skipped', code }
}
