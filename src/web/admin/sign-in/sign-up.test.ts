import { describe, expect, it } from 'vitest'
import { startTestApp } from '../../../testing/app.ts'
import { findLink, openTestBrowser } from '../../../testing/browser.ts'

const ADA = { name: 'Ada', email: 'Ada@Example.test ', password: 'seven green lanterns' }

describe('signing up', () => {
  it('leads from the form over the mailed link into the pages, and makes the first account the operator', async () => {
    await using app = await startTestApp()
    const browser = openTestBrowser(app.url)

    const sent = await browser.post('/admin/sign-up', ADA)
    expect(sent.status).toBe(200)
    const link = findLink(await sent.text(), '/admin/sign-up/confirm')
    const confirm = await browser.get(link)
    expect(await confirm.text()).not.toContain('type="password"')
    const token = new URL(link, app.url).searchParams.get('token') ?? ''
    const opened = await browser.post('/admin/sign-up/confirm', { token })

    expect([opened.status, opened.headers.get('location')]).toEqual([303, '/admin'])
    expect((await browser.get('/admin/start')).status).toBe(200)
    const { db } = app.app.installation
    const rows = await db
      .selectFrom('member')
      .innerJoin('membership', 'membership.member_id', 'member.id')
      .select(['email', 'is_operator', 'role', 'membership.creator_id'])
      .execute()
    expect(rows).toEqual([
      { email: 'ada@example.test', is_operator: true, role: 'owner', creator_id: app.bot.creatorId },
    ])
  })
})
