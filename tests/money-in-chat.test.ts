import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { endStarsSubscriptions } from '../src/billing/stars/stars.ts'
import { phrase } from '../src/bots/phrases.ts'
import { getAnswerTrace } from '../src/insights/answer-trace.ts'
import type { TestApp } from '../src/testing/app.ts'
import { addTestPlan, addTestPrice, addTestSubscription } from '../src/testing/builders/plan.ts'
import { addTestProduct } from '../src/testing/builders/product.ts'
import { signUpTester } from '../src/testing/signed-in.ts'
import {
  telegramCheckoutUpdate,
  telegramPaymentUpdate,
  telegramSubscriptionUpdate,
} from '../src/testing/telegram/payloads.ts'
import {
  createTelegramPerson,
  dataOf,
  type TelegramLine,
  type TelegramPerson,
} from '../src/testing/telegram/person.ts'
import type { TelegramStandIn } from '../src/testing/telegram/stand-in.ts'
import { openTelegramWorld } from '../src/testing/telegram/world.ts'
import { openSpec } from '../src/testing/vendor-spec.ts'
import { waitUntil } from '../src/testing/wait.ts'

const QUESTION = 'What is the word of locker k1003?'
const OTHER_QUESTION = 'What is the word of locker k1004?'
const NOT_THERE = 'How do I repair a bicycle chain?'
const WORD = 'amber1003'
const STARS = 450

