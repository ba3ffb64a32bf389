import { describe, expect, it } from 'vitest'
import { openTestDatabase } from '../../testing/database.ts'
import { indexTexts } from '../keywords/keyword-index.ts'
import { breathing } from './breathe.ts'

describe('breathing', () => {
  it('gives every thing in order', async () => {
    expect(await Array.fromAsync(breathing([1, 2, 3]))).toEqual([1, 2, 3])
  })

  it('lets others in while a book is indexed', async () => {
    await using test = await openTestDatabase()
    const text = 'A long book about habits, sleep and the many words between them. '.repeat(30)
    const texts = Array.from({ length: 2_000 }, (_, i) => ({ heading: `Chapter ${i}`, text }))
    let turns = 0
    const timer = setInterval(() => {
      turns += 1
    }, 1)

    const { lengths } = await indexTexts(test.db, 'en', texts)

    clearInterval(timer)
    expect(lengths).toHaveLength(2_000)
    expect(turns).toBeGreaterThan(10)
  })
})
