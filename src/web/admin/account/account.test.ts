import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findApiKey } from '../../../accounts/api-key.ts'
import { startSession } from '../../../accounts/session.ts'
import { type SignedInTester, signUpTester, type TesterChanges } from '../../../testing/signed-in.ts'
import { type AccountWorld, openAccountWorld, PASSWORD } from '../../../testing/worlds/account-world.ts'

let world: AccountWorld
beforeAll(async () => {
  world = await openAccountWorld()
})
afterAll(() => world[Symbol.asyncDispose]())

/** An owner of a creator of their own. */
const addMember = (changes: TesterChanges = {}) => world.addMember({ creatorId: 'new', ...changes })

/** Another device of the same person. */
async function addDevice({ memberId, creatorId }: SignedInTester) {
  const draft = { memberId, creatorId, userAgent: 'Mozilla/5.0 (Android) Firefox/140.0', ip: '192.0.2.9' }
  const { id, token } = await startSession(world.app.app.installation.db, draft)
  const isIn = async () => {
    const headers = { Cookie: `cornerman_session=${token}`, Accept: 'text/html' }
    return (
      (await fetch(new URL('/admin/account', world.app.url), { redirect: 'manual', headers })).status === 200
    )
  }
  return { id, isIn }
}

describe('devices', () => {
  it('are listed by name, and signed out one by one or all the others at once', async () => {
    const tester = await addMember()
    const [phone, tablet, laptop] = [
      await addDevice(tester),
      await addDevice(tester),
      await addDevice(tester),
    ]

    expect(await (await tester.fetch('/admin/account/security')).text()).toContain('Firefox on Android')
    expect((await tester.post(`/admin/account/devices/${phone.id}/end`)).status).toBe(303)
    expect([await phone.isIn(), await tablet.isIn(), await laptop.isIn()]).toEqual([false, true, true])
    expect((await tester.post('/admin/account/devices/others/end')).status).toBe(303)

    expect([await tablet.isIn(), await laptop.isIn()]).toEqual([false, false])
    expect((await tester.fetch('/admin/account')).status).toBe(200)
  })

  it('of someone else are as unknown as devices that never were', async () => {
    const [tester, other] = [await addMember(), await addMember()]

    const foreign = await tester.post(`/admin/account/devices/${other.sessionId}/end`)
    const never = await tester.post(`/admin/account/devices/${tester.memberId}/end`)
    const noId = await tester.post('/admin/account/devices/7/end')

    expect([foreign.status, never.status, noId.status]).toEqual([404, 404, 404])
    expect((await other.fetch('/admin/account')).status).toBe(200)
  })

  it('are signed out by signing out, for good', async () => {
    const tester = await addMember()

    const answer = await tester.post('/admin/sign-out')

    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/admin/sign-in'])
    expect(answer.headers.getSetCookie().join()).toMatch(/^cornerman_session=; .*Expires=Thu, 01 Jan 1970/)
    expect((await tester.fetch('/admin/account')).status).toBe(303)
  })
})

describe('the password', () => {
  it('is changed by who knows it, and signs the other devices out', async () => {
    const tester = await addMember()
    const phone = await addDevice(tester)
    const change = (current: string, password: string) =>
      tester.post('/admin/account/password', { current, password })

    expect((await change('not the right one', 'eight blue kettles')).status).toBe(422)
    expect((await change(PASSWORD, 'aaaaaaaaaaaa')).status).toBe(422)
    expect(await phone.isIn()).toBe(true)
    expect((await change(PASSWORD, 'eight blue kettles')).status).toBe(303)

    expect(await phone.isIn()).toBe(false)
    expect((await tester.fetch('/admin/account')).status).toBe(200)
  })

  it('cannot be guessed from a session left open', async () => {
    const tester = await addMember()
    const statuses: number[] = []
    for (let n = 0; n < 11; n++) {
      const form = { current: `guess ${n}`, password: 'eight blue kettles' }
      statuses.push((await tester.post('/admin/account/password', form)).status)
    }

    expect(statuses).toEqual([...Array<number>(10).fill(422), 429])
  })

  it('and a code are asked for before the second step changes', async () => {
    const tester = await addMember()

    await tester.fetch('/admin/account/two-step')
    const on = await tester.post('/admin/account/two-step', { code: '000000', password: 'wrong' })
    const off = await tester.post('/admin/account/two-step/off', { code: '000000', password: PASSWORD })

    expect([on.status, off.status]).toEqual([422, 422])
  })
})

