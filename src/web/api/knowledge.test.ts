import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type ApiCaller, openApiCaller } from '../../testing/api/caller.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { buildZip } from '../../testing/samples/documents.ts'
import { signUpTester } from '../../testing/signed-in.ts'
import { waitUntil } from '../../testing/wait.ts'

const opened = new AsyncDisposableStack()
let app: TestApp
let caller: ApiCaller
let documents: string
beforeAll(async () => {
  app = opened.use(await startTestApp({ env: { UPLOAD_MAX_BYTES: '50000' } }))
  caller = await openApiCaller(app, app.bot.creatorId)
  documents = `/bots/${app.bot.id}/documents`
})
afterAll(() => opened.disposeAsync())

const Uploaded = z.object({
  documents: z.array(
    z.object({ id: z.string(), versionId: z.string(), name: z.string(), isUnchanged: z.boolean() }),
  ),
  refused: z.array(z.object({ name: z.string(), code: z.string() })),
})
const Document = z.looseObject({ state: z.string(), reason: z.object({ code: z.string() }).nullable() })
const List = z.object({
  items: z.array(z.looseObject({ id: z.string() })),
  nextCursor: z.string().nullable(),
})

async function send(name: string, text: string): Promise<z.output<typeof Uploaded>> {
  const { status, json } = await caller.call('POST', `${documents}?name=${encodeURIComponent(name)}`, text, {
    'content-type': 'text/markdown',
  })
  expect(status).toBe(202)
  return Uploaded.parse(json.data)
}

async function learn(name: string, text: string): Promise<string> {
  const { documents: taken } = await send(name, text)
  const id = taken[0]?.id ?? ''
  await waitUntil(async () => {
    const { json } = await caller.call('GET', `${documents}/${id}`)
    return ['ready', 'failed'].includes(Document.parse(json.data).state)
  })
  return id
}

