import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { type SignedInTester, signUpTester } from '../../../testing/signed-in.ts'

describe('the first steps', () => {
  let test: TestApp
  let owner: SignedInTester

  beforeAll(async () => {
    test = await startTestApp()
    owner = await signUpTester(test, { creatorId: 'new' })
  })
  afterAll(() => test[Symbol.asyncDispose]())

  const NEW_BOT = { name: 'Nell', persona: 'Calm and short.', language: 'en' }

  it('are where a creator without a bot begins', async () => {
    const answer = await owner.fetch('/admin')

    expect(answer.status).toBe(303)
    expect(answer.headers.get('location')).toBe('/admin/start')
    expect(await (await owner.fetch('/admin/start')).text()).toContain('0 of 4 done')
  })

  it('keep what was typed when a field does not fit', async () => {
    const answer = await owner.post('/admin/bots', { ...NEW_BOT, name: ' ', persona: 'Dry <humour>' })

    expect(answer.status).toBe(422)
    const html = await answer.text()
    expect(html).toContain('aria-invalid="true"')
    expect(html).toContain('Dry &lt;humour&gt;')
  })

  it('go on with the bot, can be left, and are then out of the way', async () => {
    const made = await owner.post('/admin/bots', NEW_BOT)
    expect(made.headers.get('location')).toBe('/admin/start')
    expect((await owner.fetch('/admin')).headers.get('location')).toBe('/admin/start')
    const html = await (await owner.fetch('/admin/start')).text()
    expect(html).toContain('1 of 4 done')
    const [base] = /\/admin\/bots\/[0-9a-f-]{36}/.exec(html) ?? []

    await owner.post('/admin/start/leave')

    expect((await owner.fetch('/admin')).headers.get('location')).toBe(`${base}/overview`)
    expect((await owner.fetch('/admin/start')).status).toBe(200)
  })

  it('are a viewer’s to see and not to take', async () => {
    const viewer = await signUpTester(test, { creatorId: owner.creatorId, role: 'viewer' })

    expect((await viewer.fetch('/admin/start')).status).toBe(200)
    for (const path of ['/admin/bots', '/admin/start/leave']) {
      expect((await viewer.post(path, NEW_BOT)).status).toBe(403)
    }
    expect((await viewer.fetch('/admin/bots/new')).status).toBe(403)
  })

  it('tell an open page what has changed', async () => {
    const fresh = await signUpTester(test, { creatorId: 'new' })
    await fresh.post('/admin/bots', NEW_BOT)
    const leaving = new AbortController()
    const stream = await fresh.fetch('/admin/start/events', { signal: leaving.signal })
    const seen = readUntil(stream, 'event: start-channel')

    expect(await seen).toContain('event: start-material')
    leaving.abort()
  })

  it('remember the bot looked at last', async () => {
    const answer = await owner.fetch('/admin/bots/00000000-0000-4000-8000-000000000000/knowledge')
    const foreign = answer.headers.getSetCookie().find((cookie) => cookie.startsWith('cornerman_bot='))
    expect(foreign).toMatch(/HttpOnly; SameSite=Lax$/)

    const page = await owner.fetch('/admin/account', {
      headers: { Cookie: `${owner.cookie}; cornerman_bot=${test.bot.id}`, Accept: 'text/html' },
    })

    // Another creator's bot, or none, leads to our own.
    const html = await page.text()
    expect(html).not.toContain(test.bot.id)
    expect(html).toContain('Nell')
  })
})

describe('pages', () => {
  it.each(['br', 'gzip', 'identity'])('come packed as the browser takes them: %s', async (encoding) => {
    await using test = await startTestApp()
    const owner = await signUpTester(test)

    const answer = await owner.fetch('/admin/bots/new', { headers: { 'Accept-Encoding': encoding } })

    expect(answer.headers.get('content-encoding') ?? 'identity').toBe(encoding)
    expect(answer.headers.get('vary')).toContain('Accept-Encoding')
    expect(await answer.text()).toContain('</html>')
  })

  it('carry a form token that never looks the same, and is taken', async () => {
    await using test = await startTestApp()
    const owner = await signUpTester(test)
    const readToken = async () =>
      /name="_csrf" value="([^"]+)"/.exec(await (await owner.fetch('/admin/bots/new')).text())?.[1] ?? ''

    const [one, two] = [await readToken(), await readToken()]

    expect(one).not.toBe(two)
    expect(one).not.toContain(owner.csrfToken)
    expect((await owner.post('/admin/start/leave', { _csrf: one })).status).toBe(303)
    for (const wrong of ['', '~', '~~', one.slice(0, -4), `~${owner.csrfToken}`, owner.csrfToken.slice(1)]) {
      expect((await owner.post('/admin/start/leave', { _csrf: wrong })).status).toBe(403)
    }
  })

  it('tell a failure in words, and the part of a page that asked for it beside', async () => {
    await using test = await startTestApp()
    const owner = await signUpTester(test)
    const path = '/admin/bots/not-an-id/knowledge'

    const page = await owner.fetch(path)
    const part = await owner.fetch(path, { headers: { 'HX-Request': 'true' } })
    const program = await owner.fetch(path, { headers: { Accept: 'application/json' } })

    expect([page.status, part.status, program.status]).toEqual([404, 404, 404])
    expect(await page.text()).toContain('<h1>')
    expect(part.headers.get('hx-retarget')).toBe('#notices')
    expect(await part.text()).toContain('role="alert"')
    expect(await program.json()).toMatchObject({ success: false })
  })
})

async function readUntil(answer: Response, wanted: string): Promise<string> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of answer.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    if (text.includes(wanted)) return text
  }
  throw new Error(`the stream ended without ${wanted}`)
}
