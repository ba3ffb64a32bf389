import { readdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sendRaw } from '../../../testing/attacks/raw-http.ts'
import { buildPdf, buildZip, pdfText } from '../../../testing/samples/documents.ts'
import { buildPptx, slideShape } from '../../../testing/samples/office.ts'
import { waitUntil } from '../../../testing/wait.ts'
import {
  BODY_TIMEOUT_MS,
  firstOf,
  formOf,
  MAX_UPLOAD_BYTES,
  openUploadTest,
  UploadAnswer,
  type UploadTest,
} from '../../../testing/worlds/upload-tester.ts'

let test: UploadTest
beforeAll(async () => {
  test = await openUploadTest()
})
afterAll(() => test?.[Symbol.asyncDispose]())

describe('uploads', () => {
  it('takes several files of any kind, reads them and lists them as ready', async () => {
    const pdf = buildPdf([
      { content: pdfText(['The harbour bell rings at nine.']) },
      { content: pdfText(['Tides turn twice.']) },
    ])

    const { status, answer } = await test.upload([
      { name: 'notes/harbour.md', content: '# Harbour\n\nThe lantern is painted vermilion.\n' },
      { name: 'Tides.pdf', content: pdf },
    ])

    expect(status).toBe(200)
    expect(answer).toMatchObject({
      documents: [
        { name: 'notes/harbour.md', state: 'queued', isUnchanged: false },
        { name: 'Tides.pdf', state: 'queued', isUnchanged: false },
      ],
      refused: [],
    })
    for (const { id } of answer.documents) await test.untilRead(id)
    const html = await test.htmlOf(test.base)
    expect(html).toContain('notes/harbour.md')
    expect(html).toContain('2 pages')
    expect(html.match(/badge ok">Ready/g)?.length).toBe(3)
    const { passages } = await test.app.app.installation.retrieve({
      ...test.app.bot,
      question: 'What colour is the lantern?',
    })
    expect(passages[0]?.text).toContain('vermilion')
  })

  it('works as a plain form, whose token stands before its files', async () => {
    const send = (body: FormData) =>
      fetch(`${test.app.url}${test.base}/files`, {
        method: 'POST',
        redirect: 'manual',
        headers: { Cookie: test.owner.cookie, Accept: 'text/html', 'Sec-Fetch-Site': 'same-origin' },
        body,
      })
    const file = { name: 'plain.txt', content: 'A form without script.' }

    const good = await send(formOf([file], { _csrf: test.owner.csrfToken }))
    const again = await send(formOf([file], { _csrf: test.owner.csrfToken }))
    const empty = await send(formOf([{ name: '', content: '' }], { _csrf: test.owner.csrfToken }))
    const mixed = await send(
      formOf(
        [
          { name: 'x.md', content: '# X\n\nFine.' },
          { name: 'big.txt', content: 'a'.repeat(MAX_UPLOAD_BYTES + 1) },
        ],
        {
          _csrf: test.owner.csrfToken,
        },
      ),
    )

    expect([good.status, good.headers.get('location')]).toEqual([303, `${test.base}?done=uploaded`])
    expect(again.headers.get('location')).toBe(`${test.base}?done=unchanged`)
    expect(empty.status).toBe(422)
    expect(await empty.text()).toContain('There was no file in the upload.')
    expect(mixed.status).toBe(422)
    expect(await mixed.text()).toMatch(/big\.txt<\/b>: The file or its text is larger than allowed\./)
  })

  it('takes nothing from a form that is not ours', async () => {
    const file = { name: 'forged.md', content: 'forged' }
    const forms = [formOf([file]), formOf([file], { _csrf: 'guess' })]

    for (const body of forms) {
      const response = await fetch(`${test.app.url}${test.base}/files`, {
        method: 'POST',
        headers: { Cookie: test.owner.cookie, Accept: 'application/json', 'Sec-Fetch-Site': 'same-origin' },
        body,
      })
      expect(response.status).toBe(403)
    }
    const forged = await test.app.app.installation.db
      .selectFrom('document')
      .select('id')
      .where('name', '=', 'forged.md')
      .execute()
    expect(forged).toEqual([])
  })

  it('keeps nothing of an upload that is cut midway', async () => {
    const before = await test.listStoredFiles()
    const boundary = 'cut-here'
    const head = [
      `POST ${test.base}/files HTTP/1.1`,
      'Host: x',
      `Cookie: ${test.owner.cookie}`,
      `X-CSRF-Token: ${test.owner.csrfToken}`,
      'Sec-Fetch-Site: same-origin',
      `Content-Type: multipart/form-data; boundary=${boundary}`,
      'Content-Length: 150000',
      'Connection: close',
    ].join('\r\n')
    const part = `--${boundary}\r\nContent-Disposition: form-data; name="files"; filename="cut.md"\r\n\r\n`
    const socket = connect(Number(new URL(test.app.url).port), '127.0.0.1')
    socket.on('error', () => {})
    socket.write(`${head}\r\n\r\n${part}${'half of it '.repeat(8_000)}`)
    const incoming = join(test.app.app.installation.config.dataDir, 'files', 'incoming')
    await waitUntil(async () => (await readdir(incoming)).length === 1)

    socket.destroy()

    await waitUntil(async () => (await readdir(incoming)).length === 0)
    expect(await test.listStoredFiles()).toEqual(before)
    expect(await test.htmlOf(test.base)).not.toContain('cut.md')
  })

  it('gives an upload more time than any other body, which is ended', async () => {
    const body = [
      '--slow',
      'Content-Disposition: form-data; name="files"; filename="slow.md"',
      '',
      `# Slow\n\n${'A line that takes its time. '.repeat(20)}`,
      '--slow--',
      '',
    ].join('\r\n')
    const head = (path: string, type: string) =>
      [
        `POST ${path} HTTP/1.1`,
        'Host: x',
        `Cookie: ${test.owner.cookie}`,
        `X-CSRF-Token: ${test.owner.csrfToken}`,
        'Sec-Fetch-Site: same-origin',
        'Accept: application/json',
        `Content-Type: ${type}`,
        `Content-Length: ${Buffer.byteLength(body)}`,
        'Connection: close',
        '\r\n',
      ].join('\r\n')
    /** The body in pieces, over twice the time that other bodies have. */
    const slowly = () => {
      const pieces = body.match(/[\s\S]{1,30}/g) ?? []
      return { feed: () => pieces.shift() ?? '', everyMs: (2 * BODY_TIMEOUT_MS) / pieces.length }
    }

    const [upload, form] = await Promise.all([
      sendRaw(test.app.url, head(`${test.base}/files`, 'multipart/form-data; boundary=slow'), slowly()),
      sendRaw(test.app.url, head(`${test.base}/files`, 'application/x-www-form-urlencoded'), slowly()),
    ])

    expect(upload.ms).toBeGreaterThan(BODY_TIMEOUT_MS)
    expect([upload.status, form.status]).toEqual([200, 408])
    expect(upload.text).toContain('slow.md')
    expect(form.text).toContain('request.timed_out')
  })

  it('refuses what is too large, empty in name, or no form at all, and says what to do', async () => {
    const large = await test.upload([{ name: 'large.txt', content: 'a'.repeat(MAX_UPLOAD_BYTES + 1) }])
    const nameless = await test.upload([{ name: '..', content: 'x' }])
    const noForm = await test.owner.post(`${test.base}/files`, { files: 'x' })
    const broken = await sendRaw(
      test.app.url,
      [
        `POST ${test.base}/files HTTP/1.1`,
        'Host: x',
        `Cookie: ${test.owner.cookie}`,
        `X-CSRF-Token: ${test.owner.csrfToken}`,
        'Sec-Fetch-Site: same-origin',
        'Content-Type: multipart/form-data; boundary=b',
        'Content-Length: 11',
        'Connection: close',
        '',
        'not a form!',
      ].join('\r\n'),
    )

    expect(large).toMatchObject({ status: 413, answer: { error: { code: 'document.too_large' } } })
    expect(nameless).toMatchObject({ status: 422, answer: { error: { code: 'document.name_invalid' } } })
    expect([noForm.status, broken.status]).toEqual([400, 400])
  })

  it.each([
    ['../../etc/passwd.txt', 'etc/passwd.txt'],
    ['..\\..\\boot.txt', 'boot.txt'],
    ['C:\\Users\\me\\plan.txt', 'Users/me/plan.txt'],
    ['/absolute.txt', 'absolute.txt'],
    ['<script>alert(1)</script>.txt', '<script>alert(1)</script>.txt'],
    ['"><img src=x onerror=alert(1)>.txt', '"><img src=x onerror=alert(1)>.txt'],
    ['a\u202Efdp.txt', 'afdp.txt'],
    ["quote';--.txt", "quote';--.txt"],
    ['50%_off\u2028\u2029.txt', '50%_off.txt'],
    ['line\r\nSet-Cookie: a=b.txt', 'lineSet-Cookie: a=b.txt'],
  ])('names %j safely, on the page and in a download', async (given, stored) => {
    // As the page's script does: the path as a field before the file.
    const response = await test.owner.fetch(`${test.base}/files`, {
      method: 'POST',
      headers: { Accept: 'application/json' },
      body: formOf([{ name: 'sent.txt', content: `hostile ${given}` }], { path: given }),
    })
    const answer = UploadAnswer.parse(await response.json())
    const { id } = firstOf(answer)

    const row = await test.rowOf(id)
    const list = await test.htmlOf(test.base)
    const download = await test.owner.fetch(`${test.base}/documents/${id}/versions/${row?.id}/file`)

    expect(firstOf(answer).name).toBe(stored)
    expect(list).not.toMatch(/<script>alert|<img src=x/)
    expect(download.headers.get('content-disposition')).toMatch(/^attachment; filename(\*=|=)/)
    expect(download.headers.get('content-disposition')).not.toMatch(/[/\\](?!")/)
    expect(await download.text()).toBe(`hostile ${given}`)
  })
})

describe('a zip', () => {
  const deck = buildPptx([{ shapes: slideShape('title', 'The ochre lighthouse') }])

  it('is unpacked into a document for each file, named below it, and each stands or falls by itself', async () => {
    const inner = buildZip([{ name: 'b.md', content: '# B' }])
    const course = buildZip([
      { name: 'week 1/plan.md', content: '# Plan\n\nThe kettle is copper.' },
      { name: 'week 1/', content: '' },
      { name: 'Größe.pptx', content: deck },
      { name: '../../../etc/cron.d/job.md', content: '# Climb' },
      { name: 'inner.zip', content: inner },
      { name: 'locked.md', content: 'secret', isEncrypted: true },
      { name: 'zeros.csv', content: '0'.repeat(10_000_000), declaredBytes: 150_000 },
      { name: '__MACOSX/._plan.md', content: 'clutter' },
      { name: '.DS_Store', content: 'clutter' },
    ])

    const { status, answer } = await test.upload([{ name: 'course.zip', content: course }])

    expect(status).toBe(200)
    expect(answer.documents.map(({ name }) => name)).toEqual([
      'course/week 1/plan.md',
      'course/Größe.pptx',
      'course/etc/cron.d/job.md',
    ])
    expect(answer.refused.map(({ name, code }) => [name, code])).toEqual([
      ['inner.zip', 'document.nested_archive'],
      ['locked.md', 'document.encrypted'],
      ['zeros.csv', 'document.damaged'],
    ])
    for (const { id } of answer.documents) {
      await test.untilRead(id)
      expect(await test.rowOf(id)).toMatchObject({ state: 'ready' })
    }
    const html = await test.htmlOf(test.base)
    expect(html).toContain('course/Größe.pptx')
  })

  it('keeps the folder it was packed from, and changes nothing when it comes again', async () => {
    const files = [{ name: 'talks/one.md', content: '# One\n\nFirst.' }]

    const first = await test.upload([{ name: 'talks.zip', content: buildZip(files) }])
    const again = await test.upload([{ name: 'talks.zip', content: buildZip(files) }])

    expect(first.answer.documents).toMatchObject([{ name: 'talks/one.md', isUnchanged: false }])
    expect(again.answer.documents).toMatchObject([{ name: 'talks/one.md', isUnchanged: true }])
  })

  it('that is a document under another name stays one', async () => {
    const { answer } = await test.upload([{ name: 'deck.zip', content: deck }])

    expect(answer).toMatchObject({ documents: [{ name: 'deck.zip' }], refused: [] })
  })

  it.each<[name: string, content: () => Buffer, code: string]>([
    ['cut', () => buildZip([{ name: 'a.md', content: '# A' }]).subarray(0, 60), 'document.damaged'],
    ['no zip at all', () => Buffer.from('# A note'), 'document.damaged'],
    ['empty', () => buildZip([]), 'upload.empty'],
    ['all clutter', () => buildZip([{ name: '.DS_Store', content: 'x' }]), 'upload.empty'],
    [
      'of 600 files',
      () => buildZip(Array.from({ length: 600 }, (_, at) => ({ name: `${at}.md`, content: 'x' }))),
      'upload.too_many_files',
    ],
    ['of 2,000 members', () => manyMembers(2_000), 'upload.too_many_files'],
    [
      'that unpacks to more than four of the largest files',
      () =>
        buildZip(
          Array.from({ length: 15 }, (_, at) => ({ name: `${at}.txt`, content: 'kettle '.repeat(20_000) })),
        ),
      'document.inflated_too_large',
    ],
    [
      'with a file that shrinks as no text does',
      () => buildZip([{ name: 'a.txt', content: 'a'.repeat(700_000), declaredBytes: 199_000 }]),
      'document.damaged',
    ],
  ])('is refused as a whole, keeping nothing, when it is %s', async (name, build, code) => {
    const before = await test.listStoredFiles()

    const { status, answer } = await test.upload([{ name: `${name}.zip`, content: build() }])

    expect([status >= 400, answer.error?.code]).toEqual([true, code])
    expect(await test.listStoredFiles()).toEqual(before)
  })
})

/** Folders alone: the cheapest way to make a directory long. */
function manyMembers(count: number): Buffer {
  return buildZip(Array.from({ length: count }, (_, at) => ({ name: `${at}/`, content: '' })))
}
