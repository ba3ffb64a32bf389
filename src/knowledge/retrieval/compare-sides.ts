import type { Retrieval, Retrieve } from '../passage.ts'

/** What each way of searching finds for one question. */
export interface SideBySide {
  /** By the question's words: BM25. */
  keyword: Retrieval
  /** By its meaning: nearness of vectors. */
  vector: Retrieval
  /** Both joined, and ordered again where a model for it is in use: what the bot is given. */
  fused: Retrieval
}

/** Passages a side lists: what the bot is given, and some of what it is not. */
const LIMIT = 10

/** Asks a base the three ways at once. Long work: no transaction may be open around it. */
export async function compareSides(
  retrieve: Retrieve,
  asked: { creatorId: string; knowledgeBaseId: string; question: string; limit?: number | undefined },
): Promise<SideBySide> {
  const { limit = LIMIT, ...query } = asked
  const [keyword, vector, fused] = await Promise.all([
    retrieve({ ...query, limit, mode: 'keyword' }),
    retrieve({ ...query, limit, mode: 'vector' }),
    retrieve({ ...query, limit }),
  ])
  return { keyword, vector, fused }
}
