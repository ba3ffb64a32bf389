import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { addTestPayment, addTestPrice, addTestSubscription } from '../../../testing/builders/money.ts'
import { type SignedInTester, signUpTester } from '../../../testing/signed-in.ts'

describe('the pages about money', () => {
  let app: TestApp
  let editor: SignedInTester
  let viewer: SignedInTester
  let base: string

  beforeAll(async () => {
    app = await startTestApp()
    editor = await signUpTester(app, { role: 'editor' })
    viewer = await signUpTester(app, { role: 'viewer' })
    base = `/admin/bots/${app.bot.id}/money`
  }, 120_000)
  afterAll(() => app?.[Symbol.asyncDispose]())

  const show = async (path: string, who = editor) => (await who.fetch(base + path)).text()
  const plansIn = () => app.app.installation.db.selectFrom('plan').selectAll().orderBy('name').execute()
  const pricesOf = (planId: string) =>
    app.app.installation.db
      .selectFrom('price')
      .select(['amount', 'currency', 'interval', 'trial_days', 'stars', 'retired_at'])
      .where('plan_id', '=', planId)
      .orderBy('created_at')
      .orderBy('amount')
      .execute()

  it.each(['', '/plans', '/plans/new', '/codes', '/payers', '/account'])(
    'say kindly that selling is off: %s',
    async (path) => {
      const page = await show(path)

      if (path !== '/plans/new') expect(page).toContain('Selling is off')
      expect(page).toContain('aria-label="Money"')
      expect(page.match(/<h1/g)).toHaveLength(1)
      expect(page).not.toMatch(/style=|\son\w+=/)
    },
  )

  it('tell who runs the installation, and no one else, how Stripe is to call', async () => {
    const operator = await signUpTester(app, { isOperator: true })

    const told = await show('/account', operator)

    expect(told).toContain('/webhooks/stripe')
    expect(told).toContain('customer.subscription.updated')
    expect(await show('/account')).not.toContain('/webhooks/stripe')
  })

  it('make a free plan, once', async () => {
    const fields = { kind: 'free', name: 'Free', 'count.question': '5', 'per.question': 'day' }
    expect((await editor.post(`${base}/plans`, fields)).status).toBe(303)
    expect(await show('/plans')).toContain('5 questions a day')

    const again = await editor.post(`${base}/plans`, { ...fields, name: 'Free too' })

    expect(again.status).toBe(422)
    const page = await again.text()
    expect(page).toContain('has a free plan already')
    expect(page).toContain('value="Free too"')
    expect((await plansIn()).map(({ name }) => name)).toEqual(['Free'])
  })

  it('keep what was typed and say beside the field what does not fit', async () => {
    const answer = await editor.post(`${base}/plans`, {
      ...{ kind: 'paid', name: '<b>Gold</b>', 'count.question': '5.5', 'per.question': 'day' },
      ...{ 'amount.0': 'nine', 'currency.0': 'eur', 'interval.0': 'month', 'stars.0': '99999' },
    })

    expect(answer.status).toBe(422)
    const page = await answer.text()
    expect(page).toContain('value="&lt;b&gt;Gold&lt;/b&gt;"')
    expect(page).toContain('value="nine"')
    for (const id of ['amount-0-error', 'stars-0-error', 'count-question-error']) {
      expect(page).toContain(`id="${id}"`)
      expect(page).toMatch(new RegExp(`aria-describedby="[^"]*${id}`))
    }
    expect(await plansIn()).toHaveLength(1)
  })

  it('put a new price in the place of an old one, which its payers keep', async () => {
    const fields = {
      ...{ kind: 'paid', name: 'Companion', 'amount.0': '9,00', 'currency.0': 'eur' },
      ...{ 'interval.0': 'month', 'trial.0': '7', 'stars.0': '450' },
      ...{ 'amount.1': '1,900', 'currency.1': 'jpy', 'interval.1': 'year' },
    }
    expect((await editor.post(`${base}/plans`, fields)).status).toBe(303)
    const plan = (await plansIn()).find(({ name }) => name === 'Companion')
    const { db } = app.app.installation
    const old = await db
      .selectFrom('price')
      .select('id')
      .where('currency', '=', 'eur')
      .executeTakeFirstOrThrow()
    await addTestSubscription(db, app.bot, { planId: plan?.id ?? '', priceId: old.id })
    expect(await pricesOf(plan?.id ?? '')).toMatchObject([
      { amount: '900', currency: 'eur', trial_days: 7, stars: 450, retired_at: null },
      { amount: '1900', currency: 'jpy', interval: 'year', retired_at: null },
    ])

    const dearer = { ...fields, 'amount.0': '12' }
    expect((await editor.post(`${base}/plans/${plan?.id}`, dearer)).status).toBe(303)
    // The same once more changes nothing.
    expect((await editor.post(`${base}/plans/${plan?.id}`, dearer)).status).toBe(303)

    const page = await show('/plans')
    expect(page).toContain('€12.00 a month')
    expect(page).toMatch(/€9\.00 a month<\/b>: an earlier price, 1 person keeps it/)
    expect(await pricesOf(plan?.id ?? '')).toHaveLength(3)
    expect((await editor.post(`${base}/plans/${plan?.id}/retire`)).status).toBe(303)
    expect(await show('/plans')).toContain('No longer offered')
    expect((await pricesOf(plan?.id ?? '')).every(({ retired_at }) => retired_at)).toBe(true)
  })

  it('make and end codes', async () => {
    await app.connectTelegram()
    const { planId } = await addTestPrice(app.app.installation.db, app.bot, { plan: { name: 'Course' } })
    expect((await editor.post(`${base}/codes/access`, { planId, maxUses: '30', days: '90' })).status).toBe(
      303,
    )
    expect((await editor.post(`${base}/codes/access`, { planId, code: 'spring-26' })).status).toBe(303)
    const taken = await editor.post(`${base}/codes/access`, { planId, code: 'SPRING-26' })
    expect(taken.status).toBe(422)
    expect((await editor.post(`${base}/codes/access`, { planId, code: 'abc' })).status).toBe(422)
    const coupon = { coupon: 'welcome', off: '20', unit: 'percent', duration: 'once' }
    expect((await editor.post(`${base}/codes/coupons`, coupon)).status).toBe(303)
    expect((await editor.post(`${base}/codes/coupons`, { ...coupon, coupon: 'x', off: '120' })).status).toBe(
      422,
    )
    const fixed = { coupon: 'FIVE', off: '5.50', unit: 'usd', duration: 'repeating', months: '3' }
    expect((await editor.post(`${base}/codes/coupons`, fixed)).status).toBe(303)

    const page = await show('/codes')
    expect(page).toContain('SPRING-26')
    expect(page).toMatch(/<code>[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{2}<\/code>/)
    expect(page).toContain('for 90 days')
    expect(page).toMatch(/href="https:\/\/t\.me\/[^"]+\?start=code_SPRING-26"/)
    expect(page).toContain('20% off the first payment')
    expect(page).toContain('$5.50 off the first 3 months')
    const [, endPath = ''] = /action="([^"]*\/codes\/access\/[^"]*\/end)"/.exec(page) ?? []
    expect((await editor.post(endPath)).status).toBe(303)
    const [, endCoupon = ''] = /action="([^"]*\/codes\/coupons\/[^"]*\/end)"/.exec(page) ?? []
    expect((await editor.post(endCoupon)).status).toBe(303)
    expect((await show('/codes')).match(/>Over</g)).toHaveLength(2)
  })

  it('list who pays, with who never came, and page through them', async () => {
    const { db } = app.app.installation
    const price = await addTestPrice(db, app.bot, { plan: { name: 'Crowd' } })
    const lost = await addTestSubscription(db, app.bot, price, { email: '<lost>@example.org' })
    await addTestPayment(db, app.bot, { subscription_id: lost, amount: 4200 })
    expect(await show('/payers?show=lost')).toContain('&lt;lost&gt;@example.org')
    const at = new Date()
    for (let n = 0; n < 30; n += 1) {
      // Of one moment: none may be shown twice or passed over.
      await addTestSubscription(db, app.bot, price, { created_at: at, email: `payer-${n}@example.org` })
    }

    const emails = new Set<string>()
    let path = '/payers?show=paying'
    for (let pages = 0; path && pages < 5; pages += 1) {
      const page = await show(path)
      for (const [email] of page.matchAll(/payer-\d+@example\.org/g)) emails.add(email)
      path =
        /href="[^"]*\/money(\/payers\?[^"]*cursor=[^"]*)"/.exec(page)?.[1]?.replaceAll('&amp;', '&') ?? ''
    }
    expect(emails.size).toBe(30)
    const one = await show(`/payers/${lost}`, viewer)
    expect(one).toContain('€42.00')
    expect(one).not.toContain('Cancel the subscription')
    expect((await editor.post(`${base}/payers/${lost}/cancel`)).status).toBe(403)
    expect((await editor.post(`${base}/payers/${lost}/refund`, { payment: 'in_x' })).status).toBe(403)
    expect((await editor.fetch(`${base}/payers?cursor=bm90aGluZw`)).status).toBe(400)
  })

  it('show figures with their tables, and as CSV', async () => {
    const page = await show('?zone=Europe/Berlin')
    expect(page.match(/<svg class="chart" [^>]*role="img"/g)).toHaveLength(4)
    expect(page).toContain('Crowd')

    const csv = await editor.fetch(`${base}.csv?sheet=months`)
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8')
    const [head, ...rows] = (await csv.text()).trim().split('\r\n')
    expect(head).toContain('month,currency,mrr')
    expect(rows).toHaveLength(12)
    expect(rows.at(-1)).toMatch(/^\d{4}-\d\d,EUR,288,42,0,0,42$/)
    for (const query of ['?zone=Mars/Base', '?currency=<b>', '?sheet=secret']) {
      expect((await editor.fetch(base + query)).status).toBe(200)
      expect((await editor.fetch(`${base}.csv${query}`)).status).toBe(200)
    }
  })

  it('let a viewer look and change nothing', async () => {
    const plan = (await plansIn())[0]?.id ?? ''

    expect(await show('/plans', viewer)).not.toContain('New plan')
    expect((await viewer.fetch(`${base}/plans/${plan}`)).status).toBe(200)
    for (const path of ['/plans', `/plans/${plan}`, `/plans/${plan}/retire`, '/codes/access', '/account']) {
      expect((await viewer.post(base + path, { name: 'x', kind: 'free' })).status).toBe(403)
    }
  })

  it('are nobody else’s', async () => {
    const stranger = await signUpTester(app, { creatorId: 'new' })
    const plan = (await plansIn())[0]?.id ?? ''

    for (const path of ['', '.csv', '/plans', `/plans/${plan}`, '/codes', '/payers', '/account']) {
      expect((await stranger.fetch(base + path)).status).toBe(404)
    }
    expect((await editor.fetch(`${base}/plans/nonsense`)).status).toBe(404)
  })
})
