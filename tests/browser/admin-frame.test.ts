import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type AdminWorld,
  expectAccessible,
  expectNoSidewaysScroll,
  openAdminWorld,
  WIDTHS,
} from './admin-world.ts'
import { chromiumPath } from './chromium.ts'

describe.skipIf(!chromiumPath)('the frame of the creators’ pages (needs Chromium: set CHROMIUM_PATH)', () => {
  let world: AdminWorld

  beforeAll(async () => {
    world = await openAdminWorld()
  }, 180_000)
  afterAll(() => world?.[Symbol.asyncDispose]())

  describe.each(WIDTHS)('at %i px', (width) => {
    it.each([false, true])('stands without complaint, dark: %s', async (isDark) => {
      await using opened = await world.page(width, { isDark })
      const { page, complaints } = opened

      await opened.visit('/admin/bots/new')

      await expectAccessible(page)
      await expectNoSidewaysScroll(page)
      expect(complaints).toEqual([])
      await opened.screenshot(`new-bot-${isDark ? 'dark' : 'light'}`)
    })

    it('leads to every section with the keyboard alone', async () => {
      await using opened = await world.page(width)
      const { page } = opened
      await opened.visit('/admin/start')
      const focused = () => page.evaluate<string>('document.activeElement.textContent.trim()')

      await page.keyboard.press('Tab')
      expect(await focused()).toBe('Skip to the page')
      await page.keyboard.press('Enter')
      expect(await page.evaluate('document.activeElement.id')).toBe('main')

      await page.click('.switcher > summary')
      expect(await page.locator('.switcher .sheet').isVisible()).toBe(true)
      await page.locator('.switcher .sheet a').first().focus()
      await page.keyboard.press('Escape')
      expect(await page.locator('.switcher .sheet').isVisible()).toBe(false)
      const links = page.getByRole('navigation', { name: 'Sections' }).getByRole('link')
      expect(await links.allTextContents()).toEqual(
        expect.arrayContaining([expect.stringContaining('Chats')]),
      )
    })

    it('weighs little, the first time and the second', async () => {
      await using opened = await world.page(width)
      await opened.visit('/admin/bots/new')
      const first = await opened.bytes()

      await opened.visit('/admin/bots/new')

      expect(first).toBeLessThan(60_000)
      expect((await opened.bytes()) - first).toBeLessThan(12_000)
    })
  })

  it('works without script', async () => {
    const context = await world.browser.newContext({ javaScriptEnabled: false })
    const [name = '', value = ''] = world.tester.cookie.split('=', 2)
    await context.addCookies([{ name, value, url: world.url }])
    const page = await context.newPage()
    await page.goto(`${world.url}/admin/bots/new`)

    await page.click('.me > summary')
    expect(await page.getByRole('button', { name: 'Sign out' }).isVisible()).toBe(true)
    await page.fill('#bot-name', 'Without script')
    await page.getByRole('button', { name: 'Make the bot' }).click()

    expect(page.url()).toBe(`${world.url}/admin/start`)
    expect(await page.locator('.steps > li').first().textContent()).toContain('Without script')
    await context.close()
  })

  it('tells a failure in its own frame', async () => {
    await using opened = await world.page(1280)

    await opened.visit('/admin/bots/00000000-0000-4000-8000-000000000000/knowledge')

    expect(await opened.page.getByRole('heading', { level: 1 }).textContent()).toContain('There is no')
    expect(await opened.page.getByRole('navigation', { name: 'Sections' }).isVisible()).toBe(true)
    await expectAccessible(opened.page)
  })
})
