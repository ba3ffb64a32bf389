import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ApiCaller, openApiCaller } from '../../../testing/api/caller.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { findRefusedUrl } from '../../../testing/network/unreachable.ts'
import { type SignedInTester, signUpTester } from '../../../testing/signed-in.ts'
import { startTelegramStandIn, type TelegramStandIn } from '../../../testing/telegram/stand-in.ts'
import { startWhatsappStandIn, type WhatsappStandIn } from '../../../testing/whatsapp/stand-in.ts'

const TOKEN = `777000:${'Sq'.repeat(17)}x`
const WRONG = `777000:${'Wr'.repeat(17)}x`
const NUMBER = '100200300400'
const WHATSAPP_TOKEN = 'EAAG-whatsapp-token-of-a-test'
const APP_SECRET = 'app-secret-of-a-test'

let telegram: TelegramStandIn
let whatsapp: WhatsappStandIn
let app: TestApp
let owner: SignedInTester
let stranger: SignedInTester
let api: ApiCaller
let base: string
const opened = new AsyncDisposableStack()

beforeAll(async () => {
  telegram = opened.use(await startTelegramStandIn({ tokens: [TOKEN] }))
  whatsapp = opened.use(await startWhatsappStandIn({ tokens: [WHATSAPP_TOKEN] }))
  app = opened.use(
    await startTestApp({
      env: {
        TELEGRAM_API_ROOT: telegram.url,
        WHATSAPP_API_ROOT: whatsapp.url,
        WHATSAPP_APP_SECRET: '',
        PUBLIC_URL: 'https://bots.example',
      },
    }),
  )
  owner = await signUpTester(app)
  stranger = await signUpTester(app, { creatorId: 'new' })
  api = await openApiCaller(app, app.bot.creatorId)
  base = `/admin/bots/${app.bot.id}/channels`
}, 120_000)
afterAll(() => opened.disposeAsync())

async function channelsPage(): Promise<string> {
  return (await owner.fetch(base)).text()
}

/** Everything this installation keeps or says that is no envelope. */
async function everythingSaid(): Promise<string> {
  const { db } = app.app.installation
  const rows = await db.selectFrom('audit_entry').selectAll().execute()
  const events = await db.selectFrom('security_event').selectAll().execute()
  const listed = await api.call('GET', `/bots/${app.bot.id}/channels`)
  return JSON.stringify([rows, events, listed.json, await channelsPage()])
}

