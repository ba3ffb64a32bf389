import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signUpTester } from '../../../testing/signed-in.ts'
import {
  firstOf,
  formOf,
  openUploadTest,
  UploadAnswer,
  type UploadTest,
} from '../../../testing/worlds/upload-tester.ts'

let test: UploadTest
beforeAll(async () => {
  test = await openUploadTest()
})
afterAll(() => test?.[Symbol.asyncDispose]())

/** Reads an event stream until what came so far is enough. */
async function listen(path: string, isEnough: (seen: string) => boolean): Promise<string> {
  const leaving = new AbortController()
  const response = await test.owner.fetch(path, {
    headers: { Accept: 'text/event-stream' },
    signal: leaving.signal,
  })
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  const decoder = new TextDecoder()
  let seen = ''
  for await (const piece of response.body ?? []) {
    seen += decoder.decode(piece, { stream: true })
    if (isEnough(seen)) break
  }
  leaving.abort()
  return seen
}

describe('live progress', () => {
  it('sends the list when others are in it, then the rows that change', async () => {
    const live = /data-live="([^"]+)"/.exec(await test.htmlOf(test.base))?.[1]?.replaceAll('&amp;', '&') ?? ''
    const { answer } = await test.upload([{ name: 'live.md', content: '# Live\n\nSeen as it happens.' }])
    const { id } = firstOf(answer)
    const row = new RegExp(`^data: .*document-${id}.*Ready</span></li>`, 'm')

    const seen = await listen(live, (text) => row.test(text))

    expect(seen).toContain('event: documents\ndata: "<div id=\\"documents\\"><ul class=\\"list\\">')
  })

  it('says nothing of what the page shows already', async () => {
    await test.learn('calm.md', '# Calm\n\nNothing moves.')
    const live = /data-live="([^"]+)"/.exec(await test.htmlOf(test.base))?.[1]?.replaceAll('&amp;', '&') ?? ''

    const listening = listen(live, (text) => text.includes('newcomer.md'))
    const uploaded = await test.upload([{ name: 'newcomer.md', content: '# New\n\nComes while it is open.' }])

    const [first] = (await listening).match(/^event: .*\ndata: .*$/gm) ?? []
    expect(uploaded.status).toBe(200)
    expect(first).toMatch(/^event: documents\n.*newcomer\.md/)
  })

  it('follows one document, and offers its passages once they are there', async () => {
    const { answer } = await test.upload([{ name: 'followed.md', content: '# Followed\n\nTo its end.' }])
    const { id } = firstOf(answer)

    const seen = await listen(`${test.base}/documents/${id}/events`, (text) =>
      text.includes('Show what was read'),
    )

    expect(seen).toContain(`event: state-${id}\ndata: "<div id=\\"state-${id}\\"`)
  })
})

describe('who may', () => {
  it('another creator sees nothing and changes nothing: as if it were not there', async () => {
    const stranger = await signUpTester(test.app, { creatorId: 'new' })
    const id = await test.learn('secret.md', '# Secret\n\nThe word is hushabye.')
    const version = await test.rowOf(id)
    const nowhere = '00000000-0000-4000-8000-000000000000'
    const paths = (bot: string, document: string): [string, string][] => [
      ['GET', `/admin/bots/${bot}/knowledge`],
      ['GET', `/admin/bots/${bot}/knowledge/events`],
      ['GET', `/admin/bots/${bot}/knowledge/search?q=hushabye`],
      ['GET', `/admin/bots/${bot}/knowledge/documents/${document}/events`],
      ['POST', `/admin/bots/${bot}/knowledge/files`],
      ['GET', `/admin/bots/${bot}/knowledge/documents/${document}`],
      ['GET', `/admin/bots/${bot}/knowledge/documents/${document}/versions/${version?.id}/file`],
      ...['file', 'tags', 'retry', 'delete'].map((action): [string, string] => [
        'POST',
        `/admin/bots/${bot}/knowledge/documents/${document}/${action}`,
      ]),
    ]
    const ask = async ([method, path]: [string, string]) => {
      const response = await stranger.fetch(path, {
        method,
        headers: { Accept: 'application/json' },
        ...(method === 'POST' && { body: formOf([{ name: 'x.md', content: 'x' }]) }),
      })
      const { error } = UploadAnswer.parse(await response.json())
      return [response.status, error?.code]
    }

    const foreign = await Promise.all(paths(test.app.bot.id, id).map(ask))
    const unknown = await Promise.all(paths(nowhere, nowhere).map(ask))
    const malformed = await Promise.all(paths('not-an-id', 'neither').map(ask))

    for (const [status] of [...foreign, ...unknown]) expect(status).toBe(404)
    expect(foreign).toEqual(unknown)
    for (const [status] of malformed) expect(status).toBe(404)
    expect((await test.rowOf(id))?.state).toBe('ready')
  })

  it('a document of one bot is not there under another bot of the same creator', async () => {
    const { db } = test.app.app.installation
    const { creatorId } = test.app.bot
    const other = await db
      .insertInto('knowledge_base')
      .values({ creator_id: creatorId, name: 'other' })
      .returning('id')
      .executeTakeFirstOrThrow()
    const { settings } = await db
      .selectFrom('bot')
      .select('settings')
      .where('id', '=', test.app.bot.id)
      .executeTakeFirstOrThrow()
    const bot = await db
      .insertInto('bot')
      .values({
        creator_id: creatorId,
        knowledge_base_id: other.id,
        slug: 'other',
        settings: JSON.stringify(settings),
      })
      .returning('id')
      .executeTakeFirstOrThrow()
    const id = await test.learn('mine.md', '# Mine\n\nOf the first bot.')

    const page = await test.owner.fetch(`/admin/bots/${bot.id}/knowledge/documents/${id}`)
    const deleted = await test.owner.post(`/admin/bots/${bot.id}/knowledge/documents/${id}/delete`)

    expect([page.status, deleted.status]).toEqual([404, 404])
    expect(await test.rowOf(id)).toBeDefined()
  })

  it('a viewer looks and changes nothing', async () => {
    const viewer = await signUpTester(test.app, { role: 'viewer' })
    const id = await test.learn('seen.md', '# Seen\n\nBy a viewer.')

    const html = await test.htmlOf(`${test.base}/documents/${id}`, viewer)
    const list = await test.htmlOf(test.base, viewer)
    const uploaded = await test.upload([{ name: 'no.md', content: 'no' }], viewer)
    const changed = await Promise.all(
      ['file', 'tags', 'retry', 'delete'].map((action) =>
        viewer.post(`${test.base}/documents/${id}/${action}`),
      ),
    )

    for (const page of [html, list])
      expect(page).not.toMatch(/<form method="post"|action="[^"]*(delete|retry|tags|files)"/)
    expect(uploaded.status).toBe(403)
    expect(changed.map(({ status }) => status)).toEqual([403, 403, 403, 403])
  })
})
