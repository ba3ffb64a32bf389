import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ModelStandIn, startModelStandIn } from '../../src/testing/models/stand-in.ts'
import { startTelegramStandIn } from '../../src/testing/telegram/stand-in.ts'
import { startWhatsappStandIn } from '../../src/testing/whatsapp/stand-in.ts'
import {
  type AdminWorld,
  expectAccessible,
  expectNoSidewaysScroll,
  openAdminWorld,
  WIDTHS,
} from './admin-world.ts'
import { chromiumPath } from './chromium.ts'

const TOKEN = `555111:${'Kq'.repeat(17)}x`

describe.skipIf(!chromiumPath)(
  'a bot and its channels in a browser (needs Chromium: set CHROMIUM_PATH)',
  () => {
    const opened = new AsyncDisposableStack()
    let world: AdminWorld
    let model: ModelStandIn
    let base: string

    beforeAll(async () => {
      const telegram = opened.use(await startTelegramStandIn({ tokens: [TOKEN] }))
      const whatsapp = opened.use(await startWhatsappStandIn())
      model = opened.use(await startModelStandIn())
      world = opened.use(
        await openAdminWorld({
          env: {
            TELEGRAM_API_ROOT: telegram.url,
            WHATSAPP_API_ROOT: whatsapp.url,
            WHATSAPP_APP_SECRET: '',
            MODEL_CHAT: 'openai:gpt-4o-mini,ollama:llama3.1',
            OPENAI_BASE_URL: model.openAiUrl,
            OPENAI_API_KEY: 'test-key',
          },
        }),
      )
      base = `/admin/bots/${world.test.bot.id}`
    }, 240_000)
    afterAll(() => opened.disposeAsync())

    it.each(WIDTHS)('are looked after at %i px', { timeout: 240_000 }, async (width) => {
      const admin = await world.page(width)
      const { page } = admin
      const show = async (name: string) => {
        await expectAccessible(page)
        await expectNoSidewaysScroll(page)
        await admin.screenshot(`bot-${name}`)
      }

      await admin.visit('/admin/bots')
      await show('list')

      await admin.visit(`${base}/settings`)
      await show('settings')
      await page.getByLabel('Ask as one of your people would').fill('What is the word of locker k1003?')
      await page.getByRole('button', { name: 'Ask', exact: true }).click()
      await page.locator('#try-answer').getByText('amber1003').first().waitFor()
      await page.getByText('Why this answer?').click()
      await show('tried')

      await page.getByLabel('Name', { exact: true }).fill(`Lockers at ${width}`)
      await page.getByLabel('Keep quiet hours').check()
      await page.getByLabel('Time zone').selectOption('Europe/Madrid')
      await page
        .getByLabel('Speak another language')
        .selectOption({ label: width === 390 ? 'French' : 'Polish' })
      await page.getByRole('button', { name: 'Save', exact: true }).click()
      await page.getByRole('status').filter({ hasText: 'Saved.' }).waitFor()
      expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe(`Lockers at ${width}`)

      await page.getByLabel('How it speaks').fill(' ')
      await page.getByRole('button', { name: 'Save', exact: true }).click()
      await page.getByText('Some of the settings do not fit.').waitFor()
      await show('refused')

      await admin.visit(`${base}/try`)
      await page.getByLabel('Ask as one of your people would').fill('Who won the chess game?')
      await page.getByRole('button', { name: 'Ask', exact: true }).click()
      await page.getByText('Your material does not answer this.').waitFor()
      await show('try')

      await admin.visit(`${base}/prompts`)
      const text = page.getByLabel('The wording')
      await text.fill(`${await text.inputValue()}\n\nSign every answer with “the ${width} team”.`)
      await page.getByRole('button', { name: 'Save as a new version' }).click()
      await page.getByText('In use: your version').waitFor()
      await page.getByRole('link', { name: 'Compare The original with the one in use' }).click()
      await page.locator('ins').getByText(`the ${width} team`).waitFor()
      await show('prompts')
      await page.getByRole('button', { name: /^Use this one.*The original$/ }).click()
      await page.getByText('In use: the original').waitFor()
    })

    it.each(WIDTHS)('are connected and disconnected at %i px', { timeout: 240_000 }, async (width) => {
      const admin = await world.page(width)
      const { page } = admin
      await admin.visit(`${base}/channels`)
      await expectAccessible(page)
      await admin.screenshot('channels-none')

      await page.getByLabel('Token', { exact: true }).fill(TOKEN.replace('K', 'X'))
      await page.getByRole('button', { name: 'Connect Telegram' }).click()
      await page.getByText('Telegram does not accept this token.').waitFor()
      await page.getByLabel('Token', { exact: true }).fill(TOKEN)
      await page.getByRole('button', { name: 'Connect Telegram' }).click()
      await page.getByText('Connected. Write to it yourself').waitFor()
      await page.getByLabel('Phone number ID').fill('100200300400')
      await page.getByLabel('Access token').fill('EAAG-a-token-of-a-test')
      await page.getByLabel('App secret').fill('an-app-secret')
      await page.getByRole('button', { name: 'Connect WhatsApp' }).click()
      await page.getByText('One step is left').waitFor()
      await page.locator('#health-telegram a').click()
      await page.getByText('Telegram hands messages over.').waitFor()
      await expectAccessible(page)
      await expectNoSidewaysScroll(page)
      await admin.screenshot('channels-connected')
      expect(await page.content()).not.toContain(TOKEN)

      for (const name of ['Telegram', 'WhatsApp']) {
        const card = page.getByRole('region', { name })
        await card.getByText('Disconnect…').click()
        await card.getByRole('button', { name: `Disconnect ${name}` }).click()
        await page.getByText('Disconnected. It no longer answers there.').waitFor()
      }
    })

    it('are taken along: exported, and imported as another bot', { timeout: 240_000 }, async () => {
      const admin = await world.page(1280)
      const { page } = admin
      await admin.visit(`${base}/settings`)
      const download = page.waitForEvent('download')
      await page.getByRole('link', { name: 'Export' }).click()
      const path = join(world.shotsDir, 'exported.zip')
      await (await download).saveAs(path)

      await admin.visit('/admin/bots/import')
      await page.getByLabel('The zip file').setInputFiles(path)
      await page.getByRole('button', { name: 'Import' }).click()
      await page.getByText('There is a bot at this address already.').waitFor()
      await expectAccessible(page)
      await admin.screenshot('bot-import')
      await page.getByLabel('Its address here').fill('lockers-again')
      await page.getByLabel('The zip file').setInputFiles(path)
      await page.getByRole('button', { name: 'Import' }).click()
      await page.getByText('Imported. The bot answers').waitFor()

      await page.getByText('Delete…').click()
      await page.getByLabel('Type lockers-again to confirm').fill('lockers-again')
      await page.getByRole('button', { name: 'Delete for good' }).click()
      await page.getByRole('status').filter({ hasText: 'Deleted.' }).waitFor()
      expect(await page.content()).not.toContain('lockers-again')
    })
  },
)