describe('documents over the API', () => {
  it('are uploaded as a form, each file for itself', async () => {
    const form = new FormData()
    form.append('files', new Blob(['# One\n\nThe first.']), 'set/one.md')
    form.append('files', new Blob(['x'.repeat(50_001)]), 'set/large.txt')
    const response = await fetch(`${app.url}/api/v1${documents}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${caller.key}` },
      body: form,
    })

    expect(response.status).toBe(202)
    const answer = z.object({ success: z.literal(true), data: Uploaded }).parse(await response.json())
    expect(answer.data).toMatchObject({
      documents: [{ name: 'set/one.md', isUnchanged: false }],
      refused: [{ name: 'large.txt', code: 'document.too_large' }],
    })
  })

  it('are uploaded as the body, read, searched, tagged, given back and deleted', async () => {
    const id = await learn('tides.md', '# Tides\n\nNeap tides come at the half moon, called quadrature.')
    const again = await send('tides.md', '# Tides\n\nNeap tides come at the half moon, called quadrature.')
    const shown = await caller.call('GET', `${documents}/${id}`)
    const tagged = await caller.call('PUT', `${documents}/${id}/tags`, { tags: ['Sea', ' sea ', 'Moon'] })
    const listed = await caller.call('GET', `${documents}?tag=Moon&state=ready`)
    const versions = await caller.call('GET', `${documents}/${id}/versions`)
    const passages = await caller.call('GET', `${documents}/${id}/passages`)
    const question = encodeURIComponent('What comes at quadrature?')
    const found = await caller.call('GET', `/bots/${app.bot.id}/search?question=${question}&limit=3`)
    const file = await fetch(
      `${app.url}/api/v1${documents}/${id}/versions/${again.documents[0]?.versionId}/file`,
      { headers: { authorization: `Bearer ${caller.key}` } },
    )
    const retried = await caller.call('POST', `${documents}/${id}/retry`)
    const deleted = await caller.call('DELETE', `${documents}/${id}`)
    const gone = await caller.call('GET', `${documents}/${id}`)

    expect(again.documents).toMatchObject([{ id, isUnchanged: true }])
    expect(shown.json.data).toMatchObject({
      name: 'tides.md',
      state: 'ready',
      reason: null,
      passages: 1,
      language: 'en',
    })
    expect(tagged.json.data).toEqual({ tags: ['Sea', 'Moon'] })
    expect(List.parse(listed.json.data).items.map((item) => item.id)).toEqual([id])
    expect(versions.json.data).toMatchObject({ items: [{ isActive: true, hasFile: true }] })
    expect(passages.json.data).toMatchObject({ items: [{ ordinal: 0, overlap: 0 }], nextCursor: null })
    const hit = { documentId: id, keywordScore: expect.any(Number) }
    expect(found.json.data).toMatchObject({
      keyword: { passages: [hit] },
      vector: { passages: [] },
      fused: { passages: [hit] },
    })
    expect(file.headers.get('content-type')).toBe('application/octet-stream')
    expect(file.headers.get('content-disposition')).toBe('attachment; filename=tides.md')
    expect(await file.text()).toContain('Neap tides')
    expect([retried.status, retried.json.error?.code]).toEqual([409, 'document.not_failed'])
    expect([deleted.status, gone.status, gone.json.error?.code]).toEqual([200, 404, 'document.not_found'])
  })

  it('are listed page by page', async () => {
    for (const name of ['p1.md', 'p2.md', 'p3.md']) await send(name, `# ${name}\n\nPage.`)
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const { json } = await caller.call('GET', `${documents}?limit=2${cursor && `&cursor=${cursor}`}`)
      const page: z.output<typeof List> = List.parse(json.data)
      seen.push(...page.items.map((item) => item.id))
      cursor = page.nextCursor
    }

    expect(new Set(seen).size).toBe(seen.length)
    expect(seen.length).toBeGreaterThanOrEqual(4)
  })

  it.each([
    [
      'a body that is too large',
      '?name=large.txt',
      'x'.repeat(50_001),
      'text/plain',
      413,
      'document.too_large',
    ],
    ['a body without a name', '', 'text', 'text/plain', 400, 'request.malformed'],
    ['a name that is none', '?name=..', 'text', 'text/plain', 422, 'document.name_invalid'],
    [
      'a form that breaks off',
      '',
      '--b\r\nContent-Disposition: form-data; name="files"; filename="a.md"\r\n\r\nhalf',
      'multipart/form-data; boundary=b',
      400,
      'request.malformed',
    ],
    ['a form without files', '', '--b--\r\n', 'multipart/form-data; boundary=b', 422, 'upload.empty'],
    ['a form without a boundary', '', 'x', 'multipart/form-data', 400, 'request.malformed'],
  ])('refuse %s', async (_what, query, body, type, status, code) => {
    const answer = await caller.call('POST', `${documents}${query}`, body, { 'content-type': type })

    expect([answer.status, answer.json.error?.code]).toEqual([status, code])
  })

  it('are unpacked from a zip, sent as the body or in a form', async () => {
    const zip = new Uint8Array(
      buildZip([
        { name: 'a.md', content: '# A\n\nThe kettle is copper.' },
        { name: 'deep.zip', content: 'PK' },
      ]),
    )
    const form = new FormData()
    form.append('files', new Blob([zip]), 'form.zip')
    const post = async (path: string, body: FormData | Uint8Array<ArrayBuffer>) => {
      const headers = { authorization: `Bearer ${caller.key}` }
      const response = await fetch(`${app.url}/api/v1${path}`, { method: 'POST', headers, body })
      return { status: response.status, json: z.object({ data: Uploaded }).parse(await response.json()) }
    }

    const answers = [await post(`${documents}?name=body.zip`, zip), await post(documents, form)]

    expect(answers.map(({ status }) => status)).toEqual([202, 202])
    for (const [at, { json }] of answers.entries()) {
      expect(json.data.documents).toMatchObject([{ name: `${['body', 'form'][at]}/a.md` }])
      expect(json.data.refused).toMatchObject([{ name: 'deep.zip', code: 'document.nested_archive' }])
    }
  })

  it('of another creator are not there, whatever is asked of them', async () => {
    const id = await learn('mine.md', '# Mine\n\nNot theirs.')
    const { creatorId } = await signUpTester(app, { creatorId: 'new' })
    const stranger = await openApiCaller(app, creatorId)
    const nowhere = '00000000-0000-4000-8000-000000000000'
    const calls = (bot: string, document: string): [string, string, unknown?][] => [
      ['GET', `/bots/${bot}/documents`],
      ['POST', `/bots/${bot}/documents?name=a.md`, 'text'],
      ['GET', `/bots/${bot}/search?question=mine`],
      ['GET', `/bots/${bot}/documents/${document}`],
      ['GET', `/bots/${bot}/documents/${document}/versions`],
      ['GET', `/bots/${bot}/documents/${document}/passages`],
      ['GET', `/bots/${bot}/documents/${document}/versions/${document}/file`],
      ['PUT', `/bots/${bot}/documents/${document}/tags`, { tags: [] }],
      ['POST', `/bots/${bot}/documents/${document}/retry`],
      ['DELETE', `/bots/${bot}/documents/${document}`],
    ]
    const ask = async (list: [string, string, unknown?][]) =>
      Promise.all(
        list.map(async ([method, path, body]) => {
          const { status, json } = await stranger.call(method, path, body)
          return [status, json.error?.code]
        }),
      )

    const foreign = await ask(calls(app.bot.id, id))

    expect(foreign.every(([status]) => status === 404)).toBe(true)
    expect(foreign).toEqual(await ask(calls(nowhere, nowhere)))
    expect((await caller.call('GET', `${documents}/${id}`)).status).toBe(200)
  })

  it('need a key that may', async () => {
    const reader = await openApiCaller(app, app.bot.creatorId, ['knowledge:read'])

    const read = await reader.call('GET', documents)
    const upload = await reader.call('POST', `${documents}?name=a.md`, 'text')

    expect([read.status, upload.status]).toEqual([200, 403])
  })
})
