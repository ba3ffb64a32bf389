import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPdf } from '../../../testing/samples/documents.ts'
import { openUploadTest, type UploadTest } from '../../../testing/worlds/upload-tester.ts'

let test: UploadTest
beforeAll(async () => {
  test = await openUploadTest()
})
afterAll(() => test?.[Symbol.asyncDispose]())

/** What one way of searching found, as the page lists it. */
function readSide(html: string, id: string): string {
  return html.split(`<section aria-labelledby="${id}">`)[1]?.split('</section>')[0] ?? ''
}

describe('the pages of a document', () => {
  it('tell why a file could not be read, and try again on demand', async () => {
    const id = await test.learn('scan.pdf', buildPdf([{ content: '' }]))

    const html = await test.htmlOf(`${test.base}/documents/${id}`)
    const list = await test.htmlOf(`${test.base}?show=failed`)
    const retried = await test.owner.post(`${test.base}/documents/${id}/retry`)
    await test.untilRead(id)
    const ready = await test.learn('fine.md', '# Fine\n\nAll is well.')
    const refused = await test.owner.fetch(`${test.base}/documents/${ready}/retry`, {
      method: 'POST',
      headers: { Accept: 'application/json' },
    })

    for (const page of [html, list]) {
      expect(page).toContain('Could not be read')
      expect(page).toContain('There is no text to read in this file.')
    }
    expect(list).not.toContain('lockers.md')
    expect(retried.headers.get('location')).toBe(`${test.base}/documents/${id}?done=retried`)
    expect((await test.rowOf(id))?.attempts).toBe(1)
    expect(refused.status).toBe(409)
  })

  it('show what is read in passages, where each begins and what it repeats', async () => {
    const paragraphs = Array.from(
      { length: 60 },
      (_, at) =>
        `Paragraph ${at} says that the buoy number ${at} is painted in colour ${at * 7}. It swims well.`,
    )
    const id = await test.learn('buoys.md', `# Buoys\n\n## In the bay\n\n${paragraphs.join('\n\n')}\n`)

    const html = await test.htmlOf(`${test.base}/documents/${id}`)

    expect(html.match(/<mark>Passage \d+<\/mark>/g)?.length).toBeGreaterThan(2)
    expect(html).toContain('In the bay')
    const repeated = html.match(/<p class="passage" dir="auto"><span class="meta">/g)?.length ?? 0
    expect(repeated).toBeGreaterThan(0)
    expect(html).toContain('English')
  })

  it('take a document for more or less than the rest, and age as much as is chosen', async () => {
    const id = await test.learn(
      'prices-2024.md',
      '# Prices\n\nValid from 1 January 2024. A call costs 85 euro.',
    )

    const weighed = await test.owner.post(`${test.base}/documents/${id}/weight`, { weight: '1' })
    const refused = await test.owner.post(`${test.base}/documents/${id}/weight`, { weight: '7' })
    const recent = await test.owner.post(`${test.base}/recency`, { recency: '1' })
    const page = await (await test.owner.fetch(`${test.base}/documents/${id}`)).text()
    const search = await (await test.owner.fetch(`${test.base}/search`)).text()

    expect([weighed.status, recent.status]).toEqual([303, 303])
    expect(refused.status).toBe(422)
    expect(page).toContain('<option value="1" selected>')
    expect(page).toContain('2024-01-01')
    expect(search).toContain('<option value="1" selected>Always</option>')
  })

  it('keep tags, filter by them, and say which are too many', async () => {
    const id = await test.learn('tagged.md', '# Tagged\n\nWith tags.')

    const saved = await test.owner.post(`${test.base}/documents/${id}/tags`, {
      tags: 'Sleep, sleep , Food & <b>drink</b>',
    })
    const tooMany = await test.owner.post(`${test.base}/documents/${id}/tags`, {
      tags: Array.from({ length: 11 }, (_, at) => `tag ${at}`).join(','),
    })
    const filtered = await test.htmlOf(`${test.base}?tag=Sleep`)
    const byName = await test.htmlOf(`${test.base}?name=TAGG`)

    expect(saved.headers.get('location')).toContain('done=saved')
    expect(tooMany.status).toBe(422)
    expect(await tooMany.text()).toMatch(/aria-invalid="true"[\s\S]*At most 10 tags of 40 characters each/)
    expect(filtered).toContain('Food &amp; &lt;b&gt;drink&lt;/b&gt;')
    expect(filtered).not.toContain('lockers.md')
    expect(byName).toContain('tagged.md')
    expect(byName).not.toContain('lockers.md')
  })

  it('replace a file: its old words are found no more and its old file is gone', async () => {
    const id = await test.learn('season.md', '# Season\n\nThe regatta starts in quartzember.')
    const before = await test.rowOf(id)

    const replaced = await test.upload(
      [{ name: 'other-name.md', content: '# Season\n\nThe regatta starts in junoary.' }],
      test.owner,
      `${test.base}/documents/${id}/file`,
    )
    await test.untilRead(id)
    const html = await test.htmlOf(`${test.base}/documents/${id}`)
    const search = (question: string) => test.app.app.installation.retrieve({ ...test.app.bot, question })
    const [old, current] = [await search('quartzember'), await search('junoary')]
    const oldFile = await test.owner.fetch(`${test.base}/documents/${id}/versions/${before?.id}/file`)

    expect(replaced.answer.documents).toMatchObject([{ id, name: 'season.md', isUnchanged: false }])
    expect(old.passages).toEqual([])
    expect(current.passages[0]).toMatchObject({ documentId: id })
    expect(html).toContain('In use')
    expect(html).toContain('Replaced')
    expect(oldFile.status).toBe(404)
    expect(await test.listStoredFiles()).not.toContain(before?.file_key)
  })

  it('delete a document with its rows and its file', async () => {
    const id = await test.learn('gone.md', '# Gone\n\nThe word is ephemerald.')
    const { file_key } = (await test.rowOf(id)) ?? { file_key: '' }
    expect(await test.listStoredFiles()).toContain(file_key)

    const deleted = await test.owner.post(`${test.base}/documents/${id}/delete`)

    const { db, retrieve } = test.app.app.installation
    const left = await Promise.all(
      (['document_version', 'passage'] as const).map((table) =>
        db.selectFrom(table).select('id').where('document_id', '=', id).execute(),
      ),
    )
    expect(deleted.headers.get('location')).toBe(`${test.base}?done=deleted`)
    expect([await test.rowOf(id), ...left]).toEqual([undefined, [], []])
    expect((await retrieve({ ...test.app.bot, question: 'ephemerald' })).passages).toEqual([])
    expect(await test.listStoredFiles()).not.toContain(file_key)
    expect((await test.owner.fetch(`${test.base}/documents/${id}`)).status).toBe(404)
    const entries = await db
      .selectFrom('audit_entry')
      .select('action')
      .where('object_id', '=', id)
      .orderBy('id')
      .execute()
    expect(entries.map(({ action }) => action)).toEqual(['document.upload', 'document.delete'])
  })

  it('give a file back to be saved, never to be shown', async () => {
    const id = await test.learn(
      'page.html',
      '<html><body><script>alert(1)</script><p>Hello there.</p></body></html>',
    )
    const version = await test.rowOf(id)

    const response = await test.owner.fetch(`${test.base}/documents/${id}/versions/${version?.id}/file`)

    expect(response.headers.get('content-type')).toBe('application/octet-stream')
    expect(response.headers.get('content-disposition')).toBe('attachment; filename=page.html')
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(response.headers.get('content-security-policy')).toContain('sandbox')
    expect(await response.text()).toContain('<script>')
  })
})

describe('the search page', () => {
  it('lists what is found by words, by meaning and together, with scores', async () => {
    const html = await test.htmlOf(
      `${test.base}/search?q=${encodeURIComponent('What is the word of locker k1007?')}`,
    )

    const [fused, keyword, vector] = ['fused', 'keyword', 'vector'].map((id) => readSide(html, id))
    for (const side of [fused, keyword]) {
      expect(side).toContain('amber1007')
      expect(side).toMatch(/Words <b>\d+\.\d{3}<\/b>/)
      expect(side).toContain('<mark>locker</mark>')
    }
    expect(vector).toContain('Nothing found.')
    expect(vector).toContain('this installation has no model for it')
  })

  it('shows a question as words, whatever is in it', async () => {
    const html = await test.htmlOf(
      `${test.base}/search?q=${encodeURIComponent('"><script>alert(1)</script>\u0000 locker')}`,
    )

    expect(html).not.toContain('<script>alert')
    expect(html).toContain('&lt;script&gt;alert(1)')
  })
})
