import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestBrowser } from '../../../testing/browser.ts'
import { randomEmail } from '../../../testing/builders/account.ts'
import { waitUntil } from '../../../testing/wait.ts'
import { type AccountWorld, openAccountWorld, PASSWORD } from '../../../testing/worlds/account-world.ts'

let world: AccountWorld
beforeAll(async () => {
  world = await openAccountWorld()
})
afterAll(() => world[Symbol.asyncDispose]())

/** All that an answer tells, save what is in every answer another. */
async function reveal(answer: Response, email: string) {
  const headers = [...answer.headers].filter(([name]) => !['date', 'set-cookie'].includes(name))
  const cookies = answer.headers
    .getSetCookie()
    .map((line) => line.replace(/=[\w-]{43}/, '=VALUE').replace(/expires=[^;]+/i, 'Expires'))
  const body = (await answer.text()).replaceAll(email, 'EMAIL').replaceAll(encodeURIComponent(email), 'EMAIL')
  return { status: answer.status, headers, cookies, body }
}

describe('what a door tells of an address', () => {
  const doors: [string, (browser: TestBrowser, email: string) => Promise<Response>][] = [
    [
      'sign-in',
      (b, email) => b.post('/admin/sign-in', { email, password: 'not the right one', next: '/admin' }),
    ],
    ['a mailed link', (b, email) => b.post('/admin/sign-in/link', { email, next: '/admin' })],
    ['a forgotten password', (b, email) => b.post('/admin/forgot', { email })],
    ['sign-up', (b, email) => b.post('/admin/sign-up', { name: 'X', email, password: PASSWORD })],
    ['another mail', (b, email) => b.post('/admin/sign-up/again', { email })],
  ]

  it.each(doors)('at %s is the same whether it has an account or not', async (_door, knock) => {
    const { email: known } = await world.addMember()
    const unknown = randomEmail()

    const first = await reveal(await knock(world.open(), known), known)
    const second = await reveal(await knock(world.open(), unknown), unknown)

    expect(second).toEqual(first)
  })

  it('is the same for an address that was never confirmed, with the right password', async () => {
    const email = randomEmail()
    const browser = world.open()
    await browser.post('/admin/sign-up', { name: 'X', email, password: PASSWORD })

    const own = await reveal(await browser.post('/admin/sign-in', { email, password: PASSWORD }), email)
    const other = randomEmail()
    const unknown = await reveal(
      await browser.post('/admin/sign-in', { email: other, password: PASSWORD }),
      other,
    )

    expect(own).toEqual(unknown)
  })

  it('is told in the mail alone: a sign-up with a known address changes nothing', async () => {
    const { email, memberId } = await world.addMember({ name: 'Grace' })
    const readRow = () =>
      world.app.app.installation.db
        .selectFrom('member')
        .selectAll()
        .where('id', '=', memberId)
        .executeTakeFirstOrThrow()
    const before = await readRow()

    await world.open().post('/admin/sign-up', { name: 'Eve', email, password: 'eve knows this one' })

    await waitUntil(() => world.mailsTo(email).length > 0)
    expect(world.mailsTo(email).map(({ kind }) => kind)).toEqual(['known-account'])
    expect(await readRow()).toEqual(before)
  })

  it('takes about as long for the one as for the other', async () => {
    const { email } = await world.addMember()
    const time = async (address: string) => {
      const before = performance.now()
      await world.open().post('/admin/sign-in', { email: address, password: 'wrong password' })
      return performance.now() - before
    }
    const known: number[] = []
    const unknown: number[] = []
    for (let n = 0; n < 7; n++) {
      known.push(await time(email))
      unknown.push(await time(randomEmail()))
    }

    // The hash alone is some 27 ms: without it an unknown address would be told in a fraction of the time.
    expect(median(unknown)).toBeGreaterThan(median(known) * 0.5)
    expect(median(unknown)).toBeLessThan(median(known) * 2)
  })
})

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
