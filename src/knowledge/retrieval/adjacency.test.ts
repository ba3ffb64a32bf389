import { describe, expect, it } from 'vitest'
import { measureAdjacency } from './adjacency.ts'

const share = (question: string, text: string, heading = '') =>
  measureAdjacency(question, [{ heading, text }])[0]

describe('measureAdjacency', () => {
  it('counts neighbouring words of meaning that stand side by side, whatever their endings', () => {
    expect(share('What helps with shoulder muscles?', 'A shoulder muscle needs rest.')).toBe(0.5)
    expect(share('knee pain', 'The knee is a joint. Pain has causes.')).toBe(0)
    expect(share('knee pain', 'Rest.', 'Knee pain')).toBe(1)
  })

  it('says nothing of one word, and of scripts without spaces', () => {
    expect(share('naps?', 'Naps are allowed.')).toBe(0)
    expect(share('睡眠时间多长', '睡眠时间是八小时')).toBe(0)
  })
})
