import { createHmac, randomBytes } from 'node:crypto'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Actor } from '../../accounts/access.ts'
import { createVault } from '../../accounts/vault.ts'
import type { Bot } from '../../bots/bot-settings.ts'
import { createPublicLookup, isPublicAddress } from '../../crawling/public-address.ts'
import type { Db } from '../../db/database.ts'
import { AppError } from '../../errors.ts'
import { createLogger } from '../../logger.ts'
import { addTestBot } from '../../testing/builders/bot.ts'
import { addTestSubscriber } from '../../testing/builders/plan.ts'
import { addTestProduct, buildCheckout, buildPayment } from '../../testing/builders/product.ts'
import { openTestDatabase } from '../../testing/database.ts'
import { SELF_SIGNED } from '../../testing/network/self-signed.ts'
import { applyOrderPayment } from '../orders/apply-payment.ts'
import { markShipped } from '../orders/order.ts'
import { reserveOrder } from '../orders/reserve.ts'
import { callFulfilment, listDueCalls, testFulfilment } from './call.ts'
import { openHook, removeHook, setHook } from './hook.ts'
import { createPostHook, readHookUrl } from './hook-post.ts'

const vault = createVault(randomBytes(32).toString('hex'))
const log = createLogger('silent')

let test: Awaited<ReturnType<typeof openTestDatabase>>
let db: Db
let bot: Bot
let shop: Awaited<ReturnType<typeof startShop>>

beforeAll(async () => {
  test = await openTestDatabase()
  db = test.db
  bot = await addTestBot(db)
  shop = await startShop()
})
afterAll(async () => {
  await shop[Symbol.asyncDispose]()
  await test[Symbol.asyncDispose]()
})

interface Heard {
  id: string
  signature: string
  body: string
}

