import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { numberOf } from '../src/billing/orders/order.ts'
import { phrase } from '../src/bots/phrases.ts'
import { tellBuyer } from '../src/coaching/order-notice.ts'
import { openApiCaller } from '../src/testing/api/caller.ts'
import { startTestApp, type TestApp } from '../src/testing/app.ts'
import { addTestProduct } from '../src/testing/builders/product.ts'
import { buildPng } from '../src/testing/samples/png.ts'
import { type SignedInTester, signUpTester } from '../src/testing/signed-in.ts'
import { type StripeStandIn, startStripeStandIn } from '../src/testing/stripe/stand-in.ts'
import {
  createTelegramPerson,
  type TelegramLine,
  type TelegramPerson,
} from '../src/testing/telegram/person.ts'
import { startTelegramStandIn, type TelegramStandIn } from '../src/testing/telegram/stand-in.ts'
import { waitUntil } from '../src/testing/wait.ts'

const WEBHOOK_SECRET = 'whsec_orders'
const PUBLIC_URL = 'https://coach.example'
const ADDRESS = {
  name: 'Ana Buyer',
  address: {
    line1: '12 Quiet Street',
    line2: null,
    city: 'Graz',
    postal_code: '8010',
    state: null,
    country: 'AT',
  },
}

describe('products and orders', () => {
  const opened = new AsyncDisposableStack()
  let telegram: TelegramStandIn
  let stripe: StripeStandIn
  let app: TestApp
  let line: TelegramLine
  let owner: SignedInTester
  let base = ''

  const db = () => app.app.installation.db
  const newPerson = () => createTelegramPerson(line, telegram)

  beforeAll(async () => {
    telegram = opened.use(await startTelegramStandIn())
    stripe = opened.use(await startStripeStandIn())
    app = opened.use(
      await startTestApp({
        env: {
          TELEGRAM_API_ROOT: telegram.url,
          TELEGRAM_CHAT_PER_SECOND: '1000',
          STRIPE_SECRET_KEY: 'sk_test_orders',
          STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
          STRIPE_API_ROOT: stripe.url,
          PUBLIC_URL,
        },
      }),
    )
    stripe.setWebhook({ url: `${app.url}/webhooks/stripe`, secret: WEBHOOK_SECRET })
    line = await app.connectTelegram()
    owner = await signUpTester(app)
    base = `/admin/bots/${app.bot.id}/money`
  }, 120_000)
  afterAll(() => opened.disposeAsync())

  /** What the person gets who taps the button: the provider's page. */
  async function followLink(url = ''): Promise<string> {
    const path = url.slice(PUBLIC_URL.length)
    const answer = await fetch(app.url + path, {
      redirect: 'manual',
      headers: { 'User-Agent': 'Mozilla/5.0 (X11)' },
    })
    expect(answer.status).toBe(303)
    return (answer.headers.get('location') ?? '').split('/').at(-1)?.split(/[?#]/)[0] ?? ''
  }

  /** The card of one product, as this person sees it. */
  async function seeCard(person: TelegramPerson, name: string) {
    const before = person.heard().length
    await person.says('/products')
    await waitUntil(() =>
      person
        .heard()
        .slice(before)
        .some(({ text }) => text.startsWith(name)),
    )
    const card = person.heard().findLast(({ text }) => text.startsWith(name))
    if (!card) throw new Error('no card came')
    return card
  }

  const orderOf = async (person: TelegramPerson) =>
    db()
      .selectFrom('order')
      .innerJoin('chat', 'chat.id', 'order.chat_id')
      .selectAll('order')
      .where('chat.chat_key', '=', person.chatKey)
      .executeTakeFirst()

  async function hearsText(person: TelegramPerson, text: string): Promise<void> {
    await waitUntil(() => person.heard().some((message) => message.text.includes(text)), 20_000)
  }

  it('sells what the page made: card with photo, Checkout, confirmation, sending, money back', async () => {
    const made = await owner.post(`${base}/products`, {
      ...{ name: 'The sleep kit', kind: 'goods', description: 'Seven nights.', delivery: '' },
      ...{
        amount: '49.00',
        currency: 'eur',
        stock: '3',
        isShipped: 'yes',
        topupKind: 'question',
        topupCount: '',
      },
    })
    expect(made.status).toBe(303)
    const productPath = (made.headers.get('location') ?? '').split('?')[0] ?? ''
    const form = new FormData()
    form.set('_csrf', owner.csrfToken)
    form.set('photo', new Blob([buildPng(640, 400)]), 'kit.png')
    const uploaded = await fetch(`${app.url}${productPath}/photo`, {
      ...{ method: 'POST', body: form, redirect: 'manual' },
      headers: { Cookie: owner.cookie, Accept: 'text/html', 'Sec-Fetch-Site': 'same-origin' },
    })
    expect(uploaded.status).toBe(303)

    const person = newPerson()
    const card = await seeCard(person, 'The sleep kit')
    expect(card.text).toBe('The sleep kit · €49.00\n\nSeven nights.')
    const [button] = card.buttons.flat()
    expect(button).toMatchObject({ label: phrase('en', 'product_buy') })
    const photo = await fetch(app.url + (card.photo ?? '').slice(PUBLIC_URL.length))
    expect(photo.status).toBe(200)
    expect(photo.headers.get('content-type')).toBe('image/png')
    expect(photo.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(Buffer.from(await photo.arrayBuffer())).toEqual(buildPng(640, 400))

    const sessionId = await followLink(button?.url)
    expect(await followLink(button?.url)).toBe(sessionId)
    stripe.life.completeCheckout(sessionId, { email: 'ana@example.test', shipping: ADDRESS })
    await waitUntil(async () => (await orderOf(person))?.state === 'paid', 20_000)
    const order = await orderOf(person)
    const number = numberOf(order?.id ?? '')
    await hearsText(person, number)
    const orderPath = `${base}/orders/${order?.id}`
    expect(await (await owner.fetch(orderPath)).text()).toContain('12 Quiet Street')
    expect(await (await owner.fetch(`${base}/orders`)).text()).toContain(number)

    expect((await owner.post(`${orderPath}/ship`, { tracking: 'RR 123 AT' })).status).toBe(303)
    await hearsText(person, 'RR 123 AT')
    const csv = await (await owner.fetch(`${base}/orders.csv`)).text()
    expect(csv).toContain(`${number},`)
    expect(csv).toContain(',49,EUR,ana@example.test,RR 123 AT')

    expect((await owner.post(`${orderPath}/refund`)).status).toBe(303)
    await waitUntil(async () => (await orderOf(person))?.state === 'refunded', 20_000)
    await hearsText(person, phrase('en', 'order_refunded', { product: 'The sleep kit' }).replaceAll('**', ''))
    const mails = await db()
      .selectFrom('mail')
      .select('kind')
      .where('recipient', '=', 'ana@example.test')
      .where('kind', 'like', 'order-%')
      .orderBy('created_at')
      .execute()
    expect(mails.map(({ kind }) => kind)).toEqual(['order-confirmed', 'order-shipped', 'order-refunded'])
    expect(stripe.refused).toEqual([])
  })

  it('says what is told after paying, and calls it done', async () => {
    await addTestProduct(db(), app.bot, {
      ...{ kind: 'session', name: 'An hour', amount: 9_000, delivery: 'Book here: https://cal.example/ana' },
    })
    const person = newPerson()
    const [button] = (await seeCard(person, 'An hour')).buttons.flat()
    stripe.life.completeCheckout(await followLink(button?.url))

    await hearsText(person, 'https://cal.example/ana')
    expect(await orderOf(person)).toMatchObject({ state: 'fulfilled', shipping: null })
  })

  it('shows no link for what is sold out, and a link of before leads to no Checkout', async () => {
    const id = await addTestProduct(db(), app.bot, { name: 'The last one', stock: 1 })
    const [quick, late] = [newPerson(), newPerson()]
    const [quickCard, lateCard] = [await seeCard(quick, 'The last one'), await seeCard(late, 'The last one')]
    await followLink(quickCard.buttons.flat()[0]?.url)

    const path = (lateCard.buttons.flat()[0]?.url ?? '').slice(PUBLIC_URL.length)
    const refused = await fetch(app.url + path, { redirect: 'manual', headers: { Accept: 'text/html' } })
    expect(refused.status).toBe(409)
    const card = await seeCard(late, 'The last one')
    expect(card.text).toContain(phrase('en', 'product_sold_out'))
    expect(card.buttons).toEqual([])
    await db().updateTable('product').set({ retired_at: new Date() }).where('id', '=', id).execute()
  })

  it('has cards in the browser, too', async () => {
    const { channels } = app.app.installation
    const photo = { url: `${PUBLIC_URL}/photos/abc"x`, alt: 'A <kit>' }
    const [part] = channels.web.render({ markdown: '**Kit**', citations: [], buttons: [], photo })

    expect(part?.html).toBe(
      '<p class="photo"><img src="/photos/abc%22x" alt="A &lt;kit&gt;" loading="lazy"></p><p dir="auto"><strong>Kit</strong></p>',
    )
  })

  it('refuses photos that are none, and photo addresses that are not ours', async () => {
    const productId = await addTestProduct(db(), app.bot, { name: 'Bare' })
    for (const bytes of [
      Buffer.from('<svg onload=alert(1)>'),
      buildPng(9_000, 10),
      Buffer.alloc(6_000_000, 255),
    ]) {
      const form = new FormData()
      form.set('_csrf', owner.csrfToken)
      form.set('photo', new Blob([bytes]), 'x.png')
      const answer = await fetch(`${app.url}${base}/products/${productId}/photo`, {
        ...{ method: 'POST', body: form, redirect: 'manual' },
        headers: { Cookie: owner.cookie, Accept: 'text/html', 'Sec-Fetch-Site': 'same-origin' },
      })
      expect(answer.status).toBe(422)
    }
    const forged = new FormData()
    forged.set('photo', new Blob([buildPng(64, 64)]), 'x.png')
    const answer = await fetch(`${app.url}${base}/products/${productId}/photo`, {
      ...{ method: 'POST', body: forged, redirect: 'manual', headers: { Cookie: owner.cookie } },
    })
    expect(answer.status).toBe(403)
    const { photoLinks } = app.app.installation
    const url = photoLinks.urlOf({ id: productId, photo: { key: `${'a'.repeat(36)}/${'b'.repeat(64)}` } })
    const token = url.split('/').at(-1) ?? ''
    for (const wrong of [
      token,
      `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`,
      'x',
      '..%2f..%2fetc',
    ]) {
      expect((await fetch(`${app.url}/photos/${wrong}`)).status).toBe(404)
    }
  })

  it('keeps what is sold while a form is open', async () => {
    const productId = await addTestProduct(db(), app.bot, { name: 'Few', stock: 5 })
    const fields = {
      ...{ name: 'Few', description: '', delivery: '', amount: '49.00', currency: 'eur', stockSeen: '5' },
      ...{ topupKind: '', topupCount: '' },
    }
    await db().updateTable('product').set({ stock: 3 }).where('id', '=', productId).execute()

    expect((await owner.post(`${base}/products/${productId}`, { ...fields, stock: '6' })).status).toBe(303)
    const row = await db()
      .selectFrom('product')
      .select('stock')
      .where('id', '=', productId)
      .executeTakeFirst()
    expect(row).toEqual({ stock: 4 })
    const again = await owner.post(`${base}/products/${productId}`, { ...fields, stockSeen: '9', stock: '2' })
    expect(again.status).toBe(422)
    expect(await again.text()).toContain('Meanwhile more was sold')
  })

  it.each([
    ['amount', { amount: 'nine' }],
    ['stock', { stock: '-1' }],
    ['topupCount', { kind: 'topup', topupCount: '' }],
    ['name', { name: '' }],
  ])('says beside the form what is wrong with its %s', async (field, wrong) => {
    const answer = await owner.post(`${base}/products`, {
      ...{ name: 'X', kind: 'goods', description: '', delivery: '', amount: '9', currency: 'eur', stock: '' },
      ...{ topupKind: 'question', topupCount: '', ...wrong },
    })

    expect(answer.status).toBe(422)
    expect(await answer.text()).toContain(`id="${field}-error"`)
  })

  it('sets, changes and removes where the shop hears of it', async () => {
    const refused = await owner.post(`${base}/shop`, { url: 'https://10.0.0.1/x' })
    expect(refused.status).toBe(422)
    const set = await owner.post(`${base}/shop`, { url: 'https://shop.example.com/x' })
    expect(await set.text()).toMatch(/fh_[\w-]{43}/)
    expect((await owner.post(`${base}/shop`, { url: 'https://shop.example.com/y' })).status).toBe(303)
    const page = await (await owner.fetch(`${base}/shop`)).text()
    expect(page).toContain('https://shop.example.com/y')
    expect(page).not.toContain('fh_')
    expect((await owner.post(`${base}/shop/remove`)).status).toBe(303)
    expect((await owner.post(`${base}/shop/test`)).status).toBe(404)
  })

  it('keeps one order and one piece, however the way to the Checkout breaks', async () => {
    const productId = await addTestProduct(db(), app.bot, { name: 'Fragile', stock: 2 })
    const person = newPerson()
    const [button] = (await seeCard(person, 'Fragile')).buttons.flat()
    // More often than the vendor's library tries by itself; Stripe carried it out, and only the answers were lost.
    stripe.failNext(4, { kind: 'reset', isRecorded: true })
    const path = (button?.url ?? '').slice(PUBLIC_URL.length)
    const broken = await fetch(app.url + path, { redirect: 'manual' })
    expect(broken.status).toBeGreaterThanOrEqual(500)
    stripe.clearTroubles()

    const sessions = await Promise.all(Array.from({ length: 3 }, () => followLink(button?.url)))

    expect(new Set(sessions).size).toBe(1)
    const orders = await db().selectFrom('order').select('id').where('product_id', '=', productId).execute()
    expect(orders).toHaveLength(1)
    const row = await db()
      .selectFrom('product')
      .select('stock')
      .where('id', '=', productId)
      .executeTakeFirst()
    expect(row).toEqual({ stock: 1 })
  })

  it('tells a buyer once, whoever tells them and however often', async () => {
    const productId = await addTestProduct(db(), app.bot, { name: 'Told once' })
    const person = newPerson()
    const [button] = (await seeCard(person, 'Told once')).buttons.flat()
    stripe.life.completeCheckout(await followLink(button?.url), { email: 'once@example.test' })
    await waitUntil(async () => (await orderOf(person))?.state === 'paid', 20_000)
    const order = await orderOf(person)
    const { channels, queueMail } = app.app.installation
    const notice = { orderId: order?.id ?? '', kind: 'paid' as const }

    await Promise.all(
      Array.from({ length: 10 }, () => tellBuyer({ db: db(), channels, queueMail, mails: {} }, notice)),
    )
    await hearsText(person, numberOf(order?.id ?? ''))
    // Stripe says it again.
    const [event] = stripe.events.slice(-1)
    if (event) expect(await stripe.send([event, event])).toEqual([200, 200])
    await waitUntil(async () => {
      const open = await db().selectFrom('payment_event').select('id').where('done_at', 'is', null).execute()
      return open.length === 0
    }, 20_000)

    const said = await db()
      .selectFrom('turn')
      .innerJoin('chat', 'chat.id', 'turn.chat_id')
      .select('turn.id')
      .where('chat.chat_key', '=', person.chatKey)
      .where('turn.kind', '=', 'order')
      .execute()
    expect(said).toHaveLength(1)
    const orders = await db().selectFrom('order').select('id').where('product_id', '=', productId).execute()
    expect(orders).toHaveLength(1)
  })

  it('does by the API what the pages do', async () => {
    const caller = await openApiCaller(app, app.bot.creatorId)
    const path = `/bots/${app.bot.id}`
    const product = { key: 'by-api', kind: 'topup', name: 'Ten more', currency: 'eur', amount: 500 }
    const topup = { topupKind: 'question', topupCount: 10 }

    expect((await caller.call('POST', `${path}/products`, product)).status).toBe(422)
    const made = await caller.call('POST', `${path}/products`, { ...product, ...topup })
    expect(made).toMatchObject({ status: 201, json: { data: { ...topup, photoUrl: null, stock: null } } })
    expect(await caller.call('POST', `${path}/products`, { ...product, ...topup })).toMatchObject({
      status: 409,
      json: { error: { code: 'product.key_taken' } },
    })
    const { id } = z.object({ id: z.string() }).parse(made.json.data)
    const photo = await fetch(`${app.url}/api/v1${path}/products/${id}/photo`, {
      ...{ method: 'PUT', body: new Uint8Array(buildPng(64, 64)) },
      headers: { authorization: `Bearer ${caller.key}`, 'content-type': 'image/png' },
    })
    expect(photo.status).toBe(200)
    const { key: _key, ...terms } = product
    const saved = await caller.call('PUT', `${path}/products/${id}`, { ...terms, ...topup, amount: 700 })
    expect(saved).toMatchObject({
      json: { data: { amount: 700, photoUrl: expect.stringContaining(`${PUBLIC_URL}/photos/`) } },
    })
    const retired = await caller.call('POST', `${path}/products/${id}/retire`, {})
    expect(retired).toMatchObject({ json: { data: { retiredAt: expect.any(String) } } })

    const first = await caller.call('GET', `${path}/orders?limit=1`)
    const page = z.object({ items: z.array(z.object({ id: z.string() })), nextCursor: z.string().nullable() })
    const { items, nextCursor } = page.parse(first.json.data)
    const second = await caller.call(
      'GET',
      `${path}/orders?limit=1&cursor=${encodeURIComponent(nextCursor ?? '')}`,
    )
    expect(page.parse(second.json.data).items[0]?.id).not.toBe(items[0]?.id)
    const shown = await caller.call('GET', `${path}/orders/${items[0]?.id}`)
    expect(shown).toMatchObject({ status: 200, json: { data: { number: numberOf(items[0]?.id ?? '') } } })
    expect((await caller.call('GET', `${path}/orders?cursor=nonsense`)).status).toBe(422)
    const hook = await caller.call('PUT', `${path}/fulfilment-hook`, { url: 'https://shop.example.com/' })
    expect(hook).toMatchObject({ json: { data: { secret: expect.stringMatching(/^fh_/) } } })
    expect((await caller.call('DELETE', `${path}/fulfilment-hook`)).status).toBe(200)
  })

  it('lets a viewer look, an editor send, and only an owner give money back', async () => {
    const [viewer, editor] = [
      await signUpTester(app, { role: 'viewer' }),
      await signUpTester(app, { role: 'editor' }),
    ]
    const { id } = await db().selectFrom('order').select('id').limit(1).executeTakeFirstOrThrow()
    const path = `${base}/orders/${id}`

    expect((await viewer.fetch(path)).status).toBe(200)
    expect((await viewer.post(`${path}/ship`)).status).toBe(403)
    expect((await editor.post(`${path}/refund`)).status).toBe(403)
    expect((await owner.post(`${path}/refund`)).status).toBe(409)
  })
})
