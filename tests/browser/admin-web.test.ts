import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPage, buildSitemap, openTestSite, type TestSite } from '../../src/testing/network/web-site.ts'
import { type AdminWorld, expectAccessible, expectNoSidewaysScroll, openAdminWorld } from './admin-world.ts'
import { chromiumPath } from './chromium.ts'

/** A phone: what fits there fits everywhere. */
const WIDTH = 390

describe.skipIf(!chromiumPath)('material from the web (skipped without a Chromium)', () => {
  const opened = new AsyncDisposableStack()
  let world: AdminWorld
  let site: TestSite
  beforeAll(async () => {
    site = opened.use(await openTestSite())
    const env = { CRAWL_ALLOW_PRIVATE: site.place, CRAWL_DELAY_MS: '0', SWEEP_INTERVAL_MS: '300' }
    world = opened.use(await openAdminWorld({ env }))
  })
  afterAll(() => opened.disposeAsync())

  it('is added, followed while it is read, and compared with what it was', async () => {
    await using admin = await world.page(WIDTH)
    const { page, complaints } = admin
    for (const name of ['one', 'two', 'three']) {
      site.pages.set(`/${name}`, { body: buildPage(`Page ${name}`, `These are the words of ${name}.`) })
    }
    const addresses = ['one', 'two', 'three', 'missing'].map((name) => `${site.origin}/${name}`)
    site.pages.set('/sitemap.xml', buildSitemap(addresses))

    await admin.visit(`/admin/bots/${world.test.bot.id}/knowledge`)
    await page.getByText('Add a web page or sitemap').click()
    await page.getByLabel('Address').fill('http://localhost/')
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByText('This address leads into a private network').waitFor()
    await admin.screenshot('knowledge-web-refused')
    await expectAccessible(page)
    await page.getByLabel('Address').fill(`${site.origin}/sitemap.xml`)
    await page.getByLabel('What it is').selectOption('sitemap')
    await page.getByLabel('Read it again').selectOption('168')
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    // No reload: the list follows by itself.
    const row = page.locator('#web-sources li')
    await row.getByText('Read', { exact: true }).waitFor({ timeout: 30_000 })
    await expectNoSidewaysScroll(page)
    await admin.screenshot('knowledge-web-list')

    await row.getByRole('link').click()
    await page.getByText('3 documents').waitFor()
    await page.getByText('Left out').waitFor()
    await expectAccessible(page)
    await expectNoSidewaysScroll(page)
    await admin.screenshot('knowledge-web-source')
    site.pages.set('/two', { body: buildPage('Page two', 'These are quite other words.') })
    await page.getByRole('button', { name: 'Read it now' }).click()
    await page.getByText('1 changed').waitFor({ timeout: 30_000 })
    await page.getByRole('link', { name: `${site.origin}/two` }).click()
    const change = page.getByRole('link', { name: 'What changed' })
    while ((await change.count()) === 0) await page.reload()
    await change.click()
    await page.getByText('These are quite other words.').waitFor()
    await expectAccessible(page)
    await expectNoSidewaysScroll(page)
    await admin.screenshot('knowledge-change')
    // The one form that was refused.
    expect(complaints).toEqual([expect.stringContaining('422')])
  })
})
