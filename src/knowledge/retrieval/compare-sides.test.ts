import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type KnowledgeTest, openKnowledgeTest } from '../../testing/worlds/knowledge-world.ts'
import { markWords } from '../words/mark.ts'
import { compareSides } from './compare-sides.ts'
import { createRetriever } from './retrieve.ts'

let test: KnowledgeTest
beforeAll(async () => {
  test = await openKnowledgeTest()
})
afterAll(() => test[Symbol.asyncDispose]())

describe('compareSides', () => {
  it('tells what words find, what meaning finds, and what the bot is given of both', async () => {
    const key = await test.addBase()
    await test.learn(
      key,
      'naps.md',
      '# Naps\n\nShort naps refresh the mind.\n\n# Coffee\n\nCoffee keeps the mind awake.',
    )
    const retrieve = createRetriever(test)

    const { keyword, vector, fused } = await compareSides(retrieve, { ...key, question: 'Do naps refresh?' })

    expect(keyword.passages[0]).toMatchObject({ headingPath: ['Naps'], keywordScore: expect.any(Number) })
    expect(keyword.passages.every(({ similarity }) => similarity === undefined)).toBe(true)
    expect(vector.passages).toHaveLength(2)
    expect(vector.passages[0]).toMatchObject({ similarity: expect.any(Number) })
    expect(vector.passages.every(({ keywordScore }) => keywordScore === undefined)).toBe(true)
    expect(fused.passages[0]).toMatchObject({
      headingPath: ['Naps'],
      keywordScore: expect.any(Number),
      similarity: expect.any(Number),
    })
  })

  it('finds nothing in the base of another creator', async () => {
    const [mine, theirs] = [await test.addBase(), await test.addBase()]
    await test.learn(theirs, 'naps.md', '# Naps\n\nShort naps refresh the mind.')
    const retrieve = createRetriever(test)

    const sides = await compareSides(retrieve, { ...theirs, creatorId: mine.creatorId, question: 'naps' })

    for (const { passages } of Object.values(sides)) expect(passages).toEqual([])
  })
})

describe('markWords', () => {
  it.each([
    ['Lanterns hang on the pier.', 'lantern', ['Lanterns']],
    ['Die Häuser am Fluss', 'Haus und Flusses', ['Häuser', 'Fluss']],
    ['睡眠は大切です。', '睡眠', ['睡眠は大切です']],
    ['Nothing of it.', 'lantern', []],
    ['', 'lantern', []],
  ])('marks in %j what %j asks by, and loses no letter', (text, question, marked) => {
    const parts = markWords(text, question)

    expect(parts.filter(({ isMarked }) => isMarked).map((part) => part.text)).toEqual(marked)
    expect(parts.map((part) => part.text).join('')).toBe(text)
  })
})
