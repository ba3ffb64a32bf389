import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createPacing, type Pacing, UNPACED } from './pacing.ts'

describe('createPacing', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  function begin(pacing: Pacing, name: string, begun: string[]) {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const ended = pacing.pass(() => {
      begun.push(name)
      return promise
    })
    return { end: resolve, fail: reject, ended }
  }

  it('lets as many pass at a time as it is wide, in their order', async () => {
    const begun: string[] = []
    const pacing = createPacing(UNPACED, 2)
    const [a, b] = ['a', 'b', 'c', 'd'].map((name) => begin(pacing, name, begun))
    await vi.advanceTimersByTimeAsync(0)
    expect(begun).toEqual(['a', 'b'])

    b?.end()
    await vi.advanceTimersByTimeAsync(0)
    expect(begun).toEqual(['a', 'b', 'c'])
    a?.end()
    await vi.advanceTimersByTimeAsync(0)
    expect(begun).toEqual(['a', 'b', 'c', 'd'])
  })

  it('is free again after work that failed', async () => {
    const begun: string[] = []
    const pacing = createPacing(UNPACED, 1)
    const first = begin(pacing, 'a', begun)
    begin(pacing, 'b', begun)

    first.fail(new Error('broken'))

    await expect(first.ended).rejects.toThrow('broken')
    await vi.advanceTimersByTimeAsync(0)
    expect(begun).toEqual(['a', 'b'])
  })

  it('lets work begin beside what never ends', async () => {
    const begun: string[] = []
    const pacing = createPacing(UNPACED, 1)
    begin(pacing, 'a', begun)
    const second = begin(pacing, 'b', begun)
    begin(pacing, 'c', begun)

    await vi.advanceTimersByTimeAsync(1_900)
    expect(begun).toEqual(['a'])
    await vi.advanceTimersByTimeAsync(200)
    expect(begun).toEqual(['a', 'b', 'c'])
    second.end()
    await vi.advanceTimersByTimeAsync(0)
    begin(pacing, 'd', begun)
    await vi.advanceTimersByTimeAsync(1_900)
    expect(begun).toEqual(['a', 'b', 'c'])
  })
})
