import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openApiCaller } from '../../../testing/api/caller.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { addTestUsage } from '../../../testing/builders/usage.ts'
import { type SignedInTester, signUpTester } from '../../../testing/signed-in.ts'

describe('the overview', () => {
  let app: TestApp
  let viewer: SignedInTester
  let path: string

  beforeAll(async () => {
    app = await startTestApp()
    const { db } = app.app.installation
    await db.updateTable('document').set({ title: '=HYPERLINK("http://x.test","Click")' }).execute()
    await addTestUsage(db, app.bot, { days: 10, people: 8 })
    viewer = await signUpTester(app, { role: 'viewer' })
    path = `/admin/bots/${app.bot.id}/overview`
  }, 120_000)
  afterAll(() => app?.[Symbol.asyncDispose]())

  it('shows charts with their tables to a viewer, and the text of titles as text', async () => {
    const page = await (await viewer.fetch(path)).text()

    expect(page.match(/<svg class="chart" [^>]*role="img"/g)).toHaveLength(4)
    expect(page.match(/<details class="more">/g)).toHaveLength(4)
    expect(page).toContain('=HYPERLINK(&quot;http://x.test&quot;')
    expect(page).not.toMatch(/style=/)
  })

  it('downloads CSV that no spreadsheet runs', async () => {
    const answer = await viewer.fetch(`${path}.csv?sheet=documents`)
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8')
    expect(answer.headers.get('content-disposition')).toMatch(
      /^attachment; filename="lockers-documents-[\d-]+\.csv"$/,
    )
    expect(await answer.text()).toContain(`"'=HYPERLINK(""http://x.test"",""Click"")",`)

    const days = (await (await viewer.fetch(`${path}.csv?days=7`)).text()).trim().split('\r\n')
    expect(days).toHaveLength(8)
    expect(days[0]).toContain('date,people,new people,questions')
  })

  it.each(['?days=-1', '?days=1e9', '?zone=Mars/Base', "?zone=';drop", '?days=7&days=30', '?sheet=secret'])(
    'shows what it can for %s',
    async (query) => {
      expect((await viewer.fetch(path + query)).status).toBe(200)
      expect((await viewer.fetch(`${path}.csv${query}`)).status).toBe(200)
    },
  )

  it('is no one else’s, by page, CSV or API', async () => {
    const stranger = await signUpTester(app, { creatorId: 'new' })
    const api = await openApiCaller(app, stranger.creatorId)

    for (const address of [path, `${path}.csv`, '/admin/bots/not-an-id/overview']) {
      expect((await stranger.fetch(address)).status).toBe(404)
    }
    expect((await api.call('GET', `/bots/${app.bot.id}/overview`)).status).toBe(404)
  })

  it('is the same by the API', async () => {
    const api = await openApiCaller(app, app.bot.creatorId)

    const { status, json } = await api.call(
      'GET',
      `/bots/${app.bot.id}/overview?days=7&timeZone=Asia/Kathmandu`,
    )

    expect(status).toBe(200)
    expect(json.data).toMatchObject({ timeZone: 'Asia/Kathmandu', subscribers: 8, daily: { length: 7 } })
    const { rows } = await readSheet(`${path}.csv?days=7&zone=Asia/Kathmandu`)
    expect(json.data).toMatchObject({
      daily: rows.map(([date, active]) => ({ date, active: Number(active) })),
    })
  })

  async function readSheet(address: string) {
    const text = (await (await viewer.fetch(address)).text()).trim()
    const [, ...rows] = text.split('\r\n').map((row) => row.split(','))
    return { rows }
  }
})
