import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type KnowledgeTest, openKnowledgeTest } from '../../testing/worlds/knowledge-world.ts'
import type { BaseKey } from '../knowledge-base.ts'
import { countDocuments, getDocument, listDocumentPage } from './list.ts'
import { listTags, setDocumentTags, Tags, TypedTags } from './tags.ts'
import { listVersions, retryDocument } from './versions.ts'

let test: KnowledgeTest
beforeAll(async () => {
  test = await openKnowledgeTest()
})
afterAll(() => test[Symbol.asyncDispose]())

async function listAll(key: BaseKey, limit: number): Promise<string[]> {
  const names: string[] = []
  let cursor: string | undefined
  do {
    const page = await listDocumentPage(test.db, key, { limit, cursor })
    names.push(...page.items.map(({ name }) => name))
    cursor = page.nextCursor ?? undefined
  } while (cursor)
  return names
}

describe('listDocumentPage', () => {
  it('lists the last changed first, page by page, each once', async () => {
    const key = await test.addBase()
    for (const name of ['a.md', 'b.md', 'c.md', 'd.md', 'e.md']) await test.upload(key, name, name)
    await test.upload(key, 'b.md', 'b once more')

    expect(await listAll(key, 2)).toEqual(['b.md', 'e.md', 'd.md', 'c.md', 'a.md'])
  })

  it('does not move a document whose bytes are the same', async () => {
    const key = await test.addBase()
    await test.upload(key, 'old.md', 'old')
    await test.upload(key, 'new.md', 'new')

    await test.upload(key, 'old.md', 'old')

    expect(await listAll(key, 10)).toEqual(['new.md', 'old.md'])
  })

  it('filters by state, tag and part of the name, and takes any text for them', async () => {
    const key = await test.addBase()
    const { documentId } = await test.learn(key, 'guides/Sleep Well.md', '# Sleep\n\nWell.')
    await test.upload(key, 'waiting_50%.md', 'waits')
    await setDocumentTags(test.db, { ...key, documentId }, ['Night'])
    const names = async (filter: object) =>
      (await listDocumentPage(test.db, key, { limit: 10, ...filter })).items.map(({ name }) => name)

    expect(await names({ state: 'ready' })).toEqual(['guides/Sleep Well.md'])
    expect(await names({ state: 'open' })).toEqual(['waiting_50%.md'])
    expect(await names({ tag: 'Night' })).toEqual(['guides/Sleep Well.md'])
    expect(await names({ name: 'sLEEP w' })).toEqual(['guides/Sleep Well.md'])
    expect(await names({ name: '50%' })).toEqual(['waiting_50%.md'])
    expect(await names({ name: "%' OR 1=1 --" })).toEqual([])
    expect(await countDocuments(test.db, key)).toEqual({ all: 2, open: 1, failed: 0 })
  })

  it.each(['', 'x', 'bm9uc2Vuc2U', Buffer.from('["2026-99-99 00:00:00+00","x"]').toString('base64url')])(
    'starts anew for the cursor %j',
    async (cursor) => {
      const key = await test.addBase()
      await test.upload(key, 'a.md', 'a')

      expect((await listDocumentPage(test.db, key, { limit: 5, cursor })).items).toHaveLength(1)
    },
  )

  it('says why a version failed, what still answers, and queues it again', async () => {
    const key = await test.addBase()
    const { documentId } = await test.learn(key, 'a.md', '# A\n\nGood text.')
    const { versionId } = await test.upload(key, 'a.md', 'bad')
    await test.db
      .updateTable('document_version')
      .set({ state: 'failed', error_code: 'document.damaged', attempts: 3 })
      .where('id', '=', versionId)
      .execute()

    const failed = await getDocument(test.db, { ...key, documentId })
    const queued = await retryDocument(test.db, { ...key, documentId })

    expect(failed).toMatchObject({
      state: 'failed',
      reason: { code: 'document.damaged', message: expect.stringContaining('damaged or incomplete') },
      isAnswering: true,
      passages: 1,
    })
    expect(queued).toBe(versionId)
    expect(await listVersions(test.db, { ...key, documentId })).toMatchObject([
      { id: versionId, state: 'queued', isActive: false },
      { state: 'ready', isActive: true },
    ])
    await expect(retryDocument(test.db, { ...key, documentId })).rejects.toMatchObject({
      code: 'document.not_failed',
    })
  })
})

describe('tags', () => {
  it('are trimmed, kept once and bounded', () => {
    expect(TypedTags.parse(' Sleep, sleep ,, Food\tand drink ')).toEqual(['Sleep', 'Food and drink'])
    expect(Tags.safeParse(Array.from({ length: 11 }, (_, at) => `t${at}`)).success).toBe(false)
    expect(Tags.safeParse(['x'.repeat(41)]).success).toBe(false)
    expect(TypedTags.parse('')).toEqual([])
  })

  it('are listed by name, of this base alone', async () => {
    const [mine, theirs] = [await test.addBase(), await test.addBase()]
    const [a, b] = [await test.upload(mine, 'a.md', 'a'), await test.upload(theirs, 'b.md', 'b')]
    await setDocumentTags(test.db, { ...mine, documentId: a.documentId }, ['zoo', 'ant'])
    await setDocumentTags(test.db, { ...theirs, documentId: b.documentId }, ['theirs'])

    expect(await listTags(test.db, mine)).toEqual(['ant', 'zoo'])
    await expect(
      setDocumentTags(test.db, { ...mine, documentId: b.documentId }, ['mine now']),
    ).rejects.toMatchObject({ code: 'document.not_found' })
  })
})
