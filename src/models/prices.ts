/** US dollars for a million tokens in and out. */
interface Price {
  input: number
  output: number
}

/**
 * List prices of common models, as published by their vendors in 2026. A model that is not here
 * costs 0: usage is still counted in tokens, and local models cost nothing per call.
 */
const PRICES: Record<string, Price> = {
  'openai:gpt-4o-mini': { input: 0.15, output: 0.6 },
  'openai:gpt-4o': { input: 2.5, output: 10 },
  'openai:gpt-4.1': { input: 2, output: 8 },
  'openai:gpt-4.1-mini': { input: 0.4, output: 1.6 },
  'openai:gpt-4.1-nano': { input: 0.1, output: 0.4 },
  'openai:gpt-5': { input: 1.25, output: 10 },
  'openai:gpt-5-mini': { input: 0.25, output: 2 },
  'openai:gpt-5-nano': { input: 0.05, output: 0.4 },
  'openai:text-embedding-3-small': { input: 0.02, output: 0 },
  'openai:text-embedding-3-large': { input: 0.13, output: 0 },
}

const MILLION = 1_000_000

/** What a call cost in US dollars; 0 for a model without a known price. */
export function costOf(model: string, usage: { inputTokens: number; outputTokens: number }): number {
  const price = PRICES[model]
  if (!price) return 0
  return (usage.inputTokens * price.input + usage.outputTokens * price.output) / MILLION
}
