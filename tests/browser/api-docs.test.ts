import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type AdminWorld,
  expectAccessible,
  expectNoSidewaysScroll,
  openAdminWorld,
  WIDTHS,
} from './admin-world.ts'
import { chromiumPath } from './chromium.ts'

describe.skipIf(!chromiumPath)('the description of the API (needs Chromium: set CHROMIUM_PATH)', () => {
  let world: AdminWorld

  beforeAll(async () => {
    world = await openAdminWorld()
  }, 180_000)
  afterAll(() => world?.[Symbol.asyncDispose]())

  it.each(WIDTHS)('can be read by anyone at %i px, area by area', { timeout: 180_000 }, async (width) => {
    await using opened = await world.page(width, { as: 'nobody' })
    const { page, complaints } = opened
    await opened.visit('/api/docs')
    const areas = await page.evaluate<string[]>(
      "[...document.querySelectorAll('main h2 a')].map((link) => link.getAttribute('href'))",
    )
    expect(areas.length).toBeGreaterThan(4)

    for (const address of ['/api/docs', ...areas]) {
      await opened.visit(address)
      await expectAccessible(page)
      await expectNoSidewaysScroll(page)
      await opened.screenshot(address.slice(1).replaceAll('/', '-'))
    }
    expect(complaints).toEqual([])
  })

  it('weighs little', async () => {
    await using opened = await world.page(1280, { as: 'nobody' })

    await opened.visit('/api/docs/knowledge')

    expect(await opened.bytes()).toBeLessThan(150_000)
  })

  it('leads from the list to the operation itself', async () => {
    await using opened = await world.page(1280, { as: 'nobody' })
    const { page } = opened
    await opened.visit('/api/docs')

    await page.getByRole('link', { name: 'Make an API key' }).click()

    expect(new URL(page.url()).hash).toBe('#createApiKey')
    expect(await page.locator('#createApiKey').isVisible()).toBe(true)
  })
})