/** A creator's own server, on this machine. */
async function startShop() {
  const { key, cert } = SELF_SIGNED
  const heard: Heard[] = []
  const shop = { status: 200 }
  const server = createServer({ key, cert }, (req, res) => {
    let body = ''
    req.on('data', (chunk) => {
      body += chunk
    })
    req.on('end', () => {
      const { 'cornerman-id': id, 'cornerman-signature': signature } = req.headers
      heard.push({ id: String(id), signature: String(signature), body })
      if (shop.status === 302) res.setHeader('Location', 'https://127.0.0.1:1/')
      res.writeHead(shop.status).end('x'.repeat(1_000_000))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    ...{ heard, shop, url: `https://localhost:${port}/orders` },
    postHook: createPostHook({ isAllowed: () => true, ca: cert, timeoutMs: 3_000 }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const actorOf = (bot: Bot): Actor => ({
  ...{ creatorId: bot.creatorId, memberId: undefined, apiKeyId: undefined, name: 'Ana' },
  ...{ role: 'owner', isOperator: false, ip: undefined },
})

/** The shop's address as it stands in the database: pages and API refuse a private one. */
async function tellShopOf(bot: Bot): Promise<string> {
  const { secret } = await setHook(db, actorOf(bot), {
    botId: bot.id,
    url: 'https://shop.example.com/x',
    vault,
  })
  await db.updateTable('fulfilment_hook').set({ url: shop.url }).where('bot_id', '=', bot.id).execute()
  return secret ?? ''
}

async function buy(bot: Bot) {
  const productId = await addTestProduct(db, bot, { isShipped: true })
  const person = await addTestSubscriber(db, bot)
  return db.transaction().execute(async (trx) => {
    const request = { productId, subscriberId: person.subscriberId, chatId: person.id }
    const { orderId } = await reserveOrder(trx, request)
    const shipping = {
      name: 'Ana',
      lines: ['1 Way'],
      city: 'Graz',
      postalCode: '8010',
      state: '',
      country: 'AT',
    }
    const paid = { orderId, payment: buildPayment(), checkout: buildCheckout({ shipping }), vault }
    await applyOrderPayment(trx, paid)
    return orderId
  })
}

const callsOf = (orderId: string) =>
  db.selectFrom('fulfilment_call').selectAll().where('order_id', '=', orderId).orderBy('created_at').execute()

const parts = () => ({ db, vault, postHook: shop.postHook, log })

describe('a shop', () => {
  it('hears of each change once, signed, with the address', async () => {
    const secret = await tellShopOf(bot)
    const orderId = await buy(bot)
    await markShipped(db, actorOf(bot), {
      ...{ creatorId: bot.creatorId, botId: bot.id, orderId, tracking: 'RR123' },
    })
    shop.heard.length = 0

    for (const id of await listDueCalls(db, 10)) await callFulfilment(parts(), id)

    expect(shop.heard.map(({ body }) => JSON.parse(body))).toMatchObject([
      {
        type: 'order.paid',
        order: { id: orderId, amount: 4_900, currency: 'eur', shipping: { city: 'Graz' } },
      },
      { type: 'order.shipped', order: { tracking: 'RR123', state: 'shipped' } },
    ])
    for (const { signature, body, id } of shop.heard) {
      const [, seconds = '', hex = ''] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature) ?? []
      expect(createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')).toBe(hex)
      expect(Math.abs(Date.now() / 1_000 - Number(seconds))).toBeLessThan(60)
      expect(JSON.parse(body).id).toBe(id)
    }
    expect(await listDueCalls(db, 10)).toEqual([])
  })

  it.each([500, 302, 404])('that answers %d is asked again later, under the same id', async (status) => {
    const other = await addTestBot(db)
    await tellShopOf(other)
    const orderId = await buy(other)
    const [call] = await callsOf(orderId)
    shop.heard.length = 0
    shop.shop.status = status
    await callFulfilment(parts(), call?.id ?? '')
    // A nudge before the wait is over does nothing.
    await callFulfilment(parts(), call?.id ?? '')
    const [waiting] = await callsOf(orderId)
    expect(waiting).toMatchObject({ state: 'queued', attempts: 1, error_code: 'fulfilment.unreachable' })
    expect(waiting?.not_before?.getTime()).toBeGreaterThan(Date.now())
    await db
      .updateTable('fulfilment_call')
      .set({ not_before: null })
      .where('order_id', '=', orderId)
      .execute()
    shop.shop.status = 204

    await callFulfilment(parts(), call?.id ?? '')

    expect(shop.heard.map(({ id }) => id)).toEqual([call?.id, call?.id])
    expect(await callsOf(orderId)).toMatchObject([{ state: 'done', attempts: 2 }])
  })

  it('that is not there gets no order, and one that was removed none any more', async () => {
    const other = await addTestBot(db)
    expect(await callsOf(await buy(other))).toEqual([])
    await tellShopOf(other)
    const [call] = await callsOf(await buy(other))
    await removeHook(db, actorOf(other), { botId: other.id })
    shop.heard.length = 0

    await callFulfilment(parts(), call?.id ?? '')

    expect(shop.heard).toEqual([])
  })

  it('is tested with a message of its own', async () => {
    const secret = await tellShopOf(bot)
    shop.heard.length = 0

    await testFulfilment(
      shop.postHook,
      await openHook(db, vault, { botId: bot.id, creatorId: bot.creatorId }),
    )

    expect(JSON.parse(shop.heard[0]?.body ?? '{}')).toMatchObject({ type: 'test' })
    expect(secret).toMatch(/^$|^fh_/)
    await expect(testFulfilment(shop.postHook, undefined)).rejects.toMatchObject({
      code: 'fulfilment.not_set',
    })
  })

  it('keeps its secret when its address changes, and gets another when asked', async () => {
    const other = await addTestBot(db)
    const url = 'https://shop.example.com/x'
    const set = (more: object = {}) => setHook(db, actorOf(other), { botId: other.id, url, vault, ...more })
    const read = async () =>
      (await openHook(db, vault, { botId: other.id, creatorId: other.creatorId }))?.secret

    const first = (await set()).secret
    expect((await set({ url: 'https://shop.example.com/y' })).secret).toBeUndefined()
    expect(await read()).toBe(first)
    const second = (await set({ isRotated: true })).secret
    expect(second).not.toBe(first)
    expect(await read()).toBe(second)
  })
})

describe('addresses', () => {
  it.each([
    'http://shop.example.com/',
    'https://user:pw@shop.example.com/',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://10.0.0.8/',
    'https://169.254.169.254/latest/meta-data',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://[fd00::1]/',
    'https://localhost/',
    'https://database/',
    'ftp://shop.example.com/',
    'not an address',
    '',
  ])('%s is refused', (url) => {
    expect(() => readHookUrl(url)).toThrow(expect.objectContaining({ code: 'fulfilment.url_refused' }))
  })

  it.each(['https://shop.example.com/orders', 'https://93.184.216.34/', 'https://[2606:2800:220:1::1]/'])(
    '%s is taken',
    (url) => {
      expect(readHookUrl(url).href).toBe(new URL(url).href)
    },
  )

  it('that a public name resolves to are looked at when the connection is made', async () => {
    const heard = shop.heard.length
    // Let through when the address is read, as a name would be that comes to mean another server afterwards.
    let asked = 0
    const post = createPostHook({ isAllowed: () => asked++ === 0 })
    const message = { secret: 's', id: 'i', body: '{}', now: new Date() }

    await expect(post({ ...message, url: shop.url })).rejects.toMatchObject({
      code: 'fulfilment.url_refused',
    })
    const lookup = createPublicLookup(isPublicAddress, () => new AppError('fulfilment.url_refused'))
    const looked = new Promise((resolve) => lookup('localhost', {}, (error) => resolve(error)))
    expect(await looked).toMatchObject({ code: 'fulfilment.url_refused' })
    expect(shop.heard).toHaveLength(heard)
  })
})
