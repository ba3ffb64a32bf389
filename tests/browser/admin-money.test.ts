import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addTestChat } from '../../src/testing/builders/conversation.ts'
import { addTestPayment, addTestSubscription } from '../../src/testing/builders/money.ts'
import { addTestUsage } from '../../src/testing/builders/usage.ts'
import { type StripeStandIn, startStripeStandIn } from '../../src/testing/stripe/stand-in.ts'
import { waitUntil } from '../../src/testing/wait.ts'
import {
  type AdminWorld,
  expectAccessible,
  expectNoSidewaysScroll,
  openAdminWorld,
  WIDTHS,
} from './admin-world.ts'
import { chromiumPath } from './chromium.ts'

const DAY_MS = 86_400_000

describe.skipIf(!chromiumPath)('money in a browser (needs Chromium: set CHROMIUM_PATH)', () => {
  let world: AdminWorld
  let stripe: StripeStandIn

  beforeAll(async () => {
    stripe = await startStripeStandIn()
    world = await openAdminWorld({
      tester: { name: 'Nell Coach', isOperator: true },
      env: {
        STRIPE_SECRET_KEY: `sk_test_${'k'.repeat(24)}`,
        STRIPE_WEBHOOK_SECRET: `whsec_${'w'.repeat(24)}`,
        STRIPE_API_ROOT: stripe.url,
      },
    })
  }, 180_000)
  afterAll(async () => {
    await world?.[Symbol.asyncDispose]()
    await stripe?.[Symbol.asyncDispose]()
  })

  it('sets up plans and codes, which reach Stripe, at a phone’s width', async () => {
    const base = `/admin/bots/${world.test.bot.id}/money`
    await using opened = await world.page(390)
    const { page, visit, screenshot, complaints } = opened
    await visit(`${base}/plans`)
    await screenshot('money-plans-none')
    await page.getByRole('link', { name: 'Say what is free' }).click()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('5 questions a day').waitFor()

    await page.getByRole('link', { name: 'New plan' }).click()
    await page.getByLabel('Name', { exact: true }).fill('Companion')
    await page.getByLabel('What it gives, in a sentence').fill('Ask as much as you like, every day.')
    await page.getByLabel('Price', { exact: true }).first().fill('nine')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Give a price above zero').waitFor()
    await expectAccessible(page)
    await expectNoSidewaysScroll(page)
    await screenshot('money-plan-refused')
    await page.getByLabel('Price', { exact: true }).first().fill('9')
    await page.getByLabel('Days free first').first().fill('7')
    await page.getByLabel('Stars on Telegram').first().fill('450')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('€9.00 a month').waitFor()

    const { db } = world.test.app.installation
    await waitUntil(async () => {
      const price = await db.selectFrom('price').select('provider_price_id').executeTakeFirst()
      return price?.provider_price_id !== null
    })
    await visit(`${base}/codes`)
    await page.getByRole('button', { name: 'Make the code' }).click()
    await page.getByText('Open', { exact: true }).waitFor()
    // The form that was refused on purpose.
    expect(complaints.filter((complaint) => !complaint.includes('422'))).toEqual([])
  }, 120_000)

  it.each(WIDTHS)(
    'shows who pays and what is earned, %i px wide',
    async (width) => {
      const base = `/admin/bots/${world.test.bot.id}/money`
      if (width === WIDTHS[0]) await addYear()
      await using opened = await world.page(width)
      const { page, visit, screenshot, complaints } = opened
      for (const path of ['', '/plans', '/plans/new', '/codes', '/payers', '/account']) {
        await visit(base + path)
        await expectAccessible(page)
        await expectNoSidewaysScroll(page)
        await screenshot(`money${path.replaceAll('/', '-')}`)
      }
      await visit(`${base}/payers`)
      await page.getByRole('link', { name: 'Ada Okafor', exact: true }).click()
      await page.getByRole('heading', { name: 'Payments' }).waitFor()
      await page.getByText('Cancel…').click()
      await expectAccessible(page)
      await expectNoSidewaysScroll(page)
      await screenshot('money-payer')
      expect(complaints).toEqual([])
    },
    120_000,
  )

  /** A year of a bot that sells: people come, most stay, some pay back. */
  async function addYear(): Promise<void> {
    const { bot, app } = world.test
    const { db } = app.installation
    await addTestUsage(db, bot)
    const price = await db
      .selectFrom('price')
      .select(['id as priceId', 'plan_id as planId'])
      .executeTakeFirstOrThrow()
    const { id: chatId } = await addTestChat(db, bot)
    const { subscriber_id } = await db
      .selectFrom('chat')
      .select('subscriber_id')
      .where('id', '=', chatId)
      .executeTakeFirstOrThrow()
    await db.updateTable('subscriber').set({ name: 'Ada Okafor' }).where('id', '=', subscriber_id).execute()
    const ago = (days: number) => new Date(Date.now() - days * DAY_MS)
    for (let n = 0; n < 28; n += 1) {
      const days = 12 * n + 3
      const isOver = n % 5 === 4
      const id = await addTestSubscription(db, bot, price, {
        created_at: ago(days),
        ...(isOver ? { status: 'canceled', ended_at: ago(days / 3) } : {}),
        ...(n === 0 ? { subscriber_id, cancels_at: ago(-20) } : {}),
        ...(n === 1 ? { status: 'past_due', grace_until: ago(-3) } : {}),
        ...(n === 2 ? { status: 'trialing', trial_end: ago(-4) } : {}),
        email: `payer-${n}@example.org`,
      })
      for (let month = 0; month * 30 < days - (isOver ? days / 3 : 0); month += 1) {
        const isBack = (n + month) % 9 === 8
        await addTestPayment(db, bot, {
          ...{ subscription_id: id, paid_at: ago(days - month * 30), fee: 56 },
          ...(isBack && { state: 'refunded', refunded: 900 }),
        })
      }
    }
  }
})
