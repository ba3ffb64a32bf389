import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createExtractor } from '../extraction/extractor.ts'
import { createCrawlSource } from '../jobs/crawl-source.ts'
import { createIngestVersion } from '../jobs/ingest-version.ts'
import type { JobQueue } from '../jobs/job.ts'
import { removeRemains } from '../knowledge/documents/delete.ts'
import { removeDocument } from '../knowledge/documents/document.ts'
import { searchKeywords } from '../knowledge/keywords/search.ts'
import type { BaseKey } from '../knowledge/knowledge-base.ts'
import { isWorkerGone, openWorkerPresence } from '../messaging/worker-presence.ts'
import { buildPage, buildSitemap, openTestSite, type TestSite } from '../testing/network/web-site.ts'
import { buildPdf } from '../testing/samples/documents.ts'
import { waitUntil } from '../testing/wait.ts'
import { type KnowledgeTest, openKnowledgeTest } from '../testing/worlds/knowledge-world.ts'
import { createCrawling } from './crawling.ts'
import { removeSource } from './remove-source.ts'
import { claimSource, listDueSources } from './source-claim.ts'
import { readWebAddress } from './web-address.ts'
import { listPages } from './web-page.ts'
import { addSource, getSource, queueSource, setCrawlInterval, stopSource } from './web-source.ts'

const LIMITS = { maxSources: 100, maxPages: 100 }
const SETTINGS = { maxPages: 100, maxBytes: 1_000_000, totalMs: 2_000, idleMs: 1_000, delayMs: 0 }
const UPLOADS = { maxBytes: 1_000_000, maxDocuments: 100, maxCreatorBytes: 100_000_000 }

const opened = new AsyncDisposableStack()
let test: KnowledgeTest
let extractor: ReturnType<typeof createExtractor>
let workerId: number
beforeAll(async () => {
  test = opened.use(await openKnowledgeTest())
  extractor = opened.use(createExtractor())
  workerId = opened.use(await openWorkerPresence(test.url, test.log)).id
})
afterAll(() => opened.disposeAsync())

let site: TestSite
let key: BaseKey
beforeEach(async () => {
  site = await openTestSite()
  key = await test.addBase()
})
afterEach(() => site[Symbol.asyncDispose]())

/** The jobs: a crawl, and every version it announces taken in. */
function createJob(settings: Partial<typeof SETTINGS & typeof UPLOADS> = {}) {
  const ingest = createIngestVersion({ ...test, embedding: undefined, extractor, workerId })
  const crawling = createCrawling({ allowPrivate: [site.place], publicUrl: 'https://bots.example' })
  const add = async (_: string, payload: object) => {
    if ('versionId' in payload) await ingest({ versionId: String(payload.versionId) }, signal)
  }
  const jobs = { add, addMany: async () => {} } as unknown as JobQueue
  const parts = { ...test, ...crawling, extractor, workerId, jobs }
  return createCrawlSource({
    ...parts,
    settings: { ...SETTINGS, ...settings },
    uploadLimits: { ...UPLOADS, ...settings },
  })
}
const { signal } = new AbortController()

async function add(path: string, kind: 'page' | 'sitemap', everyHours?: number): Promise<string> {
  return addSource(
    test.db,
    { ...key, url: readWebAddress(path, new URL(site.origin)), kind, everyHours },
    LIMITS,
  )
}

async function crawl(sourceId: string, settings?: Parameters<typeof createJob>[0]) {
  await createJob(settings)({ sourceId }, signal)
  return getSource(test.db, { ...key, sourceId })
}

async function crawlAgain(sourceId: string, settings?: Parameters<typeof createJob>[0]) {
  await queueSource(test.db, { ...key, sourceId })
  return crawl(sourceId, settings)
}

const listDocuments = () =>
  test.db
    .selectFrom('document')
    .select(['id', 'name', 'title', 'url', 'active_version_id'])
    .where('knowledge_base_id', '=', key.knowledgeBaseId)
    .orderBy('url')
    .execute()
const countVersions = async (documentId = '') => {
  const rows = await test.db
    .selectFrom('document_version')
    .select('id')
    .where('document_id', '=', documentId)
    .execute()
  return rows.length
}
const finds = async (question: string) =>
  (await searchKeywords(test.db, { ...key, question, limit: 5 })).length > 0
