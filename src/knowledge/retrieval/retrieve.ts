import type { Db } from '../../db/database.ts'
import { createRecent } from '../../db/recent.ts'
import type { Logger } from '../../logger.ts'
import type { EmbeddingModel, RerankModel } from '../../models/model.ts'
import type { VectorIndex } from '../../vectors/vector-index.ts'
import { searchKeywords } from '../keywords/search.ts'
import type { Passage, RetrievalStep, Retrieve, RetrievedPassage } from '../passage.ts'
import { createVectorSearch, type VECTOR_BOUNDS, type VectorFinding } from '../vectors/search.ts'
import { measureAdjacency } from './adjacency.ts'
import { arrange } from './arrange.ts'
import { fuse, type SideHit } from './fuse.ts'
import { type FoundPassage, readPassages } from './read-passages.ts'
import { createPassageReranker, RERANK_CANDIDATES } from './rerank.ts'
import { surround } from './surround.ts'

export interface RetrieverParts {
  db: Db
  log: Logger
  vectors: VectorIndex
  /** Absent: keywords alone, and that is no loss to report. */
  embedding?: EmbeddingModel | undefined
  /** See {@link createVectorSearch}. */
  findPrevious?: ((model: string) => EmbeddingModel | undefined) | undefined
  rerank?: RerankModel | undefined
  bounds?: typeof VECTOR_BOUNDS
}

const DEFAULT_LIMIT = 8

/** Hits taken from each side. The fusion scales the vector side by the last of them. */
const SIDE_LIMIT = 50

/** A changed setting of a base is in use everywhere within this time. */
const BASE_CACHE = { forMs: 2_000, entries: 20_000 }

/** Read beyond the limit, since some hits may be of passages that are gone or said twice. */
const SPARE = 8

/** What all the question's neighbouring words side by side add, as a share of what the best keyword hit has. */
const ADJACENCY_BONUS = 0.5

/**
 * The one way to a base's passages. Both sides are searched at once and joined ({@link fuse}); whatever
 * they name is read again from the rows of that Creator and base, active versions only, so nothing else
 * can come out, whatever an index says. What was found is then put in the order an answer gets most from
 * ({@link arrange}); one side alone (`mode`) is left as it found it.
 */
export function createRetriever(parts: RetrieverParts): Retrieve {
  const { db, log, embedding, rerank } = parts
  const searchVectors = embedding && createVectorSearch({ ...parts, embedding }, parts.bounds)
  const rerankPassages = rerank && createPassageReranker({ rerank, log })
  const bases = createRecent((key) => findBaseSettings(db, key), BASE_CACHE)

  return async (query) => {
    const started = performance.now()
    const { creatorId, knowledgeBaseId, question, carried, limit = DEFAULT_LIMIT, mode } = query
    const key = { creatorId, knowledgeBaseId }
    const whole = carried === undefined ? question : `${carried}\n${question}`
    let keywordMs = 0
    const [keyword, vector, base] = await Promise.all([
      mode === 'vector'
        ? []
        : searchKeywords(db, { ...key, question, carried, limit: SIDE_LIMIT }).finally(() => {
            keywordMs = performance.now() - started
          }),
      mode === 'keyword' || !searchVectors ? NO_VECTORS : searchVectors(key, whole, SIDE_LIMIT),
      bases.get(`${creatorId} ${knowledgeBaseId}`),
    ])
    const near = vector.hits.map(({ id, similarity }) => ({ passageId: id, score: similarity }))
    const keywordWeight = near.length === 0 ? 1 : keyword.length === 0 ? 0 : base.keywordWeight
    const fused = fuse(keyword, near, {
      keywordWeight,
      passageCount: base.passageCount,
      trust: vector.trust,
    })
    const isOneSide = mode === 'keyword' || mode === 'vector'
    const reranker = mode === undefined || mode === 'rerank' ? rerankPassages : undefined
    const wanted = reranker ? Math.max(limit, RERANK_CANDIDATES) : limit
    const degraded = new Set<RetrievalStep>(vector.step ? [vector.step] : [])

    async function order(candidates: FoundPassage[]): Promise<FoundPassage[]> {
      if (isOneSide) return candidates
      const reranked = await reranker?.(whole, candidates)
      if (reranker && !reranked) degraded.add('rerank_unavailable')
      const ordered = reranked ?? rewardAdjacency(question, candidates, ADJACENCY_BONUS * keywordWeight)
      return arrange(ordered, { question, recency: base.recency, limit })
    }

    const candidates: FoundPassage[] = []
    let passages: FoundPassage[] = []
    // A second reading is for the base that holds the same text again and again.
    for (let read = 0; read < fused.length && passages.length < limit; read += wanted + SPARE) {
      const next = fused.slice(read, read + wanted + SPARE)
      const living = await readPassages(db, key, next, { keyword, near })
      dropGhosts(parts, vector, next, living)
      candidates.push(...living)
      passages = await order(candidates)
    }
    return {
      passages: passages.slice(0, limit).map(present),
      degraded: [...degraded],
      ms: { keyword: keywordMs, ...vector.ms, total: performance.now() - started },
    }
  }
}

const NO_VECTORS: VectorFinding = { hits: [], ms: { embed: 0, vector: 0 } }

interface BaseSettings {
  keywordWeight: number
  recency: number
  passageCount: number
}

async function findBaseSettings(db: Db, id: string): Promise<BaseSettings> {
  const [creatorId = '', knowledgeBaseId = ''] = id.split(' ')
  const base = await db
    .selectFrom('knowledge_base')
    .select(['keyword_weight', 'recency', 'passage_count'])
    .where('id', '=', knowledgeBaseId)
    .where('creator_id', '=', creatorId)
    .executeTakeFirst()
  return {
    keywordWeight: base?.keyword_weight ?? 1,
    recency: base?.recency ?? 0,
    passageCount: base?.passage_count ?? 0,
  }
}

function rewardAdjacency(
  question: string,
  candidates: readonly FoundPassage[],
  bonus: number,
): FoundPassage[] {
  const shares = measureAdjacency(
    question,
    candidates.map(({ document, headingPath, text }) => ({
      heading: [document, ...headingPath].join('\n'),
      text,
    })),
  )
  return candidates.map((passage, at) => ({
    ...passage,
    score: passage.score + bonus * (shares[at] ?? 0),
  }))
}

/** Only now: of what was found, half is given. */
function present({
  ordinal,
  neighbours,
  sourceWeight: _,
  datedMs: __,
  uploadedMs: ___,
  ...passage
}: FoundPassage): RetrievedPassage {
  return { ...passage, context: surround({ ordinal, text: passage.text }, neighbours) }
}

/**
 * Vectors of passages that are gone (a crash came between the commit and their removal) take places from
 * living ones, so they are removed when met. Vectors are only ever written for rows already committed.
 */
function dropGhosts(
  { vectors, log }: RetrieverParts,
  { hits, collection }: VectorFinding,
  asked: readonly SideHit[],
  found: readonly Passage[],
): void {
  if (!collection || found.length === asked.length) return
  const living = new Set(found.map(({ id }) => id))
  const near = new Set(hits.map(({ id }) => id))
  const ghosts = asked.map(({ passageId }) => passageId).filter((id) => near.has(id) && !living.has(id))
  if (ghosts.length === 0) return
  vectors
    .remove(collection.id, ghosts)
    .catch((error: unknown) => log.warn({ err: error }, 'ghosts-not-removed'))
}
