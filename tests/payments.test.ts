import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startTestApp, type TestApp } from '../src/testing/app.ts'
import { addTestPlan, addTestPrice, addTestSubscriber } from '../src/testing/builders/plan.ts'
import { type StripeStandIn, startStripeStandIn } from '../src/testing/stripe/stand-in.ts'
import { buildStripeEvent, postStripeEvent, signStripeBody } from '../src/testing/stripe/webhook-post.ts'
import { createTelegramPerson } from '../src/testing/telegram/person.ts'
import { startTelegramStandIn, type TelegramStandIn } from '../src/testing/telegram/stand-in.ts'

const SECRET = 'whsec_payments_test'

let stripe: StripeStandIn
let telegram: TelegramStandIn
let app: TestApp

beforeAll(async () => {
  stripe = await startStripeStandIn({ secretKey: 'sk_test_app' })
  telegram = await startTelegramStandIn()
  app = await startTestApp({
    env: {
      STRIPE_SECRET_KEY: 'sk_test_app',
      STRIPE_WEBHOOK_SECRET: SECRET,
      STRIPE_API_ROOT: stripe.url,
      SWEEP_INTERVAL_MS: '200',
      PUBLIC_URL: 'https://coach.example',
      TELEGRAM_API_ROOT: telegram.url,
      TELEGRAM_CHAT_PER_SECOND: '1000',
    },
  })
  stripe.setWebhook({ url: `${app.url}/webhooks/stripe`, secret: SECRET })
}, 120_000)
afterAll(async () => {
  await app[Symbol.asyncDispose]()
  await stripe.close()
  await telegram.close()
})

const waitFor = (isSo: () => Promise<boolean>) =>
  vi.waitFor(async () => expect(await isSo()).toBe(true), { timeout: 15_000, interval: 25 })

const PERSON = {
  'user-agent': 'Mozilla/5.0 (Linux; Android 15; Mobile) AppleWebKit/537.36 Chrome/140 Mobile',
}

async function openShop(price?: Parameters<typeof addTestPrice>[2]) {
  const { db } = app.app.installation
  const plan = await addTestPlan(db, app.bot, { name: `Plus ${randomUUID()}` })
  const priceId = await addTestPrice(db, { id: plan.id, creatorId: app.bot.creatorId }, price)
  const person = await addTestSubscriber(db, app.bot)
  const path = new URL(
    app.app.installation.payLinks.urlOf({ target: 'price', targetId: priceId, chatId: person.id }),
  ).pathname
  return { priceId, person, path }
}

const follow = (path: string, headers: Record<string, string> = PERSON) =>
  fetch(app.url + path, { redirect: 'manual', headers })

const subscriptionsOf = (subscriberId: string) =>
  app.app.installation.db
    .selectFrom('subscription')
    .selectAll()
    .where('subscriber_id', '=', subscriberId)
    .execute()

const eventCount = async () => {
  await stripe.settle()
  const { count } = app.app.installation.db.fn
  const row = await app.app.installation.db
    .selectFrom('payment_event')
    .select(count('id').as('count'))
    .executeTakeFirstOrThrow()
  return Number(row.count)
}

