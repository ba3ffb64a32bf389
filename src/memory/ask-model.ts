import type { ModelChain, PromptMessage } from '../models/model.ts'

/** What a call for a memory took. */
export interface MemoryUsage {
  inputTokens: number
  outputTokens: number
  costUsd: number
  model: string | undefined
}

export const NO_USAGE: MemoryUsage = { inputTokens: 0, outputTokens: 0, costUsd: 0, model: undefined }

export function addUsage(a: MemoryUsage, b: MemoryUsage): MemoryUsage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    costUsd: a.costUsd + b.costUsd,
    model: b.model ?? a.model,
  }
}

export interface AskModel {
  chain: ModelChain
  /** Of the models of the chain, those to ask. */
  route: readonly string[] | undefined
  signal: AbortSignal
}

/**
 * Has a chain of models write a short text. What it took is told also where it failed: `text` is undefined then.
 *
 * @throws {AppError} `model.aborted` when the signal ended it.
 */
export async function askModel(
  messages: PromptMessage[],
  maxOutputTokens: number,
  { chain, route, signal }: AskModel,
): Promise<{ text: string | undefined; usage: MemoryUsage }> {
  let usage = NO_USAGE
  let text = ''
  try {
    for await (const chunk of chain.stream({ promptFor: () => messages, maxOutputTokens, signal, route })) {
      if (chunk.kind === 'text') text += chunk.text
      if (chunk.kind === 'restart') text = ''
      if (chunk.kind === 'model') usage = { ...usage, model: chunk.name }
      if (chunk.kind === 'usage') usage = addUsage(usage, { ...chunk.usage, model: undefined })
    }
    return { text, usage }
  } catch (error) {
    if (signal.aborted) throw error
    return { text: undefined, usage }
  }
}
