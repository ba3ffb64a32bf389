import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { AppError } from '../errors.ts'
import { parseXml } from '../extraction/xml.ts'
import { withinBytes } from '../files/within-bytes.ts'
import { pageTooLarge } from './web-request.ts'

/** What one sitemap file names: pages, or further sitemaps. */
export interface Sitemap {
  kind: 'pages' | 'sitemaps'
  locations: string[]
}

/** Longest address that is taken; the rest of it is some other text. */
const MAX_LOCATION_CHARS = 2_048
/** A sitemap has four levels, with those of its extensions. */
const MAX_DEPTH = 32

const ROOTS: Record<string, { kind: Sitemap['kind']; entry: string }> = {
  urlset: { kind: 'pages', entry: 'url' },
  sitemapindex: { kind: 'sitemaps', entry: 'sitemap' },
}

/**
 * Reads a sitemap file: XML or a plain list of addresses, packed by gzip or not. No more of it is read than is needed.
 *
 * @param maxBytes of the unpacked file.
 * @throws {AppError} `web_sitemap.unreadable`, `web_page.too_large`, and what the body fails with.
 */
export async function readSitemap(
  body: AsyncIterable<Buffer>,
  { maxLocations, maxBytes }: { maxLocations: number; maxBytes: number },
): Promise<Sitemap> {
  const pieces = withinBytes(await unpack(body), { maxBytes, tooLarge: pageTooLarge })
  const first = await pieces.next()
  if (first.done) throw new AppError('web_sitemap.unreadable')
  const start = first.value
  const all = (async function* () {
    yield start
    yield* pieces
  })()
  return /^\s*https?:\/\//.test(start.toString('latin1', 0, 64).replace(/^\u00ef\u00bb\u00bf/, ''))
    ? readList(all, maxLocations)
    : readXml(all, maxLocations)
}

async function readXml(pieces: AsyncGenerator<Buffer>, maxLocations: number): Promise<Sitemap> {
  const path: string[] = []
  const locations: string[] = []
  let kind: Sitemap['kind'] | undefined
  let location: string | undefined
  const isWanted = () => path.length === 3 && path[2] === 'loc' && path[1] === ROOTS[path[0] ?? '']?.entry
  const untilFull = (async function* () {
    for await (const piece of pieces) {
      yield piece
      if (locations.length >= maxLocations || (path.length > 0 && kind === undefined)) return
    }
  })()
  try {
    await parseXml(untilFull, {
      open(name) {
        if (path.length === 0) kind ??= ROOTS[name]?.kind
        if (path.push(name) > MAX_DEPTH) throw new AppError('web_sitemap.unreadable')
        if (isWanted()) location = ''
      },
      text(text) {
        if (location !== undefined) location = (location + text).slice(0, MAX_LOCATION_CHARS + 1)
      },
      close() {
        if (isWanted() && location !== undefined && locations.length < maxLocations) {
          locations.push(location.trim())
        }
        location = undefined
        path.pop()
      },
    })
  } catch (cause) {
    if (cause instanceof AppError && cause.code !== 'document.damaged') throw cause
    throw new AppError('web_sitemap.unreadable', { cause })
  }
  if (kind === undefined) throw new AppError('web_sitemap.unreadable')
  return { kind, locations }
}

async function readList(pieces: AsyncGenerator<Buffer>, maxLocations: number): Promise<Sitemap> {
  const locations: string[] = []
  const decoder = new TextDecoder()
  let rest = ''
  const take = (line: string) => {
    const text = line.trim()
    if (text !== '' && text.length <= MAX_LOCATION_CHARS && locations.length < maxLocations) {
      locations.push(text)
    }
  }
  for await (const piece of pieces) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split(/\r\n?|\n/)
    rest = (lines.pop() ?? '').slice(0, MAX_LOCATION_CHARS + 1)
    lines.forEach(take)
    if (locations.length >= maxLocations) break
  }
  take(rest)
  return { kind: 'pages', locations }
}

/** By its first bytes: servers disagree on what a packed sitemap is called. */
async function unpack(body: AsyncIterable<Buffer>): Promise<AsyncIterable<Buffer>> {
  const pieces = body[Symbol.asyncIterator]()
  const first = await pieces.next()
  const all = (async function* () {
    try {
      if (first.done) return
      yield first.value
      for (let next = await pieces.next(); !next.done; next = await pieces.next()) yield next.value
    } finally {
      await pieces.return?.()
    }
  })()
  const isPacked = !first.done && first.value[0] === 0x1f && first.value[1] === 0x8b
  return isPacked ? inflate(all) : all
}

async function* inflate(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const source = Readable.from(body)
  const unpacker = createGunzip()
  let trouble: unknown
  source.on('error', (error) => {
    trouble = error
    unpacker.destroy(error)
  })
  try {
    yield* source.pipe(unpacker)
  } catch (cause) {
    if (trouble instanceof AppError) throw trouble
    throw new AppError('web_sitemap.unreadable', { cause })
  } finally {
    source.destroy()
  }
}
