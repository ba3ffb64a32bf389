import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findLink } from '../../../testing/browser.ts'
import { randomEmail } from '../../../testing/builders/account.ts'
import { waitUntil } from '../../../testing/wait.ts'
import {
  type AccountWorld,
  openAccountWorld,
  PASSWORD,
  tokenOf,
} from '../../../testing/worlds/account-world.ts'

let world: AccountWorld
beforeAll(async () => {
  world = await openAccountWorld()
})
afterAll(() => world[Symbol.asyncDispose]())

describe('links in mails', () => {
  it('sign in by a button alone, so that what only looks at a mail does not use them up', async () => {
    const { email } = await world.addMember()
    const browser = world.open()
    await browser.post('/admin/sign-in/link', { email, next: '/admin/account/members' })
    const link = await world.mailedLink(email, 'magic-link')

    for (let n = 0; n < 3; n++) expect((await browser.get(link)).status).toBe(200)
    expect(browser.cookies.has('cornerman_session')).toBe(false)
    const next = new URL(link, world.app.url).searchParams.get('next') ?? ''
    const used = await browser.post('/admin/sign-in/link/use', { token: tokenOf(link), next })

    expect(used.headers.get('location')).toBe('/admin/account/members')
    expect((await browser.get('/admin/account')).status).toBe(200)
  })

  it('work once, also when used twice at the same moment', async () => {
    const { email } = await world.addMember()
    await world.open().post('/admin/sign-in/link', { email })
    const token = await world.mailedToken(email, 'magic-link')

    const answers = await Promise.all(
      Array.from({ length: 4 }, () => world.open().post('/admin/sign-in/link/use', { token })),
    )

    expect(answers.map(({ status }) => status).sort()).toEqual([303, 410, 410, 410])
  })

  it('do one thing: none of them does the work of another', async () => {
    const { email } = await world.addMember()
    const browser = world.open()
    await browser.post('/admin/forgot', { email })
    const token = await world.mailedToken(email, 'reset-password')

    expect((await browser.post('/admin/sign-in/link/use', { token })).status).toBe(410)
    expect((await browser.post('/admin/sign-up/confirm', { token })).status).toBe(410)
    expect((await browser.get(`/admin/reset?token=${token}`)).status).toBe(200)
  })

  it('end in time', async () => {
    const { email, memberId } = await world.addMember()
    await world.open().post('/admin/sign-in/link', { email })
    const token = await world.mailedToken(email, 'magic-link')
    await world.app.app.installation.db
      .updateTable('sign_in_token')
      .set({ expires_at: new Date() })
      .where('member_id', '=', memberId)
      .execute()

    const answer = await world.open().post('/admin/sign-in/link/use', { token })

    expect(answer.status).toBe(410)
  })

  it('lead to the installation’s own address, whatever host the request named', async () => {
    const { email } = await world.addMember()

    const headers = { 'X-Forwarded-Host': 'evil.example', 'Sec-Fetch-Site': 'same-origin' }
    await world.open().post('/admin/forgot', { email }, headers)

    await world.mailedLink(email, 'reset-password')
    expect(
      world
        .mailsTo(email)
        .map(({ text }) => text)
        .join(),
    ).not.toContain('evil.example')
  })

  it('set a new password once, and sign out everywhere', async () => {
    const tester = await world.addMember()
    const browser = world.open()
    await browser.post('/admin/forgot', { email: tester.email })
    const token = await world.mailedToken(tester.email, 'reset-password')

    expect((await browser.post('/admin/reset', { token, password: 'short' })).status).toBe(422)
    expect((await browser.post('/admin/reset', { token, password: 'eight blue kettles' })).status).toBe(303)

    expect((await tester.fetch('/admin/account')).status).toBe(303)
    expect((await browser.post('/admin/reset', { token, password: 'nine red kettles' })).status).toBe(410)
    const again = (password: string) => world.open().post('/admin/sign-in', { email: tester.email, password })
    expect((await again(PASSWORD)).status).toBe(422)
    expect((await again('eight blue kettles')).status).toBe(303)
    await waitUntil(() => world.mailsTo(tester.email).some(({ kind }) => kind === 'password-changed'))
  })

  it('do not fill a mailbox', async () => {
    const email = randomEmail()
    const statuses: number[] = []
    for (let n = 0; n < 6; n++) statuses.push((await world.open().post('/admin/forgot', { email })).status)

    expect(statuses).toEqual([200, 200, 200, 200, 200, 429])
  })
})

