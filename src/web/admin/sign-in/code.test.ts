import { Secret, TOTP } from 'otpauth'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { passTwoStep } from '../../../accounts/two-step.ts'
import { type AccountWorld, openAccountWorld, PASSWORD } from '../../../testing/worlds/account-world.ts'

let world: AccountWorld
beforeAll(async () => {
  world = await openAccountWorld()
})
afterAll(() => world[Symbol.asyncDispose]())

describe('the second step', () => {
  async function addCareful() {
    const tester = await world.addMember()
    const page = await (await tester.fetch('/admin/account/two-step')).text()
    const [, secret = ''] = /<p class="code">([A-Z2-7 ]+)<\/p>/.exec(page) ?? []
    const totp = new TOTP({ secret: Secret.fromBase32(secret.replaceAll(' ', '')) })
    const answer = await tester.post('/admin/account/two-step', { code: totp.generate(), password: PASSWORD })
    const codes = (await answer.text()).match(/[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}/g) ?? []
    return { ...tester, totp, codes }
  }

  it('stands between the password and the session, and takes each code once', async () => {
    const { email, memberId, totp, codes } = await addCareful()
    expect(codes).toHaveLength(10)
    const browser = world.open()

    const first = await browser.post('/admin/sign-in', { email, password: PASSWORD, next: '/admin/account' })
    expect(first.headers.get('location')).toBe('/admin/sign-in/code?next=%2Fadmin%2Faccount')
    expect((await browser.get('/admin/account')).status).toBe(303)

    // The code that turned it on was used by that.
    const used = await browser.post('/admin/sign-in/code', { code: totp.generate() })
    expect(used.status).toBe(422)
    const code = totp.generate({ timestamp: Date.now() + 30_000 })
    const passed = await browser.post('/admin/sign-in/code', { code, next: '/admin/account' })
    expect([passed.status, passed.headers.get('location')]).toEqual([303, '/admin/account'])
    expect((await browser.get('/admin/account')).status).toBe(200)

    const { db, vault } = world.app.app.installation
    expect(await passTwoStep(db, vault, { memberId, code })).toBe(false)
  })

  it('also stands behind a mailed link and a new password, and a recovery code passes it', async () => {
    const { email, codes } = await addCareful()
    const browser = world.open()
    await browser.post('/admin/sign-in/link', { email })
    const magic = await world.mailedToken(email, 'magic-link')
    const byLink = await browser.post('/admin/sign-in/link/use', { token: magic })
    await browser.post('/admin/forgot', { email })
    const reset = await world.mailedToken(email, 'reset-password')
    const byReset = await browser.post('/admin/reset', { token: reset, password: 'eight blue kettles' })

    for (const { headers } of [byLink, byReset])
      expect(headers.get('location')).toMatch(/^\/admin\/sign-in\/code/)
    const passed = await browser.post('/admin/sign-in/code', { code: codes[0] ?? '' })
    expect(passed.status).toBe(303)
    expect((await browser.get('/admin/account')).status).toBe(200)
  })

  it('gives five tries', async () => {
    const { email } = await addCareful()
    const browser = world.open()
    await browser.post('/admin/sign-in', { email, password: PASSWORD })

    const statuses: number[] = []
    for (let n = 0; n < 6; n++)
      statuses.push((await browser.post('/admin/sign-in/code', { code: '000000' })).status)

    // One was taken by turning it on.
    expect(statuses).toEqual([422, 422, 422, 422, 429, 429])
  })

  it('needs the first step: without its cookie no code is looked at', async () => {
    const { totp } = await addCareful()

    const answer = await world.open().post('/admin/sign-in/code', { code: totp.generate() })

    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/admin/sign-in'])
  })
})
