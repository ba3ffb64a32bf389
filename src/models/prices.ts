/** US dollars for a million tokens in and out. */
interface Price {
  input: number
  output: number
}

/**
 * List prices by the beginning of a model's name, so that dated versions of a model have its price. The longest
 * beginning that fits counts. Models that run on one's own machines cost nothing a call. Last held against what the
 * vendors publish in November 2026.
 */
const PRICES: readonly (readonly [beginning: string, price: Price])[] = [
  ['openai:gpt-4o', { input: 2.5, output: 10 }],
  ['openai:gpt-4o-mini', { input: 0.15, output: 0.6 }],
  ['openai:gpt-4.1', { input: 2, output: 8 }],
  ['openai:gpt-4.1-mini', { input: 0.4, output: 1.6 }],
  ['openai:gpt-4.1-nano', { input: 0.1, output: 0.4 }],
  ['openai:gpt-5', { input: 1.25, output: 10 }],
  ['openai:gpt-5-mini', { input: 0.25, output: 2 }],
  ['openai:gpt-5-nano', { input: 0.05, output: 0.4 }],
  ['openai:o3', { input: 2, output: 8 }],
  ['openai:o4-mini', { input: 1.1, output: 4.4 }],
  ['openai:text-embedding-3-small', { input: 0.02, output: 0 }],
  ['openai:text-embedding-3-large', { input: 0.13, output: 0 }],
  ['anthropic:claude-3-haiku', { input: 0.25, output: 1.25 }],
  ['anthropic:claude-3-5-haiku', { input: 0.8, output: 4 }],
  ['anthropic:claude-haiku-4-5', { input: 1, output: 5 }],
  ['anthropic:claude-3-7-sonnet', { input: 3, output: 15 }],
  ['anthropic:claude-sonnet-4', { input: 3, output: 15 }],
  ['anthropic:claude-opus-4', { input: 15, output: 75 }],
  ['anthropic:claude-opus-4-5', { input: 5, output: 25 }],
  ['google-genai:gemini-2.0-flash', { input: 0.1, output: 0.4 }],
  ['google-genai:gemini-2.5-flash-lite', { input: 0.1, output: 0.4 }],
  ['google-genai:gemini-2.5-flash', { input: 0.3, output: 2.5 }],
  ['google-genai:gemini-2.5-pro', { input: 1.25, output: 10 }],
  ['mistralai:mistral-small', { input: 0.1, output: 0.3 }],
  ['mistralai:mistral-medium', { input: 0.4, output: 2 }],
  ['mistralai:mistral-large', { input: 2, output: 6 }],
  ['groq:llama-3.1-8b-instant', { input: 0.05, output: 0.08 }],
  ['groq:llama-3.3-70b-versatile', { input: 0.59, output: 0.79 }],
  ['ollama:', { input: 0, output: 0 }],
  ['local:', { input: 0, output: 0 }],
]

const MILLION = 1_000_000

/** US dollars for a minute of a recording, found like the prices above. */
const MINUTES: readonly (readonly [beginning: string, usd: number])[] = [
  ['openai:whisper-1', 0.006],
  ['openai:gpt-4o-transcribe', 0.006],
  ['openai:gpt-4o-mini-transcribe', 0.003],
  ['groq:whisper-large-v3', 0.111 / 60],
  ['groq:whisper-large-v3-turbo', 0.04 / 60],
]

/** What a call cost in US dollars; 0 for a model without a known price. */
export function costOf(model: string, usage: { inputTokens: number; outputTokens: number }): number {
  const price = findPrice(model)
  if (!price) return 0
  return (usage.inputTokens * price.input + usage.outputTokens * price.output) / MILLION
}

/** The price of a model; undefined where none is known: then its usage is counted in tokens alone, and no budget sees it. */
export function findPrice(model: string): Price | undefined {
  return findLongest(PRICES, model)
}

/**
 * Tokens a model may write for so much money, its prompt paid first. Infinity where its price is not known or
 * nothing; 0 or less where the prompt alone costs more.
 */
export function affordableTokens(model: string, inputTokens: number, usd: number): number {
  const price = findPrice(model)
  if (!price || price.output === 0) return Infinity
  return Math.floor((usd * MILLION - inputTokens * price.input) / price.output)
}

/** What it costs to have so much of a recording written down, in US dollars; 0 for a model without a known price. */
export function costOfRecording(model: string, seconds: number): number {
  return (findLongest(MINUTES, model) ?? 0) * (seconds / 60)
}

function findLongest<T>(
  list: readonly (readonly [beginning: string, value: T])[],
  model: string,
): T | undefined {
  let found: (typeof list)[number] | undefined
  for (const entry of list) {
    if (begins(model, entry[0]) && entry[0].length > (found?.[0].length ?? 0)) found = entry
  }
  return found?.[1]
}

/** A name goes on with a version behind a mark: "gpt-4o-2026-01-01" is a "gpt-4o", "gpt-4omni" is none. */
function begins(model: string, beginning: string): boolean {
  if (!model.startsWith(beginning)) return false
  const next = model.charAt(beginning.length)
  return beginning.endsWith(':') || next === '' || /[-@:]/.test(next)
}