describe('members', () => {
  it('get another role at once, and are out at once', async () => {
    const owner = await addMember()
    const editor = await signUpTester(world.app, { creatorId: owner.creatorId, role: 'editor' })

    await owner.post(`/admin/account/members/${editor.memberId}/role`, { role: 'viewer' })
    expect((await editor.post('/admin/bots', {})).status).toBe(403)
    await owner.post(`/admin/account/members/${editor.memberId}/remove`)
    expect((await editor.fetch('/admin/account')).status).toBe(303)
  })

  it("of another creator's are as unknown as members that never were", async () => {
    const [owner, stranger] = [await addMember(), await addMember()]
    const statusOf = async (id: string) => [
      (await owner.post(`/admin/account/members/${id}/role`, { role: 'viewer' })).status,
      (await owner.post(`/admin/account/members/${id}/remove`)).status,
    ]

    expect(await statusOf(stranger.memberId)).toEqual([404, 404])
    expect(await statusOf(stranger.sessionId)).toEqual([404, 404])
    expect((await stranger.fetch('/admin/account')).status).toBe(200)
  })

  it('may leave, but the last owner may not', async () => {
    const owner = await addMember()
    const viewer = await signUpTester(world.app, { creatorId: owner.creatorId, role: 'viewer' })

    expect((await viewer.post('/admin/account/leave')).headers.get('location')).toBe('/admin/sign-in')
    expect((await owner.post('/admin/account/leave')).status).toBe(409)
  })

  it('of several creators switch between them, each in a session of its own', async () => {
    const tester = await addMember()
    const other = await addMember()
    const { db } = world.app.app.installation
    await db
      .insertInto('membership')
      .values({ creator_id: other.creatorId, member_id: tester.memberId, role: 'viewer' })
      .execute()
    const foreign = await addMember()

    expect((await tester.post('/admin/account/switch', { creatorId: foreign.creatorId })).status).toBe(404)
    const answer = await tester.post('/admin/account/switch', { creatorId: other.creatorId })

    const [cookie = ''] = answer.headers.getSetCookie().map((line) => line.split(';')[0])
    expect((await tester.fetch('/admin/account')).status).toBe(303)
    expect((await tester.fetch('/admin/account', { headers: { Cookie: cookie } })).status).toBe(200)
    // A viewer there, though an owner at home.
    expect((await tester.fetch('/admin/account/api', { headers: { Cookie: cookie } })).status).toBe(403)
  })
})

describe('API keys', () => {
  it('are shown once, work, and stop when they are revoked', async () => {
    const owner = await addMember()
    const { db } = world.app.app.installation

    const made = await owner.post('/admin/account/api', {
      name: 'My script',
      scopes: 'chats:read',
      days: '90',
    })
    const [key = ''] = /cmk_[\w-]{43}/.exec(await made.text()) ?? []
    const found = await findApiKey(db, key)
    expect(found).toMatchObject({ actor: { creatorId: owner.creatorId }, scopes: ['chats:read'] })
    expect(await (await owner.fetch('/admin/account/api')).text()).not.toContain(key)
    expect((await owner.post(`/admin/account/api/${found?.actor.apiKeyId}/revoke`)).status).toBe(303)

    expect(await findApiKey(db, key)).toBeUndefined()
  })

  it('take only rights there are', async () => {
    const owner = await addMember()

    const answer = await owner.post('/admin/account/api', { name: 'X', scopes: 'everything', days: '90' })

    expect(answer.status).toBe(422)
    expect(await answer.text()).toContain('Choose at least one thing')
  })
})

describe('activity and safety', () => {
  it('list what was done, by whom, page by page and by kind', async () => {
    const owner = await addMember({ name: 'Olga' })
    for (let n = 0; n < 55; n++) await owner.post('/admin/account/profile', { name: 'Olga' })
    await owner.post('/admin/account/creator', { creatorName: 'Olga’s school' })

    const first = await (await owner.fetch('/admin/account/activity')).text()
    expect(first).toContain('Renamed the account')
    const [, older = ''] = /href="([^"]*before=[^"]*)"/.exec(first) ?? []
    const second = await (await owner.fetch(older)).text()
    const filtered = await (await owner.fetch('/admin/account/activity?about=creator')).text()

    expect(first.match(/Renamed a member/g)).toHaveLength(49)
    expect(second.match(/Renamed a member/g)).toHaveLength(6)
    expect(filtered.match(/<time /g)).toHaveLength(1)
  })

  it('show the installation’s own events to whoever runs it, and to no one else', async () => {
    const [operator, owner] = [await addMember({ isOperator: true }), await addMember()]
    await world.app.app.installation.db
      .insertInto('security_event')
      .values({ kind: 'webhook.forged', ip: '192.0.2.77' })
      .execute()
    const page = '/admin/account/safety?of=installation'

    expect(await (await operator.fetch(page)).text()).toContain('192.0.2.77')
    expect(await (await owner.fetch(page)).text()).not.toContain('192.0.2.77')
  })

  it('hear of forged webhooks and of what was denied', async () => {
    const viewer = await signUpTester(world.app, { role: 'viewer' })
    const owner = await signUpTester(world.app)
    const { webhookUrl } = await world.app.connectTelegram()

    await fetch(webhookUrl, {
      method: 'POST',
      headers: { 'X-Telegram-Bot-Api-Secret-Token': 'wrong' },
      body: '{}',
    })
    await viewer.fetch('/admin/account/api')

    await expect
      .poll(async () => (await owner.fetch('/admin/account/safety')).text(), { timeout: 15_000 })
      .toMatch(/channel’s name[\s\S]*role does not allow|role does not allow[\s\S]*channel’s name/)
  })
})
