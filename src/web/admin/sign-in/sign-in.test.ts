import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomEmail } from '../../../testing/builders/account.ts'
import { waitUntil } from '../../../testing/wait.ts'
import { type AccountWorld, openAccountWorld, PASSWORD } from '../../../testing/worlds/account-world.ts'

let world: AccountWorld
beforeAll(async () => {
  world = await openAccountWorld()
})
afterAll(() => world[Symbol.asyncDispose]())

describe('signing in by password', () => {
  it('begins a session of its own, whatever cookie the browser was given before', async () => {
    const { email } = await world.addMember()
    const victim = world.open()
    const planted = 'A'.repeat(43)
    victim.cookies.set('cornerman_session', planted)

    const answer = await victim.post('/admin/sign-in', { email, password: PASSWORD, next: '/admin/account' })

    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/admin/account'])
    expect(victim.cookies.get('cornerman_session')).not.toBe(planted)
    const attacker = world.open()
    attacker.cookies.set('cornerman_session', planted)
    expect((await attacker.get('/admin/account')).status).toBe(303)
  })

  it('ends the session the browser had', async () => {
    const { email } = await world.addMember()
    const browser = world.open()
    await browser.post('/admin/sign-in', { email, password: PASSWORD })
    const before = browser.cookies.get('cornerman_session') ?? ''
    await browser.post('/admin/sign-in', { email, password: PASSWORD })

    const old = world.open()
    old.cookies.set('cornerman_session', before)
    expect((await old.get('/admin/account')).status).toBe(303)
    expect((await browser.get('/admin/account')).status).toBe(200)
  })

  it('sets a cookie no script and no other site can use, and one bound to the host over TLS', async () => {
    const { email } = await world.addMember()
    const form = { email, password: PASSWORD }

    const plain = await world.open().post('/admin/sign-in', form)
    const secure = await world.open().post('/admin/sign-in', form, {
      'X-Forwarded-Proto': 'https',
    })

    expect(plain.headers.getSetCookie().join()).toMatch(
      /^cornerman_session=[\w-]{43}; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/,
    )
    expect(secure.headers.getSetCookie().join()).toMatch(
      /^__Host-cornerman=[\w-]{43}; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/,
    )
  })

  it.each(['//evil.example', 'https://evil.example/admin', '/\\evil.example', 'javascript:alert(1)'])(
    'leads home instead of to %s',
    async (next) => {
      const { email } = await world.addMember()
      const browser = world.open()

      const page = await (await browser.get(`/admin/sign-in?next=${encodeURIComponent(next)}`)).text()
      const answer = await browser.post('/admin/sign-in', { email, password: PASSWORD, next })

      expect(page).not.toContain('evil.example')
      expect(answer.headers.get('location')).toBe('/admin')
    },
  )

  it('stops guessing at one account, for known and unknown addresses alike, and writes it down', async () => {
    const { email } = await world.addMember()
    const statuses = async (address: string) => {
      const seen: number[] = []
      for (let n = 0; n < 12; n++) {
        const browser = world.open()
        const headers = { 'X-Forwarded-For': `203.0.113.${seen.length}` }
        seen.push(
          (await browser.post('/admin/sign-in', { email: address, password: 'wrong' }, headers)).status,
        )
      }
      return seen
    }

    const expected = [...Array<number>(10).fill(422), 429, 429]
    expect(await statuses(email)).toEqual(expected)
    expect(await statuses(randomEmail())).toEqual(expected)
    const right = await world.open().post('/admin/sign-in', { email, password: PASSWORD })
    expect(right.status).toBe(429)
    expect(Number(right.headers.get('Retry-After'))).toBeGreaterThan(0)
    expect(await world.countEvents('sign_in.rate_limited')).toBeGreaterThan(0)
  })

  it('stops one address that tries many accounts', async () => {
    const headers = { 'X-Forwarded-For': '198.51.100.7' }
    const statuses: number[] = []
    for (let n = 0; n < 61; n++) {
      const form = { email: `nobody${n}@example.test`, password: 'wrong' }
      statuses.push((await world.open().post('/admin/sign-in', form, headers)).status)
    }

    expect(statuses.slice(0, 60)).not.toContain(429)
    expect(statuses[60]).toBe(429)
  })

  it('shows a failed try to the owners of the account it was made on', async () => {
    const owner = await world.addMember({ creatorId: 'new' })

    await world.open().post('/admin/sign-in', { email: owner.email, password: 'wrong' })

    await waitUntil(async () =>
      (await (await owner.fetch('/admin/account/safety')).text()).includes('A sign-in failed'),
    )
  })
})
