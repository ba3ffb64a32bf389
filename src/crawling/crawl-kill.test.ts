import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestDataDir } from '../testing/data-dir.ts'
import { buildPage, buildSitemap, openTestSite, type TestSite } from '../testing/network/web-site.ts'
import { waitUntil } from '../testing/wait.ts'
import { type KnowledgeTest, openKnowledgeTest } from '../testing/worlds/knowledge-world.ts'
import { addSource, getSource } from './web-source.ts'

const WORKER = fileURLToPath(new URL('../testing/network/crawl-worker.ts', import.meta.url))
const PAGES = 24
/** The pages a worker dies at. */
const FATAL = ['/page-7', '/page-15']

const opened = new AsyncDisposableStack()
let test: KnowledgeTest
let site: TestSite
let filesDir: string
beforeAll(async () => {
  test = opened.use(await openKnowledgeTest())
  site = opened.use(await openTestSite())
  filesDir = join(opened.use(await openTestDataDir()).path, 'files')
  await mkdir(filesDir)
})
afterAll(() => opened.disposeAsync())

function startWorker(): ChildProcess {
  return spawn(process.execPath, [WORKER], {
    env: { ...process.env, DATABASE_URL: test.url, FILES_DIR: filesDir, SITE: site.place },
    stdio: 'ignore',
  })
}

async function kill(worker: ChildProcess): Promise<void> {
  const gone = once(worker, 'exit')
  worker.kill('SIGKILL')
  await gone
}

describe(`a crawl whose worker is killed with SIGKILL ${FATAL.length} times`, () => {
  it('ends with every page once, and no page read again that was done', async () => {
    const key = await test.addBase()
    const paths = Array.from({ length: PAGES }, (_, at) => `/page-${at}`)
    for (const path of paths) site.pages.set(path, { body: buildPage(path, `The words of ${path}.`) })
    // Never answered to who asks first: a worker is killed while it waits for it.
    for (const path of FATAL) {
      let times = 0
      site.pages.set(path, () => (times++ > 0 ? { body: buildPage(path, 'Words.') } : new Promise(() => {})))
    }
    site.pages.set('/sitemap.xml', buildSitemap(paths.map((path) => site.origin + path)))
    const url = new URL(`${site.origin}/sitemap.xml`)
    const source = { ...key, url, kind: 'sitemap' as const }
    const sourceId = await addSource(test.db, source, { maxSources: 1, maxPages: 100 })
    const pagesAsked = () => site.asked.filter(({ path }) => path.startsWith('/page-')).length

    for (const path of FATAL) {
      const worker = startWorker()
      await waitUntil(() => site.asked.some((request) => request.path === path), 30_000)
      await kill(worker)
    }
    const broken = await getSource(test.db, { ...key, sourceId })
    const last = startWorker()
    await waitUntil(async () => (await getSource(test.db, { ...key, sourceId })).state === 'done', 30_000)
    await kill(last)

    const versions = await test.db
      .selectFrom('document')
      .innerJoin('document_version as version', 'version.document_id', 'document.id')
      .select('document.url')
      .where('document.knowledge_base_id', '=', key.knowledgeBaseId)
      .execute()
    const ended = await getSource(test.db, { ...key, sourceId })
    expect(broken.state).toBe('crawling')
    expect(versions.map(({ url }) => url).sort()).toEqual(paths.map((path) => site.origin + path).sort())
    expect(ended).toMatchObject({ documents: PAGES, progress: { done: PAGES, total: PAGES } })
    // A kill costs the page it met, and that one alone.
    expect(pagesAsked()).toBe(PAGES + FATAL.length)
  })
})
