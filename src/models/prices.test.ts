import { describe, expect, it } from 'vitest'
import { costOf, findPrice } from './prices.ts'

const MILLION = { inputTokens: 1_000_000, outputTokens: 1_000_000 }

describe('costOf', () => {
  it('counts tokens in and out, each at its own price', () => {
    expect(costOf('openai:gpt-4o-mini', { inputTokens: 1_000_000, outputTokens: 0 })).toBeCloseTo(0.15)
    expect(costOf('openai:gpt-4o-mini', MILLION)).toBeCloseTo(0.75)
  })

  it('takes a dated version for its model, and the longest name that fits', () => {
    expect(costOf('openai:gpt-4o-mini-2026-01-01', MILLION)).toBe(costOf('openai:gpt-4o-mini', MILLION))
    expect(costOf('openai:gpt-4o-2026-01-01', MILLION)).toBe(costOf('openai:gpt-4o', MILLION))
    expect(costOf('anthropic:claude-opus-4-5', MILLION)).toBeLessThan(
      costOf('anthropic:claude-opus-4-1', MILLION),
    )
  })

  it('knows that a model is priceless, or that its price is not known', () => {
    expect(findPrice('ollama:llama3')).toEqual({ input: 0, output: 0 })
    expect(findPrice('openai:gpt-4omni')).toBeUndefined()
    expect(costOf('somewhere:else', MILLION)).toBe(0)
  })
})
