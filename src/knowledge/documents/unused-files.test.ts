import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type KnowledgeTest, openKnowledgeTest } from '../../testing/worlds/knowledge-world.ts'
import { sweepUnusedFiles } from './unused-files.ts'

let test: KnowledgeTest
beforeAll(async () => {
  test = await openKnowledgeTest()
})
afterAll(() => test[Symbol.asyncDispose]())

const signal = new AbortController().signal
const store = (creatorId: string, text: string) =>
  test.files.write(creatorId, Readable.from([text]), { maxBytes: 1_000 })
const isThere = async (key: string) =>
  test.files.openLocal(key).then(
    () => true,
    () => false,
  )

describe('sweepUnusedFiles', () => {
  it('removes what a kill left, and nothing that a document names or that has only just come', async () => {
    const key = await test.addBase()
    await test.learn(key, 'a.md', 'Kept for its document.')
    await test.learn(key, 'b.md', 'The version before.')
    await test.learn(key, 'b.md', 'The version in use.')
    const orphan = await store(key.creatorId, 'Its row was never written.')
    const named = await test.db
      .selectFrom('document_version')
      .select('file_key')
      .where('creator_id', '=', key.creatorId)
      .where('state', '!=', 'replaced')
      .execute()

    const tooYoung = await sweepUnusedFiles(test.db, test.files, { ageMs: 60_000, signal })
    const isThereStill = await isThere(orphan.key)
    const removed = await sweepUnusedFiles(test.db, test.files, { ageMs: 0, signal })

    expect([tooYoung, isThereStill, removed]).toEqual([0, true, 1])
    expect(await isThere(orphan.key)).toBe(false)
    expect(await Promise.all(named.map(({ file_key }) => isThere(file_key)))).toEqual([true, true])
  })
})
