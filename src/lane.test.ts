import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createLane, type Lane } from './lane.ts'

describe('createLane', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  function begin(lane: Lane, name: string, begun: string[]) {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const ended = lane.pass(() => {
      begun.push(name)
      return promise
    })
    return { end: resolve, fail: reject, ended }
  }

  it('lets as many pass at a time as it is wide, in their order', async () => {
    const begun: string[] = []
    const lane = createLane(2)
    const [a, b] = ['a', 'b', 'c', 'd'].map((name) => begin(lane, name, begun))
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
    const lane = createLane(1)
    const first = begin(lane, 'a', begun)
    begin(lane, 'b', begun)

    first.fail(new Error('broken'))

    await expect(first.ended).rejects.toThrow('broken')
    await vi.advanceTimersByTimeAsync(0)
    expect(begun).toEqual(['a', 'b'])
  })

  it('loses patience with what never ends, where it has some', async () => {
    const begun: string[] = []
    const lane = createLane(1, { patienceMs: 2_000 })
    begin(lane, 'a', begun)
    const second = begin(lane, 'b', begun)
    begin(lane, 'c', begun)

    await vi.advanceTimersByTimeAsync(1_900)
    expect(begun).toEqual(['a'])
    await vi.advanceTimersByTimeAsync(200)
    expect(begun).toEqual(['a', 'b', 'c'])
    second.end()
    await vi.advanceTimersByTimeAsync(0)
    begin(lane, 'd', begun)
    await vi.advanceTimersByTimeAsync(1_900)
    expect(begun).toEqual(['a', 'b', 'c'])
  })
})
