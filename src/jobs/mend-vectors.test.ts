import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AppError } from '../errors.ts'
import { listOpenVersions, removeDocument } from '../knowledge/documents/document.ts'
import { claimVersion } from '../knowledge/documents/version-claim.ts'
import { removeVectors } from '../knowledge/intake/ingest.ts'
import type { BaseKey } from '../knowledge/knowledge-base.ts'
import { createRetriever } from '../knowledge/retrieval/retrieve.ts'
import { isWorkerGone } from '../messaging/worker-presence.ts'
import type { EmbeddingModel } from '../models/model.ts'
import { hashVector } from '../testing/models/hash-vector.ts'
import { type KnowledgeTest, openKnowledgeTest, TEST_EMBEDDING } from '../testing/worlds/knowledge-world.ts'
import { createMendVectors } from './mend-vectors.ts'

let test: KnowledgeTest
beforeAll(async () => {
  test = await openKnowledgeTest()
})
afterAll(() => test[Symbol.asyncDispose]())

/** Another model: its vectors have another length, so one side cannot be asked with the other's. */
const NEXT: EmbeddingModel = {
  name: 'test:next',
  embedPassages: async (texts) => texts.map((text) => [...hashVector(text, 48)]),
  embedQuestion: async (text) => [...hashVector(text, 48)],
}
const DEAD_WORKER = 4_242

function mend(embedding: EmbeddingModel = TEST_EMBEDDING) {
  const parts = { ...test, embedding, workerId: DEAD_WORKER, isAvailable: () => true }
  return createMendVectors(parts, { intervalMs: 20, checkEveryMs: 60_000 })
}

/** What came first, whether the vector side had a part in it, and what was out of order. */
async function ask(key: BaseKey, changes: Partial<Parameters<typeof createRetriever>[0]> = {}) {
  const retrieve = createRetriever({ ...test, ...changes })
  const { passages, degraded } = await retrieve({ ...key, question: 'When does the heron fish?' })
  const [first] = passages
  return { found: first?.documentName, byVectors: first?.similarity !== undefined, degraded }
}
const BY_BOTH = { found: 'heron.md', byVectors: true, degraded: [] }
const BY_KEYWORDS = { found: 'heron.md', byVectors: false, degraded: ['keyword_only'] }

const collections = ({ knowledgeBaseId }: BaseKey) =>
  test.db
    .selectFrom('vector_collection')
    .select(['model', 'is_active', 'collection_id', 'collection_name'])
    .where('knowledge_base_id', '=', knowledgeBaseId)
    .orderBy('is_active', 'desc')
    .execute()

async function activeCollection(key: BaseKey) {
  const [active] = await collections(key)
  if (!active?.is_active) throw new Error('no active collection')
  return active
}

const HERON =
  '# Heron\n\nThe heron fishes at dawn, when the pond is still.\n\n# Owl\n\nThe owl hunts at night.'

