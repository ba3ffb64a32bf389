import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../db/database.ts'
import { createRecent } from '../db/recent.ts'
import type { Logger } from '../logger.ts'
import type { EmbeddingModel, RerankModel } from '../models/model.ts'
import type { VectorIndex } from '../vectors/vector-index.ts'
import { createCooldown } from './cooldown.ts'
import { fuse, type SideHit } from './fuse.ts'
import { searchKeywords } from './keyword-search.ts'
import type { Passage, RetrievalQuery, RetrievalStep, Retrieve, RetrievedPassage } from './passage.ts'
import { NEIGHBOURS, type Neighbour, surround } from './surround.ts'
import { createVectorSearch, type VECTOR_BOUNDS, type VectorFinding } from './vector-search.ts'

export interface RetrieverParts {
  db: Db
  log: Logger
  vectors: VectorIndex
  /** Absent: keywords alone, and that is no loss to report. */
  embedding?: EmbeddingModel | undefined
  rerank?: RerankModel | undefined
  bounds?: typeof VECTOR_BOUNDS
}

const DEFAULT_LIMIT = 8

/** Hits taken from each side. The fusion scales the vector side by the last of them. */
const SIDE_LIMIT = 50

/** Candidates a cross-encoder reads, one core for all of them; and how long an answer may wait for it. */
const RERANK_CANDIDATES = 20
const RERANK_MS = 4_000

/** A changed weight is in use everywhere within this time. */
const WEIGHT_CACHE = { forMs: 2_000, entries: 20_000 }

/** Read beyond the limit, since some hits may be of passages that are gone. */
const SPARE = 8

/**
 * The one way to a base's passages. Both sides are searched at once and joined ({@link fuse}); whatever
 * they name is read again from the rows of that Creator and base, active versions only, so nothing else
 * can come out, whatever an index says.
 */
export function createRetriever(parts: RetrieverParts): Retrieve {
  const { db, log, vectors, embedding, rerank } = parts
  const searchVectors = embedding && createVectorSearch({ db, vectors, embedding, log }, parts.bounds)
  const rerankCooldown = createCooldown()
  const weights = createRecent((key) => findKeywordWeight(db, key), WEIGHT_CACHE)

  async function order(
    query: RetrievalQuery,
    candidates: RetrievedPassage[],
  ): Promise<RetrievedPassage[] | undefined> {
    if (!rerank || candidates.length < 2) return candidates
    const head = candidates.slice(0, RERANK_CANDIDATES)
    const texts = head.map(({ document, headingPath, text }) => [document, ...headingPath, text].join('\n'))
    const ranked = await rerankCooldown.attempt(() => withinRerank(rerank.rerank(query.question, texts)))
    if ('value' in ranked) {
      return head
        .map((passage, at) => ({ ...passage, score: ranked.value[at] ?? 0 }))
        .sort((a, b) => b.score - a.score)
    }
    if (ranked.error) log.warn({ err: ranked.error, model: rerank.name }, 'passages-not-reranked')
    return undefined
  }

  return async (query) => {
    const started = performance.now()
    const { creatorId, knowledgeBaseId, question, limit = DEFAULT_LIMIT, mode } = query
    const key = { creatorId, knowledgeBaseId }
    let keywordMs = 0
    const [keyword, vector, weight] = await Promise.all([
      mode === 'vector'
        ? []
        : searchKeywords(db, { ...key, question, limit: SIDE_LIMIT }).finally(() => {
            keywordMs = performance.now() - started
          }),
      mode === 'keyword' || !searchVectors ? NO_VECTORS : searchVectors(key, question, SIDE_LIMIT),
      weights.get(`${creatorId} ${knowledgeBaseId}`),
    ])
    const near = vector.hits.map(({ id, similarity }) => ({ passageId: id, score: similarity }))
    const fused = fuse(keyword, near, near.length === 0 ? 1 : keyword.length === 0 ? 0 : weight)
    const wantsRerank = rerank !== undefined && (mode === undefined || mode === 'rerank')
    const wanted = wantsRerank ? Math.max(limit, RERANK_CANDIDATES) : limit
    const candidates = await readPassages(db, key, fused.slice(0, wanted + SPARE), { keyword, near })
    dropGhosts(parts, vector, fused.slice(0, wanted + SPARE), candidates)
    const ordered = wantsRerank ? await order(query, candidates) : candidates
    const degraded: RetrievalStep[] = [
      ...(vector.step ? [vector.step] : []),
      ...(ordered ? [] : (['rerank_unavailable'] as const)),
    ]
    return {
      passages: (ordered ?? candidates).slice(0, limit),
      degraded,
      ms: { keyword: keywordMs, ...vector.ms, total: performance.now() - started },
    }
  }
}

