import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Actor } from '../../accounts/access.ts'
import type { WithinCreator } from '../../db/tenant-wall.ts'
import { addCreatorRows } from '../../testing/builders/creator-rows.ts'
import { addTestPayment, addTestPrice, addTestSubscription } from '../../testing/builders/money.ts'
import { openTestDatabase, type TestDatabase } from '../../testing/database.ts'
import { cancelPayer, refundPayer } from './actions.ts'

describe('what an owner does to a payer', () => {
  let database: TestDatabase
  let bot: { id: string; creatorId: string }
  let sold: { planId: string; priceId: string }
  const calls: unknown[][] = []
  const record =
    (name: string) =>
    async (...given: unknown[]) => {
      calls.push([name, ...given])
    }
  const payments = { cancelSubscription: record('cancel'), refund: record('refund') } as never
  const settle = { settleSubscription: record('read'), settlePayment: record('read') } as never

  beforeAll(async () => {
    database = await openTestDatabase()
    const made = await addCreatorRows(database.db, 'payers')
    bot = { id: made.botId, creatorId: made.creatorId }
    sold = await addTestPrice(database.db, bot)
  }, 60_000)
  afterAll(() => database?.[Symbol.asyncDispose]())

  const within: WithinCreator = (_, work) => database.db.transaction().execute(work)
  const parts = () => ({ within, payments, settle })
  const actorOf = (role: Actor['role'], creatorId = bot.creatorId): Actor => ({
    ...{ creatorId, memberId: undefined, apiKeyId: undefined, ip: undefined },
    ...{ name: 'Nell', role, isOperator: false },
  })
  const add = (changes = {}) =>
    addTestSubscription(database.db, bot, sold, {
      provider_id: `sub_${calls.length}_${Math.random()}`,
      ...changes,
    })
  const take = () => calls.splice(0)

  it('is ended when it is paid up by a job, and at once right away', async () => {
    const subscriptionId = await add()
    const target = { botId: bot.id, subscriptionId }

    await cancelPayer(parts(), actorOf('owner'), { ...target, when: 'period_end' })
    expect(take()).toEqual([])
    const row = await database.db
      .selectFrom('subscription')
      .select(['cancel_asked_at', 'provider_id'])
      .where('id', '=', subscriptionId)
      .executeTakeFirstOrThrow()
    expect(row.cancel_asked_at).toBeInstanceOf(Date)

    await cancelPayer(parts(), actorOf('owner'), { ...target, when: 'now' })
    expect(take()).toEqual([
      ['cancel', row.provider_id, 'now'],
      ['read', row.provider_id],
    ])
  })

  it('gives a payment of theirs back, and no other', async () => {
    const subscriptionId = await add()
    const target = { botId: bot.id, subscriptionId }
    const paymentId = await addTestPayment(database.db, bot, { subscription_id: subscriptionId })
    const others = await addTestPayment(database.db, bot, { subscription_id: await add() })

    await refundPayer(parts(), actorOf('owner'), { ...target, paymentId })
    expect(take()).toEqual([
      ['refund', { paymentId, key: `payer-refund:${paymentId}` }],
      ['read', paymentId],
    ])
    await expect(
      refundPayer(parts(), actorOf('owner'), { ...target, paymentId: others }),
    ).rejects.toMatchObject({ code: 'payment.not_refundable' })
    await database.db.updateTable('payment').set({ state: 'refunded' }).where('id', '=', paymentId).execute()
    await expect(refundPayer(parts(), actorOf('owner'), { ...target, paymentId })).rejects.toMatchObject({
      code: 'payment.not_refundable',
    })
    expect(take()).toEqual([])
  })

  it.each([
    ['is over', { status: 'canceled', ended_at: new Date() }],
    ['is paid in Stars', { source: 'stars' }],
  ])('cannot end what %s', async (_, changes) => {
    const target = { botId: bot.id, subscriptionId: await add(changes) }

    await expect(cancelPayer(parts(), actorOf('owner'), { ...target, when: 'now' })).rejects.toMatchObject({
      code: 'subscription.over',
    })
    expect(take()).toEqual([])
  })

  it('is no editor’s and no stranger’s, and nothing where nothing is sold', async () => {
    const target = { botId: bot.id, subscriptionId: await add(), when: 'now' as const }
    const { creatorId } = await addCreatorRows(database.db, 'payers-other')

    await expect(cancelPayer(parts(), actorOf('editor'), target)).rejects.toMatchObject({
      code: 'access.denied',
    })
    await expect(cancelPayer(parts(), actorOf('owner', creatorId), target)).rejects.toMatchObject({
      code: 'subscription.not_found',
    })
    await expect(
      cancelPayer({ within, payments: undefined, settle: undefined }, actorOf('owner'), target),
    ).rejects.toMatchObject({ code: 'payment.not_set_up' })
    expect(take()).toEqual([])
  })
})
