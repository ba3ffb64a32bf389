import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PLANTED_HOST } from '../src/testing/attacks/page-check.ts'
import { type AttackWorld, openAttackWorld } from '../src/testing/attacks/world.ts'

const EVIL = `https://${PLANTED_HOST}`

describe('requests that another site makes', () => {
  let world: AttackWorld

  beforeAll(async () => {
    world = await openAttackWorld()
  }, 120_000)
  afterAll(() => world[Symbol.asyncDispose]())

  const ask = (path: string, init: RequestInit = {}) =>
    fetch(new URL(path, world.app.url), { redirect: 'manual', ...init })
  const changes = () =>
    world.routes.filter(({ method, path }) => isChange(method) && path.startsWith('/admin'))

  describe('another site', () => {
    it.each([
      ['a form without the token', { 'Sec-Fetch-Site': 'cross-site', Origin: EVIL }, 'own'],
      [
        'a form of a sister domain',
        { 'Sec-Fetch-Site': 'same-site', Origin: 'https://evil.coach.example' },
        'own',
      ],
      ['a browser that sends the origin alone', { Origin: EVIL }, 'own'],
      ['an origin of null, from a sandbox', { Origin: 'null' }, 'own'],
      ['a bookmarklet: no site at all', { 'Sec-Fetch-Site': 'none' }, 'own'],
      ['our own page, without the token', { 'Sec-Fetch-Site': 'same-origin' }, ''],
      ['our own page, with the token of another session', { 'Sec-Fetch-Site': 'same-origin' }, 'other'],
      ['our own page, with a made-up token', { 'Sec-Fetch-Site': 'same-origin' }, 'made-up'],
    ] as const)('changes nothing by %s, on any route', async (_name, headers, kind) => {
      const token =
        kind === 'own'
          ? world.owner.csrfToken
          : kind === 'other'
            ? randomBytes(32).toString('base64url')
            : kind
      expect(changes().length).toBeGreaterThan(20)
      for (const { method, path } of changes().filter((route) => !isPublic(route.path))) {
        const body = new URLSearchParams({
          _csrf: token,
          name: 'Taken over',
          email: 'thief@evil.example',
          role: 'owner',
        })
        const response = await ask(world.fill(path), {
          method,
          headers: { ...headers, Cookie: world.owner.cookie },
          body,
        })
        expect([403, 404], `${method} ${path}: ${response.status}`).toContain(response.status)
        expect(response.status === 404 ? isUnrouted(path) : true, `${method} ${path}`).toBe(true)
      }
    })

    it.each([
      ['text/plain', '_csrf=x&name=Taken'],
      ['application/json', '{"_csrf":"x","name":"Taken"}'],
      [
        'multipart/form-data; boundary=b',
        '--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nTaken\r\n--b--\r\n',
      ],
      ['application/x-www-form-urlencoded; charset=utf-7', 'name=Taken'],
      ['application/xml', '<name>Taken</name>'],
    ])('changes nothing by a body of %s', async (type, body) => {
      for (const { method, path } of changes().filter((route) => !isPublic(route.path))) {
        const headers = { 'Content-Type': type, Cookie: world.owner.cookie, 'Sec-Fetch-Site': 'same-origin' }
        const response = await ask(world.fill(path), { method, headers, body })
        expect(response.status, `${method} ${path}`).toBeGreaterThanOrEqual(400)
        expect(response.status, `${method} ${path}`).toBeLessThan(500)
      }
    })

    it.each(['/admin/sign-in', '/admin/sign-up', '/admin/forgot', '/admin/sign-in/link'])(
      'cannot send the form of %s',
      async (path) => {
        const headers = { 'Sec-Fetch-Site': 'cross-site', Origin: EVIL }
        const response = await ask(path, {
          method: 'POST',
          headers,
          body: new URLSearchParams({ email: world.owner.email }),
        })
        expect(response.status).toBe(403)
        expect(response.headers.getSetCookie()).toEqual([])
      },
    )

    it.each(['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override'])(
      'cannot turn a GET into a change by %s',
      async (header) => {
        const path = world.fill(
          `/admin/bots/:botId/subscribers/:subscriberId/erase?_method=POST&_csrf=${world.owner.csrfToken}`,
        )
        const response = await world.owner.fetch(path, { headers: { [header]: 'POST' } })
        expect(response.status).toBe(404)
        expect(
          (await world.owner.fetch(world.fill('/admin/bots/:botId/subscribers/:subscriberId'))).status,
        ).toBe(200)
      },
    )

    it.each(['/admin', '/api/v1/bots', '/api/v1/openapi.json', '/try/lockers', '/metrics'])(
      'reads nothing of %s',
      async (path) => {
        for (const method of ['GET', 'OPTIONS']) {
          const headers = {
            Origin: EVIL,
            Cookie: world.owner.cookie,
            'Access-Control-Request-Method': 'POST',
          }
          const response = await ask(path, { method, headers })
          const allowed = response.headers.get('access-control-allow-origin')
          expect(allowed === null || allowed === '*' ? allowed : 'echoed', `${method} ${path}`).toBeNull()
        }
      },
    )
  })

  it('none of all that was an unexpected error', () => {
    expect(world.log.filter((line) => line.includes('request-failed'))).toEqual([])
  })
})

function isChange(method: string): boolean {
  return !['GET', 'HEAD'].includes(method)
}

/** Forms before there is a session: they have no token to check, and are tried by themselves. */
function isPublic(path: string): boolean {
  return /^\/admin\/(sign-in|sign-up|forgot|reset|invitation)/.test(path)
}

function isUnrouted(path: string): boolean {
  return path.includes('*')
}
