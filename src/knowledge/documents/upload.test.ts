import { access } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Actor } from '../../accounts/access.ts'
import { openDatabase } from '../../db/database.ts'
import { createTenantWall, type WithinCreator } from '../../db/tenant-wall.ts'
import { type KnowledgeTest, openKnowledgeTest } from '../../testing/worlds/knowledge-world.ts'
import { type BaseKey, recordKnowledgeBase } from '../knowledge-base.ts'
import { deleteDocument, removeRemains } from './delete.ts'
import { removeDocument } from './document.ts'
import { addUploadedDocument, type UploadLimits } from './upload.ts'

const LIMITS: UploadLimits = { maxBytes: 1_000, maxDocuments: 3, maxCreatorBytes: 2_000 }

let test: KnowledgeTest
let within: WithinCreator
let closeTenants: () => Promise<void>
beforeAll(async () => {
  test = await openKnowledgeTest()
  const tenants = openDatabase(test.url, { scope: 'tenant', max: 4 })
  within = createTenantWall(tenants)
  closeTenants = () => tenants.destroy()
})
afterAll(async () => {
  await closeTenants?.()
  await test?.[Symbol.asyncDispose]()
})

function actorOf({ creatorId }: BaseKey): Actor {
  return {
    creatorId,
    memberId: undefined,
    apiKeyId: undefined,
    name: 'Tess',
    role: 'editor',
    isOperator: false,
    ip: undefined,
  }
}

function add(key: BaseKey, fileName: string, text: string, limits = LIMITS) {
  const source = Readable.from([text])
  const parts = { within, files: test.files, limits }
  return addUploadedDocument(parts, actorOf(key), { knowledgeBaseId: key.knowledgeBaseId, fileName, source })
}

const isStored = async (key: string) => {
  try {
    await using file = await test.files.openLocal(key)
    await access(file.path)
    return true
  } catch {
    return false
  }
}

const versionsOf = ({ knowledgeBaseId }: BaseKey) =>
  test.db
    .selectFrom('document_version')
    .selectAll()
    .where('knowledge_base_id', '=', knowledgeBaseId)
    .execute()

describe('addUploadedDocument', () => {
  it('adds a document, then versions of it, and nothing for the same bytes', async () => {
    const key = await test.addBase()

    const first = await add(key, 'a.md', 'one')
    const same = await add(key, 'a.md', 'one')
    const second = await add(key, 'a.md', 'two')

    expect(first).toMatchObject({ name: 'a.md', isUnchanged: false })
    expect(same).toMatchObject({ id: first.id, versionId: first.versionId, isUnchanged: true })
    expect(second).toMatchObject({ id: first.id, isUnchanged: false })
    expect(await versionsOf(key)).toHaveLength(2)
  })

  it('keeps no file and no row of what is refused', async () => {
    const key = await test.addBase()
    for (const name of ['1.md', '2.md', '3.md']) await add(key, name, `text of ${name}`)
    const known = (await versionsOf(key)).map(({ file_key }) => file_key)

    await expect(add(key, '4.md', 'one too many')).rejects.toMatchObject({ code: 'document.too_many' })
    await expect(add(key, '1.md', 'x'.repeat(1_001))).rejects.toMatchObject({ code: 'document.too_large' })
    // The very bytes of a document that stays: its file must not go with the refusal.
    await expect(add(key, '5.md', 'text of 1.md')).rejects.toMatchObject({ code: 'document.too_many' })

    expect(await versionsOf(key)).toHaveLength(3)
    for (const fileKey of known) expect(await isStored(fileKey)).toBe(true)
    await expect(add(key, '1.md', 'a new version of a full base')).resolves.toMatchObject({
      isUnchanged: false,
    })
  })

  it('bounds the files of a creator over all their bases', async () => {
    const one = await test.addBase()
    const other = {
      creatorId: one.creatorId,
      knowledgeBaseId: await recordKnowledgeBase(test.db, { creatorId: one.creatorId, name: 'other' }),
    }
    await add(one, 'a.md', 'a'.repeat(900))
    await add(other, 'b.md', 'b'.repeat(900))

    await expect(add(other, 'c.md', 'c'.repeat(300))).rejects.toMatchObject({ code: 'document.storage_full' })

    expect(await versionsOf(other)).toHaveLength(1)
    await expect(add(await test.addBase(), 'c.md', 'c'.repeat(300))).resolves.toBeDefined()
  })

  it('sees no base of another creator', async () => {
    const [mine, theirs] = [await test.addBase(), await test.addBase()]

    await expect(add({ ...theirs, creatorId: mine.creatorId }, 'a.md', 'mine')).rejects.toMatchObject({
      code: 'knowledge_base.not_found',
    })

    expect(await versionsOf(theirs)).toEqual([])
  })
})

