import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addTestChat } from '../../src/testing/builders/conversation.ts'
import { addTestGap, groupTestGaps } from '../../src/testing/builders/gap.ts'
import { addTestUsage } from '../../src/testing/builders/usage.ts'
import {
  type AdminWorld,
  expectAccessible,
  expectNoSidewaysScroll,
  openAdminWorld,
  WIDTHS,
} from './admin-world.ts'
import { chromiumPath } from './chromium.ts'

const MAX_PAGE_BYTES = 150_000

const QUESTIONS = [
  'Can I eat bananas before a long run?',
  'is it ok to eat a banana before a long run',
  'Kann ich die Videos auch ohne Internet sehen?',
  'Do you offer a discount for students?',
]

describe.skipIf(!chromiumPath)('gaps and overview in a browser (needs Chromium: set CHROMIUM_PATH)', () => {
  let world: AdminWorld

  beforeAll(async () => {
    world = await openAdminWorld({
      tester: { name: 'Nell Coach', role: 'editor' },
      env: { GAP_UNDO_MS: '4000', SWEEP_INTERVAL_MS: '300' },
    })
  }, 180_000)
  afterAll(() => world?.[Symbol.asyncDispose]())

  it.each(WIDTHS)(
    'answers a question, takes it back, and tells who asked, %i px wide',
    async (width) => {
      const { bot, app } = world.test
      const { db } = app.installation
      const question = `How much does the spring course ${width} cost?`
      for (let asker = 0; asker < 3; asker += 1) await addTestGap(db, bot, question)
      for (const [at, other] of QUESTIONS.entries())
        await addTestGap(db, bot, other, { language: at === 2 ? 'de' : 'en' })
      const { subscriber_id } = await db
        .selectFrom('chat')
        .select('subscriber_id')
        .where('id', '=', (await addTestGap(db, bot, `What is the price of spring course ${width}?`)).chat.id)
        .executeTakeFirstOrThrow()
      await db.updateTable('subscriber').set({ name: 'Ada Okafor' }).where('id', '=', subscriber_id).execute()
      await groupTestGaps(db, bot)

      await using opened = await world.page(width)
      const { page, visit, screenshot, complaints } = opened
      await visit(`/admin/bots/${bot.id}/gaps`)
      await expectAccessible(page)
      await expectNoSidewaysScroll(page)
      await screenshot('gaps-list')

      await page.getByText(question).click()
      await page.getByLabel('The answer').fill('The spring course is **90 euros**, all lessons included.')
      await page.getByRole('button', { name: 'Preview' }).click()
      await page.getByText('How they will read it').waitFor()
      expect(await page.locator('.bubble strong').textContent()).toBe('90 euros')
      await expectAccessible(page)
      await expectNoSidewaysScroll(page)
      await screenshot('gaps-preview')

      await page.getByRole('button', { name: 'Answer', exact: true }).click()
      await page.getByRole('button', { name: 'Undo' }).waitFor()
      await screenshot('gaps-answered')
      await page.getByRole('button', { name: 'Undo' }).click()
      await page.getByText('Taken back. Nobody was told.').waitFor()
      expect(await page.getByLabel('The answer').inputValue()).toContain('90 euros')

      await page.getByRole('button', { name: 'Answer', exact: true }).click()
      // The page moves by itself until everyone is told.
      await page
        .getByText('The bot answers this question from your material now.')
        .waitFor({ timeout: 40_000 })
      expect(await page.locator('.badge.ok', { hasText: 'Sent' }).count()).toBe(
        await page.locator('#gap-state .list > li').count(),
      )
      await expectAccessible(page)
      await expectNoSidewaysScroll(page)
      await screenshot('gaps-told')
      expect(complaints).toEqual([])
    },
    120_000,
  )

  it.each(WIDTHS)(
    'shows an overview before and after anyone asked, %i px wide',
    async (width) => {
      const { bot, app } = world.test
      const { db } = app.installation
      await db.deleteFrom('chat').where('bot_id', '=', bot.id).execute()
      await using opened = await world.page(width)
      const { page, visit, screenshot, complaints } = opened
      await visit(`/admin/bots/${bot.id}/overview`)
      await page.getByText('Nobody has asked yet').waitFor()
      await expectAccessible(page)
      await screenshot('overview-empty')

      await addTestUsage(db, bot)
      await addTestChat(db, bot)
      const before = await opened.bytes()
      await visit(`/admin/bots/${bot.id}/overview?days=90&zone=Europe/Berlin`)
      await page.getByRole('heading', { name: 'Time to answer' }).waitFor()
      await expectAccessible(page)
      await expectNoSidewaysScroll(page)
      await screenshot('overview')
      expect((await opened.bytes()) - before).toBeLessThan(MAX_PAGE_BYTES)

      await using dark = await world.page(width, { isDark: true })
      await dark.visit(`/admin/bots/${bot.id}/overview`)
      await expectAccessible(dark.page)
      await dark.screenshot('overview-dark')

      await page.locator('details.more summary').first().click()
      await expectAccessible(page)
      await expectNoSidewaysScroll(page)
      const download = page.waitForEvent('download')
      await page.getByRole('link', { name: 'Download CSV' }).click()
      expect((await download).suggestedFilename()).toMatch(/^lockers-days-\d{4}-\d{2}-\d{2}\.csv$/)
      expect(complaints).toEqual([])
    },
    120_000,
  )
})
