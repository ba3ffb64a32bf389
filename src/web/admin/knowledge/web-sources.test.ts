import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type ApiCaller, openApiCaller } from '../../../testing/api/caller.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { buildPage, buildSitemap, openTestSite, type TestSite } from '../../../testing/network/web-site.ts'
import { type SignedInTester, signUpTester } from '../../../testing/signed-in.ts'
import { waitUntil } from '../../../testing/wait.ts'

const opened = new AsyncDisposableStack()
let site: TestSite
let app: TestApp
let owner: SignedInTester
let viewer: SignedInTester
let api: ApiCaller
let base: string
let path: string
beforeAll(async () => {
  site = opened.use(await openTestSite())
  app = opened.use(
    await startTestApp({
      env: { CRAWL_ALLOW_PRIVATE: site.place, CRAWL_DELAY_MS: '0', CRAWL_MAX_SOURCES: '3', PUBLIC_URL: '' },
    }),
  )
  owner = await signUpTester(app)
  viewer = await signUpTester(app, { creatorId: app.bot.creatorId, role: 'viewer' })
  api = await openApiCaller(app, app.bot.creatorId)
  base = `/admin/bots/${app.bot.id}/knowledge`
  path = `/bots/${app.bot.id}/web-sources`
})
afterAll(() => opened.disposeAsync())

const Source = z.looseObject({
  id: z.uuid(),
  url: z.string(),
  state: z.string(),
  reason: z.object({ code: z.string() }).nullable(),
  documents: z.int(),
  everyHours: z.int().nullable(),
})
const Sources = z.object({ items: z.array(Source) })

const listSources = async () => Sources.parse((await api.call('GET', path)).json.data).items
async function untilRead(url: string) {
  let found: z.output<typeof Source> | undefined
  await waitUntil(async () => {
    found = (await listSources()).find((source) => source.url === url)
    return found !== undefined && ['done', 'failed'].includes(found.state)
  }, 30_000)
  if (!found) throw new Error('no source')
  return found
}
const htmlOf = async (address: string, who = owner) => {
  const response = await who.fetch(address)
  expect(response.status).toBe(200)
  const html = await response.text()
  expect(html).not.toMatch(/\[object Object\]|undefined/)
  return html
}
const documentOf = (url: string) =>
  app.app.installation.db
    .selectFrom('document')
    .innerJoin('document_version as version', 'version.id', 'document.active_version_id')
    .select(['document.id', 'version.id as versionId', 'version.state'])
    .where('document.url', '=', url)
    .executeTakeFirst()
async function untilAnswering(url: string, before?: string) {
  await waitUntil(async () => {
    const found = await documentOf(url)
    return found?.state === 'ready' && found.versionId !== before
  }, 30_000)
  const found = await documentOf(url)
  if (!found) throw new Error('no document')
  return found
}

