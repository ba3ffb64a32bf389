import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readConfig } from '../src/config.ts'
import { openInstallation } from '../src/installation.ts'
import { createLogger } from '../src/logger.ts'
import { presentSamples } from '../src/mail/samples.ts'
import { startTestApp, type TestApp } from '../src/testing/app.ts'
import { openTestBrowser } from '../src/testing/browser.ts'
import { openTestDatabase } from '../src/testing/database.ts'
import {
  createEventSigner,
  type SendgridStandIn,
  startSendgridStandIn,
} from '../src/testing/mail/sendgrid-stand-in.ts'
import { waitForLength, waitUntil } from '../src/testing/wait.ts'

const API_KEY = 'SG.test'
const PASSWORD = 'seven green lanterns'
const signer = createEventSigner()

describe('mails by SendGrid, in the whole app', () => {
  const opened = new AsyncDisposableStack()
  let sendgrid: SendgridStandIn
  let app: TestApp

  beforeAll(async () => {
    sendgrid = opened.use(await startSendgridStandIn(API_KEY))
    app = opened.use(
      await startTestApp({
        env: {
          NODE_ENV: 'production',
          PUBLIC_URL: 'https://coach.example',
          SENDGRID_API_KEY: API_KEY,
          SENDGRID_API_ROOT: sendgrid.url,
          SENDGRID_WEBHOOK_KEY: signer.publicKey,
          MAIL_FROM: 'Cornerman <hello@coach.example>',
        },
      }),
    )
  })
  afterAll(() => opened.disposeAsync())

  const mailsTo = (email: string) =>
    sendgrid.sent.filter(({ personalizations: [{ to }] }) => to[0].email === email)
  const stateOf = async (email: string) =>
    (
      await app.app.installation.db
        .selectFrom('mail')
        .select('state')
        .where('recipient', '=', email)
        .orderBy('created_at')
        .execute()
    ).map(({ state }) => state)

  async function signUp(email: string): Promise<string> {
    const page = await openTestBrowser(app.url).post('/admin/sign-up', {
      name: 'Ada',
      email,
      password: PASSWORD,
    })
    expect(page.status).toBe(200)
    return page.text()
  }

  function tell(events: object[], headers?: Record<string, string>): Promise<Response> {
    const body = JSON.stringify(events)
    return fetch(`${app.url}/webhooks/sendgrid`, {
      method: 'POST',
      headers: headers ?? signer.headersFor(body),
      body,
    })
  }

  it('reach their reader with a link that works, and show it on no page', async () => {
    const email = `${randomUUID()}@example.test`

    const page = await signUp(email)
    const [mail] = await waitForLength(() => mailsTo(email), 1)

    const text = mail?.content[0]?.value ?? ''
    const [, path = ''] = /https:\/\/coach\.example(\/admin\/sign-up\/confirm\?token=[\w-]+)/.exec(text) ?? []
    expect((await openTestBrowser(app.url).get(path)).status).toBe(200)
    expect(page).not.toContain('token=')
    expect(sendgrid.refused).toEqual([])
  })

  it('stop at an address that bounced', async () => {
    const email = `${randomUUID()}@example.test`
    await signUp(email)
    const [mail] = await waitForLength(() => mailsTo(email), 1)
    const mailId = mail?.personalizations[0].custom_args.mail_id

    const told = await tell([
      { event: 'processed', email, sg_event_id: randomUUID(), mail_id: mailId, timestamp: 1 },
      { event: 'bounce', type: 'bounce', email, sg_event_id: randomUUID(), mail_id: mailId, timestamp: 2 },
    ])
    expect(told.status).toBe(200)
    await openTestBrowser(app.url).post('/admin/forgot', { email })
    await waitUntil(async () => (await stateOf(email)).includes('suppressed'))

    expect(await stateOf(email)).toEqual(['sent', 'suppressed'])
    expect(mailsTo(email)).toHaveLength(1)
  })

  it('are sent when the mail service is back', async () => {
    const email = `${randomUUID()}@example.test`
    sendgrid.failNext(1, { kind: 'refuse', status: 503 })
    await signUp(email)
    const { db } = app.app.installation
    const isPostponed = async () => {
      const row = await db
        .selectFrom('mail')
        .select(['state', 'attempts'])
        .where('recipient', '=', email)
        .executeTakeFirst()
      return row?.state === 'queued' && row.attempts === 1
    }
    await waitUntil(isPostponed)
    expect(mailsTo(email)).toEqual([])
    await db.updateTable('mail').set({ not_before: null }).where('recipient', '=', email).execute()

    // The sweep finds it: no one nudges it.
    await waitForLength(() => mailsTo(email), 1)
  })

  it('are believed to be anything by a signed call alone', async () => {
    const { db } = app.app.installation
    const email = `${randomUUID()}@example.test`
    const events = [{ event: 'bounce', email, sg_event_id: randomUUID() }]
    const body = JSON.stringify(events)
    const stale = signer.headersFor(body, new Date(Date.now() - 400_000))
    const foreign = createEventSigner().headersFor(body)

    for (const headers of [{}, stale, foreign, signer.headersFor(`${body} `)]) {
      expect((await tell(events, headers)).status).toBe(401)
    }
    const rows = await db.selectFrom('mail_suppression').select('email').where('email', '=', email).execute()
    expect(rows).toEqual([])
    const nonsense = '{"not": "a list"}'
    const refused = await fetch(`${app.url}/webhooks/sendgrid`, {
      method: 'POST',
      headers: signer.headersFor(nonsense),
      body: nonsense,
    })
    expect(refused.status).toBe(400)
  })

  it('end with one click from anywhere, and only with a click', async () => {
    const { unsubscribeLinks, queueMail, db } = app.app.installation
    const { creatorId } = app.bot
    const email = `${randomUUID()}@example.test`
    const url = unsubscribeLinks.urlOf({ email, kind: 'weekly-digest', creatorId, language: 'de' })
    const path = url.slice('https://coach.example'.length)
    expect(url).not.toContain(email)

    const looked = await fetch(app.url + path)
    expect(await looked.text()).toContain('Die Woche in Zahlen')
    expect(looked.status).toBe(200)
    const order = (key: string) => ({
      creatorId,
      dedupeKey: key,
      mail: { ...presentSamples(SCENE)['weekly-digest'], to: email },
    })
    await queueMail(db, order(randomUUID()))
    await waitForLength(() => mailsTo(email), 1)

    const clicked = await fetch(app.url + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', Origin: 'https://mail.example' },
      body: 'List-Unsubscribe=One-Click',
    })
    expect(clicked.status).toBe(200)
    expect(await clicked.text()).toContain('Erledigt')
    await queueMail(db, order(randomUUID()))
    await waitUntil(async () => (await stateOf(email)).includes('suppressed'))
    expect(mailsTo(email)).toHaveLength(1)
  })

  it.each(['x', 'A'.repeat(200), 'A'.repeat(3_000), '..%2f..', '%00'])(
    'end for nobody by a made-up link: %s',
    async (token) => {
      const answer = await fetch(`${app.url}/mail/unsubscribe/${token}`, { method: 'POST' })

      expect([410, 400, 404]).toContain(answer.status)
    },
  )
})

const SCENE = { creatorName: 'Lumen', publicUrl: 'https://coach.example', amount: '€19', language: 'en' }

describe('a start with a mail service', () => {
  it.each([{ SENDGRID_API_KEY: 'SG.x' }, { SMTP_URL: 'smtp://127.0.0.1:25' }])(
    'wants a sender: %j',
    async (env) => {
      await using database = await openTestDatabase()
      const config = readConfig({
        DATABASE_URL: database.url,
        CHROMA_URL: 'http://127.0.0.1:9',
        OLLAMA_BASE_URL: 'http://127.0.0.1:9',
        MODEL_EMBED: 'none',
        ...env,
      })

      const opening = openInstallation(config, createLogger('silent'))

      await expect(opening).rejects.toMatchObject({
        code: 'config.invalid',
        details: { variable: 'MAIL_FROM' },
      })
    },
  )
})
