import type { Logger } from '../../logger.ts'
import type { RerankModel } from '../../models/model.ts'
import type { Passage } from '../passage.ts'
import { createCooldown } from '../vectors/cooldown.ts'

/** Candidates a cross-encoder reads, one core for all of them; and how long an answer may wait for it. */
export const RERANK_CANDIDATES = 20
const RERANK_MS = 4_000

/**
 * Lets a cross-encoder judge the first {@link RERANK_CANDIDATES}: in its order, their scores scaled to 0 to 1, since
 * its own may be anything. The rest is left out.
 *
 * @returns undefined when it gave no answer in time; it is then left alone for a while.
 */
export type RerankPassages = <P extends Passage & { score: number }>(
  question: string,
  candidates: readonly P[],
) => Promise<P[] | undefined>

export function createPassageReranker({ rerank, log }: { rerank: RerankModel; log: Logger }): RerankPassages {
  const cooldown = createCooldown()
  return async (question, candidates) => {
    const head = candidates.slice(0, RERANK_CANDIDATES)
    if (head.length < 2) return head
    const texts = head.map(({ document, headingPath, text }) => [document, ...headingPath, text].join('\n'))
    const ranked = await cooldown.attempt(() => withinRerank(rerank.rerank(question, texts)))
    if ('value' in ranked) {
      const scale = scaleOf(ranked.value)
      return head
        .map((passage, at) => ({ ...passage, score: scale(ranked.value[at] ?? -Infinity) }))
        .sort((a, b) => b.score - a.score)
    }
    if (ranked.error) log.warn({ err: ranked.error, model: rerank.name }, 'passages-not-reranked')
    return undefined
  }
}

function scaleOf(scores: readonly number[]): (score: number) => number {
  const least = Math.min(...scores)
  const spread = Math.max(...scores) - least || 1
  return (score) => Math.max(0, (score - least) / spread)
}

async function withinRerank<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${RERANK_MS} ms`)), RERANK_MS)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}