describe('web sources', () => {
  it('are added on the page, read, shown, read again and compared', async () => {
    const url = `${site.origin}/locks`
    site.pages.set('/locks', { body: buildPage('Locks & keys', 'A lock holds.', 'The old key is brass.') })
    const added = await owner.post(`${base}/web`, { url, kind: 'page', every: '168' })
    const source = await untilRead(url)
    const first = await untilAnswering(url)
    site.pages.set('/locks', { body: buildPage('Locks & keys', 'A lock holds.', 'The new key is steel.') })
    const again = await owner.post(`${base}/web/${source.id}/crawl`, {})
    const { id, versionId } = await untilAnswering(url, first.versionId)
    const [list, page, document, change] = [
      await htmlOf(base),
      await htmlOf(`${base}/web/${source.id}`),
      await htmlOf(`${base}/documents/${id}`),
      await htmlOf(`${base}/documents/${id}/versions/${versionId}/change`),
    ]
    const tried = await owner.post(`/admin/bots/${app.bot.id}/try`, {
      question: 'What is the new key made of?',
    })
    const none = await owner.fetch(`${base}/documents/${id}/versions/${first.versionId}/change`)
    const overApi = await api.call('GET', `/bots/${app.bot.id}/documents/${id}/versions/${versionId}/change`)

    expect(added.headers.get('location')).toBe(`${base}?done=web_added`)
    expect(source).toMatchObject({ state: 'done', documents: 1, everyHours: 168 })
    expect(again.headers.get('location')).toBe(`${base}/web/${source.id}?done=web_crawling`)
    expect(list).toContain(`<a class="title" href="${base}/web/${source.id}">${url}</a>`)
    expect(list).toContain('Every week')
    expect(page).toContain('1 document')
    expect(document).toContain(`<dt>Web page</dt><dd><a href="${url}"`)
    expect(document).toContain(`/versions/${versionId}/change`)
    expect(change).toMatch(/<ins>.*The new key is steel\.<\/ins>/)
    expect(change).toMatch(/<del>.*The old key is brass\.<\/del>/)
    expect(change).not.toContain('A lock holds.')
    expect(none.status).toBe(404)
    expect(await tried.text()).toMatch(
      new RegExp(`Locks &amp; keys</span><blockquote[^>]*>[^<]*steel[^<]*</blockquote><a[^>]*href="${url}"`),
    )
    expect(overApi.json.data).toMatchObject({ added: 1, removed: 1, beforeId: first.versionId, isCut: false })
  })

  it.each([
    ['not an address', 'This is no address of a web page.'],
    ['http://127.0.0.1/', 'This address leads into a private network'],
    ['http://169.254.169.254/latest/', 'This address leads into a private network'],
    ['https://example.org:8443/', 'This is no address of a web page.'],
    ['file:///etc/passwd', 'This is no address of a web page.'],
  ])('with %s as its address is refused beside the field, and nothing is kept', async (url, message) => {
    const before = await listSources()
    const response = await owner.post(`${base}/web`, { url, kind: 'page', every: 'never' })
    const html = await response.text()
    const overApi = await api.call('POST', path, { url, kind: 'page' })

    expect(response.status).toBe(422)
    expect(html).toContain(`<p class="field-error" id="web-url-error">${message}`)
    expect(html).toContain(`value="${url}"`)
    expect([overApi.status, overApi.json.error?.code]).toEqual([
      422,
      message.startsWith('This address') ? 'web_address.refused' : 'web_address.invalid',
    ])
    expect(await listSources()).toEqual(before)
  })

  it('are all done over the API as well, each written down', async () => {
    for (const name of ['/m1', '/m2']) site.pages.set(name, { body: buildPage(name, `Words of ${name}.`) })
    site.pages.set(
      '/map.xml',
      buildSitemap([`${site.origin}/m1`, `${site.origin}/m2`, `${site.origin}/none`]),
    )
    const url = `${site.origin}/map.xml`
    const added = await api.call('POST', path, { url, kind: 'sitemap', everyHours: 24, maxPages: 10 })
    const same = await api.call('POST', path, { url, kind: 'page' })
    const source = await untilRead(url)
    const one = `${path}/${source.id}`
    const pages = await api.call('GET', `${one}/pages?limit=2`)
    const cursor = z.object({ nextCursor: z.string() }).parse(pages.json.data).nextCursor
    const rest = await api.call('GET', `${one}/pages?limit=2&cursor=${cursor}`)
    const changed = await api.call('PATCH', one, { everyHours: null })
    const odd = await api.call('PATCH', one, { everyHours: 5 })
    const idle = await api.call('POST', `${one}/stop`)
    const crawled = await api.call('POST', `${one}/crawl`)
    await untilRead(url)
    const third = await api.call('POST', path, { url: `${site.origin}/m1`, kind: 'page' })
    const fourth = await api.call('POST', path, { url: `${site.origin}/m2`, kind: 'page' })
    const forbidden = await viewer.post(`${base}/web/${source.id}/remove`, { documents: 'delete' })
    const removed = await api.call('DELETE', `${one}?keepDocuments=false`)
    const gone = await api.call('GET', one)
    const { rows } = await app.app.installation.db
      .selectFrom('audit_entry')
      .select('action')
      .where('object_id', '=', source.id)
      .orderBy('id')
      .execute()
      .then((all) => ({ rows: all.map(({ action }) => action) }))

    expect([added.status, same.status, same.json.error?.code]).toEqual([202, 409, 'web_source.known'])
    expect(source).toMatchObject({
      state: 'done',
      documents: 2,
      outcome: { added: 2, failed: 1 },
      maxPages: 10,
    })
    expect(pages.json.data).toMatchObject({
      items: [
        { url: `${site.origin}/none`, reason: { code: 'web_page.gone' } },
        { url: `${site.origin}/m1` },
      ],
    })
    expect(rest.json.data).toMatchObject({ items: [{ url: `${site.origin}/m2` }], nextCursor: null })
    expect(changed.json.data).toMatchObject({ everyHours: null, nextAt: null })
    expect([odd.status, idle.json.error?.code]).toEqual([422, 'web_source.not_crawling'])
    expect(crawled.status).toBe(202)
    expect([third.status, fourth.json.error?.code]).toEqual([202, 'web_source.too_many'])
    expect(forbidden.status).toBe(403)
    expect([removed.status, gone.json.error?.code]).toEqual([200, 'web_source.not_found'])
    expect(rows).toEqual([
      'web_source.add',
      'web_source.crawl',
      'web_source.save',
      'web_source.refresh',
      'web_source.remove',
    ])
    // The other page keeps what it names itself.
    await untilAnswering(`${site.origin}/m1`)
    expect(await documentOf(`${site.origin}/m2`)).toBeUndefined()
  })

  it('show a viewer how they stand, and no way to change them', async () => {
    const [source] = await listSources()
    const list = await htmlOf(base, viewer)
    const page = await htmlOf(`${base}/web/${source?.id}`, viewer)

    expect(list).toContain(`${base}/web/${source?.id}`)
    for (const html of [list, page]) expect(html).not.toMatch(/<form[^>]*\/web/)
  })
})