const reasonsOf = async (sourceId: string) => {
  const { items } = await listPages(test.db, { ...key, sourceId }, { limit: 100 })
  return Object.fromEntries(items.map(({ url, reason }) => [url.slice(site.origin.length), reason?.code]))
}

describe('a web page', () => {
  it('becomes a document that keeps its address and has its title, without the navigation', async () => {
    site.pages.set('/tides', { body: buildPage('All about tides', 'Neap tides come at quadrature.') })
    const sourceId = await add('/tides?utm_source=mail#top', 'page')

    const source = await crawl(sourceId)

    const [document] = await listDocuments()
    expect(source).toMatchObject({ state: 'done', reason: undefined, documents: 1, nextAt: undefined })
    expect(source.outcome).toEqual({ added: 1, changed: 0, removed: 0, failed: 0 })
    expect(document).toMatchObject({ title: 'All about tides', url: `${site.origin}/tides` })
    expect(document?.name).toMatch(/^127\.0\.0\.1\/tides-[\da-f]{12}\.html$/)
    expect(await finds('quadrature')).toBe(true)
    expect(await finds('menu footer')).toBe(false)
    expect(site.asked.map(({ path }) => path)).toEqual(['/robots.txt', '/tides'])
    expect(site.asked[1]?.headers['user-agent']).toBe('Cornerman (+https://bots.example)')
  })

  it('makes a new version when its words change, and none when only the rest does', async () => {
    site.pages.set('/a', () => ({ body: buildPage('Ferries', 'The ferry leaves from quayone.') }))
    const sourceId = await add('/a', 'page')
    await crawl(sourceId)
    const same = await crawlAgain(sourceId)
    const [before] = await listDocuments()
    const versions = await countVersions(before?.id)
    site.pages.set('/a', { body: buildPage('Ferries in winter', 'The ferry leaves from quaytwo.') })
    const changed = await crawlAgain(sourceId)

    const [document] = await listDocuments()
    expect([same.outcome.changed, versions]).toEqual([0, 1])
    expect(changed.outcome).toEqual({ added: 0, changed: 1, removed: 0, failed: 0 })
    expect(document).toMatchObject({ id: before?.id, title: 'Ferries in winter' })
    expect([await finds('quayone'), await finds('quaytwo')]).toEqual([false, true])
  })

  it('is asked whether it changed, and read only if it did', async () => {
    site.pages.set('/a', {
      headers: { etag: '"one"', 'last-modified': 'Sat, 01 Nov 2025 10:00:00 GMT' },
      body: buildPage('A', 'Words.'),
    })
    const sourceId = await add('/a', 'page')
    await crawl(sourceId)
    const again = await crawlAgain(sourceId)

    const { headers } = site.asked.at(-1) ?? {}
    expect(headers).toMatchObject({
      'if-none-match': '"one"',
      'if-modified-since': 'Sat, 01 Nov 2025 10:00:00 GMT',
    })
    expect(again).toMatchObject({ state: 'done', documents: 1 })
  })

  it('goes with its document when it is gone, and stays as it was when the site only fails', async () => {
    site.pages.set('/a', { body: buildPage('A', 'The word is marzipan.') })
    const sourceId = await add('/a', 'page')
    await crawl(sourceId)
    const troubles: unknown[] = []
    for (const status of [500, 503, 429, 403]) {
      site.pages.set('/a', { status })
      const { state, reason, documents } = await crawlAgain(sourceId)
      troubles.push([state, reason?.code, documents, await finds('marzipan')])
    }
    site.pages.set('/a', { status: 410 })
    const gone = await crawlAgain(sourceId)
    const found = await finds('marzipan')
    site.pages.set('/a', { body: buildPage('A', 'Marzipan is back.') })
    const back = await crawlAgain(sourceId)

    expect(troubles).toEqual([
      ['failed', 'web_page.failed', 1, true],
      ['failed', 'web_page.failed', 1, true],
      ['failed', 'web_page.failed', 1, true],
      ['failed', 'web_page.refused', 1, true],
    ])
    expect(gone).toMatchObject({ state: 'failed', reason: { code: 'web_page.gone' }, documents: 0 })
    expect(gone.outcome.removed).toBe(1)
    expect([found, await finds('marzipan')]).toEqual([false, true])
    expect(back).toMatchObject({ state: 'done', documents: 1 })
  })

  it.each([
    ['/script', 'web_page.no_text'],
    ['/nothing', 'web_page.no_text'],
    ['/photo', 'web_page.type_unsupported'],
    ['/data', 'web_page.type_unsupported'],
    ['/feed', 'web_page.type_unsupported'],
    ['/long', 'web_page.too_large'],
    ['/missing', 'web_page.gone'],
    ['/inside', 'web_address.refused'],
    ['/round', 'web_page.too_many_redirects'],
  ])('%s is refused with %s, and nothing is made of it', async (path, code) => {
    site.pages.set('/script', {
      body: '<!doctype html><title>App</title><div id="root"></div><script>render()</script><noscript>Turn on scripts</noscript>',
    })
    site.pages.set('/nothing', { body: '' })
    site.pages.set('/photo', { headers: { 'content-type': 'image/png' }, body: 'PNG' })
    site.pages.set('/data', { headers: { 'content-type': 'application/json' }, body: '{}' })
    site.pages.set('/long', { body: buildPage('Long', 'x'.repeat(1_000_001)) })
    site.pages.set('/inside', { status: 302, headers: { location: 'http://169.254.169.254/latest/' } })
    site.pages.set('/round', { status: 302, headers: { location: '/round' } })
    site.pages.set('/feed', { headers: { 'content-type': 'application/rss+xml' }, body: '<rss/>' })

    const source = await crawl(await add(path, 'page'))

    expect(source).toMatchObject({ state: 'failed', reason: { code }, documents: 0 })
    expect(await listDocuments()).toEqual([])
  })

  it('may be a PDF, and text in an encoding that only its header names', async () => {
    site.pages.set('/book', {
      headers: { 'content-type': 'application/pdf' },
      body: buildPdf([{ content: 'BT /F1 12 Tf 72 700 Td (The heron stands still.) Tj ET' }]),
    })
    site.pages.set('/polish', {
      headers: { 'content-type': 'text/html; charset=iso-8859-2' },
      // "Zażółć gęślą jaźń"
      body: Buffer.concat([
        Buffer.from('<!doctype html><title>PL</title><p>Za'),
        Buffer.from([0xbf, 0xf3, 0xb3, 0xe6, 0x20, 0x67, 0xea, 0xb6, 0x6c, 0xb1]),
        Buffer.from('</p>'),
      ]),
    })
    const [book, polish] = [
      await crawl(await add('/book', 'page')),
      await crawl(await add('/polish', 'page')),
    ]
    const passages = await test.db
      .selectFrom('passage')
      .select('text')
      .where('knowledge_base_id', '=', key.knowledgeBaseId)
      .execute()

    expect([book.state, polish.state]).toEqual(['done', 'done'])
    expect((await listDocuments()).map(({ title }) => title)).toEqual([`${site.place}/book`, 'PL'])
    expect(passages.map(({ text }) => text).sort()).toEqual(['The heron stands still.', 'Zażółć gęślą'])
  })

  it('is followed to another address, which the document then keeps', async () => {
    site.pages.set('/old', { status: 301, headers: { location: '/new' } })
    site.pages.set('/new', { body: buildPage('New', 'Words.') })

    await crawl(await add('/old', 'page'))

    expect((await listDocuments()).map(({ url }) => url)).toEqual([`${site.origin}/new`])
  })
})