describe('money in the chat', () => {
  const opened = new AsyncDisposableStack()
  let telegram: TelegramStandIn
  let app: TestApp
  let line: TelegramLine
  const isUpdate = openSpec('telegram/bot-api-10.3.types.schema.json').check('types.Update')

  const db = () => app.app.installation.db
  const newPerson = () => createTelegramPerson(line, telegram)
  const heard = (person: TelegramPerson) => person.heard().map(({ text }) => text)

  beforeAll(async () => {
    ;({ telegram, app, line } = opened.use(
      await openTelegramWorld({
        env: {
          // Links are written without a call: nothing of these tests goes there.
          STRIPE_SECRET_KEY: 'sk_test_money_in_chat',
          STRIPE_WEBHOOK_SECRET: 'whsec_money_in_chat',
          STRIPE_API_ROOT: 'http://127.0.0.1:9',
          PUBLIC_URL: 'https://coach.example',
        },
      }),
    ))
    await beginToSell()
  }, 120_000)
  afterAll(() => opened.disposeAsync())

  let plan: { id: string; key: string; creatorId: string }
  /** In money alone, and on Telegram in Stars. */
  let [price, starPrice] = ['', '']

  async function beginToSell(): Promise<void> {
    const person = newPerson()
    await person.says('/plan')
    expect((await person.hears()).text).toBe(phrase('en', 'plan_nothing'))
    await addTestPlan(db(), app.bot, {
      name: 'Free',
      isFree: true,
      allowance: { question: { count: 1, per: 'day' } },
    })
    plan = { ...(await addTestPlan(db(), app.bot, { name: 'Plus' })), creatorId: app.bot.creatorId }
    price = await addTestPrice(db(), plan, { interval: 'year', amount: 9_000 })
    starPrice = await addTestPrice(db(), plan, { stars: STARS })
    // A bot's first plan is in force within seconds.
    await waitUntil(async () => {
      const asked = newPerson()
      await asked.says('/plan')
      return (await asked.hears()).text !== phrase('en', 'plan_nothing')
    }, 15_000)
  }

  async function chatOf(person: TelegramPerson) {
    return db()
      .selectFrom('chat')
      .selectAll()
      .where('chat_key', '=', person.chatKey)
      .executeTakeFirstOrThrow()
  }

  /** Someone who has used what is free, and was stopped at a question. */
  async function stopped() {
    const person = newPerson()
    await person.says(QUESTION)
    expect((await person.hears()).text).toContain(WORD)
    await person.says(OTHER_QUESTION)
    const paywall = await person.hears(2)
    return { person, paywall, chat: await chatOf(person) }
  }

  const payloadOf = (url = '') => Buffer.from(url.slice('https://t.me/$'.length), 'base64url').toString()

  it('stops at the free limit: what was used, when it goes on, what it costs, and the way to it', async () => {
    const { paywall, chat } = await stopped()

    expect(paywall.text).toContain(phrase('en', 'paywall_day', { count: '1' }))
    expect(paywall.text).toContain(phrase('en', 'paywall_tomorrow'))
    expect(paywall.text).toContain(phrase('en', 'paywall_held'))
    expect(paywall.text).toContain('€90.00 a year')
    const [stars, yearly] = paywall.buttons.flat()
    expect(stars).toMatchObject({ label: expect.stringContaining('450 Stars a month') })
    expect(stars?.url).toMatch(/^https:\/\/t\.me\/\$/)
    expect(yearly?.label).toBe('Plus · €90.00 a year')
    const { payLinks } = app.app.installation
    expect(payLinks.read(payloadOf(stars?.url))).toEqual({
      target: 'price',
      targetId: starPrice,
      chatId: chat.id,
    })
    expect(payLinks.read(yearly?.url?.replace('https://coach.example/pay/', '') ?? '')).toEqual({
      target: 'price',
      targetId: price,
      chatId: chat.id,
    })
    const held = await db().selectFrom('held_question').selectAll().where('chat_id', '=', chat.id).execute()
    expect(held).toMatchObject([{ update: { event: { kind: 'text', text: OTHER_QUESTION } } }])
  })

  it('explains in the trace what let someone ask, and what kept them from it', async () => {
    const { chat } = await stopped()
    const messages = await db()
      .selectFrom('message')
      .select('id')
      .where('chat_id', '=', chat.id)
      .where('direction', '=', 'out')
      .orderBy('position')
      .execute()
    const key = { creatorId: app.bot.creatorId, botId: app.bot.id, chatId: chat.id }
    const [answered, stoppedAt] = await Promise.all(messages.map(({ id }) => getAnswerTrace(db(), key, id)))

    expect(answered?.entitlement).toMatchObject({ isAllowed: true, source: 'allowance', left: 0 })
    expect(stoppedAt).toMatchObject({
      outcome: 'paywall',
      entitlement: { isAllowed: false, reason: 'allowance_used' },
    })
    const ana = await signUpTester(app, { role: 'editor', name: 'Ana' })
    const page = await ana.fetch(
      `/admin/bots/${app.bot.id}/chats/${chat.id}/messages/${messages[1]?.id}/trace`,
    )
    expect(await page.text()).toContain('Stopped: nothing left of what is included')
  })

  it('lets nobody pay twice, less, for another, or what is not sold any more', async () => {
    const { person, paywall } = await stopped()
    const payload = payloadOf(paywall.buttons.flat()[0]?.url)
    const other = newPerson()
    await other.says('/plan')
    await other.hears()
    const gone = await addTestPrice(db(), plan, { stars: 1 })
    await db().updateTable('price').set({ retired_at: new Date() }).where('id', '=', gone).execute()
    const { payLinks } = app.app.installation
    const chat = await chatOf(person)
    const goneToken = payLinks.tokenOf({ target: 'price', targetId: gone, chatId: chat.id })

    const ask = async (
      from: TelegramPerson,
      more: { payload?: string; stars?: number; currency?: string } = {},
    ) => {
      const update = telegramCheckoutUpdate({ ...from.inbound(), payload, stars: STARS, ...more })
      expect(isUpdate(update)).toBeUndefined()
      expect((await from.post(update)).status).toBe(200)
      const answers = telegram.calls.filter(({ method }) => method === 'answerPreCheckoutQuery')
      return answers.at(-1)?.body.ok
    }

    expect(await ask(person)).toBe(true)
    expect(await ask(person, { stars: STARS - 1 })).toBe(false)
    expect(await ask(person, { currency: 'EUR' })).toBe(false)
    expect(await ask(other)).toBe(false)
    expect(
      await ask(person, { payload: `${payload.slice(0, -1)}${payload.endsWith('A') ? 'B' : 'A'}` }),
    ).toBe(false)
    expect(await ask(person, { payload: goneToken, stars: 1 })).toBe(false)
    expect(await ask(person, { payload: 'rubbish' })).toBe(false)
    await addTestSubscription(db(), { ...chatKeys(chat) }, { planId: plan.id })
    expect(await ask(person)).toBe(false)
    const refusal = telegram.calls.findLast(({ method }) => method === 'answerPreCheckoutQuery')?.body
      .error_message
    expect(refusal).toBe(phrase('en', 'stars_refused'))
  })

  it('answers the question it stopped at once Stars are paid, once; and stops again when they are given back', async () => {
    const { person, paywall, chat } = await stopped()
    const payload = payloadOf(paywall.buttons.flat()[0]?.url)
    const chargeId = randomUUID()
    const endsAt = Math.floor(Date.now() / 1_000) + 2_592_000
    const paid = () => telegramPaymentUpdate({ ...person.inbound(), payload, stars: STARS, chargeId, endsAt })
    expect(isUpdate(paid())).toBeUndefined()

    await person.post(paid())
    await person.post(paid())

    await person.hears(5)
    expect(heard(person).slice(2)).toEqual([
      phrase('en', 'stars_thanks', { plan: 'Plus' }),
      phrase('en', 'paywall_resumed', { question: OTHER_QUESTION }),
      expect.stringContaining('amber1004'),
    ])
    const subscriptions = await db()
      .selectFrom('subscription')
      .selectAll()
      .where('subscriber_id', '=', chat.subscriber_id)
      .execute()
    expect(subscriptions).toMatchObject([
      { source: 'stars', status: 'active', price_id: starPrice, period_end: new Date(endsAt * 1_000) },
    ])

    await person.says(QUESTION)
    expect((await person.hears(6)).text).toContain(WORD)
    await person.post(
      telegramPaymentUpdate({ ...person.inbound(), payload, stars: STARS, chargeId, isRefund: true }),
    )
    expect((await person.hears(7)).text).toBe(phrase('en', 'stars_refunded'))
    await person.says(QUESTION)
    expect((await person.hears(8)).text).toContain(phrase('en', 'paywall_refunded'))
    expect(heard(person)).toHaveLength(8)
  })

  it('gives Stars back from the creator’s page: Telegram is told, and access ends', async () => {
    const { person, paywall, chat } = await stopped()
    const payload = payloadOf(paywall.buttons.flat()[0]?.url)
    const chargeId = randomUUID()
    await person.post(telegramPaymentUpdate({ ...person.inbound(), payload, stars: STARS, chargeId }))
    await person.hears(5)
    const { id } = await db()
      .selectFrom('subscription')
      .select('id')
      .where('subscriber_id', '=', chat.subscriber_id)
      .executeTakeFirstOrThrow()
    const owner = await signUpTester(app)
    const path = `/admin/bots/${app.bot.id}/money/payers/${id}`

    expect(await (await owner.fetch(path)).text()).toContain('Give back')
    const refund = () => owner.post(`${path}/refund`, { payment: `stars:${chargeId}` })
    expect((await refund()).status).toBe(303)
    expect((await refund()).status).not.toBe(303)

    expect(telegram.calls.filter(({ method }) => method === 'refundStarPayment')).toMatchObject([
      { body: { user_id: person.chatId, telegram_payment_charge_id: chargeId } },
    ])
    await person.says(QUESTION)
    expect((await person.hears(6)).text).toContain(phrase('en', 'paywall_refunded'))
  })

  it('extends a subscription with its renewal, ends it when it is cancelled, and when nothing renews it', async () => {
    const { person, paywall, chat } = await stopped()
    const payload = payloadOf(paywall.buttons.flat()[0]?.url)
    const now = Math.floor(Date.now() / 1_000)
    const pay = (more: { chargeId: string; endsAt: number; isRenewal?: boolean }) =>
      person.post(telegramPaymentUpdate({ ...person.inbound(), payload, stars: STARS, ...more }))
    const read = () =>
      db().selectFrom('subscription').selectAll().where('subscriber_id', '=', chat.subscriber_id).execute()

    await pay({ chargeId: randomUUID(), endsAt: now + 10 })
    await pay({ chargeId: randomUUID(), endsAt: now + 2_592_000, isRenewal: true })
    await waitUntil(async () => (await read())[0]?.period_end?.getTime() === (now + 2_592_000) * 1_000)
    expect(await read()).toHaveLength(1)

    const change = (state: 'canceled' | 'active') =>
      person.post(telegramSubscriptionUpdate({ ...person.inbound(), payload, state }))
    expect(
      isUpdate(telegramSubscriptionUpdate({ ...person.inbound(), payload, state: 'canceled' })),
    ).toBeUndefined()
    await change('canceled')
    await waitUntil(async () => (await read())[0]?.cancels_at !== null)
    await change('active')
    await waitUntil(async () => (await read())[0]?.cancels_at === null)

    await db()
      .updateTable('subscription')
      .set({ period_end: new Date(Date.now() - 2 * 86_400_000) })
      .where('subscriber_id', '=', chat.subscriber_id)
      .execute()
    await endStarsSubscriptions(db())
    expect(await read()).toMatchObject([{ status: 'canceled', ended_at: expect.any(Date) }])
    const said = heard(person).length
    await person.says(QUESTION)
    expect((await person.hears(said + 1)).text).toContain(phrase('en', 'paywall_ended'))
  })

  it('sells questions on top in Stars, once, and takes them away when they are given back', async () => {
    const productId = await addTestProduct(db(), app.bot, { kind: 'topup', topupCount: 1 })
    await db().updateTable('product').set({ stars: 50 }).where('id', '=', productId).execute()
    const { person, paywall, chat } = await stopped()
    await db().updateTable('product').set({ retired_at: new Date() }).where('id', '=', productId).execute()
    const payload = payloadOf(
      paywall.buttons.flat().find(({ label }) => label.includes('The sleep kit · 50 Stars'))?.url,
    )
    const chargeId = randomUUID()
    const paid = () => telegramPaymentUpdate({ ...person.inbound(), payload, stars: 50, chargeId })
    const left = () =>
      db()
        .selectFrom('topup')
        .select('left_count')
        .where('subscriber_id', '=', chat.subscriber_id)
        .executeTakeFirst()

    const asked = telegramCheckoutUpdate({ ...person.inbound(), payload, stars: 50 })
    await person.post(asked)
    expect(telegram.calls.findLast(({ method }) => method === 'answerPreCheckoutQuery')?.body.ok).toBe(false)
    await db().updateTable('product').set({ retired_at: null }).where('id', '=', productId).execute()
    await person.post(telegramCheckoutUpdate({ ...person.inbound(), payload, stars: 50 }))
    expect(telegram.calls.findLast(({ method }) => method === 'answerPreCheckoutQuery')?.body.ok).toBe(true)
    await db().updateTable('product').set({ retired_at: new Date() }).where('id', '=', productId).execute()

    await person.post(paid())
    await person.post(paid())
    await person.hears(5)
    expect(heard(person)[4]).toContain('amber1004')
    expect(await left()).toEqual({ left_count: 0 })
    await person.says(QUESTION)
    expect((await person.hears(6)).text).toContain(phrase('en', 'paywall_day', { count: '1' }))
    await db()
      .updateTable('topup')
      .set({ left_count: 5 })
      .where('subscriber_id', '=', chat.subscriber_id)
      .execute()
    await person.post(
      telegramPaymentUpdate({ ...person.inbound(), payload, stars: 50, chargeId, isRefund: true }),
    )
    await waitUntil(async () => (await left())?.left_count === 4)
  })

  describe('a code', () => {
    const addCode = async (
      code: string,
      more: { days?: number; max_uses?: number; expires_at?: Date } = {},
    ) =>
      db()
        .insertInto('access_code')
        .values({
          creator_id: app.bot.creatorId,
          bot_id: app.bot.id,
          plan_id: plan.id,
          code,
          days: more.days ?? null,
          max_uses: more.max_uses ?? null,
          expires_at: more.expires_at ?? null,
        })
        .execute()

    it('lets in whoever has it, and answers the question they were stopped at', async () => {
      await addCode('SPRING', { days: 30 })
      const { person } = await stopped()

      await person.says('/redeem spring')
      await person.hears(5)
      expect(heard(person)[2]).toContain(phrase('en', 'redeem_done', { plan: 'Plus' }))
      expect(heard(person)[4]).toContain('amber1004')

      await person.says('/redeem SPRING')
      expect((await person.hears(6)).text).toBe(phrase('en', 'redeem_already'))
      await person.says('/plan')
      expect((await person.hears(7)).text).toContain(phrase('en', 'plan_current', { plan: 'Plus' }))
    })

    it('comes with a link, too', async () => {
      await addCode('LINK')
      const person = newPerson()

      await person.says('/start code_LINK')

      await person.hears(2)
      expect(heard(person)[1]).toBe(phrase('en', 'redeem_done', { plan: 'Plus' }))
    })

    it('of three uses lets three in, however many come at once', async () => {
      await addCode('THREE', { max_uses: 3 })
      const people = Array.from({ length: 12 }, newPerson)

      await Promise.all(people.map((person) => person.says('/redeem THREE')))
      const texts = await Promise.all(people.map(async (person) => (await person.hears()).text))

      expect(texts.filter((text) => text === phrase('en', 'redeem_done', { plan: 'Plus' }))).toHaveLength(3)
      expect(texts.filter((text) => text === phrase('en', 'redeem_invalid'))).toHaveLength(9)
    })

    it('is worth nothing once its time is over, and cannot be guessed for long', async () => {
      await addCode('OLD', { expires_at: new Date(Date.now() - 1_000) })
      const person = newPerson()
      for (let at = 1; at <= 10; at++) {
        await person.says(at === 1 ? '/redeem OLD' : `/redeem guess${at}`)
        expect((await person.hears(at)).text).toBe(phrase('en', 'redeem_invalid'))
      }

      await person.says('/redeem SPRING')

      expect((await person.hears(11)).text).toBe(phrase('en', 'redeem_wait'))
    })
  })

  it('counts no question that the material cannot answer, no greeting, and says so', async () => {
    const person = newPerson()

    await person.says('Hello')
    await person.hears(1)
    await person.says(NOT_THERE)
    expect((await person.hears(2)).text).toContain(phrase('en', 'not_counted'))
    await person.says(QUESTION)
    const answer = await person.hears(3)

    expect(answer.text).toContain(WORD)
    expect(answer.text).not.toContain(phrase('en', 'not_counted'))
    await person.says('thank you')
    expect((await person.hears(4)).text).not.toContain(phrase('en', 'paywall_day', { count: '1' }))
  })

  it('lists plans with a coupon in the links, payments with their receipts, and its commands in the help', async () => {
    const person = newPerson()
    await person.says('/subscribe SUMMER')
    const offers = await person.hears()
    expect(offers.buttons.flat().map(({ url }) => url)).toContainEqual(
      expect.stringMatching(/\/pay\/s[\w.-]+\?code=SUMMER$/),
    )
    await person.says('/receipts')
    expect((await person.hears(2)).text).toBe(phrase('en', 'receipts_none'))
    const chat = await chatOf(person)
    await db()
      .insertInto('payment')
      .values({
        ...{ id: `in_${randomUUID()}`, creator_id: chat.creator_id, bot_id: chat.bot_id },
        ...{ subscriber_id: chat.subscriber_id, subscription_id: null, order_id: null },
        ...{ kind: 'subscription', state: 'refunded', currency: 'eur', amount: 1_900, refunded: 1_900 },
        receipt_url: 'https://pay.example/receipt',
        read_at: new Date(),
        paid_at: new Date('2026-11-02T10:00:00Z'),
      })
      .execute()
    await person.says('/receipts')
    const receipts = await person.hears(3)
    expect(receipts.text).toContain(`November 2, 2026 – €19.00 (${phrase('en', 'receipt_refunded')}) · `)
    expect(receipts.entities).toContainEqual(
      expect.objectContaining({ type: 'text_link', url: 'https://pay.example/receipt' }),
    )
    await person.says('/help')
    expect((await person.hears(4)).text).toContain('/redeem')
  })

  it('answers one of many questions at once where one is left, in whole Turns', async () => {
    const people = Array.from({ length: 24 }, newPerson)
    for (const person of people) await person.says('/help')
    for (const person of people) await person.hears()
    const [first] = people
    if (!first) throw new Error('nobody came')
    const { subscriber_id } = await chatOf(first)
    await db()
      .updateTable('chat')
      .set({ subscriber_id })
      .where(
        'chat_key',
        'in',
        people.map(({ chatKey }) => chatKey),
      )
      .execute()

    await Promise.all(people.map((person) => person.says(QUESTION)))
    const answers = await Promise.all(people.map(async (person) => (await person.hears(2)).text))

    expect(answers.filter((text) => text.includes(WORD))).toHaveLength(1)
    expect(answers.filter((text) => text.includes(phrase('en', 'paywall_day', { count: '1' })))).toHaveLength(
      23,
    )
  })

  it('charges nothing while a Member answers', async () => {
    const person = newPerson()
    await person.says('/help')
    await person.hears()
    const chat = await chatOf(person)
    await db()
      .updateTable('chat')
      .set({ takeover_until: new Date(Date.now() + 3_600_000) })
      .where('id', '=', chat.id)
      .execute()

    await person.says(QUESTION)
    await waitUntil(async () => {
      const said = await db()
        .selectFrom('message')
        .select('id')
        .where('chat_id', '=', chat.id)
        .where('kind', '=', 'text')
        .execute()
      return said.length === 1
    })

    const used = await db()
      .selectFrom('allowance_charge')
      .select('inbox_id')
      .where('subscriber_id', '=', chat.subscriber_id)
      .execute()
    expect(used).toEqual([])
  })

  it('shows a plan, ends it on a tap, and keeps it until the time that is paid is over', async () => {
    const person = newPerson()
    await person.says('/cancel')
    expect((await person.hears()).text).toBe(phrase('en', 'cancel_none'))
    const chat = await chatOf(person)
    const periodEnd = new Date(Date.now() + 10 * 86_400_000)
    const id = await addTestSubscription(db(), chatKeys(chat), { planId: plan.id, priceId: price, periodEnd })

    await person.says('/plan')
    const shown = await person.hears(2)
    expect(shown.text).toContain(phrase('en', 'plan_current', { plan: 'Plus' }))
    expect(shown.buttons).toEqual([])
    await person.says('/cancel')
    const asked = await person.hears(3)
    expect(asked.text).toBe(phrase('en', 'cancel_ask', { plan: 'Plus' }))
    await person.taps(dataOf(asked, phrase('en', 'cancel_confirm_button')))
    expect((await person.hears(4)).text).toContain(phrase('en', 'cancel_done', { plan: 'Plus' }))

    const row = await db()
      .selectFrom('subscription')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    expect(row.cancel_asked_at).toBeInstanceOf(Date)
    await person.says(QUESTION)
    expect((await person.hears(5)).text).toContain(WORD)
    const other = newPerson()
    await other.says('/help')
    await other.hears()
    await other.taps(`cancel:yes:${id}`)
    expect((await other.hears(2)).text).toBe(phrase('en', 'cancel_none'))
  })
})

function chatKeys(chat: { subscriber_id: string; creator_id: string; bot_id: string }) {
  return { subscriberId: chat.subscriber_id, creatorId: chat.creator_id, botId: chat.bot_id }
}
