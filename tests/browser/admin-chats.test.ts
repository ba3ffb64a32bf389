import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { phrase } from '../../src/bots/phrases.ts'
import {
  type AdminPage,
  type AdminWorld,
  expectAccessible,
  expectNoSidewaysScroll,
  openAdminWorld,
  WIDTHS,
} from './admin-world.ts'
import { chromiumPath } from './chromium.ts'

const QUESTION = 'What is the word of locker k1003?'

/** A page of the creators transfers at most this. */
const MAX_PAGE_BYTES = 150_000

describe.skipIf(!chromiumPath)('the pages of chats (need Chromium: set CHROMIUM_PATH)', () => {
  let world: AdminWorld

  beforeAll(async () => {
    world = await openAdminWorld({ tester: { name: 'Ana Coach' } })
  }, 180_000)
  afterAll(() => world?.[Symbol.asyncDispose]())

  async function expectFine(admin: AdminPage, name: string) {
    await expectAccessible(admin.page)
    await expectNoSidewaysScroll(admin.page)
    await admin.screenshot(name)
  }

  const says = async (page: Page, text: string) => {
    await page.fill('#text', text)
    await page.click('.send')
  }
  const reads = (page: Page, text: string) =>
    page.locator('.said-out', { hasText: text }).first().waitFor({ timeout: 30_000 })

  it.each(WIDTHS)('let a coach read, step in, speak and step out at %i px', async (width) => {
    const base = `/admin/bots/${world.test.bot.id}/chats`
    const rows = '#chat-rows .list a'
    await using subscriber = await world.page(width, { as: 'nobody' })
    await using admin = await world.page(width)
    const { page } = admin

    await admin.visit(`${base}?state=taken_over`)
    await expectFine(admin, 'chats-empty')
    await admin.visit(base)
    expect(await admin.bytes()).toBeLessThan(MAX_PAGE_BYTES)
    const known = await page.locator(rows).count()

    await subscriber.visit(`/try/${world.test.bot.slug}`)
    await says(subscriber.page, QUESTION)
    await subscriber.page.locator('.said-out .cite').first().waitFor({ timeout: 30_000 })

    // The new Chat comes to the top by itself; until then the first row may be another width's.
    await page.locator(rows).nth(known).waitFor({ timeout: 30_000 })
    await expectFine(admin, 'chats-list')
    await page.locator(rows).first().click()
    await page.locator('#messages .bubble.out').first().waitFor()
    await page.locator('#messages .cite').first().click()
    expect(await page.locator('#messages details[open] blockquote').textContent()).toContain('amber1003')
    await page.getByRole('link', { name: 'Why this answer?' }).first().click()
    await page.getByText('Passages found').waitFor()
    expect(page.url()).not.toContain('/trace')
    await expectFine(admin, 'chats-trace')

    await page.selectOption('#minutes', '15')
    await page.getByRole('button', { name: 'Take over' }).click()
    await reads(subscriber.page, phrase('en', 'takeover_started', { name: 'Ana Coach' }))
    await says(subscriber.page, 'Hello Ana, may I ask you something?')
    await page.locator('#messages .bubble.in', { hasText: 'Hello Ana' }).waitFor({ timeout: 30_000 })
    await page.fill('#panel-mine textarea', 'Of course.\n\nI am **here**.')
    await page.getByRole('button', { name: 'Send' }).click()
    await reads(subscriber.page, 'I am here.')
    await page.locator('#messages .bubble.coach', { hasText: 'I am here.' }).waitFor({ timeout: 30_000 })
    expect(await page.inputValue('#panel-mine textarea')).toBe('')
    expect(await page.locator('#messages .bubble.coach').count()).toBe(1)
    await page.fill('#note', 'She asked for me by name.')
    await page.getByRole('button', { name: 'Keep note' }).click()
    await page.getByText('She asked for me by name.').waitFor()
    await expectFine(admin, 'chats-takeover')

    await page.getByRole('button', { name: 'Give back to the bot' }).click()
    await reads(subscriber.page, phrase('en', 'takeover_ended'))
    await says(subscriber.page, 'What is the word of locker k1004?')
    // The first answer, the coach's coming, words and going, and the answer to this.
    const last = subscriber.page.locator('.said-out').nth(4)
    await last.filter({ hasText: 'amber1004' }).waitFor({ timeout: 30_000 })
    expect(await subscriber.page.locator('.said-out').count()).toBe(5)

    await admin.visit(`${base}?q=by%20name`)
    await page.getByText('Nothing found').waitFor()
    await page.fill('#q', 'Hello Ana')
    await page.getByRole('button', { name: 'Search' }).click()
    await page.locator('mark', { hasText: 'Hello Ana' }).first().waitFor()
    await expectFine(admin, 'chats-search')
    await page.locator('.list a').first().click()
    await page.locator('#messages .bubble.in', { hasText: 'Hello Ana' }).waitFor()
    expect(admin.complaints).toEqual([])
  })

  it('work without script', async () => {
    const base = `/admin/bots/${world.test.bot.id}/chats`
    await using admin = await world.page(1280)
    const context = await world.browser.newContext({ javaScriptEnabled: false })
    await context.addCookies(await admin.page.context().cookies())
    const page = await context.newPage()
    await page.goto(new URL(base, world.url).href)

    await page.locator('.list a').first().click()
    await page.getByRole('button', { name: 'Take over' }).click()
    await page.fill('#text', 'Plain and simple.')
    await page.getByRole('button', { name: 'Send' }).click()
    await page.locator('.bubble.coach', { hasText: 'Plain and simple.' }).waitFor()
    await page.getByRole('link', { name: 'Why this answer?' }).first().click()
    await page.getByRole('heading', { name: 'Why this answer', level: 1 }).waitFor()
    await context.close()
  })

  it('look good in the dark', async () => {
    await using admin = await world.page(1280, { isDark: true })
    await admin.visit(`/admin/bots/${world.test.bot.id}/chats`)
    await admin.page.locator('#chat-rows .list a').first().click()
    await admin.page.locator('#messages .bubble').first().waitFor()
    await expectFine(admin, 'chats-dark')
  })
})