describe('a change of the embedding model', () => {
  it('answers from the vectors there are until the new ones are whole, then from those', async () => {
    const key = await test.addBase()
    await test.learn(key, 'heron.md', HERON)
    await test.learn(key, 'otter.md', 'The otter plays in the river at noon.')
    const gone = await test.learn(key, 'newt.md', 'The newt sleeps under a stone.')
    const old = await activeCollection(key)
    const next = { embedding: NEXT, findPrevious: () => TEST_EMBEDDING }

    const stop = new AbortController()
    let calls = 0
    const stopping = {
      ...NEXT,
      embedPassages: async (texts: string[]) => {
        calls += 1
        if (calls === 2) stop.abort()
        return NEXT.embedPassages(texts)
      },
    }
    expect(await mend(stopping).mendOnce(stop.signal)).toBe(1)
    const halfway = await ask(key, next)
    const unloadable = await ask(key, { embedding: NEXT, findPrevious: () => undefined })
    const broken = await ask(key, {
      embedding: NEXT,
      findPrevious: () => ({
        ...TEST_EMBEDDING,
        embedQuestion: () => Promise.reject(new AppError('embedding.unavailable')),
      }),
    })
    // One comes and one goes in between.
    const added = await test.upload(key, 'kite.md', 'The kite circles over the field at noon.')
    await test.ingest(added.versionId, { embedding: NEXT })
    const removed = await removeDocument(test.db, { ...key, documentId: gone.documentId })
    await removeVectors(test, key, removed.passageIds)
    const between = await collections(key)
    await mend(NEXT).mendOnce()
    const after = await ask(key, next)

    expect([halfway, unloadable, broken]).toEqual([BY_BOTH, BY_KEYWORDS, BY_KEYWORDS])
    expect(between).toMatchObject([
      { model: 'test:hash', is_active: true, collection_id: old.collection_id },
      { model: 'test:next', is_active: false },
    ])
    expect(after).toEqual(BY_BOTH)
    const [active, ...rest] = await collections(key)
    expect([active?.model, active?.is_active, rest]).toEqual(['test:next', true, []])
    expect(await test.vectors.count(active?.collection_id ?? '')).toBe(4)
    await expect(test.vectors.count(old.collection_id)).rejects.toMatchObject({
      code: 'vectors.collection_missing',
    })
  })

  it('goes on where a worker was killed', async () => {
    const key = await test.addBase()
    const { versionId } = await test.learn(key, 'heron.md', HERON)
    await claimVersion(test.db, versionId, { workerId: DEAD_WORKER, isWorkerGone, model: NEXT.name })

    await mend(NEXT).mendOnce()
    expect(await activeCollection(key)).toMatchObject({ model: 'test:hash' })
    const open = await listOpenVersions(test.db, { isWorkerGone, model: undefined })
    for (const id of open) await test.ingest(id, { embedding: NEXT })

    expect(open).toContain(versionId)
    expect(await activeCollection(key)).toMatchObject({ model: 'test:next' })
  })

  it('drops at the next look what a kill after the switch left', async () => {
    const key = await test.addBase()
    await test.learn(key, 'heron.md', HERON)
    const left = `kb-${key.knowledgeBaseId}-left`
    const id = await test.vectors.openCollection(left)
    await test.db
      .insertInto('vector_collection')
      .values({
        creator_id: key.creatorId,
        knowledge_base_id: key.knowledgeBaseId,
        model: 'test:before',
        collection_name: left,
        collection_id: id,
      })
      .execute()

    await mend().check()

    expect(await collections(key)).toMatchObject([{ model: 'test:hash' }])
    await expect(test.vectors.count(id)).rejects.toMatchObject({ code: 'vectors.collection_missing' })
  })

  it('is held up by no version that fails for itself', async () => {
    const key = await test.addBase()
    await test.learn(key, 'a.md', 'The canary falls ill.')
    const other = await test.addBase()
    await test.learn(other, 'heron.md', HERON)
    const picky = {
      ...NEXT,
      embedPassages: async (texts: string[]) => {
        if (texts.some((text) => text.includes('canary'))) throw new Error('no vector for this')
        return NEXT.embedPassages(texts)
      },
    }

    await mend(picky).mendOnce()

    expect(await activeCollection(other)).toMatchObject({ model: 'test:next' })
    expect(await activeCollection(key)).toMatchObject({ model: 'test:hash' })
  })
})

describe('a loss of vectors', () => {
  it('is noticed without a question and made good while keywords answer', async () => {
    const key = await test.addBase()
    await test.learn(key, 'heron.md', HERON)
    const lost = await activeCollection(key)
    await test.vectors.dropCollection(lost.collection_name)

    await mend().check()
    const meanwhile = await ask(key)
    await mend().mendOnce()
    const after = await ask(key)

    expect([meanwhile, after]).toEqual([BY_KEYWORDS, BY_BOTH])
    const { collection_id } = await activeCollection(key)
    expect(collection_id).not.toBe(lost.collection_id)
    expect(await test.vectors.count(collection_id)).toBe(2)
  })

  it('of a part of a collection is made good as well', async () => {
    const key = await test.addBase()
    await test.learn(key, 'heron.md', HERON)
    const { collection_id } = await activeCollection(key)
    const [passage] = await test.db
      .selectFrom('passage')
      .select('id')
      .where('knowledge_base_id', '=', key.knowledgeBaseId)
      .execute()
    await test.vectors.remove(collection_id, [passage?.id ?? ''])

    await mend().check()
    await mend().mendOnce()

    expect(await test.vectors.count(collection_id)).toBe(2)
  })
})
