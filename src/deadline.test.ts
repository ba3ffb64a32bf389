import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openDeadline } from './deadline.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('openDeadline', () => {
  it('aborts when its time is over, as a time-out', () => {
    using deadline = openDeadline(1_000)

    vi.advanceTimersByTime(999)
    expect(deadline.signal.aborted).toBe(false)
    vi.advanceTimersByTime(1)

    expect(deadline.signal.reason).toMatchObject({ name: 'TimeoutError' })
  })

  it('aborts with any of the signals it was made from', () => {
    const stop = new AbortController()
    using deadline = openDeadline(1_000, undefined, stop.signal)

    stop.abort(new Error('stopped'))

    expect(deadline.signal.reason).toMatchObject({ message: 'stopped' })
  })

  it('fires no more once the work is over', () => {
    const deadline = openDeadline(1_000)
    deadline[Symbol.dispose]()

    expect(vi.getTimerCount()).toBe(0)
  })
})
