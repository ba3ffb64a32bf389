import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createGiveWay, type GiveWay } from './give-way.ts'

describe('createGiveWay', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  function begin(way: GiveWay): { isOver: boolean } {
    const wait = { isOver: false }
    void way.untilFree().then(() => {
      wait.isOver = true
    })
    return wait
  }

  it('holds nothing up where nobody is served', async () => {
    const wait = begin(createGiveWay())

    await vi.advanceTimersByTimeAsync(0)

    expect(wait.isOver).toBe(true)
  })

  it('leaves the processors to the last who is served', async () => {
    const way = createGiveWay()
    const [first, second] = [way.serve(), way.serve()]
    const wait = begin(way)

    first[Symbol.dispose]()
    await vi.advanceTimersByTimeAsync(50)
    expect(wait.isOver).toBe(false)
    second[Symbol.dispose]()
    await vi.advanceTimersByTimeAsync(10)
    expect(wait.isOver).toBe(true)
  })

  it('does not wait for whoever waits for a model', async () => {
    const way = createGiveWay()
    way.serve()
    await vi.advanceTimersByTimeAsync(110)

    const wait = begin(way)
    await vi.advanceTimersByTimeAsync(0)

    expect(wait.isOver).toBe(true)
  })

  it('goes on in the end, however many come one after the other', async () => {
    const way = createGiveWay()
    const crowd = setInterval(() => way.serve(), 20)
    way.serve()
    const wait = begin(way)

    await vi.advanceTimersByTimeAsync(200)
    expect(wait.isOver).toBe(false)
    await vi.advanceTimersByTimeAsync(60)
    expect(wait.isOver).toBe(true)
    clearInterval(crowd)
  })
})