describe('Telegram', () => {
  it('is connected by a token that Telegram accepts, and shown with link, code and no token', async () => {
    const response = await owner.post(`${base}/telegram`, { token: ` ${TOKEN} ` })

    expect(response.headers.get('Location')).toBe(`${base}?done=connected`)
    const set = telegram.calls.find(({ method }) => method === 'setWebhook')
    expect(set?.body).toMatchObject({
      url: `https://bots.example/webhooks/telegram/${app.bot.id}`,
      secret_token: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    const html = await channelsPage()
    expect(html).toContain('https://t.me/standin_777000_bot')
    expect(html).toContain('src="data:image/svg+xml;base64,')
    const said = await everythingSaid()
    expect(said).not.toContain(TOKEN)
    expect(said).not.toContain(String(set?.body.secret_token))
  })

  it('keeps the credential sealed and writes down who connected it', async () => {
    const { db } = app.app.installation
    const { credentials } = await db.selectFrom('connection').selectAll().executeTakeFirstOrThrow()
    const entry = await db
      .selectFrom('audit_entry')
      .selectAll()
      .where('action', '=', 'channel.connect')
      .executeTakeFirstOrThrow()

    expect(credentials.includes(TOKEN)).toBe(false)
    expect(entry).toMatchObject({ member_id: owner.memberId, details: { channel: 'telegram' } })
  })

  it('says beside the field that a token is wrong, without repeating it', async () => {
    const refused = await owner.post(`${base}/telegram`, { token: WRONG })
    const malformed = await owner.post(`${base}/telegram`, { token: 'not-a-token' })
    const html = await refused.text()

    expect([refused.status, malformed.status]).toEqual([422, 422])
    expect(html).toContain('Telegram does not accept this token.')
    expect(html).not.toContain(WRONG)
    expect(await malformed.text()).not.toContain('not-a-token')
  })

  it('leaves the account of another bot alone', async () => {
    const other = await signUpTester(app, { creatorId: 'new' })
    const made = await other.post('/admin/bots', { name: 'Other', persona: 'Kind.', language: 'en' })
    expect(made.status).toBe(303)
    const { id } = await app.app.installation.db
      .selectFrom('bot')
      .select('id')
      .where('creator_id', '=', other.creatorId)
      .executeTakeFirstOrThrow()
    const before = telegram.calls.length

    const response = await other.post(`/admin/bots/${id}/channels/telegram`, { token: TOKEN })

    expect(response.status).toBe(409)
    expect(await response.text()).toContain('connected to another bot already')
    expect(telegram.calls.slice(before).map(({ method }) => method)).not.toContain('setWebhook')
  })

  it('tells how the connection stands when asked, as a page and as a part of one', async () => {
    const page = await owner.fetch(`${base}/telegram/check`)
    const part = await owner.fetch(`${base}/telegram/check`, { headers: { 'HX-Request': 'true' } })
    const json = await api.call('GET', `/bots/${app.bot.id}/channels/telegram/health`)

    expect(await page.text()).toContain('Telegram hands messages over.')
    expect(await part.text()).toMatch(/^\s*<div [^>]*id="health-telegram"/)
    expect(json.json.data).toEqual({
      state: 'ok',
      summary: 'Telegram hands messages over. None is waiting.',
      advice: null,
    })
  })

  it('shows the last error in words with what to do', async () => {
    const connection = await app.app.installation.connections.find(app.bot.id, 'telegram')
    if (!connection) throw new Error('not connected')
    await app.app.installation.connections.noteError(connection, 'The channel no longer accepts the token.')

    const html = await channelsPage()

    expect(html).toContain('In trouble')
    expect(html).toContain('The channel no longer accepts the token.')
  })

  it('is disconnected, and is not found afterwards', async () => {
    const response = await owner.post(`${base}/telegram/disconnect`)
    const again = await owner.post(`${base}/telegram/disconnect`)

    expect(response.headers.get('Location')).toBe(`${base}?done=disconnected`)
    expect(again.status).toBe(404)
    expect(telegram.calls.at(-1)?.method).toBe('deleteWebhook')
    expect(await channelsPage()).toContain('Not connected')
    expect((await owner.fetch(`${base}/telegram/check`)).status).toBe(404)
  })

  it('is connected and disconnected through the API, which never gives the token out', async () => {
    const path = `/bots/${app.bot.id}/channels/telegram`
    const connected = await api.call('PUT', path, { token: TOKEN })
    const wrong = await api.call('PUT', path, { token: WRONG })
    const gone = await api.call('DELETE', path)

    expect(connected).toMatchObject({ status: 200, json: { data: { name: '@standin_777000_bot' } } })
    expect(JSON.stringify(connected.json)).not.toContain(TOKEN)
    expect(wrong).toMatchObject({
      status: 422,
      json: { error: { code: 'channel.not_connected', details: { reason: 'channel.unauthorized' } } },
    })
    expect(JSON.stringify(wrong.json)).not.toContain(WRONG)
    expect(gone.json.data).toEqual({ channel: 'telegram', wasTold: true })
  })
})

describe('WhatsApp', () => {
  it('asks for the app secret where the installation has none', async () => {
    const response = await owner.post(`${base}/whatsapp`, { externalId: NUMBER, token: WHATSAPP_TOKEN })
    const html = await response.text()

    expect(response.status).toBe(422)
    expect(html).toContain('id="whatsapp-secret-error"')
    expect(html).toContain(`value="${NUMBER}"`)
    expect(html).not.toContain(WHATSAPP_TOKEN)
  })

  it('is connected, and shows what is left to do at Meta until the first message', async () => {
    const response = await owner.post(`${base}/whatsapp`, {
      externalId: NUMBER,
      token: WHATSAPP_TOKEN,
      appSecret: APP_SECRET,
    })

    expect(response.status).toBe(303)
    const html = await channelsPage()
    const verifyToken = /<code id="verify">([^<]+)</.exec(html)?.[1] ?? ''
    expect(html).toContain('https://wa.me/15550001111')
    const handshake = await fetch(
      `${app.url}/webhooks/whatsapp?${new URLSearchParams({
        'hub.mode': 'subscribe',
        'hub.verify_token': verifyToken,
        'hub.challenge': '4711',
      })}`,
    )
    expect([handshake.status, await handshake.text()]).toEqual([200, '4711'])
    const said = await everythingSaid()
    expect(said).not.toContain(WHATSAPP_TOKEN)
    expect(said).not.toContain(APP_SECRET)
  })

  it('believes what is signed with the app secret of the number alone', async () => {
    const body = JSON.stringify({
      object: 'whatsapp_business_account',
      entry: [
        {
          id: '1',
          changes: [
            {
              field: 'messages',
              value: {
                messaging_product: 'whatsapp',
                metadata: { display_phone_number: '1', phone_number_id: NUMBER },
              },
            },
          ],
        },
      ],
    })
    const post = (secret: string) =>
      fetch(`${app.url}/webhooks/whatsapp`, {
        method: 'POST',
        headers: {
          'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
        },
        body,
      })

    expect([(await post(APP_SECRET)).status, (await post('another')).status]).toEqual([200, 401])
  })

  it('refuses a verify token that is no one’s', async () => {
    const query = new URLSearchParams({
      'hub.mode': 'subscribe',
      'hub.verify_token': `${app.bot.id}.${'x'.repeat(20)}`,
      'hub.challenge': '4711',
    })

    expect((await fetch(`${app.url}/webhooks/whatsapp?${query}`)).status).toBe(401)
  })
})

describe('a channel', () => {
  it('of another creator’s bot is not there, whatever is tried', async () => {
    const path = `/bots/${app.bot.id}/channels`
    const other = await openApiCaller(app, stranger.creatorId)
    const asked = await Promise.all([
      stranger.fetch(base),
      stranger.fetch(`${base}/whatsapp/check`),
      stranger.post(`${base}/telegram`, { token: TOKEN }),
      stranger.post(`${base}/whatsapp/disconnect`),
      other.call('GET', path),
      other.call('PUT', `${path}/telegram`, { token: TOKEN }),
      other.call('DELETE', `${path}/whatsapp`),
      other.call('GET', `${path}/whatsapp/health`),
    ])

    expect(asked.map(({ status }) => status)).toEqual(Array(8).fill(404))
    expect(await app.app.installation.connections.find(app.bot.id, 'whatsapp')).toBeDefined()
  })

  it('whose vendor is away is told so, and can be left all the same', async () => {
    await using away = await startTestApp({ env: { TELEGRAM_API_ROOT: await findRefusedUrl() } })
    const tester = await signUpTester(away)
    const path = `/admin/bots/${away.bot.id}/channels`
    const refused = await tester.post(`${path}/telegram`, { token: TOKEN })
    await away.connectTelegram()

    const check = await tester.fetch(`${path}/telegram/check`)
    const left = await tester.post(`${path}/telegram/disconnect`)

    expect(refused.status).toBe(422)
    expect(await refused.text()).toContain('Telegram cannot be reached just now.')
    expect(await check.text()).toContain('Telegram cannot be reached just now.')
    expect(left.headers.get('Location')).toBe(`${path}?done=disconnected_here`)
    expect(await away.app.installation.connections.find(away.bot.id, 'telegram')).toBeUndefined()
  }, 60_000)
})
