import { randomUUID } from 'node:crypto'
import { TOTP } from 'otpauth'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApp, type TestApp } from '../src/testing/app.ts'
import { findLink, openTestBrowser, type TestBrowser } from '../src/testing/browser.ts'
import { findTablesHolding } from '../src/testing/database-search.ts'
import { waitUntil } from '../src/testing/wait.ts'

const EMAIL = 'ada@example.test'
const PASSWORDS = {
  first: 'seven green canary lanterns',
  wrong: 'eleven blue canary lanterns',
  second: 'nineteen red canary lanterns',
}

describe('secrets that came through every door', () => {
  const opened = new AsyncDisposableStack()
  const log: string[] = []
  const secrets = new Map<string, string>()
  let app: TestApp
  let browser: TestBrowser

  beforeAll(async () => {
    app = opened.use(await startTestApp({ onLog: (line) => log.push(line), env: { LOG_LEVEL: 'trace' } }))
    browser = openTestBrowser(app.url)
    for (const [name, password] of Object.entries(PASSWORDS)) secrets.set(`${name} password`, password)
  })
  afterAll(() => opened.disposeAsync())

  /** Takes the token out of a link on a page, as its reader would follow it. */
  async function takeToken(name: string, answer: Response, path: string): Promise<string> {
    const token = new URL(findLink(await answer.text(), path), app.url).searchParams.get('token') ?? ''
    expect(token.length).toBeGreaterThan(30)
    secrets.set(name, token)
    return token
  }

  const keepSession = (name: string) => {
    const token = browser.cookies.get('cornerman_session') ?? ''
    expect(token).toHaveLength(43)
    secrets.set(name, token)
  }

  async function readFormToken(path: string): Promise<string> {
    const html = await (await browser.get(path)).text()
    return /name="_csrf" value="([^"]+)"/.exec(html)?.[1] ?? ''
  }

  it('pass through signing up and in', async () => {
    const sent = await browser.post('/admin/sign-up', {
      name: 'Ada',
      email: EMAIL,
      password: PASSWORDS.first,
    })
    const verify = await takeToken('verification link', sent, '/admin/sign-up/confirm')
    await browser.post('/admin/sign-up/confirm', { token: verify })
    keepSession('session of the sign-up')
    await browser.post('/admin/sign-in', { email: EMAIL, password: PASSWORDS.wrong })

    const magic = await browser.post('/admin/sign-in/link', { email: EMAIL })
    const link = await takeToken('magic link', magic, '/admin/sign-in/link')
    await browser.post('/admin/sign-in/link/use', { token: link })
    keepSession('session of the magic link')

    const forgot = await browser.post('/admin/forgot', { email: EMAIL })
    const reset = await takeToken('reset link', forgot, '/admin/reset')
    await browser.post('/admin/reset', { token: reset, password: PASSWORDS.second })
    await browser.post('/admin/sign-in', { email: EMAIL, password: PASSWORDS.second })
    keepSession('session of the new password')
    expect((await browser.get('/admin/account')).status).toBe(200)
  })

  it('pass through the account pages', async () => {
    const form = await browser.get('/admin/account/members')
    expect(form.status).toBe(200)
    secrets.set('form token', await readFormToken('/admin/account/members'))
    const _csrf = secrets.get('form token') ?? ''
    const invited = await browser.post('/admin/account/invitations', {
      _csrf,
      email: 'ben@example.test',
      role: 'viewer',
    })
    const { mailer } = app.app.installation
    const findToken = () => {
      const mails = 'sent' in mailer ? JSON.stringify(mailer.sent) : ''
      return /invitation\?token=([\w-]{30,})/.exec(mails)?.[1] ?? ''
    }
    await waitUntil(() => findToken() !== '')
    const token = findToken()
    expect([303, 200]).toContain(invited.status)
    expect(token).not.toBe('')
    secrets.set('invitation', token)

    const made = await browser.post('/admin/account/api', {
      _csrf,
      name: 'Backup',
      scopes: 'account:write',
      days: '90',
    })
    const [key = ''] = /cmk_[\w-]{43}/.exec(await made.text()) ?? []
    expect(key).not.toBe('')
    secrets.set('API key of the page', key)
    await turnOnTwoSteps(_csrf)
  })

  async function turnOnTwoSteps(_csrf: string): Promise<void> {
    const html = await (await browser.get('/admin/account/two-step')).text()
    const secret = /\b([A-Z2-7]{4}(?: ?[A-Z2-7]{4}){4,})\b/.exec(html)?.[1]?.replaceAll(' ', '') ?? ''
    expect(secret.length).toBeGreaterThanOrEqual(16)
    secrets.set('two-step secret', secret)
    const code = new TOTP({ secret, digits: 6, period: 30 }).generate()
    const answer = await browser.post('/admin/account/two-step', { _csrf, code, password: PASSWORDS.second })
    expect(answer.status).toBe(200)
    const codes = (await answer.text()).match(/\b[a-zA-Z0-9]{4}(?:-[a-zA-Z0-9]{4}){3}\b/g) ?? []
    expect(codes.length).toBeGreaterThanOrEqual(10)
    for (const [at, recovery] of codes.slice(0, 10).entries())
      secrets.set(`recovery code ${at + 1}`, recovery)
    await browser.post('/admin/sign-in', { email: EMAIL, password: PASSWORDS.second })
    secrets.set('second-step cookie', browser.cookies.get('cornerman_step') ?? '')
    await browser.post('/admin/sign-in/code', { code: codes[0] ?? '' })
    keepSession('session of two steps')
  }

  it('pass through the API', async () => {
    const { db } = app.app.installation
    const { createApiKey } = await import('../src/accounts/api-key.ts')
    const member = await db
      .selectFrom('member')
      .select('id')
      .where('email', '=', EMAIL)
      .executeTakeFirstOrThrow()
    const actor = {
      creatorId: app.bot.creatorId,
      memberId: member.id,
      apiKeyId: undefined,
      name: 'Ada',
      role: 'owner' as const,
      isOperator: false,
      ip: undefined,
    }
    const { key } = await createApiKey(db, actor, {
      name: 'First',
      scopes: ['account:write', 'account:read'],
      expiresAt: undefined,
    })
    secrets.set('API key', key)
    const made = await fetch(`${app.url}/api/v1/api-keys`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${key}`,
        'Content-Type': 'application/json',
        'Idempotency-Key': randomUUID(),
      },
      body: JSON.stringify({ name: 'Second', scopes: ['account:read'] }),
    })
    const answer = JSON.stringify(await made.json())
    expect(made.status, answer).toBe(201)
    const second = /"key":"([^"]+)"/.exec(answer)?.[1] ?? ''
    expect(second.length).toBeGreaterThan(40)
    secrets.set('API key made by a key', second)
    secrets.set('refused API key', `${key.slice(0, -4)}Abcd`)
    const refused = await fetch(`${app.url}/api/v1/api-keys`, {
      headers: { Authorization: `Bearer ${secrets.get('refused API key')}` },
    })
    expect(refused.status).toBe(401)
  })

  it('pass through the channels', async () => {
    const { connections } = app.app.installation
    const account = { creatorId: app.bot.creatorId, botId: app.bot.id, name: 'test' }
    const telegram = {
      token: `8412345678:AAE${'canary'.repeat(5)}xy`,
      webhookSecret: 'canary-webhook-secret',
    }
    const whatsapp = { token: `EAAcanary${'0123456789'.repeat(3)}`, appSecret: 'c0ffee00canary00app00secret' }
    await connections.save({
      ...account,
      channel: 'telegram',
      externalId: '8412345678',
      credentials: telegram,
    })
    await connections.save({
      ...account,
      channel: 'whatsapp',
      externalId: '100200300',
      credentials: whatsapp,
    })
    for (const [name, secret] of Object.entries(telegram)) secrets.set(`telegram ${name}`, secret)
    for (const [name, secret] of Object.entries(whatsapp)) secrets.set(`whatsapp ${name}`, secret)
  })

  it('are in no table and no log line, in no form', async () => {
    expect(secrets.size).toBeGreaterThanOrEqual(20)
    const { db } = app.app.installation
    // The search finds what is there: a name that is stored, as text and in a column of bytes.
    expect(await findTablesHolding(db, EMAIL)).toContain('public.member')
    for (const [name, secret] of secrets) {
      expect(secret, name).not.toBe('')
      const bytes = Buffer.from(secret)
      for (const form of [
        secret,
        bytes.toString('hex'),
        bytes.toString('base64'),
        encodeURIComponent(secret),
      ]) {
        expect(await findTablesHolding(db, form), name).toEqual([])
        expect(
          log.some((line) => line.includes(form)),
          `${name} in the log`,
        ).toBe(false)
      }
    }
  }, 120_000)
})