describe('robots.txt', () => {
  it('is kept to, redirections included, and asked for once a crawl', async () => {
    site.pages.set('/robots.txt', { body: 'User-agent: cornerman\nDisallow: /private\n' })
    site.pages.set('/a', { body: buildPage('A', 'A.') })
    site.pages.set('/moved', { status: 302, headers: { location: '/private/x' } })
    site.pages.set('/private/x', { body: buildPage('X', 'X.') })
    const pages = ['/a', '/private/x', '/moved'].map((path) => site.origin + path)
    site.pages.set('/sitemap.xml', buildSitemap(pages))
    const sourceId = await add('/sitemap.xml', 'sitemap')

    const source = await crawl(sourceId)

    expect(source).toMatchObject({ state: 'done', documents: 1, outcome: { added: 1, failed: 2 } })
    expect(await reasonsOf(sourceId)).toEqual({
      '/a': undefined,
      '/private/x': 'web_page.robots_disallowed',
      '/moved': 'web_page.robots_disallowed',
    })
    expect(site.asked.map(({ path }) => path)).toEqual(['/robots.txt', '/sitemap.xml', '/a', '/moved'])
  })

  it.each([
    [404, 'done', undefined],
    [403, 'done', undefined],
    [500, 'failed', 'web_page.robots_unavailable'],
    [503, 'failed', 'web_page.robots_unavailable'],
  ])('that answers %i lets a crawl end in %s', async (status, state, code) => {
    site.pages.set('/robots.txt', { status })
    site.pages.set('/a', { body: buildPage('A', 'A.') })

    const source = await crawl(await add('/a', 'page'))

    expect([source.state, source.reason?.code]).toEqual([state, code])
  })

  it('is read no further than its limit, and asks for a pace that is kept', async () => {
    const filler = `# ${'x'.repeat(98)}\n`.repeat(5_200)
    site.pages.set('/robots.txt', {
      body: `user-agent: *\ncrawl-delay: 0.2\ndisallow: /no\n${filler}disallow: /a\n`,
    })
    for (const path of ['/a', '/b']) site.pages.set(path, { body: buildPage(path, `Page ${path}.`) })
    site.pages.set(
      '/sitemap.xml',
      buildSitemap([`${site.origin}/a`, `${site.origin}/b`, `${site.origin}/no`]),
    )

    const source = await crawl(await add('/sitemap.xml', 'sitemap'))

    expect(source.documents).toBe(2)
    const times = site.asked.slice(1).map(({ at }) => at)
    for (const [at, time] of times.slice(1).entries()) expect(time - (times[at] ?? 0)).toBeGreaterThan(120)
  })
})

