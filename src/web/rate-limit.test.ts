import { describe, expect, it } from 'vitest'
import { createRateLimiter } from './rate-limit.ts'

describe('createRateLimiter', () => {
  it('lets each key take its share of a window, and again in the next', () => {
    const limiter = createRateLimiter({ max: 2, windowMs: 1_000 })
    limiter.take('a', 0)
    limiter.take('a', 400)

    expect(() => limiter.take('a', 500)).toThrow(
      expect.objectContaining({ code: 'request.rate_limited', details: { retryAfterSeconds: 1 } }),
    )
    expect(() => limiter.take('b', 500)).not.toThrow()
    expect(() => limiter.take('a', 1_000)).not.toThrow()
  })

  it('remembers a bounded number of keys', () => {
    const limiter = createRateLimiter({ max: 1, windowMs: 1_000 })
    limiter.take('first', 0)
    for (let key = 0; key < 50_000; key += 1) limiter.take(String(key), 0)

    expect(() => limiter.take('first', 0)).not.toThrow()
    expect(() => limiter.take('49999', 0)).toThrow()
  })
})
