import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Update } from '../messaging/update.ts'
import { addTestBot, buildBotSettings } from '../testing/builders/bot.ts'
import {
  addTestAnswer,
  addTestChat,
  addTestCitation,
  addTestQuestion,
} from '../testing/builders/conversation.ts'
import { openTestDatabase, type TestDatabase } from '../testing/database.ts'
import { openTryServer, openVisitor } from '../testing/worlds/try-server.ts'
import { TRY_LIMITS } from './try.ts'

const PAGE = '/try/doorstep'
const MESSAGES = '/try/doorstep/messages'

const Failure = z.object({ error: z.object({ code: z.string() }) })

async function readInbox({ db }: TestDatabase) {
  const rows = await db.selectFrom('inbox').selectAll().orderBy('id').execute()
  return rows.map((row) => ({ ...row, update: Update.parse(row.update) }))
}

/** The visitor's id as its cookie carries it. */
function idOf(cookie: string): string {
  return cookie.split('=')[1]?.split('.')[0] ?? ''
}

describe('the page of a bot', () => {
  it('greets a new visitor in their language and gives them a cookie no script can read', async () => {
    await using test = await openTestDatabase()
    await addTestBot(test.db, { slug: 'doorstep' })
    await using server = await openTryServer(test)

    const response = await fetch(server.url + PAGE, {
      headers: { 'accept-language': 'fr;q=0.3, de-AT, en;q=0.5' },
    })
    const html = await response.text()

    expect(response.headers.get('set-cookie')).toMatch(
      /^cornerman_visitor=[\w-]{22}\.[\w-]{43}; Max-Age=\d+; Path=\/try\/doorstep; .*HttpOnly; SameSite=Lax$/,
    )
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(html).toContain('<html lang="de" dir="ltr">')
    expect(html).toContain('Hallo. Frag mich nach Gewohnheiten.')
    expect(html).toContain('value="Wie fange ich an?"')
    expect(html).not.toMatch(/<script(?![^>]* src="\/assets\/)|<style|\sstyle=|\son\w+=/)
  })

  it('speaks a language that is read from the right, and describes the bot in its first language alone', async () => {
    await using test = await openTestDatabase()
    const settings = buildBotSettings({ description: 'A coach of small steps.' })
    await addTestBot(test.db, { slug: 'doorstep', settings })
    await using server = await openTryServer(test)
    const read = async (language: string) =>
      (await fetch(server.url + PAGE, { headers: { 'accept-language': language } })).text()

    const [arabic, german] = [await read('ar-EG'), await read('de')]

    expect(arabic).toContain('<html lang="ar" dir="rtl">')
    expect(arabic).toContain('<p class="about" dir="auto">A coach of small steps.</p>')
    expect(german).not.toContain('class="about"')
  })

  it('sends the cookie over https alone where the page came by https', async () => {
    await using test = await openTestDatabase()
    await addTestBot(test.db, { slug: 'doorstep' })
    await using server = await openTryServer(test, { isHttps: true })

    const response = await openVisitor(server.url).get(PAGE, { 'x-forwarded-proto': 'https' })

    expect(response.headers.get('set-cookie')).toContain('; Secure;')
  })

  it('shows what was said, what waits and what each answer rests on, all escaped', async () => {
    await using test = await openTestDatabase()
    const bot = await addTestBot(test.db, { slug: 'doorstep', settings: buildBotSettings({ name: 'A <b>' }) })
    await using server = await openTryServer(test)
    const visitor = openVisitor(server.url)
    await visitor.get(PAGE)
    const chat = await addTestChat(test.db, bot, idOf(visitor.cookie))
    const citation = await addTestCitation(test.db, bot, { n: 1, quote: 'Forty <i>seconds</i>.' })
    await addTestQuestion(test.db, chat, { text: '<img src=x>' })
    await addTestAnswer(test.db, chat, {
      markdown: 'So.',
      html: '<p>So it is. <button type="button" class="cite" data-n="1">[1]</button></p>',
      citations: [citation],
      buttons: [{ label: 'More & more', data: 'more' }],
    })
    await visitor.postJson(MESSAGES, { id: randomUUID(), text: 'And <then>?' })

    const html = await (await visitor.get(PAGE)).text()

    expect(html).toContain('A &lt;b&gt;')
    expect(html).toContain('&lt;img src=x&gt;')
    expect(html).toContain(
      '<p>So it <span class="kept">is. <button type="button" class="cite" data-n="1">[1]</button></span></p>',
    )
    expect(html).toContain('Forty &lt;i&gt;seconds&lt;/i&gt;.')
    expect(html).toContain('value="more" dir="auto">More &amp; more</button>')
    expect(html).toContain('And &lt;then&gt;?')
    expect(html).toContain('<noscript><meta http-equiv="refresh"')
    expect(html).not.toContain('value="How do I start?"')
  })

  it('shows a message once that is answered while the page is read', async () => {
    await using test = await openTestDatabase()
    const bot = await addTestBot(test.db, { slug: 'doorstep' })
    await using server = await openTryServer(test)
    const visitor = openVisitor(server.url)
    await visitor.get(PAGE)
    const chat = await addTestChat(test.db, bot, idOf(visitor.cookie))
    const id = randomUUID()
    await visitor.postJson(MESSAGES, { id, text: 'Just the once?' })
    await addTestQuestion(test.db, chat, { text: 'Just the once?' })
    await test.db.updateTable('message').set({ vendor_message_id: id }).execute()

    const html = await (await visitor.get(PAGE)).text()

    expect(html.split('Just the once?')).toHaveLength(2)
  })

  it('sets an answer on the side its language begins on', async () => {
    await using test = await openTestDatabase()
    const bot = await addTestBot(test.db, { slug: 'doorstep' })
    await using server = await openTryServer(test)
    const visitor = openVisitor(server.url)
    await visitor.get(PAGE)
    const chat = await addTestChat(test.db, bot, idOf(visitor.cookie))
    for (const markdown of ['1. **שלום** hello', '2. hello שלום', '123'])
      await addTestAnswer(test.db, chat, { markdown })

    const html = await (await visitor.get(PAGE)).text()

    expect([...html.matchAll(/class="prose" dir="(\w+)"/g)].map((match) => match[1])).toEqual([
      'rtl',
      'ltr',
      'ltr',
    ])
  })

  it('takes a forged cookie for a new visitor', async () => {
    await using test = await openTestDatabase()
    const bot = await addTestBot(test.db, { slug: 'doorstep' })
    await using server = await openTryServer(test)
    const visitor = openVisitor(server.url)
    await visitor.get(PAGE)
    const victim = idOf(visitor.cookie)
    await addTestQuestion(test.db, await addTestChat(test.db, bot, victim), { text: 'a secret' })
    const forged = [`${victim}.${'A'.repeat(43)}`, `${victim}.`, victim, `${victim}.${'!'.repeat(43)}`]

    for (const value of forged) {
      const response = await openVisitor(server.url).get(PAGE, { cookie: `cornerman_visitor=${value}` })
      expect(await response.text()).not.toContain('a secret')
      expect(response.headers.get('set-cookie')).not.toContain(victim)
    }
    expect(await (await visitor.get(PAGE)).text()).toContain('a secret')
  })

  it('starts a new conversation by a new cookie', async () => {
    await using test = await openTestDatabase()
    await addTestBot(test.db, { slug: 'doorstep' })
    await using server = await openTryServer(test)
    const visitor = openVisitor(server.url)
    await visitor.get(PAGE)
    const before = visitor.cookie

    const response = await visitor.postForm('/try/doorstep/new', {})

    expect([response.status, response.headers.get('location')]).toEqual([303, PAGE])
    expect(visitor.cookie).not.toBe(before)
  })

  it('says by a page that there is no such bot', async () => {
    await using test = await openTestDatabase()
    await using server = await openTryServer(test)

    for (const slug of ['none', '..%2f..', 'A'.repeat(200), '%00']) {
      const response = await openVisitor(server.url).get(`/try/${slug}`, { accept: 'text/html' })
      expect(response.status).toBe(404)
      expect(await response.text()).toContain('<code>bot.not_found</code>')
    }
  })

  it('lists every bot on the landing page', async () => {
    await using test = await openTestDatabase()
    const { slug } = await addTestBot(test.db)
    await using server = await openTryServer(test)

    const html = await (await fetch(`${server.url}/`)).text()

    expect(html).toContain(`href="/try/${slug}"`)
  })
})

describe('posting a message', () => {
  it('stores one Update however often it is sent, and nudges once', async () => {
    await using test = await openTestDatabase()
    const bot = await addTestBot(test.db, { slug: 'doorstep' })
    await using server = await openTryServer(test)
    const visitor = openVisitor(server.url)
    await visitor.get(PAGE)
    const message = { id: randomUUID(), text: '  How?  ' }

    const responses = await Promise.all(
      [1, 2, 3].map(() => visitor.postJson(MESSAGES, message, { 'accept-language': 'pt-BR,en;q=0.2' })),
    )

    expect(responses.map((response) => response.status)).toEqual([202, 202, 202])
    expect(await responses[0]?.json()).toEqual({ accepted: true })
    const chatKey = idOf(visitor.cookie)
    expect(server.nudged).toEqual([{ botId: bot.id, channel: 'web', chatKey }])
    expect(await readInbox(test)).toMatchObject([
      {
        creator_id: bot.creatorId,
        update: {
          channel: 'web',
          chatKey,
          sender: { externalId: chatKey, languageCode: 'pt-BR' },
          event: { kind: 'text', messageId: message.id, text: 'How?' },
        },
      },
    ])
  })

  it('sends a browser without script back to the page', async () => {
    await using test = await openTestDatabase()
    await addTestBot(test.db, { slug: 'doorstep' })
    await using server = await openTryServer(test)
    const visitor = openVisitor(server.url)
    await visitor.get(PAGE)

    const response = await visitor.postForm(MESSAGES, { id: randomUUID(), text: 'How?' })

    expect([response.status, response.headers.get('location')]).toEqual([303, `${PAGE}#end`])
    expect(await readInbox(test)).toHaveLength(1)
  })

  it("refuses another site's page, by either sign of it", async () => {
    await using test = await openTestDatabase()
    await addTestBot(test.db, { slug: 'doorstep' })
    await using server = await openTryServer(test)
    const visitor = openVisitor(server.url)
    await visitor.get(PAGE)
    const post = (headers: Record<string, string>) =>
      fetch(server.url + MESSAGES, {
        method: 'POST',
        headers: { cookie: visitor.cookie, 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ id: randomUUID(), text: 'How?' }),
      })

    const refused = [
      await post({ 'sec-fetch-site': 'cross-site' }),
      await post({ 'sec-fetch-site': 'same-site' }),
      await post({ origin: 'https://evil.example' }),
      await post({ origin: 'null' }),
    ]
    const accepted = [await post({ origin: server.url }), await post({ 'sec-fetch-site': 'same-origin' })]

    expect(refused.map((response) => response.status)).toEqual([403, 403, 403, 403])
    expect(accepted.map((response) => response.status)).toEqual([202, 202])
    expect(await readInbox(test)).toHaveLength(2)
  })

  it('refuses who has no cookie of ours', async () => {
    await using test = await openTestDatabase()
    await addTestBot(test.db, { slug: 'doorstep' })
    await using server = await openTryServer(test)

    const response = await openVisitor(server.url).postJson(MESSAGES, { id: randomUUID(), text: 'How?' })

    expect(response.status).toBe(403)
    expect(await response.json()).toMatchObject({ success: false, error: { code: 'visitor.unknown' } })
    expect(await readInbox(test)).toEqual([])
  })

  it('refuses what it cannot read and what is too long, with a code each', async () => {
    await using test = await openTestDatabase()
    await addTestBot(test.db, { slug: 'doorstep' })
    await using server = await openTryServer(test)
    const visitor = openVisitor(server.url)
    await visitor.get(PAGE)
    const codeOf = async (response: Response) => Failure.parse(await response.json()).error.code
    const id = randomUUID()

    expect(await codeOf(await visitor.postJson(MESSAGES, { id }))).toBe('request.malformed')
    expect(await codeOf(await visitor.postJson(MESSAGES, { id, text: '   ' }))).toBe('request.malformed')
    expect(await codeOf(await visitor.postJson(MESSAGES, { id: '1', text: 'How?' }))).toBe(
      'request.malformed',
    )
    expect(await codeOf(await visitor.postJson(MESSAGES, [1]))).toBe('request.malformed')
    expect(await codeOf(await visitor.postJson(MESSAGES, { id, text: 'a'.repeat(4_097) }))).toBe(
      'message.too_long',
    )
    expect(await codeOf(await visitor.postJson(MESSAGES, { id, text: 'a'.repeat(70_000) }))).toBe(
      'request.too_large',
    )
    expect((await visitor.postJson(MESSAGES, { id, text: '漢'.repeat(4_096) })).status).toBe(202)
    const page = await visitor.postForm(MESSAGES, { id, text: 'a'.repeat(4_097) })
    expect([page.status, page.headers.get('content-type')]).toEqual([422, 'text/html; charset=utf-8'])
    expect(await readInbox(test)).toHaveLength(1)
  })

  it('bounds what one visitor and what one address may send', async () => {
    await using test = await openTestDatabase()
    await addTestBot(test.db, { slug: 'doorstep' })
    const limits = {
      ...TRY_LIMITS,
      perVisitor: { max: 2, windowMs: 60_000 },
      perAddress: { max: 3, windowMs: 60_000 },
    }
    await using server = await openTryServer(test, { limits })
    const [one, two] = [openVisitor(server.url), openVisitor(server.url)]
    await Promise.all([one.get(PAGE), two.get(PAGE)])
    const post = (visitor: typeof one) => visitor.postJson(MESSAGES, { id: randomUUID(), text: 'How?' })

    const first = [await post(one), await post(one), await post(one)]
    const second = [await post(two), await post(two)]

    expect(first.map((response) => response.status)).toEqual([202, 202, 429])
    expect(second.map((response) => response.status)).toEqual([202, 429])
    expect(Number(first[2]?.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await first[2]?.json()).toMatchObject({ error: { code: 'request.rate_limited' } })
  })
})
