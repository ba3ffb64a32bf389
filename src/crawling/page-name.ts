import { createHash } from 'node:crypto'
import { readDocumentName } from '../knowledge/documents/name.ts'

/** Letters of the address's digest: chance makes two of a base's pages equal once in a million bases. */
const DIGEST_CHARS = 12
/** With letters of four bytes it is still a name that every file system takes. */
const MAX_PATH_CHARS = 40

const MAX_HOST_CHARS = 120
const MAX_TITLE_CHARS = 120

/** Endings by which readers tell one kind of text from another; others are known by their content. */
const ENDINGS: Record<string, string> = {
  'text/html': '.html',
  'application/xhtml+xml': '.html',
  'text/markdown': '.md',
  'text/csv': '.csv',
  'application/pdf': '.pdf',
}

/**
 * What the Document of a page is called in its base: its host and path, told apart from every other by a digest of
 * the whole address, so that it never takes the place of a file.
 */
export function namePage(url: URL, mediaType: string | undefined): string {
  const digest = createHash('sha256').update(url.href).digest('hex').slice(0, DIGEST_CHARS)
  const path = decodePath(url.pathname)
    .replace(/\.[a-z\d]{1,5}$/i, '')
    .replace(/[^\p{L}\p{N}.-]+/gu, '-')
    .replace(/^-+|-+$/g, '')
  const short = [...path].slice(0, MAX_PATH_CHARS).join('')
  const own = /\.[a-z\d]{1,5}$/i.exec(url.pathname)?.[0].toLowerCase() ?? ''
  const ending = ENDINGS[mediaType ?? ''] ?? own
  return readDocumentName(
    `${url.hostname.replace(/[[\]:]/g, '-').slice(-MAX_HOST_CHARS)}/${short || 'page'}-${digest}${ending}`,
  )
}

/** What the Document of a page is called until its own title is known, and where it has none. */
export function titlePage(url: URL): string {
  // Neither control characters nor what turns the direction of text.
  const path = decodePath(url.pathname).replace(/\p{C}/gu, '').replace(/\/$/, '')
  return [...(url.host + path)].slice(0, MAX_TITLE_CHARS).join('')
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