describe('a sitemap', () => {
  const paths = ['/1', '/2', '/3', '/4']
  beforeEach(() => {
    for (const path of paths) site.pages.set(path, { body: buildPage(`Page ${path}`, `Words of ${path}.`) })
    site.pages.set('/sitemap.xml', buildSitemap(paths.map((path) => site.origin + path)))
  })

  it('brings its pages, through an index, each once, its own alone, and no more than may be', async () => {
    const index = (addresses: string[]) =>
      `<sitemapindex>${addresses.map((address) => `<sitemap><loc>${address}</loc></sitemap>`).join('')}</sitemapindex>`
    site.pages.set('/index.xml', {
      headers: { 'content-type': 'text/xml' },
      body: index(
        ['/index.xml', '/missing.xml', '/sitemap.xml', '/more.xml'].map((path) => site.origin + path),
      ),
    })
    site.pages.set('/5', { body: buildPage('Five', 'Five.') })
    site.pages.set(
      '/more.xml',
      buildSitemap(['http://example.org/', `${site.origin}/1#x`, `${site.origin}/5`, 'javascript:x']),
    )
    const all = await crawl(await add('/index.xml', 'sitemap'))
    const few = await addSource(
      test.db,
      { ...key, url: new URL(`${site.origin}/sitemap.xml`), kind: 'sitemap', maxPages: 2 },
      LIMITS,
    )

    expect(all).toMatchObject({ state: 'done', documents: 5, progress: { done: 5, total: 5 } })
    expect((await crawl(few)).documents).toBe(2)
    // Both name the same pages: one document each.
    expect(await listDocuments()).toHaveLength(5)
  })

  it('loses a page that is gone, keeps one it names no longer, and takes a new one', async () => {
    const sourceId = await add('/sitemap.xml', 'sitemap')
    await crawl(sourceId)
    site.pages.delete('/1')
    site.pages.delete('/2')
    site.pages.set('/5', { body: buildPage('Five', 'Five.') })
    site.pages.set('/sitemap.xml', buildSitemap(['/2', '/3', '/5'].map((path) => site.origin + path)))

    const source = await crawlAgain(sourceId)

    expect(source).toMatchObject({ state: 'done', outcome: { added: 1, changed: 0, removed: 2, failed: 0 } })
    expect((await listDocuments()).map(({ title }) => title)).toEqual(['Page /3', 'Page /4', 'Five'])
  })

  it('says which pages it names no longer, and takes that back when it names them again', async () => {
    const sourceId = await add('/sitemap.xml', 'sitemap')
    await crawl(sourceId)
    site.pages.set('/sitemap.xml', buildSitemap(['/1', '/2', '/3'].map((path) => site.origin + path)))
    const fewer = await crawlAgain(sourceId)
    const remarked = await reasonsOf(sourceId)
    site.pages.set('/sitemap.xml', buildSitemap(paths.map((path) => site.origin + path)))
    const all = await crawlAgain(sourceId)

    expect(fewer).toMatchObject({ state: 'done', reason: undefined, documents: 4, outcome: { failed: 0 } })
    expect(remarked).toEqual({ '/1': undefined, '/2': undefined, '/3': undefined, '/4': 'web_page.unlisted' })
    expect([all.state, (await reasonsOf(sourceId))['/4']]).toEqual(['done', undefined])
  })

  it('that could be read in part alone says nothing of the pages it does not name', async () => {
    const index = [`${site.origin}/sitemap.xml`, `${site.origin}/more.xml`]
    const body = `<sitemapindex>${index.map((it) => `<sitemap><loc>${it}</loc></sitemap>`).join('')}</sitemapindex>`
    site.pages.set('/index.xml', { headers: { 'content-type': 'text/xml' }, body })
    site.pages.set('/5', { body: buildPage('Five', 'Five.') })
    site.pages.set('/more.xml', buildSitemap([`${site.origin}/5`]))
    const sourceId = await add('/index.xml', 'sitemap')
    await crawl(sourceId)
    site.pages.set('/more.xml', { status: 503 })

    expect(await crawlAgain(sourceId)).toMatchObject({ state: 'done', documents: 5 })
    expect((await reasonsOf(sourceId))['/5']).toBeUndefined()
  })

  it('makes no second document of a page that leads to another of its own', async () => {
    const sourceId = await add('/sitemap.xml', 'sitemap')
    await crawl(sourceId)
    site.pages.set('/2', { status: 301, headers: { location: '/1' } })

    const source = await crawlAgain(sourceId)

    expect(source).toMatchObject({ state: 'done', documents: 3, outcome: { removed: 1 } })
    expect((await reasonsOf(sourceId))['/2']).toBe('web_page.moved')
  })

  it('leaves out a page whose document was deleted by hand', async () => {
    const sourceId = await add('/sitemap.xml', 'sitemap')
    await crawl(sourceId)
    const [first] = await listDocuments()
    await removeRemains(test, key, await removeDocument(test.db, { ...key, documentId: first?.id ?? '' }))

    const source = await crawlAgain(sourceId)

    expect(source).toMatchObject({ state: 'done', documents: 3 })
    expect((await reasonsOf(sourceId))['/1']).toBe('web_page.left_out')
  })

  it('ends where there is no more room, and says so', async () => {
    const source = await crawl(await add('/sitemap.xml', 'sitemap'), { maxDocuments: 2 })

    expect(source).toMatchObject({ state: 'failed', reason: { code: 'document.too_many' }, documents: 2 })
  })

  it('is left in peace when page after page fails, and goes on with the next crawl', async () => {
    const many = Array.from({ length: 14 }, (_, at) => `/many/${at}`)
    site.pages.set('/sitemap.xml', buildSitemap(many.map((path) => site.origin + path)))
    for (const path of many) site.pages.set(path, { status: 503 })
    const sourceId = await add('/sitemap.xml', 'sitemap')
    const source = await crawl(sourceId)
    const asked = site.asked.filter(({ path }) => path.startsWith('/many/')).length
    for (const path of many) site.pages.set(path, { body: buildPage(path, `Words of ${path}.`) })

    expect(source).toMatchObject({
      state: 'failed',
      reason: { code: 'web_page.failed' },
      outcome: { failed: 10 },
    })
    expect(asked).toBe(10)
    expect(await crawlAgain(sourceId)).toMatchObject({ state: 'done', documents: 14 })
  })

  it('that is none fails, and what was read before stays', async () => {
    const sourceId = await add('/sitemap.xml', 'sitemap')
    await crawl(sourceId)
    site.pages.set('/sitemap.xml', { body: buildPage('Not here', 'Moved.') })

    expect(await crawlAgain(sourceId)).toMatchObject({
      state: 'failed',
      reason: { code: 'web_sitemap.unreadable' },
      documents: 4,
    })
  })

  it('goes on where a killed worker left it, with no page asked for twice', async () => {
    const sourceId = await add('/sitemap.xml', 'sitemap')
    const stopping = new AbortController()
    site.pages.set('/3', () => {
      stopping.abort(new Error('stopped'))
      return { body: buildPage('Page /3', 'Words of /3.') }
    })
    await createJob()({ sourceId }, stopping.signal)
    const given = await getSource(test.db, { ...key, sourceId })
    site.pages.set('/3', { body: buildPage('Page /3', 'Words of /3.') })
    // As after a kill: it is in the hands of a worker that lives no more.
    await test.db
      .updateTable('web_source')
      .set({ state: 'crawling', worker_id: 4_242 })
      .where('id', '=', sourceId)
      .execute()
    const due = await listDueSources(test.db, isWorkerGone)
    const ended = await crawl(sourceId)

    expect(given).toMatchObject({ state: 'queued', progress: { done: 2, total: 4 } })
    expect(due).toContain(sourceId)
    expect(ended).toMatchObject({ state: 'done', documents: 4, progress: { done: 4, total: 4 } })
    expect(ended.outcome.added).toBe(4)
    for (const path of ['/1', '/2', '/4']) {
      expect(site.asked.filter((request) => request.path === path)).toHaveLength(1)
    }
  })

  it('can be stopped, and be removed while it is crawled: no document comes after that', async () => {
    const sourceId = await add('/sitemap.xml', 'sitemap')
    let release = () => {}
    const isReached = Promise.withResolvers<void>()
    const hold = () => {
      isReached.resolve()
      return new Promise<{ body: string }>((resolve) => {
        release = () => resolve({ body: buildPage('Page /2', 'Held.') })
      })
    }
    site.pages.set('/2', hold)
    const crawling = createJob()({ sourceId }, signal)
    await isReached.promise
    await stopSource(test.db, { ...key, sourceId })
    release()
    await crawling
    const stopped = await getSource(test.db, { ...key, sourceId })
    await queueSource(test.db, { ...key, sourceId })
    const again = createJob()({ sourceId }, signal)
    await waitUntil(() => site.asked.filter(({ path }) => path === '/2').length === 2)
    const removed = await removeSource(test.db, { ...key, sourceId }, { keepsDocuments: false })
    await removeRemains(test, key, removed)
    release()
    await again

    expect(stopped).toMatchObject({ state: 'failed', reason: { code: 'web_source.stopped' }, documents: 1 })
    expect(await listDocuments()).toEqual([])
    expect(await finds('Words of /1')).toBe(false)
  })

  it('removed, takes its documents along unless another source has them or they are to be kept', async () => {
    const sitemap = await add('/sitemap.xml', 'sitemap')
    const page = await add('/1', 'page')
    await crawl(sitemap)
    await crawl(page)
    await removeSource(test.db, { ...key, sourceId: sitemap }, { keepsDocuments: false })
    const left = (await listDocuments()).map(({ title }) => title)
    await removeSource(test.db, { ...key, sourceId: page }, { keepsDocuments: true })

    expect(left).toEqual(['Page /1'])
    expect(await listDocuments()).toHaveLength(1)
  })
})

