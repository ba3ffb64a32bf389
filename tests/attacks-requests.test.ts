import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findMarkupFaults, PLANTED_HOST } from '../src/testing/attacks/page-check.ts'
import { sendRaw } from '../src/testing/attacks/raw-http.ts'
import { type AttackWorld, openAttackWorld } from '../src/testing/attacks/world.ts'
import { waitUntil } from '../src/testing/wait.ts'

const EVIL = `https://${PLANTED_HOST}`
/** Named by request headers alone. */
const FORGED_HOST = 'forged.example'

describe('requests that are not what they seem', () => {
  let world: AttackWorld

  beforeAll(async () => {
    world = await openAttackWorld()
  }, 120_000)
  afterAll(() => world[Symbol.asyncDispose]())

  const ask = (path: string, init: RequestInit = {}) =>
    fetch(new URL(path, world.app.url), { redirect: 'manual', ...init })

  describe('the way back after signing in', () => {
    it.each([
      `//${PLANTED_HOST}`,
      EVIL,
      `/\\${PLANTED_HOST}`,
      `\\\\${PLANTED_HOST}`,
      `/admin/..//${PLANTED_HOST}`,
      `/admin@${PLANTED_HOST}`,
      `/admin/../..//${PLANTED_HOST}/`,
      `javascript:alert(1)`,
      `/%09/${PLANTED_HOST}`,
      `/\t/${PLANTED_HOST}`,
      `https:${PLANTED_HOST}`,
      `/admin\r\nSet-Cookie: planted=1`,
      `/admin%0d%0aSet-Cookie:%20planted=1`,
      `///${PLANTED_HOST}/admin`,
      `/admin.${PLANTED_HOST}`,
    ])('leads nowhere else: %j', async (next) => {
      const response = await ask(`/admin/sign-in?next=${encodeURIComponent(next)}`, {
        headers: { Accept: 'text/html' },
      })
      const [, value = ''] = /name="next" value="([^"]*)"/.exec(await response.text()) ?? []
      const target = new URL(value.replaceAll('&amp;', '&') || '/admin', 'https://coach.example')
      expect(target.origin).toBe('https://coach.example')
      expect(target.pathname).toMatch(/^\/admin(\/|$)/)
      expect(response.headers.getSetCookie().join()).not.toContain('planted')
    })
  })

  describe('paths', () => {
    it.each([
      '/assets/..%2f..%2f..%2fpackage.json',
      '/assets/%2e%2e/%2e%2e/package.json',
      '/assets/....//....//package.json',
      '/assets/..%5c..%5cpackage.json',
      '/assets/%c0%ae%c0%ae/package.json',
      '/assets/admin.css%00.js',
      '/assets//etc/passwd',
      '/admin/bots/..%2f..%2f/knowledge',
      '/try/..%2f..%2fpackage.json',
      '/api/v1/..%2f..%2fpackage.json',
      '/%2e%2e/%2e%2e/etc/passwd',
    ])('lead to no file: %s', async (path) => {
      const raw = await sendRaw(
        world.app.url,
        `GET ${path} HTTP/1.1\r\nHost: localhost\r\nCookie: ${world.owner.cookie}\r\nConnection: close\r\n\r\n`,
      )
      expect([303, 400, 404]).toContain(raw.status)
      expect(raw.text).not.toMatch(/"dependencies"|root:x:0/)
    })
  })

  describe('headers', () => {
    it('the host of a request is in no mail', async () => {
      const { mailer } = world.app.app.installation
      const headers = {
        'X-Forwarded-Host': FORGED_HOST,
        'X-Forwarded-Proto': 'https',
        Forwarded: `host=${FORGED_HOST}`,
      }
      const response = await ask('/admin/forgot', {
        method: 'POST',
        headers,
        body: new URLSearchParams({ email: world.owner.email }),
      })
      expect(response.status).toBe(200)
      const readSent = () => ('sent' in mailer ? JSON.stringify(mailer.sent) : '')
      await waitUntil(() => readSent() !== '[]')
      const sent = readSent()
      expect(sent).toContain('https://coach.example/admin/')
      expect(sent).not.toContain(FORGED_HOST)
      expect(await response.text()).not.toContain(FORGED_HOST)
    })

    it('the host of a request is in no redirect', async () => {
      const raw = await sendRaw(
        world.app.url,
        `GET /admin HTTP/1.1\r\nHost: ${PLANTED_HOST}\r\nAccept: text/html\r\nX-Forwarded-Host: ${PLANTED_HOST}\r\nConnection: close\r\n\r\n`,
      )
      expect(raw.status).toBe(303)
      expect(raw.text).not.toContain(PLANTED_HOST)
    })

    it.each([
      ['two lengths', 'Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde'],
      [
        'a length and chunks',
        'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /admin HTTP/1.1\r\n\r\n',
      ],
      ['a folded header', 'X-A: b\r\n c\r\nContent-Length: 0\r\n\r\n'],
      ['a name with a space', 'Content-Length : 4\r\n\r\nabcd'],
      ['a bare line feed in a value', 'X-A: b\nSet-Cookie: planted=1\r\nContent-Length: 0\r\n\r\n'],
      ['sixty thousand bytes of cookies', `Cookie: a=${'b'.repeat(60_000)}\r\nContent-Length: 0\r\n\r\n`],
      [
        'three thousand headers',
        `${Array.from({ length: 3_000 }, (_, at) => `X-${at}: 1`).join('\r\n')}\r\nContent-Length: 0\r\n\r\n`,
      ],
    ])('%s smuggle nothing in', async (_name, rest) => {
      const raw = await sendRaw(
        world.app.url,
        `POST /admin/sign-in HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n${rest}`,
      )
      expect(
        raw.status === undefined || (raw.status >= 400 && raw.status < 500) || raw.status === 303,
        `${raw.status}`,
      ).toBe(true)
      expect(raw.text).not.toContain('planted')
      expect(raw.text.match(/HTTP\/1\.1 /g)?.length ?? 0).toBeLessThanOrEqual(1)
    })
  })

  describe('cookies', () => {
    it.each([
      ['a made-up session', () => `cornerman_session=${'A'.repeat(43)}`],
      ['a session of another form', () => 'cornerman_session=../../1'],
      ['one planted before the real one', () => `cornerman_session=${'A'.repeat(43)}; ${world.owner.cookie}`],
      [
        'the name in other letters',
        () => world.owner.cookie.replace('cornerman_session', 'Cornerman_Session'),
      ],
      [
        'a prefix that plain http does not have',
        () => world.owner.cookie.replace('cornerman_session', '__Host-cornerman'),
      ],
      ['a bot of another', () => `cornerman_bot=${'0'.repeat(8)}-0000-4000-8000-${'0'.repeat(12)}`],
    ])('%s sign no one in', async (_name, cookie) => {
      const response = await ask('/admin/account', { headers: { Cookie: cookie(), Accept: 'text/html' } })
      expect(response.status).toBe(303)
      expect(response.headers.get('location')).toMatch(/^\/admin\/sign-in/)
    })

    it('are out of reach of script and of other sites', async () => {
      const response = await ask('/admin', { headers: { Cookie: world.owner.cookie, Accept: 'text/html' } })
      for (const line of response.headers.getSetCookie()) {
        expect(line).toMatch(/HttpOnly/i)
        expect(line).toMatch(/SameSite=(Lax|Strict)/i)
      }
    })
  })

  describe('bodies', () => {
    it.each([
      ['__proto__[polluted]=1', 'application/x-www-form-urlencoded'],
      ['constructor[prototype][polluted]=1', 'application/x-www-form-urlencoded'],
      ['__proto__.polluted=1&__proto__=x', 'application/x-www-form-urlencoded'],
      ['{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}', 'application/json'],
    ])('%s pollute no prototype', async (body, type) => {
      for (const path of [
        '/admin/sign-in',
        '/admin/bots',
        '/admin/account/privacy',
        '/api/v1/account/retention',
      ]) {
        const headers = {
          'Content-Type': type,
          Cookie: world.owner.cookie,
          'X-CSRF-Token': world.owner.csrfToken,
        }
        const response = await ask(path, { method: 'POST', headers, body })
        expect(response.status, path).toBeLessThan(500)
      }
      expect('polluted' in {}).toBe(false)
    })

    it.each([
      ['a field twice', 'keep=limited&keep=forever&days=30&days=40'],
      ['the token twice', '_csrf=x&_csrf=y'],
      ['a null byte', 'keep=limited&days=%00'],
      ['half a surrogate', 'keep=limited&days=%ED%A0%80'],
      ['digits of another script', 'keep=limited&days=%D9%A3%D9%A0'],
      ['a number beyond all bounds', 'keep=limited&days=99999999999999999999'],
      ['an exponent', 'keep=limited&days=1e9'],
      ['a broken escape', 'keep=%E0%A4%A&days=%'],
      ['five thousand fields', Array.from({ length: 5_000 }, (_, at) => `a${at}=1`).join('&')],
    ])('%s is refused', async (_name, fields) => {
      const headers = {
        'Content-Type': 'application/x-www-form-urlencoded',
        Accept: 'text/html',
        Cookie: world.owner.cookie,
      }
      const token = fields.includes('_csrf') ? '' : `_csrf=${world.owner.csrfToken}&`
      const response = await ask('/admin/account/privacy', {
        method: 'POST',
        headers,
        body: `${token}${fields}`,
      })
      expect(response.status).toBeGreaterThanOrEqual(400)
      expect(response.status).toBeLessThan(500)
      expect(findMarkupFaults(await response.text())).toEqual([])
    })
  })

  it('none of all that was an unexpected error', () => {
    expect(world.log.filter((line) => line.includes('request-failed'))).toEqual([])
  })
})
