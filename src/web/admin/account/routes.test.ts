import { afterAll, describe, expect, it } from 'vitest'
import { startTestApp } from '../../../testing/app.ts'
import { openTestBrowser } from '../../../testing/browser.ts'
import { signUpTester } from '../../../testing/signed-in.ts'
import { listMountedRoutes } from '../../../testing/wall/mounted-routes.ts'

const PASSWORD = 'seven green lanterns'
const NO_ONE = '00000000-0000-4000-8000-000000000000'

const app = await startTestApp()
afterAll(() => app[Symbol.asyncDispose]())

const OURS = /^\/admin\/(account|sign-out$|sign-in|sign-up|forgot|reset|invitation)/
const OPEN = /^\/admin\/(sign-in|sign-up|forgot|reset|invitation)/

/** Read from the app itself: a new one is in every test below. */
const routes = (await listMountedRoutes(app.url)).filter(({ path }) => OURS.test(path))
const accountRoutes = routes.filter(({ path }) => !OPEN.test(path))
const changes = accountRoutes.filter(({ method }) => method === 'POST')
const publicChanges = routes.filter(({ method, path }) => method === 'POST' && OPEN.test(path))

function fillPath(path: string, id: string = NO_ONE): string {
  return path.replaceAll(/:\w+/g, id)
}

const TABLES = [
  'member',
  'membership',
  'invitation',
  'session',
  'api_key',
  'creator',
  'recovery_code',
] as const

/** Everything an account route could change, as one text. */
async function snapshot(): Promise<string> {
  const { db } = app.app.installation
  const tables = await Promise.all(TABLES.map((table) => db.selectFrom(table).selectAll().execute()))
  return JSON.stringify(tables.map((rows) => rows.map((row) => JSON.stringify(row)).sort()))
}

describe('the routes of the account', () => {
  it('are all here: none is left out below', () => {
    expect(changes.length).toBeGreaterThanOrEqual(17)
    expect(publicChanges.length).toBeGreaterThanOrEqual(9)
  })

  it.each(changes)('refuse a forged POST $path and change nothing', async (route) => {
    const [tester, other, former] = [
      await signUpTester(app),
      await signUpTester(app),
      await signUpTester(app),
    ]
    await former.post('/admin/sign-out')
    const path = fillPath(route.path, tester.memberId)
    const before = await snapshot()
    const form = {
      name: 'X',
      creatorName: 'X',
      role: 'viewer',
      email: 'x@example.test',
      scopes: 'chats:read',
      days: '',
    }
    const send = (fields: Record<string, string>, headers: Record<string, string>, body?: string) =>
      fetch(new URL(path, app.url), {
        method: 'POST',
        redirect: 'manual',
        headers: { Cookie: tester.cookie, ...headers },
        body: body ?? new URLSearchParams({ ...form, ...fields }),
      })

    const ours = { 'Sec-Fetch-Site': 'same-origin' }
    const right = { _csrf: tester.csrfToken }
    const tries = {
      'no token': await send({}, ours),
      'an empty token': await send({ _csrf: '' }, ours),
      'the token of a session that is over': await send({ _csrf: former.csrfToken }, ours),
      "another session's token": await send({ _csrf: other.csrfToken }, ours),
      'the token in a body that is text': await send(
        {},
        { ...ours, 'Content-Type': 'text/plain' },
        `_csrf=${tester.csrfToken}`,
      ),
      'a JSON body': await send({}, { ...ours, 'Content-Type': 'application/json' }, JSON.stringify(right)),
      'another site': await send(right, { 'Sec-Fetch-Site': 'cross-site' }),
      'a sister site': await send(right, { 'Sec-Fetch-Site': 'same-site' }),
      'another origin': await send(right, { Origin: 'https://evil.example' }),
      'no origin at all': await send(right, { Origin: 'null' }),
    }

    const statuses = Object.fromEntries(Object.entries(tries).map(([name, { status }]) => [name, status]))
    expect(statuses).toEqual(Object.fromEntries(Object.keys(tries).map((name) => [name, 403])))
    expect(await snapshot()).toBe(before)
  })

  it.each(publicChanges)('refuse POST $path from another site', async (route) => {
    const path = fillPath(route.path)
    const form = { email: 'x@example.test', name: 'X', password: PASSWORD, token: 'x', code: '1' }
    const from = async (headers: Record<string, string>) =>
      (await openTestBrowser(app.url).post(path, form, { 'Sec-Fetch-Site': '', ...headers })).status
    const before = await snapshot()

    for (const site of ['cross-site', 'same-site', 'none']) {
      expect(await from({ 'Sec-Fetch-Site': site })).toBe(403)
    }
    expect(await snapshot()).toBe(before)
  })

  it.each(accountRoutes)('lets no one in without a session: $method $path', async (route) => {
    const answer = await fetch(new URL(fillPath(route.path), app.url), {
      method: route.method,
      redirect: 'manual',
      headers: { Accept: 'text/html' },
    })

    if (route.method === 'GET') {
      expect(answer.status).toBe(303)
      expect(answer.headers.get('location')).toMatch(/^\/admin\/sign-in\?next=/)
    } else expect(answer.status).toBe(401)
  })

  const forOwners = accountRoutes.filter(
    ({ method, path }) =>
      /creator$|role$|remove$|invitations|\/api|activity|safety/.test(path) &&
      !(method === 'GET' && path === '/admin/account/invitation'),
  )
  it.each(forOwners)('are not for editors and viewers: $method $path', async (route) => {
    for (const role of ['editor', 'viewer'] as const) {
      const tester = await signUpTester(app, { role })
      const path = fillPath(route.path, tester.memberId)
      const answer =
        route.method === 'GET' ? await tester.fetch(path) : await tester.post(path, { role: 'owner' })
      expect(answer.status).toBe(403)
    }
  })

  it('sends a program and a part of a page elsewhere than a page', async () => {
    const ask = (headers: Record<string, string>) =>
      fetch(new URL('/admin/account', app.url), { redirect: 'manual', headers })

    expect((await ask({ Accept: 'application/json' })).status).toBe(401)
    expect((await ask({ Accept: 'text/event-stream' })).status).toBe(401)
    const part = await ask({ Accept: 'text/html', 'HX-Request': 'true' })
    expect([part.status, part.headers.get('HX-Redirect')]).toEqual([
      401,
      '/admin/sign-in?next=%2Fadmin%2Faccount',
    ])
  })
})

/** What opens by a mailed secret, and a mail, which is no page of ours. */
const NO_PAGES = ['/admin/account/invitation', '/admin/account/mails/preview']

const PAGES = accountRoutes.filter(({ method, path }) => method === 'GET' && !NO_PAGES.includes(path))

describe('the pages of the account', () => {
  it.each(PAGES)('show $path with one heading, labelled fields and a form token', async (route) => {
    const tester = await signUpTester(app, { creatorId: 'new' })

    const answer = await tester.fetch(route.path)
    const html = await answer.text()

    expect(answer.status).toBe(200)
    expect(html.match(/<h1/g)).toHaveLength(1)
    expect(html).not.toMatch(/ (style|on[a-z]+)="|<script>|undefined|\[object/)
    for (const [, id] of html.matchAll(/<(?:input|select|textarea) id="([^"]+)"/g)) {
      expect(html).toContain(`for="${id}"`)
    }
    const posts = html.match(/<form[^>]*method="post"/g) ?? []
    expect(html.match(/name="_csrf"/g) ?? []).toHaveLength(posts.length)
    expect(Buffer.byteLength(html)).toBeLessThan(60_000)
  })
})
