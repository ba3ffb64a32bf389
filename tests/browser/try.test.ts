import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApp } from '../../src/testing/app.ts'
import { chromiumPath, launchChromium, openPage } from './chromium.ts'

const BOTS = fileURLToPath(new URL('../../bots', import.meta.url))
const QUESTION = 'How long is a starter when I begin a new habit?'

/** Most that a first visit may transfer: it opens at once on a poor line. */
const MAX_FIRST_VISIT_BYTES = 50_000

const SCREENS = [
  { name: 'a phone', viewport: { width: 390, height: 844 }, hasTouch: true },
  { name: 'a desktop', viewport: { width: 1280, height: 860 } },
]

async function hasSidewaysScroll(page: Page): Promise<boolean> {
  return page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth')
}

describe.skipIf(!chromiumPath)('the chat page (needs Chromium: set CHROMIUM_PATH)', () => {
  let app: Awaited<ReturnType<typeof startTestApp>>
  let browser: Browser
  let address: string

  beforeAll(async () => {
    app = await startTestApp({ botsDir: BOTS, slug: 'habit-coach' })
    browser = await launchChromium()
    address = `${app.url}/try/habit-coach`
  }, 120_000)

  afterAll(async () => {
    await browser?.close()
    await app?.[Symbol.asyncDispose]()
  })

  it.each(SCREENS)(
    'answers on $name, with the proof opened where it stands',
    async ({ name: _name, ...screen }) => {
      await using opened = await openPage(browser, app.url, screen)
      const { page, complaints } = opened
      await page.goto(address)

      await page.fill('#text', QUESTION)
      await page.click('.send')
      expect(await page.textContent('.said-in p')).toBe(QUESTION)
      const answer = page.locator('.said-out').first()
      await answer.waitFor({ timeout: 30_000 })

      const cite = answer.locator('.prose .cite').first()
      const quote = (await answer.locator('.source blockquote').first().textContent()) ?? ''
      await cite.click()
      const card = page.getByRole('region', { name: 'Source 1' })
      expect(await card.locator('blockquote').textContent()).toBe(quote)
      expect(quote.trim()).not.toBe('')
      expect(await cite.getAttribute('aria-expanded')).toBe('true')
      await cite.click()
      expect(await card.count()).toBe(0)

      expect(await page.locator('.progress').isHidden()).toBe(true)
      expect(await hasSidewaysScroll(page)).toBe(false)
      expect(complaints).toEqual([])
    },
  )

  it('is quick to arrive', async () => {
    await using opened = await openPage(browser, app.url)

    await opened.page.goto(address, { waitUntil: 'load' })

    const bytes = await opened.bytes()
    expect(bytes).toBeGreaterThan(1_000)
    expect(bytes).toBeLessThan(MAX_FIRST_VISIT_BYTES)
  })

  it('is used with the keyboard alone', async () => {
    await using opened = await openPage(browser, app.url)
    const { page, complaints } = opened
    await page.goto(address)
    const focused = () =>
      page.evaluate<string>('document.activeElement.className || document.activeElement.id')

    expect(await focused()).toBe('text')
    await page.keyboard.type('First line')
    await page.keyboard.press('Shift+Enter')
    await page.keyboard.type(QUESTION)
    await page.keyboard.press('Enter')
    expect(await page.textContent('.said-in p')).toBe(`First line\n${QUESTION}`)
    expect(await page.inputValue('#text')).toBe('')
    await page.locator('.said-out .cite').first().waitFor({ timeout: 30_000 })

    for (let presses = 0; presses < 40 && (await focused()) !== 'cite'; presses += 1) {
      await page.keyboard.press('Shift+Tab')
    }
    await page.keyboard.press('Enter')
    expect(await page.locator('.card').count()).toBe(1)
    await page.keyboard.press('Escape')
    expect(await page.locator('.card').count()).toBe(0)
    expect(await focused()).toBe('cite')
    expect(complaints).toEqual([])
  })

  it('works without script', async () => {
    await using opened = await openPage(browser, app.url, { javaScriptEnabled: false })
    const { page } = opened
    await page.goto(address)

    await page.fill('#text', QUESTION)
    await page.click('.send')

    expect(page.url()).toBe(`${address}#end`)
    const answer = page.locator('.said-out').first()
    await answer.waitFor({ timeout: 30_000 })
    expect(await page.locator('.said-in').count()).toBe(1)
    await answer.locator('.source summary').first().click()
    expect(await answer.locator('.source blockquote').first().isVisible()).toBe(true)
  })

  it('keeps the conversation over a reload, and forgets it in a new one', async () => {
    await using opened = await openPage(browser, app.url)
    const { page } = opened
    await page.goto(address)
    await page.locator('.opening .chips button').first().click()
    await page.locator('.said-out').first().waitFor({ timeout: 30_000 })
    const said = await page.locator('.said-out .prose').allTextContents()

    await page.reload()
    expect(await page.locator('.said-out .prose').allTextContents()).toEqual(said)
    await page.click('.menu summary')
    await page.getByRole('button', { name: 'New conversation' }).click()
    await page.locator('.opening .chips button').first().waitFor()

    expect(await page.locator('.said-out').count()).toBe(0)
  })

  it('says when the line is lost, gives a message back that did not go, and goes on when it returns', async () => {
    await using opened = await openPage(browser, app.url)
    const { page } = opened
    await page.goto(address)
    await page.context().setOffline(true)

    await page.fill('#text', QUESTION)
    await page.keyboard.press('Enter')
    await page.getByRole('alert').waitFor()
    expect(await page.inputValue('#text')).toBe(QUESTION)

    await page.context().setOffline(false)
    await page.keyboard.press('Enter')
    await page.locator('.said-out').first().waitFor({ timeout: 30_000 })
    expect(await page.getByRole('alert').isHidden()).toBe(true)
  })
})
