import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { takePoured } from '../testing/network/poured.ts'
import { createAddressGuard } from './address-guard.ts'
import { createWebFetch, type WebFetch } from './web-fetch.ts'
import { requestWeb } from './web-request.ts'

const MEGABYTE = 1024 * 1024
const LIMITS = { maxBytes: 20 * MEGABYTE, totalMs: 700, idleMs: 250 }

/** 40 MB in some 40 KB. */
const BOMB = gzipSync(Buffer.alloc(40 * MEGABYTE))

const routes: Record<string, RequestListener> = {
  '/plain': (_, response) => response.end('plain'),
  '/gzip': (_, response) => response.setHeader('content-encoding', 'gzip').end(gzipSync('packed')),
  '/br': (_, response) => response.setHeader('content-encoding', 'br').end(brotliCompressSync('packed')),
  '/deflate': (_, response) => response.setHeader('content-encoding', 'deflate').end(deflateSync('packed')),
  '/twice': (_, response) => response.setHeader('content-encoding', 'gzip, gzip').end('x'),
  '/broken': (_, response) => response.setHeader('content-encoding', 'gzip').end('not packed'),
  '/cut': (_, response) => {
    response.setHeader('content-length', '100')
    response.write('x')
    setTimeout(() => response.destroy(), 20)
  },
  '/endless': (_, response) => {
    const piece = Buffer.alloc(64 * 1024, 'x')
    const more = (): void => {
      while (!response.destroyed && response.write(piece));
      response.once('drain', more)
    }
    more()
  },
  '/drip': (_, response) => {
    const timer = setInterval(() => response.write('x'), 100)
    response.on('close', () => clearInterval(timer))
  },
  '/silent': () => {},
  '/bomb': (_, response) => response.setHeader('content-encoding', 'gzip').end(BOMB),
  '/headers': (request, response) => response.end(JSON.stringify(request.headers)),
  '/round': (_, response) => response.writeHead(302, { location: '/round' }).end(),
  '/twice-moved': (_, response) => response.writeHead(301, { location: '/moved?utm_source=x' }).end(),
  '/moved': (_, response) => response.writeHead(307, { location: 'headers#x' }).end(),
}

const server = createServer((request, response) => {
  const path = new URL(request.url ?? '/', 'http://x').pathname
  const route = routes[path]
  if (route) route(request, response)
  else response.writeHead(404).end('none')
})
let origin: string
let fetch: WebFetch
let guard: ReturnType<typeof createAddressGuard>
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  origin = `http://127.0.0.1:${port}`
  guard = createAddressGuard({ allowPrivate: [`127.0.0.1:${port}`] })
  fetch = createWebFetch({ guard, userAgent: 'Cornerman (+https://example.org)' })
})
afterAll(() => {
  server.close()
  server.closeAllConnections()
})

async function read(path: string, limits = LIMITS): Promise<string> {
  using answer = await requestWeb({ url: new URL(path, origin), guard, headers: {}, limits })
  const pieces: Buffer[] = []
  for await (const piece of answer.body()) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

/** The code something failed with, and how long it took. */
async function failure(work: Promise<unknown>): Promise<{ code: unknown; ms: number }> {
  const started = performance.now()
  const code = await work.then(
    () => 'none',
    (error: { code?: unknown }) => error.code,
  )
  return { code, ms: performance.now() - started }
}

describe('requestWeb', () => {
  it.each([
    ['/plain', 'plain'],
    ['/gzip', 'packed'],
    ['/br', 'packed'],
    ['/deflate', 'packed'],
  ])('reads %s', async (path, expected) => {
    expect(await read(path)).toBe(expected)
  })

  it.each([
    ['/twice', 'web_page.failed'],
    ['/broken', 'web_page.failed'],
    ['/cut', 'web_page.failed'],
    ['/silent', 'web_page.timed_out'],
  ])('fails on %s with %s', async (path, code) => {
    expect((await failure(read(path))).code).toBe(code)
  })

  it('ends a packed bomb at the limit', async () => {
    expect((await failure(read('/bomb', { ...LIMITS, totalMs: 20_000 }))).code).toBe('web_page.too_large')
  })

  it('ends three gigabytes poured in at the limit, with less than 30 MB more memory', async () => {
    const { endings, grownMegabytes } = await takePoured('page')

    expect(endings).toEqual(Array(4).fill('web_page.too_large'))
    expect(grownMegabytes).toBeLessThan(30)
  })

  it('ends what comes byte by byte when its time is over', async () => {
    const { code, ms } = await failure(read('/drip'))

    expect(code).toBe('web_page.timed_out')
    expect(ms).toBeGreaterThan(LIMITS.idleMs * 2)
    expect(ms).toBeLessThan(LIMITS.totalMs * 3)
  })

  it('ends at once when it is stopped, and says by what', async () => {
    const stop = new AbortController()
    const reading = failure(
      (async () => {
        const signal = stop.signal
        using answer = await requestWeb({
          ...{ url: new URL('/drip', origin), guard, headers: {}, limits: LIMITS, signal },
        })
        for await (const _ of answer.body()) stop.abort(Object.assign(new Error('stop'), { code: 'ours' }))
      })(),
    )
    expect((await reading).code).toBe('ours')
  })

  it('tells a server that does not answer from a page that is not there', async () => {
    const closed = new URL('http://127.0.0.1:9/')
    const open = createAddressGuard({ allowPrivate: ['127.0.0.1:9'] })
    const request = { url: closed, guard: open, headers: {}, limits: LIMITS }

    expect((await failure(requestWeb(request))).code).toBe('web_page.unreachable')
    using answer = await requestWeb({ ...request, url: new URL('/none', origin), guard })
    expect(answer.status).toBe(404)
  })
})

describe('createWebFetch', () => {
  const order = { accept: 'text/html', limits: LIMITS }

  it('follows redirections to where they end, and asks before each', async () => {
    const hops: string[] = []
    using answer = await fetch(new URL('/twice-moved', origin), {
      ...order,
      beforeHop: async (url) => void hops.push(url.pathname),
    })
    expect(answer.url.href).toBe(`${origin}/headers`)
    expect(hops).toEqual(['/twice-moved', '/moved', '/headers'])
  })

  it('gives up on a circle', async () => {
    expect((await failure(fetch(new URL('/round', origin), order))).code).toBe('web_page.too_many_redirects')
  })

  it('names itself, and asks whether a page has changed only where it knows that very address', async () => {
    const headersOf = async (url: string) => {
      using answer = await fetch(new URL('/headers', origin), {
        ...order,
        known: { url, etag: '"1"', lastModified: 'Sat, 01 Nov 2025 00:00:00 GMT' },
      })
      const pieces: Buffer[] = []
      for await (const piece of answer.body()) pieces.push(piece)
      return JSON.parse(Buffer.concat(pieces).toString())
    }
    expect(await headersOf(`${origin}/headers`)).toMatchObject({
      'user-agent': 'Cornerman (+https://example.org)',
      accept: 'text/html',
      'if-none-match': '"1"',
      'if-modified-since': 'Sat, 01 Nov 2025 00:00:00 GMT',
    })
    expect(await headersOf(`${origin}/other`)).not.toHaveProperty('if-none-match')
  })
})
