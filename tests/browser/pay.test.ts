import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findFreePort } from '../../scripts/stage/port.ts'
import { addTestPlan, addTestPrice } from '../../src/testing/builders/plan.ts'
import { type StripeStandIn, startStripeStandIn } from '../../src/testing/stripe/stand-in.ts'
import { type AdminWorld, expectNoSidewaysScroll, openAdminWorld, WIDTHS } from './admin-world.ts'
import { chromiumPath } from './chromium.ts'

const SECRET = 'whsec_browser'

describe.skipIf(!chromiumPath)('paying in a browser (needs Chromium: set CHROMIUM_PATH)', () => {
  let stripe: StripeStandIn
  let world: AdminWorld

  beforeAll(async () => {
    stripe = await startStripeStandIn({ secretKey: 'sk_test_browser' })
    // Known beforehand: Stripe leads back to it.
    const port = String(await findFreePort())
    world = await openAdminWorld({
      env: {
        PORT: port,
        PUBLIC_URL: `http://127.0.0.1:${port}`,
        STRIPE_SECRET_KEY: 'sk_test_browser',
        STRIPE_WEBHOOK_SECRET: SECRET,
        STRIPE_API_ROOT: stripe.url,
        SWEEP_INTERVAL_MS: '200',
      },
    })
    const { bot, app } = world.test
    const { db } = app.installation
    const free = { question: { count: 1, per: 'lifetime' } } as const
    await addTestPlan(db, bot, { name: 'Free', isFree: true, allowance: free })
    const { id } = await addTestPlan(db, bot, { name: 'Plus' })
    await addTestPrice(db, { id, creatorId: bot.creatorId }, { amount: 700 })
    stripe.setWebhook({ url: `${world.url}/webhooks/stripe`, secret: SECRET })
  }, 180_000)
  afterAll(async () => {
    await world?.[Symbol.asyncDispose]()
    await stripe?.close()
  })

  it.each(WIDTHS)(
    'leads from the free limit over the Checkout to the kept question’s answer, at %i px',
    async (width) => {
      await using person = await world.page(width, { as: 'nobody' })
      const { page } = person
      const says = async (text: string) => {
        await page.fill('#text', text)
        await page.click('.send')
      }
      const heard = page.locator('.said-out')
      await person.visit(`/try/${world.test.bot.slug}`)
      await says('What is the word of locker k1003?')
      await heard.filter({ hasText: 'amber1003' }).first().waitFor({ timeout: 30_000 })
      await says('What is the word of locker k1040?')
      const offer = page.getByRole('link', { name: /Plus/ })
      await offer.waitFor({ timeout: 30_000 })
      await expectNoSidewaysScroll(page)
      await person.screenshot('pay-wall')
      // Links lead away from the chat: what they open is what counts here, wherever it opens.
      const link = (await offer.getAttribute('href')) ?? ''
      await using away = await world.page(width, { as: 'nobody' })
      await away.page.goto(link)

      await away.page.fill('input[name=email]', 'ana@example.org')
      await away.page.getByRole('button', { name: 'Pay' }).click()

      await away.page.getByText('Thank you').first().waitFor({ timeout: 30_000 })
      await expectNoSidewaysScroll(away.page)
      await away.screenshot('pay-thanks')
      await heard.filter({ hasText: 'amber1040' }).first().waitFor({ timeout: 30_000 })
      await person.screenshot('pay-answered')
      await says('What is the word of locker k1055?')
      await heard.filter({ hasText: 'amber1055' }).first().waitFor({ timeout: 30_000 })
      expect(person.complaints).toEqual([])
    },
  )
})
