import type { Db } from '../db/database.ts'
import { isAppError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import type { EmbeddingModel } from '../models/model.ts'
import type { VectorHit, VectorIndex } from '../vectors/vector-index.ts'
import { createCooldown } from './cooldown.ts'
import type { BaseKey } from './knowledge-base.ts'
import type { RetrievalStep } from './passage.ts'
import { type BaseCollection, findActiveCollection, forgetCollection } from './vector-collection.ts'

export interface VectorSearchParts {
  db: Db
  vectors: VectorIndex
  embedding: EmbeddingModel
  log: Logger
}

export interface VectorFinding {
  hits: VectorHit[]
  /** Set when there are no hits because something is missing or out of order. */
  step?: RetrievalStep
  collection?: BaseCollection
  ms: { embed: number; vector: number }
}

/**
 * Longest waits of one question. Longer and the keyword side, which has been done for long, would answer
 * no one any more.
 */
export const VECTOR_BOUNDS = { embedMs: 2_000, queryMs: 1_500 }

/** A base's collection changes with a rebuild only; asking PostgreSQL each time would cost a round trip. */
const COLLECTION_MEMORY_MS = 5_000

export type SearchVectors = (key: BaseKey, question: string, limit: number) => Promise<VectorFinding>

/**
 * The vector side of the search. It never throws: what is out of order is left alone for a while and said
 * in `step`, and the keyword side answers.
 */
export function createVectorSearch(parts: VectorSearchParts, bounds = VECTOR_BOUNDS): SearchVectors {
  const { db, vectors, embedding, log } = parts
  const embedCooldown = createCooldown()
  const queryCooldown = createCooldown()
  const known = new Map<string, { collection: BaseCollection | undefined; until: number }>()

  async function findCollection(key: BaseKey): Promise<BaseCollection | undefined> {
    const id = `${key.creatorId}/${key.knowledgeBaseId}`
    const held = known.get(id)
    if (held && held.until > performance.now()) return held.collection
    const collection = await findActiveCollection(db, key, embedding.name)
    known.set(id, { collection, until: performance.now() + COLLECTION_MEMORY_MS })
    if (known.size > MAX_REMEMBERED) known.delete(known.keys().next().value ?? '')
    return collection
  }

  async function query(key: BaseKey, vector: number[], limit: number) {
    const collection = await findCollection(key)
    if (!collection) return { hits: [], step: 'keyword_only' as const }
    try {
      return { hits: await vectors.query(collection.id, vector, limit), collection }
    } catch (error) {
      if (!isAppError(error, 'vectors.collection_missing')) throw error
      known.delete(`${key.creatorId}/${key.knowledgeBaseId}`)
      const current = await findCollection(key)
      if (current && current.id !== collection.id) {
        return { hits: await vectors.query(current.id, vector, limit), collection: current }
      }
      log.warn({ ...key, collection: collection.name }, 'vector-collection-lost')
      await forgetCollection(db, key, collection.id)
      known.delete(`${key.creatorId}/${key.knowledgeBaseId}`)
      return { hits: [], step: 'vectors_unavailable' as const }
    }
  }

  return async (key, question, limit) => {
    const started = performance.now()
    const embedded = await embedCooldown.attempt(() =>
      within(bounds.embedMs, embedding.embedQuestion(question)),
    )
    const embed = performance.now() - started
    if ('error' in embedded) {
      if (embedded.error) log.warn({ err: embedded.error, model: embedding.name }, 'question-not-embedded')
      return { hits: [], step: 'keyword_only', ms: { embed, vector: 0 } }
    }
    const asked = await queryCooldown.attempt(() => within(bounds.queryMs, query(key, embedded.value, limit)))
    const ms = { embed, vector: performance.now() - started - embed }
    if ('value' in asked) return { ...asked.value, ms }
    if (asked.error) log.warn({ err: asked.error, ...key }, 'vectors-not-searched')
    return { hits: [], step: 'vectors_unavailable', ms }
  }
}

/** Bases a process remembers the collection of. */
const MAX_REMEMBERED = 10_000

async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
