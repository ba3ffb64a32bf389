import { fileURLToPath } from 'node:url'
import type { Locator } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type AdminWorld,
  expectAccessible,
  expectNoSidewaysScroll,
  openAdminWorld,
  WIDTHS,
} from './admin-world.ts'
import { chromiumPath } from './chromium.ts'

const GUIDE = fileURLToPath(
  new URL('../../bots/habit-coach/knowledge/evening-routine-and-sleep.pdf', import.meta.url),
)
const QUESTION = 'When does the evening landing begin?'

/** What a person new to the product may need at most, from the address of the pages to a cited answer. */
const MAX_CLICKS = 12
const MAX_MS = 180_000

describe.skipIf(!chromiumPath)('the first minutes (needs Chromium: set CHROMIUM_PATH)', () => {
  let world: AdminWorld

  beforeAll(async () => {
    world = await openAdminWorld()
  }, 180_000)
  afterAll(() => world?.[Symbol.asyncDispose]())

  it.each(WIDTHS)(
    'lead from nothing to a cited answer at %i px',
    async (width) => {
      await using opened = await world.page(width, { as: 'nobody' })
      const { page, complaints } = opened
      const begun = performance.now()
      let clicks = 0
      async function click(target: Locator): Promise<void> {
        clicks += 1
        await target.click()
      }
      const button = (name: string) => page.getByRole('button', { name, exact: true })
      async function look(name: string): Promise<void> {
        await expectAccessible(page)
        await expectNoSidewaysScroll(page)
        await opened.screenshot(`first-minutes-${name}`)
      }

      await opened.visit('/admin')
      await click(page.getByRole('link', { name: 'Create an account' }))
      // One click into the form; from field to field with the Tab key.
      await click(page.getByLabel('Your name'))
      await page.keyboard.type('Mara Moss')
      await page.keyboard.press('Tab')
      await page.keyboard.type(`mara-${width}@example.test`)
      await page.keyboard.press('Tab')
      await page.keyboard.type('lanterns over quiet water')
      await look('1-sign-up')
      await click(button('Create account'))
      await look('2-mail')
      await click(page.getByRole('link', { name: 'Open the link from the mail' }))
      await click(button('Confirm and open my account'))

      await click(page.getByLabel('What is it called?'))
      await page.keyboard.type('Quiet Evenings')
      await look('3-name')
      await click(button('Make the bot'))
      await look('4-material')
      const chooser = page.waitForEvent('filechooser')
      await click(page.getByText('Choose files'))
      await (await chooser).setFiles(GUIDE)

      // No reload: the page goes on by itself once the document is read.
      await click(page.getByLabel('Your question'))
      await page.keyboard.type(QUESTION)
      await look('5-question')
      const asked = page.waitForRequest((request) => request.url().endsWith('/try'))
      await click(button('Ask'))
      // What htmx sends carries the session's form token, without the form's doing.
      expect((await asked).headers()['x-csrf-token']).toMatch(/^~/)
      const answer = page.locator('#start-answer')
      await answer.getByText('75 minutes').first().waitFor()
      const elapsedMs = performance.now() - begun

      expect(await answer.textContent()).toContain('[1]')
      expect(await answer.textContent()).toMatch(/evening routine and sleep/i)
      await page.getByRole('status').getByText('3 of 4 done').waitFor()
      await look('6-answer')
      expect(clicks).toBeLessThanOrEqual(MAX_CLICKS)
      expect(elapsedMs).toBeLessThan(MAX_MS)
      expect(complaints).toEqual([])
    },
    MAX_MS + 60_000,
  )

  it('can be left and taken up again, on another device too', async () => {
    await using opened = await world.page(1280)
    const { page } = opened
    await opened.visit('/admin/bots/new')
    await page.fill('#bot-name', 'Left half way')
    await page.getByRole('button', { name: 'Make the bot' }).click()
    await page.setInputFiles('#start-files', GUIDE)
    await page.getByLabel('Your question').waitFor()

    await using phone = await world.page(390)
    await phone.visit('/admin')

    expect(phone.page.url()).toBe(`${world.url}/admin/start`)
    expect(await phone.page.locator('.steps > li').first().textContent()).toContain('Left half way')
    await phone.page.getByRole('button', { name: 'Finish later' }).click()
    await phone.page.waitForURL(/\/overview$/)
  })
})