describe('deleteDocument', () => {
  const parts = () => ({ db: test.db, files: test.files, vectors: test.vectors, log: test.log })
  const collectionOf = ({ knowledgeBaseId }: BaseKey) =>
    test.db
      .selectFrom('vector_collection')
      .select('collection_id')
      .where('knowledge_base_id', '=', knowledgeBaseId)
      .executeTakeFirstOrThrow()

  const findOrphanedPostings = () =>
    test.db
      .selectFrom('posting')
      .leftJoin('document_version as version', 'version.id', 'posting.version_id')
      .select('posting.term')
      .where('version.id', 'is', null)
      .execute()

  it('leaves no postings when the whole base goes', async () => {
    const key = await test.addBase()
    await test.learn(key, 'gone.md', '# Gone\n\nSoon gone with its base.')

    await within(key.creatorId, (trx) =>
      trx.deleteFrom('knowledge_base').where('id', '=', key.knowledgeBaseId).execute(),
    )

    expect(await findOrphanedPostings()).toEqual([])
  })

  it('leaves no rows, no vectors and no file, but those another document needs', async () => {
    const key = await test.addBase()
    const gone = await test.learn(key, 'gone.md', '# Gone\n\nSoon gone.\n\n# Too\n\nThis too.')
    const shared = await test.learn(key, 'shared.md', '# Same\n\nBytes of two documents.')
    const twin = await test.learn(key, 'twin.md', '# Same\n\nBytes of two documents.')
    const files = new Map((await versionsOf(key)).map(({ document_id, file_key }) => [document_id, file_key]))
    const { collection_id } = await collectionOf(key)
    expect(await test.vectors.count(collection_id)).toBe(4)

    for (const { documentId } of [gone, shared]) {
      const removed = await within(key.creatorId, (trx) =>
        deleteDocument(trx, actorOf(key), { ...key, documentId }),
      )
      await removeRemains(parts(), key, removed)
    }

    const left = await Promise.all(
      (['document_version', 'passage', 'posting'] as const).map((table) =>
        test.db
          .selectFrom(table)
          .select('creator_id')
          .where('knowledge_base_id', '=', key.knowledgeBaseId)
          .execute(),
      ),
    )
    expect(left[0]).toHaveLength(1)
    expect(left[1]).toHaveLength(1)
    expect(left[2]?.length).toBeGreaterThan(0)
    expect(await findOrphanedPostings()).toEqual([])
    expect(await test.vectors.count(collection_id)).toBe(1)
    expect(await isStored(files.get(gone.documentId) ?? '')).toBe(false)
    expect(await isStored(files.get(twin.documentId) ?? '')).toBe(true)
  })

  it('leaves no vectors of a document that goes while they are made', async () => {
    const key = await test.addBase()
    await test.learn(key, 'stays.md', '# Stays\n\nHere.')
    const { documentId, versionId } = await test.upload(key, 'goes.md', '# Goes\n\nAway.')
    const { collection_id } = await collectionOf(key)
    const embedding = {
      ...test.embedding,
      async embedPassages(texts: string[]) {
        const removed = await removeDocument(test.db, { ...key, documentId })
        await removeRemains(parts(), key, removed)
        return test.embedding.embedPassages(texts)
      },
    }

    await test.ingest(versionId, { embedding })

    expect(await test.vectors.count(collection_id)).toBe(1)
  })

  it('is not there for another creator', async () => {
    const [mine, theirs] = [await test.addBase(), await test.addBase()]
    const { documentId } = await test.learn(theirs, 'theirs.md', '# Theirs\n\nTheirs.')

    for (const key of [mine, { ...theirs, creatorId: mine.creatorId }]) {
      await expect(
        within(mine.creatorId, (trx) => deleteDocument(trx, actorOf(mine), { ...key, documentId })),
      ).rejects.toMatchObject({ status: 404 })
    }
    expect(await versionsOf(theirs)).toHaveLength(1)
  })
})