describe('a link to pay', () => {
  it('leads to a Checkout, from which Stripe tells us within seconds', async () => {
    const { path, person } = await openShop()
    const response = await follow(path)
    const page = response.headers.get('location') ?? ''
    expect([response.status, page]).toEqual([303, expect.stringContaining(`${stripe.url}/c/pay/`)])

    const paid = await fetch(page, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'email=ana%40example.org',
    })
    await waitFor(async () => (await subscriptionsOf(person.subscriberId)).length === 1)

    expect(await subscriptionsOf(person.subscriberId)).toEqual([
      expect.objectContaining({ status: 'active', email: 'ana@example.org' }),
    ])
    const done = await fetch(app.url + new URL(paid.headers.get('location') ?? '').pathname)
    expect([done.status, await done.text()]).toEqual([200, expect.stringContaining('Thank you')])
  })

  it('opens one Checkout, however often and at once it is followed', async () => {
    const { path } = await openShop()
    const before = stripe.store.list('checkout.session').length
    const pages = await Promise.all(Array.from({ length: 8 }, () => follow(path)))

    expect(new Set(pages.map(({ headers }) => headers.get('location'))).size).toBe(1)
    expect(stripe.store.list('checkout.session').length - before).toBe(1)
  })

  it.each([
    'TelegramBot (like TwitterBot)',
    'WhatsApp/2.23.20.0',
    'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)',
    'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)',
  ])('opens none for a preview by %s', async (agent) => {
    const { path } = await openShop()
    const before = stripe.store.list('checkout.session').length
    const looked = await follow(path, { 'user-agent': agent })
    const asked = await fetch(app.url + path, { method: 'HEAD', redirect: 'manual', headers: PERSON })

    expect([looked.status, asked.status]).toEqual([200, 200])
    expect(stripe.store.list('checkout.session').length).toBe(before)
  })

  it('that was changed by a letter is a calm page', async () => {
    const { path } = await openShop()
    const changed = `${path.slice(0, -1)}${path.endsWith('A') ? 'B' : 'A'}`
    const response = await follow(changed, { ...PERSON, accept: 'text/html' })

    expect([response.status, await response.text()]).toEqual([404, expect.stringContaining('payment link')])
  })

  it('to what is no longer sold, or while Stripe is away, is a calm page too', async () => {
    const { path, priceId } = await openShop()
    stripe.failNext(500, { kind: 'status', status: 503 })
    const away = await follow(path, { ...PERSON, accept: 'text/html' })
    stripe.clearTroubles()
    await app.app.installation.db
      .updateTable('price')
      .set({ retired_at: new Date() })
      .where('id', '=', priceId)
      .execute()
    const gone = await follow(path, { ...PERSON, accept: 'text/html' })

    expect([away.status, gone.status]).toEqual([503, 404])
    expect(await away.text()).toContain('Nothing was charged')
  })

  it('is not followed without end', async () => {
    const { path } = await openShop()
    const statuses: number[] = []
    for (let count = 0; count < 25; count++) statuses.push((await follow(path)).status)

    expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(0)
  })

  it('of someone who pays already leads to where that is changed', async () => {
    const { path, person } = await openShop()
    const location = (await follow(path)).headers.get('location') ?? ''
    stripe.life.completeCheckout(location.slice(location.lastIndexOf('/') + 1))
    await waitFor(async () => (await subscriptionsOf(person.subscriberId)).length === 1)

    expect((await follow(path)).headers.get('location')).toContain('/p/session/')
  })
})

describe('POST /webhooks/stripe', () => {
  const url = () => `${app.url}/webhooks/stripe`
  const event = () =>
    buildStripeEvent(
      'customer.subscription.updated',
      { id: 'sub_x', object: 'subscription', created: 1, metadata: {} },
      { created: Math.floor(Date.now() / 1000) },
    )
  const post = (body: string, headers: Record<string, string>) =>
    fetch(url(), { method: 'POST', body, headers })

  it('stores nothing that is forged, stale, of tomorrow or not signed, and writes down that it came', async () => {
    const before = await eventCount()
    const body = JSON.stringify(event())
    const now = Math.floor(Date.now() / 1000)
    const signed = signStripeBody(body, SECRET)
    const forged: [string, Record<string, string>][] = [
      [body, {}],
      [body, { 'stripe-signature': '' }],
      [body, { 'stripe-signature': signStripeBody(body, 'whsec_other') }],
      [body, { 'stripe-signature': signStripeBody(body, SECRET, now - 310) }],
      [body, { 'stripe-signature': signStripeBody(body, SECRET, now + 310) }],
      [`${body} `, { 'stripe-signature': signed }],
      [body.replace('sub_x', 'sub_y'), { 'stripe-signature': signed }],
      [body, { 'stripe-signature': signed.replace('v1=', 'v0=') }],
    ]
    for (const [text, headers] of forged) expect((await post(text, headers)).status).toBe(401)

    expect(await eventCount()).toBe(before)
    await waitFor(async () => {
      const rows = await app.app.installation.db
        .selectFrom('security_event')
        .select('details')
        .where('kind', '=', 'webhook.forged')
        .execute()
      return rows.some(({ details }) => details.channel === 'stripe')
    })
  })

  it('takes an event once, however often it comes', async () => {
    const before = await eventCount()
    const one = event()
    const statuses = await Promise.all(
      Array.from({ length: 10 }, () => postStripeEvent({ url: url(), secret: SECRET }, one)),
    )

    expect(statuses).toEqual(Array.from({ length: 10 }, () => 200))
    expect((await eventCount()) - before).toBe(1)
  })

  it('calls a signed body that is none malformed', async () => {
    expect((await post('{}', { 'stripe-signature': signStripeBody('{}', SECRET) })).status).toBe(400)
  })

  it('keeps nothing of a person from an event', async () => {
    const told = event()
    Object.assign(told.data.object, { customer_email: 'private@example.org' })
    await postStripeEvent({ url: url(), secret: SECRET }, told)
    const row = await app.app.installation.db
      .selectFrom('payment_event')
      .selectAll()
      .where('id', '=', told.id)
      .executeTakeFirstOrThrow()

    expect(JSON.stringify(row)).not.toContain('private@example.org')
  })
})

