/** What an answer took, over all calls made for it. */
export interface AnswerUsage {
  inputTokens: number
  outputTokens: number
  costUsd: number
}

export const NO_USAGE: AnswerUsage = { inputTokens: 0, outputTokens: 0, costUsd: 0 }

export function addUsage(a: AnswerUsage, b: AnswerUsage): AnswerUsage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    costUsd: a.costUsd + b.costUsd,
  }
}
