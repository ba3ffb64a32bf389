import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AppError } from '../../errors.ts'
import { isWorkerGone, openWorkerPresence } from '../../messaging/worker-presence.ts'
import {
  type KnowledgeTest,
  openKnowledgeTest,
  TEST_EMBEDDING,
} from '../../testing/worlds/knowledge-world.ts'
import { listDocuments, listOpenVersions, removeDocument } from '../documents/document.ts'
import { claimVersion } from '../documents/version-claim.ts'
import type { BaseKey } from '../knowledge-base.ts'
import { reindexBase } from '../vectors/reindex.ts'
import { ingestVersion, removeVectors } from './ingest.ts'

let test: KnowledgeTest
beforeAll(async () => {
  test = await openKnowledgeTest()
})
afterAll(() => test[Symbol.asyncDispose]())

const texts = async ({ knowledgeBaseId }: BaseKey) => {
  const rows = await test.db
    .selectFrom('passage')
    .select('text')
    .where('knowledge_base_id', '=', knowledgeBaseId)
    .orderBy('id')
    .execute()
  return rows.map(({ text }) => text)
}
const base = ({ knowledgeBaseId }: BaseKey) =>
  test.db.selectFrom('knowledge_base').selectAll().where('id', '=', knowledgeBaseId).executeTakeFirstOrThrow()
const vectorCount = async ({ knowledgeBaseId }: BaseKey) => {
  const row = await test.db
    .selectFrom('vector_collection')
    .select('collection_id')
    .where('knowledge_base_id', '=', knowledgeBaseId)
    .where('is_active', '=', true)
    .executeTakeFirst()
  return row ? test.vectors.count(row.collection_id) : undefined
}
const refusing = {
  ...TEST_EMBEDDING,
  embedPassages: () => Promise.reject(new AppError('embedding.unavailable')),
}

