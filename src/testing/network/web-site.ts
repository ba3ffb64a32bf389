import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface TestPage {
  status?: number
  headers?: Record<string, string>
  body?: string | Buffer
}

/** A website on a free loopback port, whose pages a test changes as it likes. */
export interface TestSite extends AsyncDisposable {
  /** Without a trailing slash. */
  origin: string
  /** As CRAWL_ALLOW_PRIVATE wants it. */
  place: string
  /** By path, with the query. Others are not found. */
  pages: Map<string, TestPage | (() => TestPage | Promise<TestPage>)>
  /** What was asked for, in order. */
  asked: { path: string; headers: IncomingHttpHeaders; at: number }[]
}

/** Pages with an `etag` header answer 304 to who knows it. */
export async function openTestSite(pages: Record<string, TestPage> = {}): Promise<TestSite> {
  const site = { pages: new Map<string, TestPage | (() => TestPage | Promise<TestPage>)>() }
  for (const [path, page] of Object.entries(pages)) site.pages.set(path, page)
  const asked: TestSite['asked'] = []
  const server = createServer((request, response) => {
    const path = request.url ?? '/'
    asked.push({ path, headers: request.headers, at: performance.now() })
    void (async () => {
      const found = site.pages.get(path)
      const page = typeof found === 'function' ? await found() : found
      const { status = page ? 200 : 404, headers = {}, body = '' } = page ?? {}
      const isKnown = headers.etag !== undefined && request.headers['if-none-match'] === headers.etag
      response.writeHead(isKnown ? 304 : status, { 'content-type': 'text/html; charset=utf-8', ...headers })
      response.end(isKnown ? undefined : body)
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    ...site,
    asked,
    origin: `http://127.0.0.1:${port}`,
    place: `127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A page as a site serves it: navigation around the words, and a token that is another each time. */
export function buildPage(title: string, ...paragraphs: string[]): string {
  const words = paragraphs.map((text) => `<p>${text}</p>`).join('')
  const token = Math.random().toString(36)
  return `<!doctype html><html><head><title>${title}</title><meta name="csrf" content="${token}"></head><body><nav><a href="/">Menu</a></nav><main><h1>${title}</h1>${words}</main><footer>Footer</footer></body></html>`
}

export function buildSitemap(addresses: string[]): TestPage {
  const urls = addresses.map((address) => `<url><loc>${address}</loc></url>`).join('')
  const body = `<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${urls}</urlset>`
  return { headers: { 'content-type': 'application/xml' }, body }
}
