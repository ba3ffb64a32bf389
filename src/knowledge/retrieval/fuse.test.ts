import { describe, expect, it } from 'vitest'
import { fuse } from './fuse.ts'

const hits = (...scores: [string, number][]) => scores.map(([passageId, score]) => ({ passageId, score }))
const order = (fused: { passageId: string }[]) => fused.map(({ passageId }) => passageId)

describe('fuse', () => {
  it('lets vectors that agree with the keywords decide between their hits', () => {
    const keyword = hits(['1', 10], ['2', 9.8], ['3', 2])
    const vector = hits(['2', 0.8], ['1', 0.6], ['9', 0.1])

    expect(order(fuse(keyword, vector, { keywordWeight: 0.5, passageCount: 100 }))[0]).toBe('2')
  })

  it('hardly hears vectors that scatter what the keywords found', () => {
    const keyword = hits(['1', 10], ['2', 9], ['3', 8])
    const vector = hits(['7', 0.9], ['8', 0.8], ['3', 0.5], ['9', 0.5])

    expect(order(fuse(keyword, vector, { keywordWeight: 0.5, passageCount: 100 })).slice(0, 3)).toEqual([
      '1',
      '2',
      '3',
    ])
  })

  it('hears agreeing vectors as far as their model can know the question', () => {
    const keyword = hits(['1', 10], ['2', 9.8], ['3', 2])
    const vector = hits(['2', 0.8], ['1', 0.6], ['9', 0.1])
    const firstAt = (trust: number) =>
      order(fuse(keyword, vector, { keywordWeight: 0.5, passageCount: 100, trust }))[0]

    expect([firstAt(1), firstAt(0)]).toEqual(['2', '1'])
    expect(order(fuse([], vector, { keywordWeight: 0.5, passageCount: 100, trust: 0 }))).toEqual([
      '2',
      '1',
      '9',
    ])
  })

  it('takes one side whole when the other found nothing', () => {
    expect(order(fuse([], hits(['4', 0.9], ['5', 0.1]), { keywordWeight: 0.5, passageCount: 100 }))).toEqual([
      '4',
      '5',
    ])
    expect(order(fuse(hits(['4', 3], ['5', 1]), [], { keywordWeight: 0.5, passageCount: 100 }))).toEqual([
      '4',
      '5',
    ])
    expect(fuse([], [], { keywordWeight: 0.5, passageCount: 100 })).toEqual([])
  })
})
