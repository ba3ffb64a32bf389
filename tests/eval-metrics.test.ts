import { describe, expect, it } from 'vitest'
import { ndcg, percentile, recall, reciprocalRank } from '../scripts/eval/metrics.ts'

const relevant = new Map([
  ['a', 1],
  ['b', 2],
])

describe('retrieval metrics', () => {
  it('give 1 for the ideal order and 0 for nothing found', () => {
    expect(ndcg(['b', 'a', 'x'], relevant, 10)).toBe(1)
    expect(recall(['b', 'a', 'x'], relevant, 5)).toBe(1)
    expect(reciprocalRank(['b'], relevant, 10)).toBe(1)
    expect([
      ndcg(['x'], relevant, 10),
      recall(['x'], relevant, 5),
      reciprocalRank(['x'], relevant, 10),
    ]).toEqual([0, 0, 0])
  })

  it('discount by the logarithm of the rank, as trec_eval does', () => {
    // (1/log2(2) + 2/log2(4)) / (2/log2(2) + 1/log2(3))
    expect(ndcg(['a', 'x', 'b'], relevant, 10)).toBeCloseTo(2 / (2 + 1 / Math.log2(3)), 12)
    expect(reciprocalRank(['x', 'y', 'a'], relevant, 10)).toBeCloseTo(1 / 3, 12)
    expect(recall(['x', 'a'], relevant, 5)).toBe(0.5)
  })

  it('look no deeper than asked', () => {
    expect(ndcg(['x', 'b'], relevant, 1)).toBe(0)
    expect(recall(['x', 'b'], relevant, 1)).toBe(0)
    expect(reciprocalRank(['x', 'b'], relevant, 1)).toBe(0)
  })

  it('take percentiles from the values themselves', () => {
    expect(percentile([4, 1, 3, 2], 0.5)).toBe(3)
    expect(percentile([1], 0.95)).toBe(1)
  })
})
