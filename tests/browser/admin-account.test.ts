import { Secret, TOTP } from 'otpauth'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPasswords } from '../../src/accounts/password.ts'
import { recordSecurityEvent } from '../../src/accounts/security-event.ts'
import { randomEmail } from '../../src/testing/builders/account.ts'
import { type SignedInTester, signUpTester } from '../../src/testing/signed-in.ts'
import {
  type AdminWorld,
  expectAccessible,
  expectNoSidewaysScroll,
  openAdminWorld,
  WIDTHS,
} from './admin-world.ts'
import { chromiumPath } from './chromium.ts'

const PASSWORD = 'seven green lanterns'

describe.skipIf(!chromiumPath)('accounts in a browser (needs Chromium: set CHROMIUM_PATH)', () => {
  let world: AdminWorld

  beforeAll(async () => {
    world = await openAdminWorld({ tester: { name: 'Olga Owner', email: 'olga@example.test' } })
    const { tester, test } = world
    await signUpTester(test, { role: 'editor', name: 'Emil Editor', email: 'emil@example.test' })
    await givePassword(tester)
    await tester.post('/admin/account/api', { name: 'Backup script', scopes: 'chats:read', days: '90' })
    const { creatorId, memberId } = tester
    const event = { creatorId, details: { memberId }, ip: '192.0.2.4', count: 3 }
    for (const kind of ['sign_in.failed', 'webhook.forged'] as const) {
      await recordSecurityEvent(test.app.installation.db, { ...event, kind })
    }
  }, 180_000)
  afterAll(() => world?.[Symbol.asyncDispose]())

  async function givePassword({ memberId }: SignedInTester): Promise<void> {
    await world.test.app.installation.db
      .updateTable('member')
      .set({ password_hash: await createPasswords().hash(PASSWORD) })
      .where('id', '=', memberId)
      .execute()
  }

  describe.each(WIDTHS)('at %i px', (width) => {
    it('signs someone up, out and in again', async () => {
      await using opened = await world.page(width, { as: 'nobody' })
      const { page, complaints } = opened
      const email = randomEmail()
      const check = async (name: string) => {
        await expectAccessible(page)
        await expectNoSidewaysScroll(page)
        await opened.screenshot(`account-${name}`)
      }

      await opened.visit('/admin')
      expect(new URL(page.url()).pathname).toBe('/admin/sign-in')
      await check('sign-in')
      await page.getByRole('link', { name: 'Create an account' }).click()
      await page.getByLabel('Your name').fill('Nina New')
      await page.getByLabel('E-mail').fill(email)
      await page.getByLabel('Password').fill('qwertyuiop')
      await page.getByRole('button', { name: 'Create account' }).click()
      await page.getByText('easily guessed').waitFor()
      expect(await page.getByLabel('Your name').inputValue()).toBe('Nina New')
      await check('sign-up-fault')
      await page.getByLabel('Password').fill(PASSWORD)
      await page.getByRole('button', { name: 'Create account' }).click()
      await page.getByRole('link', { name: 'Open the link from the mail' }).waitFor()
      await check('sign-mail-sent')
      await page.getByRole('link', { name: 'Open the link from the mail' }).click()
      await check('sign-up-confirm')
      await page.getByRole('button', { name: 'Confirm and open my account' }).click()
      await page.waitForURL(/\/admin\/start/)

      await opened.visit('/admin/account')
      await page.getByRole('main').getByRole('button', { name: 'Sign out' }).click()
      await page.waitForURL(/\/admin\/sign-in/)
      await page.getByLabel('E-mail').fill(email)
      await page.getByLabel('Password').fill('not the right one')
      await page.getByRole('button', { name: 'Sign in', exact: true }).click()
      await page.getByRole('alert').waitFor()
      await check('sign-in-wrong')
      await page.getByRole('button', { name: 'Mail me a link instead' }).click()
      await page.getByRole('link', { name: 'Open the link from the mail' }).click()
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.waitForURL(/\/admin\/start/)
      expect(complaints.filter((complaint) => !complaint.includes('422'))).toEqual([])
    })

    it('turns the second step on and asks for it', async () => {
      const careful = await signUpTester(world.test, { name: 'Cara Careful', creatorId: 'new' })
      await givePassword(careful)
      await using opened = await world.page(width, { as: careful })
      const { page } = opened
      const check = async (name: string) => {
        await expectAccessible(page)
        await expectNoSidewaysScroll(page)
        await opened.screenshot(`account-${name}`)
      }

      await opened.visit('/admin/account/security')
      await page.getByRole('link', { name: 'Turn it on' }).click()
      const secret = (await page.locator('p.code').textContent()) ?? ''
      const totp = new TOTP({ secret: Secret.fromBase32(secret.replaceAll(' ', '')) })
      await check('two-step')
      await page.getByLabel('Code from the app').fill(totp.generate())
      await page.getByLabel('Your password').fill(PASSWORD)
      await page.getByRole('button', { name: 'Turn on' }).click()
      await page.getByText('shown this once').waitFor()
      await check('recovery-codes')
      const [code = ''] = ((await page.locator('pre.code').textContent()) ?? '').trim().split(/\s+/)

      await page.context().clearCookies()
      await opened.visit('/admin/sign-in')
      await page.getByLabel('E-mail').fill(careful.email)
      await page.getByLabel('Password').fill(PASSWORD)
      await page.getByRole('button', { name: 'Sign in', exact: true }).click()
      await page.getByRole('heading', { name: 'One more step' }).waitFor()
      await check('sign-in-code')
      await page.getByLabel('Code from your authenticator app').fill(code)
      await page.getByRole('button', { name: 'Go on' }).click()
      await page.waitForURL(/\/admin\/start/)
    })

    it.each(['', '/security', '/members', '/api', '/activity', '/safety'])(
      'shows /admin/account%s whole and without complaint',
      async (path) => {
        for (const isDark of [false, true]) {
          await using opened = await world.page(width, { isDark })
          const { page, complaints } = opened

          await opened.visit(`/admin/account${path}`)

          await expectAccessible(page)
          await expectNoSidewaysScroll(page)
          expect(complaints).toEqual([])
          await opened.screenshot(`account${path.replace('/', '-')}${isDark ? '-dark' : ''}`)
        }
      },
    )
  })
})