describe('ingest-version', () => {
  it('takes a document in: passages, counts, language and vectors', async () => {
    const key = await test.addBase()

    await test.learn(key, 'sleep-guide.md', '# Naps\n\nShort naps are fine.\n\n# Coffee\n\nNone after lunch.')

    const [document] = await listDocuments(test.db, key)
    expect(document).toMatchObject({
      title: 'sleep guide',
      state: 'ready',
      passage_count: 2,
      progress_done: 2,
      embedded_with: 'test:hash',
    })
    expect(await base(key)).toMatchObject({ passage_count: 2, languages: ['en'], revision: '1' })
    expect(await vectorCount(key)).toBe(2)
  })

  it('does nothing for bytes it holds already', async () => {
    const key = await test.addBase()
    const first = await test.learn(key, 'a.md', 'Same text.')

    const again = await test.upload(key, 'a.md', 'Same text.')

    expect(again).toEqual({ ...first, isNew: false })
    expect(await listOpenVersions(test.db, { isWorkerGone, model: undefined })).toEqual([])
  })

  it('leaves nothing of the version before behind', async () => {
    const key = await test.addBase()
    await test.learn(key, 'a.md', '# One\n\nOld words.\n\n# Two\n\nMore old words.')

    const { versionId } = await test.upload(key, 'a.md', 'New words.')
    expect(await texts(key)).toEqual(['Old words.', 'More old words.'])
    await test.ingest(versionId)

    expect(await texts(key)).toEqual(['New words.'])
    expect(await base(key)).toMatchObject({ passage_count: 1 })
    expect(await vectorCount(key)).toBe(1)
    const postings = await test.db
      .selectFrom('posting')
      .select('version_id')
      .distinct()
      .where('knowledge_base_id', '=', key.knowledgeBaseId)
      .execute()
    expect(postings).toEqual([{ version_id: versionId }])
  })

  it('does not let an older version that comes late replace a newer one', async () => {
    const key = await test.addBase()
    const older = await test.upload(key, 'a.md', 'First upload.')
    const newer = await test.upload(key, 'a.md', 'Second upload.')

    await test.ingest(newer.versionId)
    await test.ingest(older.versionId)

    expect(await texts(key)).toEqual(['Second upload.'])
  })

  it('removes a document whole', async () => {
    const key = await test.addBase()
    const { documentId } = await test.learn(key, 'a.md', 'Forget me.')
    await test.learn(key, 'b.md', 'Keep me.')

    const removed = await removeDocument(test.db, { ...key, documentId })
    await removeVectors(test, key, removed.passageIds)

    expect(await texts(key)).toEqual(['Keep me.'])
    expect(await base(key)).toMatchObject({ passage_count: 1 })
    expect(await vectorCount(key)).toBe(1)
    await expect(removeDocument(test.db, { ...key, documentId })).rejects.toMatchObject({
      code: 'document.not_found',
    })
  })

  it('answers by keywords while vectors cannot be made, and makes up for them later', async () => {
    const key = await test.addBase()
    const { versionId } = await test.upload(key, 'a.md', 'Found without vectors.')

    await test.ingest(versionId, { embedding: refusing })

    expect(await texts(key)).toEqual(['Found without vectors.'])
    expect(await listDocuments(test.db, key)).toMatchObject([{ state: 'ready', embedded_with: null }])
    expect(await listOpenVersions(test.db, { isWorkerGone, model: 'test:hash' })).toContain(versionId)
    await test.ingest(versionId)
    expect(await vectorCount(key)).toBe(1)
    expect(await listOpenVersions(test.db, { isWorkerGone, model: 'test:hash' })).not.toContain(versionId)
  })

  it('says why a file cannot be read, and tries again only where that may help', async () => {
    const key = await test.addBase()
    const failing = (code: 'document.encrypted' | 'document.extraction_failed') => ({
      extractor: { extract: () => Promise.reject(new AppError(code)) },
    })
    const locked = await test.upload(key, 'locked.pdf', 'x')
    const broken = await test.upload(key, 'broken.pdf', 'y')

    await test.ingest(locked.versionId, failing('document.encrypted'))
    const retry = () => test.ingest(broken.versionId, failing('document.extraction_failed'))
    await expect(retry()).rejects.toMatchObject({ code: 'document.extraction_failed' })
    await expect(retry()).rejects.toMatchObject({ code: 'document.extraction_failed' })
    await retry()

    expect(await listDocuments(test.db, key)).toMatchObject([
      { name: 'broken.pdf', state: 'failed', error_code: 'document.extraction_failed' },
      { name: 'locked.pdf', state: 'failed', error_code: 'document.encrypted' },
    ])
  })

  it('is queued as before when the work is stopped from outside', async () => {
    const key = await test.addBase()
    const { versionId } = await test.upload(key, 'a.md', 'Later.')
    const stop = new AbortController()
    const extractor = {
      extract: async () => {
        stop.abort()
        throw new AppError('document.extraction_failed')
      },
    }
    const version = await claimVersion(test.db, versionId, { isWorkerGone, model: undefined, workerId: 1 })
    if (!version) throw new Error('not claimed')

    await ingestVersion({ ...test, extractor }, version, stop.signal)

    expect(
      await test.db
        .selectFrom('document_version')
        .select(['state', 'attempts'])
        .where('id', '=', versionId)
        .execute(),
    ).toEqual([{ state: 'queued', attempts: 0 }])
  })

  it('is taken over from a worker that died and from no other', async () => {
    const key = await test.addBase()
    const { versionId } = await test.upload(key, 'a.md', 'Half done.')
    const terms = { isWorkerGone, model: undefined }
    const presence = await openWorkerPresence(test.url, test.log)
    await claimVersion(test.db, versionId, { ...terms, workerId: presence.id })

    expect(await claimVersion(test.db, versionId, { ...terms, workerId: 1 })).toBeUndefined()
    await presence[Symbol.asyncDispose]()

    await expect
      .poll(() => claimVersion(test.db, versionId, { ...terms, workerId: 1 }), { timeout: 10_000 })
      .toMatchObject({ worker_id: 1, state: 'extracting' })
  })

  it('stores text that PostgreSQL would refuse', async () => {
    const key = await test.addBase()
    const text = 'Nul \u0000 and half a pair \ud800 here.'
    const extractor = {
      extract: async () => ({
        mediaType: 'text/plain',
        blocks: [{ kind: 'paragraph' as const, text }],
        characters: 9,
      }),
    }
    const { versionId } = await test.upload(key, 'a.txt', 'x')

    await test.ingest(versionId, { extractor })

    expect(await texts(key)).toEqual(['Nul  and half a pair \ufffd here.'])
  })
})

describe('reindexBase', () => {
  it('rebuilds the vectors of a base and of no other, and drops the old collection', async () => {
    const key = await test.addBase()
    const other = await test.addBase()
    await test.learn(key, 'a.md', '# A\n\nOne.\n\n# B\n\nTwo.')
    await test.learn(other, 'a.md', 'Other.')
    const before = await test.db
      .selectFrom('vector_collection')
      .selectAll()
      .where('knowledge_base_id', '=', key.knowledgeBaseId)
      .executeTakeFirstOrThrow()
    await test.vectors.dropCollection(before.collection_name)

    const { passages } = await reindexBase(test, key)

    expect(passages).toBe(2)
    expect(await vectorCount(key)).toBe(2)
    expect(await vectorCount(other)).toBe(1)
    await expect(test.vectors.count(before.collection_id)).rejects.toMatchObject({
      code: 'vectors.collection_missing',
    })
  })

  it('switches to another model only once all vectors are there', async () => {
    const key = await test.addBase()
    await test.learn(key, 'a.md', 'One.')
    const failing = { ...refusing, name: 'test:other' }

    await expect(reindexBase({ ...test, embedding: failing }, key)).rejects.toMatchObject({
      code: 'embedding.unavailable',
    })
    expect(await vectorCount(key)).toBe(1)
    await reindexBase({ ...test, embedding: { ...TEST_EMBEDDING, name: 'test:other' } }, key)

    expect(await listDocuments(test.db, key)).toMatchObject([{ embedded_with: 'test:other' }])
    expect(await vectorCount(key)).toBe(1)
  })
})
