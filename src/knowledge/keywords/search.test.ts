import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type KnowledgeTest, openKnowledgeTest } from '../../testing/worlds/knowledge-world.ts'
import { tokenize } from '../words/tokens.ts'
import { searchKeywords } from './search.ts'

let test: KnowledgeTest
beforeAll(async () => {
  test = await openKnowledgeTest()
})
afterAll(() => test[Symbol.asyncDispose]())

const passagesOf = (knowledgeBaseId: string) =>
  test.db
    .selectFrom('passage')
    .select(['id', 'text'])
    .where('knowledge_base_id', '=', knowledgeBaseId)
    .execute()

describe('searchKeywords', () => {
  it('finds inflected words of the document’s language and passes over stop words', async () => {
    const key = await test.addBase()
    await test.learn(
      key,
      'en.md',
      '# Naps\n\nNapping is allowed until the afternoon.\n\n# Food\n\nEat what you have cooked.',
    )
    await test.learn(
      key,
      'de.md',
      '# Schlaf\n\nDie Übungen werden am Abend nach dem Training regelmäßig wiederholt.',
    )

    const find = async (question: string) => {
      const texts = new Map((await passagesOf(key.knowledgeBaseId)).map(({ id, text }) => [id, text]))
      return (await searchKeywords(test.db, { ...key, question, limit: 5 })).map((hit) =>
        texts.get(hit.passageId),
      )
    }

    expect(await find('who naps in afternoons')).toEqual(['Napping is allowed until the afternoon.'])
    expect(await find('Übung wiederholen')).toEqual([expect.stringContaining('Übungen')])
    expect(await find('the and what is')).toEqual([])
    expect(await find('?!')).toEqual([])
  })

  it('finds words of scripts that put no space between them', async () => {
    const key = await test.addBase()
    await test.learn(
      key,
      'zh.md',
      '# 一\n\n睡眠质量取决于固定的起床时间。\n\n# 二\n\n早餐应该包含蛋白质和水果。',
    )

    const [hit] = await searchKeywords(test.db, { ...key, question: '怎样提高睡眠质量？', limit: 5 })

    const texts = await passagesOf(key.knowledgeBaseId)
    expect(texts.find(({ id }) => id === hit?.passageId)?.text).toContain('睡眠质量')
  })

  it('gives nothing of a base to anyone but its Creator', async () => {
    const key = await test.addBase()
    const stranger = await test.addBase()
    await test.learn(key, 'a.md', 'The canary sings.')

    const ask = (creatorId: string) =>
      searchKeywords(test.db, { ...key, creatorId, question: 'canary', limit: 5 })

    expect(await ask(key.creatorId)).toHaveLength(1)
    expect(await ask(stranger.creatorId)).toEqual([])
  })

  it('scores as BM25 does, however the words fall', async () => {
    // Words without stems or stop words in any language eld may guess.
    const word = fc.constantFrom('7', '11', '23', '42', '99')
    const passage = fc.array(word, { minLength: 1, maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(
        fc.array(passage, { minLength: 1, maxLength: 8 }),
        fc.array(word, { minLength: 1, maxLength: 4 }),
        async (passages, asked) => {
          const key = await test.addBase()
          await test.learn(key, 'x', passages.map((words) => `# 0\n\n${words.join(' ')}`).join('\n\n'))
          const { rows, expected } = await score(key.knowledgeBaseId, asked)

          const hits = await searchKeywords(test.db, { ...key, question: asked.join(' '), limit: 50 })

          expect(hits).toHaveLength(expected.size)
          for (const { passageId, score: found } of hits)
            expect(found).toBeCloseTo(expected.get(passageId) ?? -1, 9)
          expect(rows).toHaveLength(passages.length)
        },
      ),
      { numRuns: 15 },
    )
  })

  it('finds what a word was meant to be: mistyped, or in another language than the material', async () => {
    const key = await test.addBase()
    await test.learn(
      key,
      'en.md',
      '# Naps\n\nNaps in the afternoon are allowed.\n\n# Load\n\nIncrease it slowly.\n\n# Price\n\nThe joint call costs 85 euro.',
    )
    const texts = new Map((await passagesOf(key.knowledgeBaseId)).map(({ id, text }) => [id, text]))
    const find = async (question: string) =>
      (await searchKeywords(test.db, { ...key, question, limit: 5 })).map((hit) => texts.get(hit.passageId))

    expect(await find('in the aftrnoon')).toEqual([expect.stringContaining('afternoon')])
    // The stem of "increase" has a stem of its own, which no passage holds.
    expect(await find('incrase')).toEqual(['Increase it slowly.'])
    expect(await find('a napp')).toEqual([expect.stringContaining('Naps')])
    expect(await find('¿Cuánto cuesta la llamada?')).toEqual([expect.stringContaining('85 euro')])
    expect(await find('can she join')).toEqual([])
  })
})

/** BM25 as the textbook writes it, over what was stored. */
async function score(knowledgeBaseId: string, asked: string[]) {
  const rows = await passagesOf(knowledgeBaseId)
  // Every passage is indexed with its title and heading.
  const documents = rows.map(({ id, text }) => ({ id, words: tokenize(`x 0 ${text}`) }))
  const mean = documents.reduce((sum, { words }) => sum + words.length, 0) / documents.length
  const expected = new Map<string, number>()
  for (const term of asked) {
    const holders = documents.filter(({ words }) => words.includes(term))
    const rarity = Math.log(1 + (documents.length - holders.length + 0.5) / (holders.length + 0.5))
    for (const { id, words } of holders) {
      const frequency = words.filter((word) => word === term).length
      const weight = (rarity * frequency * 2.2) / (frequency + 1.2 * (0.25 + (0.75 * words.length) / mean))
      expected.set(id, (expected.get(id) ?? 0) + weight)
    }
  }
  return { rows, expected }
}