describe('when a source is crawled', () => {
  it('is by its interval, once, one host at a time', async () => {
    site.pages.set('/a', { body: buildPage('A', 'A.') })
    const [first, second] = [await add('/a', 'page', 24), await add('/b', 'page')]
    const terms = { workerId, isWorkerGone }
    const claimed = await claimSource(test.db, first, terms)
    const claims = [await claimSource(test.db, first, terms), await claimSource(test.db, second, terms)]
    await test.db.updateTable('web_source').set({ state: 'queued' }).where('id', '=', first).execute()
    const { nextAt, crawledAt } = await crawl(first)
    await test.db
      .updateTable('web_source')
      .set({ next_at: new Date(Date.now() - 1_000) })
      .where('id', '=', first)
      .execute()
    const due = await listDueSources(test.db, isWorkerGone)
    await crawl(first)
    const dueAfter = await listDueSources(test.db, isWorkerGone)
    await setCrawlInterval(test.db, { ...key, sourceId: first }, undefined)

    expect(claimed?.id).toBe(first)
    expect(claims).toEqual([undefined, undefined])
    expect((nextAt?.getTime() ?? 0) - (crawledAt?.getTime() ?? 0)).toBe(24 * 3_600_000)
    expect([due.includes(first), dueAfter.includes(first)]).toEqual([true, false])
    expect((await getSource(test.db, { ...key, sourceId: first })).nextAt).toBeUndefined()
  })

  it('is given up after breaking off again and again', async () => {
    const sourceId = await add('/a', 'page')
    for (let at = 0; at < 5; at += 1) {
      expect(await claimSource(test.db, sourceId, { workerId: 4_242, isWorkerGone })).toBeDefined()
    }
    await createJob()({ sourceId }, signal)

    expect(await getSource(test.db, { ...key, sourceId })).toMatchObject({
      state: 'failed',
      reason: { code: 'web_source.broke_off' },
    })
  })
})
