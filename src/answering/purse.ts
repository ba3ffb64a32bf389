import type { ModelChain } from '../models/model.ts'

/** What may still be spent on one answer, in US dollars; it shrinks with each call. */
export interface Purse {
  leftUsd: number
}

/** The chain, asking no model that could cost more than the purse holds. */
export function spendFrom(purse: Purse, chain: ModelChain): ModelChain {
  if (purse.leftUsd === Infinity) return chain
  return {
    ...chain,
    async *stream(request) {
      for await (const chunk of chain.stream({ ...request, mostUsd: purse.leftUsd })) {
        if (chunk.kind === 'usage') purse.leftUsd -= chunk.usage.costUsd
        yield chunk
      }
    },
  }
}