const NO_VECTORS: VectorFinding = { hits: [], ms: { embed: 0, vector: 0 } }

type Key = { creatorId: string; knowledgeBaseId: string }

async function findKeywordWeight(db: Db, key: string): Promise<number> {
  const [creatorId = '', knowledgeBaseId = ''] = key.split(' ')
  const base = await db
    .selectFrom('knowledge_base')
    .select('keyword_weight')
    .where('id', '=', knowledgeBaseId)
    .where('creator_id', '=', creatorId)
    .executeTakeFirst()
  return base?.keyword_weight ?? 1
}

/** The fused hits as they stand in the rows of this Creator and base, in the hits' order. */
async function readPassages(
  db: Db,
  { creatorId, knowledgeBaseId }: Key,
  fused: SideHit[],
  sides: { keyword: SideHit[]; near: SideHit[] },
): Promise<RetrievedPassage[]> {
  // Ids come back from the vector server as text that anyone might have written there.
  const ids = fused.map(({ passageId }) => passageId).filter((id) => /^\d{1,18}$/.test(id))
  if (ids.length === 0) return []
  const rows = await db
    .selectFrom('passage')
    .innerJoin('document', (join) =>
      join
        .onRef('document.id', '=', 'passage.document_id')
        .onRef('document.active_version_id', '=', 'passage.version_id'),
    )
    .selectAll('passage')
    .select(['document.title', 'document.name', neighboursOf().as('neighbours')])
    .where(sql<boolean>`passage.id = ANY (${ids}::bigint[])`)
    .where('passage.creator_id', '=', creatorId)
    .where('passage.knowledge_base_id', '=', knowledgeBaseId)
    .execute()
  const byId = new Map(rows.map((row) => [row.id, row]))
  const keywordScores = new Map(sides.keyword.map(({ passageId, score }) => [passageId, score]))
  const similarities = new Map(sides.near.map(({ passageId, score }) => [passageId, score]))
  return fused.flatMap(({ passageId, score }) => {
    const row = byId.get(passageId)
    if (!row) return []
    const keywordScore = keywordScores.get(passageId)
    const similarity = similarities.get(passageId)
    return [
      {
        ...toPassage(row),
        context: surround(row, row.neighbours),
        score,
        ...(keywordScore === undefined ? {} : { keywordScore }),
        ...(similarity === undefined ? {} : { similarity }),
      },
    ]
  })
}

function neighboursOf(): RawBuilder<Neighbour[]> {
  return sql<Neighbour[]>`(
    SELECT coalesce(json_agg(json_build_object('ordinal', near.ordinal, 'text', near.text) ORDER BY near.ordinal), '[]')
    FROM passage AS near
    WHERE near.version_id = passage.version_id AND near.section = passage.section
      AND near.ordinal BETWEEN passage.ordinal - ${sql.lit(NEIGHBOURS)} AND passage.ordinal + ${sql.lit(NEIGHBOURS)}
      AND near.ordinal <> passage.ordinal)`
}

interface PassageRow {
  id: string
  document_id: string
  title: string
  name: string
  heading_path: string[]
  page_from: number | null
  page_to: number | null
  start_ms: number | null
  text: string
}

function toPassage(row: PassageRow): Passage {
  return {
    id: row.id,
    documentId: row.document_id,
    document: row.title,
    documentName: row.name,
    headingPath: row.heading_path,
    ...(row.page_from === null ? {} : { pageFrom: row.page_from }),
    ...(row.page_to === null ? {} : { pageTo: row.page_to }),
    ...(row.start_ms === null ? {} : { startMs: row.start_ms }),
    text: row.text,
  }
}

/**
 * Vectors of passages that are gone (a crash came between the commit and their removal) take places from
 * living ones, so they are removed when met. Vectors are only ever written for rows already committed.
 */
function dropGhosts(
  { vectors, log }: RetrieverParts,
  { hits, collection }: VectorFinding,
  asked: SideHit[],
  found: Passage[],
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

async function withinRerank<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${RERANK_MS} ms`)), RERANK_MS)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}
