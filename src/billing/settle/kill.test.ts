import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addTestSubscriber } from '../../testing/builders/plan.ts'
import { createRandom } from '../../testing/random.ts'
import { openPaymentWorld, type PaymentWorld } from '../../testing/stripe/payment-world.ts'

import { openCheckout } from '../checkout/checkout.ts'

const WORKER = fileURLToPath(new URL('../../testing/stripe/settle-worker.ts', import.meta.url))
const KILLS = 8
const BUYERS = 24
const STOCK = 100

let world: PaymentWorld
const random = createRandom(9)

beforeAll(async () => {
  world = await openPaymentWorld({ delayMs: () => Math.floor(random() * 15) })
})
afterAll(() => world[Symbol.asyncDispose]())

function startWorker(): ChildProcess {
  return spawn(process.execPath, [WORKER], {
    env: { ...process.env, DATABASE_URL: world.databaseUrl, STRIPE_URL: world.stripe.url },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
}

async function openEvents(): Promise<number> {
  const rows = await world.db.selectFrom('payment_event').select('id').where('done_at', 'is', null).execute()
  return rows.length
}

/** The lease of whoever was killed runs out. */
async function endLeases(): Promise<void> {
  await world.db.updateTable('payment_event').set({ not_before: null }).where('done_at', 'is', null).execute()
}

describe(`workers killed with SIGKILL ${KILLS} times while ${BUYERS} people pay`, () => {
  it('settle each payment exactly once', async () => {
    const { bot, priceId } = await world.openShop()
    const { id: packId } = await world.db
      .insertInto('product')
      .values({
        creator_id: bot.creatorId,
        bot_id: bot.id,
        key: 'pack',
        kind: 'topup',
        name: 'Pack',
        currency: 'eur',
        amount: 500,
        stock: STOCK,
        topup_kind: 'question',
        topup_count: 10,
        photo_key: null,
        photo_type: null,
        stars: null,
        provider_product_id: null,
        provider_price_id: null,
        retired_at: null,
      })
      .returning('id')
      .executeTakeFirstOrThrow()
    for (let count = 0; count < BUYERS; count++) {
      const person = await addTestSubscriber(world.db, bot)
      world.stripe.life.completeCheckout(await world.follow(person.id, priceId))
      const { url } = await openCheckout(world, { target: 'product', targetId: packId, chatId: person.id })
      world.stripe.life.completeCheckout(url.slice(url.lastIndexOf('/') + 1))
    }
    await world.hear(world.stripe.events)

    for (let kill = 0; kill < KILLS; kill++) {
      const worker = startWorker()
      await once(worker.stdout ?? worker, 'data')
      await sleep(20 + random() * 150)
      const gone = once(worker, 'exit')
      worker.kill('SIGKILL')
      await gone
      await endLeases()
    }
    const wereLeft = await openEvents()
    while ((await openEvents()) > 0) {
      await endLeases()
      await world.settleEvents()
    }

    const subscriptions = await world.db
      .selectFrom('subscription')
      .selectAll()
      .where('bot_id', '=', bot.id)
      .execute()
    const orders = await world.db.selectFrom('order').select('state').where('bot_id', '=', bot.id).execute()
    const topups = await world.db
      .selectFrom('topup')
      .select('left_count')
      .where('bot_id', '=', bot.id)
      .execute()
    const mails = await world.db.selectFrom('mail').select('kind').where('kind', '=', 'receipt').execute()
    const product = await world.db
      .selectFrom('product')
      .select('stock')
      .where('id', '=', packId)
      .executeTakeFirst()
    expect(wereLeft).toBeGreaterThan(0)
    expect(subscriptions.filter(({ status }) => status === 'active')).toHaveLength(BUYERS)
    expect(orders.filter(({ state }) => state === 'fulfilled')).toHaveLength(BUYERS)
    expect(topups.filter(({ left_count }) => left_count === 10)).toHaveLength(BUYERS)
    expect(mails).toHaveLength(BUYERS)
    expect(product).toEqual({ stock: STOCK - BUYERS })
  }, 180_000)
})
