import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Bot } from '../../bots/bot-settings.ts'
import { AppError } from '../../errors.ts'
import { addTestBot } from '../../testing/builders/bot.ts'
import { addTestPlan, addTestSubscriber, addTestSubscription } from '../../testing/builders/plan.ts'
import { openTestDatabase } from '../../testing/database.ts'
import type { PaymentProvider } from '../payment-provider.ts'
import { askToCancel, cancelAsAsked, listCancelsDue } from './cancel-subscription.ts'

let test: Awaited<ReturnType<typeof openTestDatabase>>
let bot: Bot
let planId: string

beforeAll(async () => {
  test = await openTestDatabase()
  bot = await addTestBot(test.db)
  planId = (await addTestPlan(test.db, bot)).id
})
afterAll(() => test[Symbol.asyncDispose]())

async function subscribe(source: 'stripe' | 'stars' = 'stripe') {
  const person = await addTestSubscriber(test.db, bot)
  const periodEnd = new Date('2026-12-24T00:00:00Z')
  const subscriptionId = await addTestSubscription(test.db, person, { planId, source, periodEnd })
  return {
    key: { subscriptionId, subscriberId: person.subscriberId, botId: bot.id },
    subscriptionId,
    periodEnd,
  }
}

const read = (id: string) =>
  test.db
    .selectFrom('subscription')
    .select(['cancels_at', 'cancel_asked_at', 'provider_id'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()

/** A provider that only cancels, and says what it was asked. */
function createProvider(refusal?: AppError) {
  const asked: [id: string, when: string][] = []
  const payments: Pick<PaymentProvider, 'cancelSubscription'> = {
    async cancelSubscription(id, when) {
      asked.push([id, when])
      if (refusal) throw refusal
    },
  }
  return { asked, parts: { db: test.db, payments } }
}

describe('cancelling a subscription', () => {
  it('is noted at once and told to the provider once, for the end of the period', async () => {
    const { key, subscriptionId, periodEnd } = await subscribe()
    const { asked, parts } = createProvider()

    expect(await askToCancel(test.db, key)).toBe(true)
    expect(await askToCancel(test.db, key)).toBe(true)
    expect(await listCancelsDue(test.db, 10)).toContain(subscriptionId)
    await cancelAsAsked(parts, subscriptionId)
    await cancelAsAsked(parts, subscriptionId)

    const row = await read(subscriptionId)
    expect(asked).toEqual([[row.provider_id, 'period_end']])
    expect(row).toMatchObject({ cancels_at: periodEnd, cancel_asked_at: null })
    expect(await listCancelsDue(test.db, 10)).not.toContain(subscriptionId)
  })

  it('stays to be done while the provider cannot be reached', async () => {
    const { key, subscriptionId } = await subscribe()
    const { parts } = createProvider(new AppError('payment.unavailable'))
    await askToCancel(test.db, key)

    await expect(cancelAsAsked(parts, subscriptionId)).rejects.toMatchObject({ code: 'payment.unavailable' })

    expect(await listCancelsDue(test.db, 10)).toContain(subscriptionId)
    expect(await read(subscriptionId)).toMatchObject({ cancels_at: null })
  })

  it('is given up when the provider refuses: what it says of the subscription counts', async () => {
    const { key, subscriptionId } = await subscribe()
    const { parts } = createProvider(new AppError('payment.refused'))
    await askToCancel(test.db, key)

    await cancelAsAsked(parts, subscriptionId)

    expect(await read(subscriptionId)).toMatchObject({ cancels_at: null, cancel_asked_at: null })
  })

  it('is for who has it, of this bot, and not paid in Stars', async () => {
    const [mine, theirs, stars] = [await subscribe(), await subscribe(), await subscribe('stars')]

    expect(await askToCancel(test.db, { ...mine.key, subscriptionId: theirs.subscriptionId })).toBe(false)
    expect(await askToCancel(test.db, { ...mine.key, botId: '00000000-0000-0000-0000-000000000000' })).toBe(
      false,
    )
    expect(await askToCancel(test.db, stars.key)).toBe(false)
    expect(await read(theirs.subscriptionId)).toMatchObject({ cancel_asked_at: null })
  })
})
