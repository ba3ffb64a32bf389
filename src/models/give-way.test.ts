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

  it('holds nothing up where nobody asks and nothing else is at work', async () => {
    const wait = begin(createGiveWay())

    await vi.advanceTimersByTimeAsync(0)

    expect(wait.isOver).toBe(true)
  })

  it('leaves the processors to the answer of a question for a moment', async () => {
    const way = createGiveWay()
    way.hear()
    const wait = begin(way)

    await vi.advanceTimersByTimeAsync(30)
    expect(wait.isOver).toBe(false)
    await vi.advanceTimersByTimeAsync(20)
    expect(wait.isOver).toBe(true)
  })

  it('goes on in the end, however long the others are at work', async () => {
    const wait = begin(createGiveWay(() => true))

    await vi.advanceTimersByTimeAsync(200)
    expect(wait.isOver).toBe(false)
    await vi.advanceTimersByTimeAsync(60)
    expect(wait.isOver).toBe(true)
  })

  it('ends at once when somebody asks, so that the question is next', async () => {
    const way = createGiveWay(() => true)
    const wait = begin(way)
    await vi.advanceTimersByTimeAsync(12)

    way.hear()
    await vi.advanceTimersByTimeAsync(0)

    expect(wait.isOver).toBe(true)
  })
})
