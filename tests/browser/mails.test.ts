import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MAIL_LANGUAGES } from '../../src/mail/languages.ts'
import { MAIL_KINDS } from '../../src/mail/mail-kind.ts'
import { presentSamples } from '../../src/mail/samples.ts'
import { recordSuppressions } from '../../src/mail/suppression.ts'
import {
  type AdminWorld,
  expectAccessible,
  expectNoSidewaysScroll,
  openAdminWorld,
  WIDTHS,
} from './admin-world.ts'
import { chromiumPath } from './chromium.ts'

/** The narrowest screen people read mail on. */
const NARROW = { width: 320, height: 640 }
/** Names are long where they are long. */
const SCENE = {
  creatorName: 'Donaudampfschifffahrtsgesellschaftskapitänskajütenberatung',
  publicUrl: `https://${'a-very-long-name-of-a-host.'.repeat(3)}example`,
  amount: '12.345.678,90\u00a0€',
}

describe.skipIf(!chromiumPath)('mails in a browser (needs Chromium: set CHROMIUM_PATH)', () => {
  let world: AdminWorld
  beforeAll(async () => {
    world = await openAdminWorld({ tester: { name: 'Nell Coach' } })
  }, 180_000)
  afterAll(() => world?.[Symbol.asyncDispose]())

  describe.each(['light', 'dark'] as const)('on a %s screen', (colorScheme) => {
    it.each(MAIL_LANGUAGES)('fit 320 pixels and can be read, in %s', async (language) => {
      const page = await world.browser.newPage({ viewport: NARROW, colorScheme })
      const grounds = new Set<string>()
      for (const mail of Object.values(presentSamples({ ...SCENE, language }))) {
        await page.setContent(mail.html)
        await expectNoSidewaysScroll(page)
        await expectAccessible(page)
        grounds.add(await page.evaluate<string>('getComputedStyle(document.body).backgroundColor'))
      }
      await page.close()

      expect([...grounds]).toEqual([colorScheme === 'dark' ? 'rgb(23, 22, 19)' : 'rgb(251, 249, 244)'])
    })
  })

  it.each(WIDTHS)('are shown to their creator with what became of them, %i px wide', async (width) => {
    const { db, queueMail } = world.test.app.installation
    const { creatorId } = world.tester
    for (const kind of ['receipt', 'order-shipped', 'invitation'] as const) {
      const mail = {
        ...presentSamples({ ...SCENE, language: 'en' })[kind],
        to: `${randomUUID()}@example.org`,
      }
      await queueMail(db, { creatorId, dedupeKey: randomUUID(), mail })
      if (kind === 'receipt') await recordSuppressions(db, [{ email: mail.to, reason: 'bounce' }])
    }
    const opened = await world.page(width)
    await opened.visit('/admin/account/mails?kind=weekly-digest&language=de&width=narrow&look=dark')
    const frame = opened.page.frameLocator('iframe')
    await frame.getByText('Die ganze Woche ansehen').waitFor()
    await opened.screenshot('account-mails')

    await opened.page.getByLabel('Mail', { exact: true }).selectOption('order-shipped')
    await opened.page.getByRole('button', { name: 'Show' }).click()
    await frame.getByText('The Sleep Journal').waitFor()

    // The frame is a document of its own, whose policy keeps the checker out as well: it is checked above.
    await opened.page.evaluate('document.querySelector("iframe").remove()')
    await expectAccessible(opened.page)
    await expectNoSidewaysScroll(opened.page)
    expect(opened.complaints).toEqual([])
    expect(Object.keys(MAIL_KINDS)).toHaveLength(await opened.page.locator('#kind option').count())
    await opened[Symbol.asyncDispose]()
  })

  it.each(WIDTHS)('are ended on a page of their own, %i px wide', async (width) => {
    const { unsubscribeLinks } = world.test.app.installation
    const { email, creatorId } = world.tester
    const url = unsubscribeLinks.urlOf({ email, kind: 'client-follow-up', creatorId, language: 'es' })
    const opened = await world.page(width, { as: 'nobody' })
    await opened.visit(new URL(url).pathname)
    await expectAccessible(opened.page)
    await opened.screenshot('unsubscribe')

    await opened.page.getByRole('button', { name: 'No recibir más estos correos' }).click()
    await opened.page.getByText('Hecho.').waitFor()

    await expectNoSidewaysScroll(opened.page)
    expect(opened.complaints).toEqual([])
    await opened[Symbol.asyncDispose]()
  })
})