describe('confirming a sign-up', () => {
  const EVE = { name: 'Eve', password: 'eve knows this one' }

  it('asks in another browser for the password, so that nobody opens an account for someone else', async () => {
    const email = randomEmail()
    await world.open().post('/admin/sign-up', { ...EVE, email })
    const link = await world.mailedLink(email, 'verify-email')
    const owner = world.open()

    expect(await (await owner.get(link)).text()).toContain('type="password"')
    expect((await owner.post('/admin/sign-up/confirm', { token: tokenOf(link) })).status).toBe(422)

    await owner.post('/admin/forgot', { email })
    const token = await world.mailedToken(email, 'reset-password')
    expect((await owner.post('/admin/reset', { token, password: PASSWORD })).status).toBe(303)
    const eve = await world.open().post('/admin/sign-in', { email, password: EVE.password })
    expect(eve.status).toBe(422)
  })

  it('takes the password that was chosen when a mailed link proves the address instead', async () => {
    const email = randomEmail()
    await world.open().post('/admin/sign-up', { ...EVE, email })
    const owner = world.open()
    await owner.post('/admin/sign-in/link', { email })
    const token = await world.mailedToken(email, 'magic-link')

    expect((await owner.post('/admin/sign-in/link/use', { token })).status).toBe(303)

    const eve = await world.open().post('/admin/sign-in', { email, password: EVE.password })
    expect(eve.status).toBe(422)
  })

  it('gives whoever signs up later a creator of their own, and no part of the installation', async () => {
    await world.addMember()
    const email = randomEmail()
    const browser = world.open()
    await browser.post('/admin/sign-up', { name: 'Late', email, password: PASSWORD })
    const token = await world.mailedToken(email, 'verify-email')

    expect((await browser.post('/admin/sign-up/confirm', { token })).status).toBe(303)

    const row = await world.app.app.installation.db
      .selectFrom('member')
      .innerJoin('membership', 'membership.member_id', 'member.id')
      .innerJoin('creator', 'creator.id', 'membership.creator_id')
      .select(['is_operator', 'role', 'creator.name', 'creator.id'])
      .where('email', '=', email)
      .executeTakeFirstOrThrow()
    expect(row).toMatchObject({ is_operator: false, role: 'owner', name: 'Late' })
    expect(row.id).not.toBe(world.app.bot.creatorId)
  })
})

describe('invitations', () => {
  it('make someone new a member, and show on no page what only the mail may tell', async () => {
    const owner = await world.addMember({ creatorId: 'new' })
    const email = randomEmail()

    const page = await (await owner.post('/admin/account/invitations', { email, role: 'editor' })).text()
    const link = await world.mailedLink(email, 'invitation')
    expect(page).not.toContain(tokenOf(link))
    const browser = world.open()
    expect((await browser.get(link)).status).toBe(200)
    const joined = await browser.post('/admin/invitation', {
      token: tokenOf(link),
      name: 'New',
      password: PASSWORD,
    })

    expect([joined.status, joined.headers.get('location')]).toEqual([303, '/admin'])
    expect(await (await owner.fetch('/admin/account/members')).text()).toContain(email)
    expect((await browser.get(link)).status).toBe(404)
  })

  it('let an account of the address accept, another one not', async () => {
    const owner = await world.addMember({ creatorId: 'new' })
    const [invited, other] = [await world.addMember(), await world.addMember()]
    await owner.post('/admin/account/invitations', { email: invited.email, role: 'viewer' })
    const link = await world.mailedLink(invited.email, 'invitation')
    const inside = findLink(await (await world.open().get(link)).text(), '/admin/account/invitation')
    const token = tokenOf(link)

    expect(await (await other.fetch(inside)).text()).not.toContain('Accept and switch')
    expect((await other.post('/admin/account/invitation', { token })).status).toBe(403)
    expect(await (await invited.fetch(inside)).text()).toContain('Accept and switch')
    expect((await invited.post('/admin/account/invitation', { token })).status).toBe(303)

    // The session moved with them: the one before is over.
    expect((await invited.fetch('/admin/account')).status).toBe(303)
    expect(await (await owner.fetch('/admin/account/members')).text()).toContain(invited.email)
  })
})
