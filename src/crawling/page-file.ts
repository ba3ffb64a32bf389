import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { AppError } from '../errors.ts'
import type { IngestParts } from '../knowledge/intake/ingest.ts'
import type { WebResponse } from './web-request.ts'

/** A fetched page on the disk, until it is disposed of. */
export interface PageFile extends AsyncDisposable {
  path: string
  sizeBytes: number
  /** Of what it says: of a page its text, of any other file its bytes. Hex. */
  digest: string
}

/** Never text for a reader. Anything else is looked at: many servers do not know what they send. */
const UNREAD =
  /^(image|audio|video|font|model)\/|^application\/(json|([\w.-]+\+)?json|javascript|x-javascript|wasm|x-executable|x-msdownload|x-tar|gzip|x-7z-compressed|xml|rss\+xml|atom\+xml|vnd\.android\.package-archive)$|^text\/(css|javascript|xml)$/

const PAGES = new Set(['text/html', 'application/xhtml+xml'])

/** What a site said a page is. */
export function readMediaType({ header }: Pick<WebResponse, 'header'>): {
  mediaType: string | undefined
  charset: string | undefined
} {
  const given = header('content-type') ?? ''
  const mediaType = given.split(';')[0]?.trim().toLowerCase() || undefined
  const charset = /charset\s*=\s*"?([\w:.-]+)/i.exec(given)?.[1]?.toLowerCase()
  return { mediaType, charset }
}

/**
 * Takes the body of an answer to the disk and tells what it says apart from what it said before. Text is brought into
 * UTF-8 by what the header declares, which the file itself may not.
 *
 * @throws {AppError} `web_page.type_unsupported`, `web_page.no_text`, `document.*` as the page is refused, and what
 *   the body fails with.
 */
export async function receivePage(
  response: WebResponse,
  { extractor, fileName }: { extractor: IngestParts['extractor']; fileName: string },
): Promise<PageFile> {
  const { mediaType, charset } = readMediaType(response)
  if (mediaType !== undefined && UNREAD.test(mediaType)) throw new AppError('web_page.type_unsupported')
  await using opened = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'cornerman-page-'))
  opened.defer(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'page')
  const hash = createHash('sha256')
  let sizeBytes = 0
  const isText = mediaType?.startsWith('text/') || PAGES.has(mediaType ?? '')
  await pipeline(
    isText ? toUtf8(response.body(), charset) : response.body(),
    async function* (pieces: AsyncIterable<Buffer>) {
      for await (const piece of pieces) {
        sizeBytes += piece.length
        hash.update(piece)
        yield piece
      }
    },
    createWriteStream(path, { flags: 'wx', mode: 0o600 }),
  )
  const digest = PAGES.has(mediaType ?? '') ? await digestText(extractor, path, fileName) : hash.digest('hex')
  const kept = opened.move()
  return { path, sizeBytes, digest, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

/** Pages carry tokens and times that are others with each visit: what counts is what a reader reads. */
async function digestText(
  extractor: IngestParts['extractor'],
  path: string,
  fileName: string,
): Promise<string> {
  try {
    const { title, blocks } = await extractor.extract(path, { fileName })
    const text = blocks.map(({ kind, level, text }) => [kind, level, text])
    return createHash('sha256')
      .update(JSON.stringify([title, text]))
      .digest('hex')
  } catch (error) {
    const isEmpty =
      error instanceof AppError && ['document.no_text', 'document.empty_file'].includes(error.code)
    throw isEmpty ? new AppError('web_page.no_text', { cause: error }) : error
  }
}

async function* toUtf8(body: AsyncIterable<Buffer>, charset: string | undefined): AsyncGenerator<Buffer> {
  const decoder = openDecoder(charset)
  for await (const piece of body) {
    yield decoder ? Buffer.from(decoder.decode(piece, { stream: true })) : piece
  }
  if (decoder) yield Buffer.from(decoder.decode())
}

/** Undefined where the bytes are to be left as they are: UTF-8, nothing declared, or nothing we know. */
function openDecoder(charset: string | undefined): InstanceType<typeof TextDecoder> | undefined {
  if (charset === undefined || /^(utf-?8|us-ascii)$/.test(charset)) return undefined
  try {
    return new TextDecoder(charset)
  } catch {
    return undefined
  }
}
