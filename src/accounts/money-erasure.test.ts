import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addCreatorRows, type CreatorRows } from '../testing/builders/creator-rows.ts'
import { openTestDatabase, type TestDatabase } from '../testing/database.ts'
import { findTablesHolding } from '../testing/database-search.ts'
import { forgetPaymentEvents } from './money-erasure.ts'
import { listSilentChats } from './retention.ts'
import { eraseSubscriber } from './subscriber-erasure.ts'
import { exportSubscriber } from './subscriber-export.ts'

const EMAIL = 'wombat7@example.org'
const CUSTOMER = 'cus_wombat7'

let database: TestDatabase
let made: CreatorRows
beforeAll(async () => {
  database = await openTestDatabase()
  made = await addCreatorRows(database.db, 'payer-erasure')
  const { db } = database
  const words = { email: EMAIL, customer_id: CUSTOMER }
  await db.updateTable('subscription').set(words).execute()
  await db.updateTable('payer').set(words).execute()
  await db.updateTable('order').set({ email: EMAIL, tracking: 'wombat7 parcel' }).execute()
  await db
    .updateTable('payment')
    .set({ receipt_url: 'https://pay.example/wombat7', paid_at: new Date() })
    .execute()
  await db.updateTable('mail').set({ recipient: EMAIL }).execute()
}, 60_000)
afterAll(() => database?.[Symbol.asyncDispose]())

describe('what someone paid', () => {
  it('is in what they are given of their data, once each', async () => {
    let text = ''
    const { creatorId, subscriberId } = made
    for await (const piece of exportSubscriber((work) => work(database.db), { creatorId, subscriberId }))
      text += piece

    expect(JSON.parse(text)).toMatchObject({
      payers: [{ customerId: CUSTOMER, email: EMAIL }],
      subscriptions: [{ status: 'active', email: EMAIL }],
      payments: [{ amount: 900, currency: 'eur' }],
      orders: [{ email: EMAIL }],
      accessGrants: [{}],
      allowances: [{ kind: 'payer-erasure' }],
      topups: [{ leftCount: 1 }],
      heldQuestions: [{}],
      checkouts: [{}],
    })
  })

  it('keeps their chats from being erased for silence as long as they pay', async () => {
    const { db } = database
    await db.updateTable('chat').set({ last_message_at: '2020-01-01T00:00:00Z' }).execute()
    const silent = () => listSilentChats(db, made.creatorId, { days: 30, limit: 10 })

    expect(await silent()).toEqual([])
    await db.updateTable('subscription').set({ status: 'canceled', ended_at: new Date() }).execute()
    expect(await silent()).toEqual([made.chatId])
    await db.updateTable('subscription').set({ status: 'active', ended_at: null }).execute()
  })

  it('stays as figures without the person, and is not paid for any longer', async () => {
    const { db } = database
    const { creatorId, subscriberId } = made

    await db
      .updateTable('payment_event')
      .set({ object_id: 'payer-erasure', payload: JSON.stringify({ email: EMAIL }) })
      .execute()

    const { paidIds } = await db
      .transaction()
      .execute((trx) => eraseSubscriber(trx, { creatorId, subscriberId }))
    await forgetPaymentEvents(db, paidIds)

    expect(await findTablesHolding(db, 'wombat7')).toEqual([])
    expect(await findTablesHolding(db, subscriberId)).toEqual([])
    const subscription = await db.selectFrom('subscription').selectAll().executeTakeFirstOrThrow()
    expect(subscription).toMatchObject({
      subscriber_id: null,
      email: null,
      customer_id: null,
      status: 'active',
    })
    expect(subscription.cancel_asked_at).not.toBeNull()
    expect(subscription.erased_at).not.toBeNull()
    const { rows } = await sql<{ sum: string }>`SELECT sum(amount) FROM payment`.execute(db)
    expect(rows).toEqual([{ sum: '900' }])
  })
})
