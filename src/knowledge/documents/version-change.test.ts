import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type KnowledgeTest, openKnowledgeTest } from '../../testing/worlds/knowledge-world.ts'
import { deleteDocument } from './delete.ts'
import { countChanges, getChange } from './version-change.ts'

let test: KnowledgeTest
beforeAll(async () => {
  test = await openKnowledgeTest()
})
afterAll(() => test?.[Symbol.asyncDispose]())

const paragraphs = (count: number) =>
  Array.from({ length: count }, (_, at) => `Rule ${at} says that knot ${at} holds. It is tied ${at} times.`)
const page = (parts: string[]) => ['# Knots', ...parts].join('\n\n')

describe('the change a version makes', () => {
  it('is told sentence by sentence, however passages are cut', async () => {
    const key = await test.addBase()
    // Long enough for several passages that overlap.
    const old = paragraphs(120)
    const now = old.toSpliced(70, 1, 'Rule 70 says nothing. It is tied 70 times.').toSpliced(5, 1)
    const first = await test.learn(key, 'knots.md', page(old))
    const second = await test.learn(key, 'knots.md', page([...now, 'Last comes a bow.']))
    const of = (versionId: string) => getChange(test.db, { ...key, documentId: first.documentId, versionId })

    expect(await of(second.versionId)).toEqual({
      versionId: second.versionId,
      beforeId: first.versionId,
      added: 2,
      removed: 3,
      isCut: false,
      lines: [
        { kind: 'removed', text: 'Rule 5 says that knot 5 holds.' },
        { kind: 'removed', text: 'It is tied 5 times.' },
        { kind: 'removed', text: 'Rule 70 says that knot 70 holds.' },
        { kind: 'added', text: 'Rule 70 says nothing.' },
        { kind: 'added', text: 'Last comes a bow.' },
      ],
    })
    await expect(of(first.versionId)).rejects.toMatchObject({ code: 'document.no_change' })
    await expect(of(key.creatorId)).rejects.toMatchObject({ code: 'document.not_found' })
  })

  it('is nothing where other bytes say the same, and tells of headings', async () => {
    const key = await test.addBase()
    await test.learn(key, 'a.md', '# One\n\nSame.')
    const same = await test.learn(key, 'a.md', '# One\n\n\n\nSame.\n')
    const other = await test.learn(key, 'a.md', '# Two\n\nSame.')
    const of = (versionId: string) => getChange(test.db, { ...key, documentId: same.documentId, versionId })

    expect(await of(same.versionId)).toMatchObject({ added: 0, removed: 0, lines: [] })
    expect((await of(other.versionId)).lines).toEqual([
      { kind: 'removed', text: 'One' },
      { kind: 'added', text: 'Two' },
    ])
  })

  it('is kept of the last versions alone, in bounds, and goes with the document', async () => {
    const key = await test.addBase()
    const { documentId } = await test.learn(key, 'b.md', 'Begin.')
    for (let at = 0; at < 11; at += 1) await test.learn(key, 'b.md', `Version ${at}.`)
    const long = await test.learn(key, 'b.md', paragraphs(900).join('\n\n'))
    const owner = { creatorId: key.creatorId, documentId }
    const kept = await countChanges(test.db, owner)
    const change = await getChange(test.db, { ...key, documentId, versionId: long.versionId })
    const actor = { ...key, memberId: undefined, apiKeyId: undefined, name: 'T', role: 'editor' } as const
    await deleteDocument(test.db, { ...actor, isOperator: false, ip: undefined }, { ...key, documentId })

    expect(kept.size).toBe(10)
    expect(kept.get(long.versionId)).toEqual({ added: 1_800, removed: 1 })
    expect(change).toMatchObject({ isCut: true, added: 1_800 })
    expect(change.lines).toHaveLength(1_000)
    expect(await countChanges(test.db, owner)).toEqual(new Map())
  })

  it("is another creator's to nobody", async () => {
    const [ours, theirs] = [await test.addBase(), await test.addBase()]
    await test.learn(ours, 'c.md', 'Old.')
    const { documentId, versionId } = await test.learn(ours, 'c.md', 'New.')

    await expect(getChange(test.db, { ...theirs, documentId, versionId })).rejects.toMatchObject({
      code: 'document.not_found',
    })
  })
})