describe('from the chat to the payment and back', () => {
  it('the question someone was stopped at is answered, they cancel, and are stopped again when it is over', async () => {
    const { db } = app.app.installation
    const plan = await addTestPlan(db, app.bot, { name: 'Whole' })
    const priceId = await addTestPrice(db, { id: plan.id, creatorId: app.bot.creatorId }, { amount: 700 })
    await addTestPlan(db, app.bot, {
      name: 'Free',
      isFree: true,
      allowance: { question: { count: 1, per: 'lifetime' } },
    })
    const person = createTelegramPerson(await app.connectTelegram(), telegram)
    await person.says('What is the word of locker k1003?')
    expect((await person.hears(1)).text).toContain('amber1003')
    await person.says('What is the word of locker k1005?')
    const stopped = await person.hears(2)
    expect(stopped.text).not.toContain('amber1005')

    const chat = await db
      .selectFrom('chat')
      .select(['id', 'subscriber_id'])
      .where('chat_key', '=', person.chatKey)
      .executeTakeFirstOrThrow()
    const link = app.app.installation.payLinks.urlOf({ target: 'price', targetId: priceId, chatId: chat.id })
    expect(stopped.buttons.flat().map(({ url }) => url)).toContain(link)
    const page = (await follow(new URL(link).pathname)).headers.get('location') ?? ''
    await fetch(page, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ email: 'ana@example.org' }),
    })
    // First that they may go on, then the answer.
    expect((await person.hears(4)).text).toContain('amber1005')

    const portal = app.app.installation.payLinks.urlOf({
      target: 'portal',
      targetId: chat.id,
      chatId: chat.id,
    })
    const manage = (await follow(new URL(portal).pathname)).headers.get('location') ?? ''
    await fetch(manage, { method: 'POST', redirect: 'manual' })
    await waitFor(async () => (await subscriptionsOf(chat.subscriber_id))[0]?.cancels_at !== null)
    await person.says('What is the word of locker k1007?')
    expect((await person.hears(5)).text).toContain('amber1007')

    const [subscription] = await subscriptionsOf(chat.subscriber_id)
    stripe.life.endPeriod(subscription?.provider_id ?? '')
    await waitFor(async () => (await subscriptionsOf(chat.subscriber_id))[0]?.ended_at !== null)
    await person.says('What is the word of locker k1009?')
    expect((await person.hears(6)).text).not.toContain('amber1009')
  }, 60_000)
})

describe('without keys', () => {
  it('nothing is believed and nothing is sold', async () => {
    await using closed = await startTestApp()
    const body = '{}'
    const heard = await fetch(`${closed.url}/webhooks/stripe`, {
      method: 'POST',
      body,
      headers: { 'stripe-signature': signStripeBody(body, '') },
    })
    const person = await addTestSubscriber(closed.app.installation.db, closed.bot)
    const link = closed.app.installation.payLinks.urlOf({
      target: 'price',
      targetId: randomUUID(),
      chatId: person.id,
    })
    const followed = await fetch(closed.url + new URL(link).pathname, { redirect: 'manual', headers: PERSON })

    expect([heard.status, followed.status]).toEqual([401, 409])
  }, 60_000)
})
