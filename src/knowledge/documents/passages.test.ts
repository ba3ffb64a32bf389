import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type KnowledgeTest, openKnowledgeTest } from '../../testing/worlds/knowledge-world.ts'
import { listPassages, overlapOf } from './passages.ts'

describe('overlapOf', () => {
  it('measures what two neighbours share, and takes no short likeness for it', () => {
    const shared = 'A sentence that both of them hold.'

    expect(overlapOf(`Before it. ${shared}`, `${shared} After it.`)).toBe(shared.length)
    expect(overlapOf('It ends with a', 'a new start')).toBe(0)
    expect(overlapOf('', shared)).toBe(0)
  })
})

describe('listPassages', () => {
  let test: KnowledgeTest
  beforeAll(async () => {
    test = await openKnowledgeTest()
  })
  afterAll(() => test[Symbol.asyncDispose]())

  it('pages through a document in reading order, each passage once', async () => {
    const key = await test.addBase()
    const sections = Array.from({ length: 7 }, (_, at) => `# Part ${at}\n\nText of part ${at}.`)
    const { documentId } = await test.learn(key, 'parts.md', sections.join('\n\n'))

    const seen: number[] = []
    let after: number | undefined
    let pages = 0
    do {
      const page = await listPassages(test.db, { ...key, documentId }, { after, limit: 3 })
      seen.push(...page.items.map(({ ordinal }) => ordinal))
      after = page.nextAfter ?? undefined
      pages += 1
    } while (after !== undefined)

    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(pages).toBe(3)
  })

  it('shows nothing of another creator, whichever ids are mixed', async () => {
    const [mine, theirs] = [await test.addBase(), await test.addBase()]
    const { documentId } = await test.learn(theirs, 'theirs.md', '# Theirs\n\nNot mine.')

    for (const key of [
      mine,
      { ...theirs, creatorId: mine.creatorId },
      { ...mine, creatorId: theirs.creatorId },
    ]) {
      expect(await listPassages(test.db, { ...key, documentId }, { limit: 10 })).toEqual({
        items: [],
        nextAfter: null,
      })
    }
  })
})
