import type { Db } from '../../db/database.ts'
import { createRecent } from '../../db/recent.ts'
import { within } from '../../deadline.ts'
import { isAppError } from '../../errors.ts'
import type { Logger } from '../../logger.ts'
import type { EmbeddingModel } from '../../models/model.ts'
import type { VectorHit, VectorIndex } from '../../vectors/vector-index.ts'
import type { BaseKey } from '../knowledge-base.ts'
import type { RetrievalStep } from '../passage.ts'
import { type BaseCollection, findActiveCollection, forgetCollection } from './collection.ts'
import { type Cooldown, createCooldown } from './cooldown.ts'

export interface VectorSearchParts {
  db: Db
  vectors: VectorIndex
  embedding: EmbeddingModel
  /** A model that collections were made with before; undefined when it can no longer be had. */
  findPrevious?: ((model: string) => EmbeddingModel | undefined) | undefined
  log: Logger
}

export interface VectorFinding {
  hits: VectorHit[]
  /** Set when there are no hits because something is missing or out of order. */
  step?: RetrievalStep
  collection?: BaseCollection
  /** How much of the question the model knows, 0 to 1: of one it knows less than half of, the hits are chance. */
  trust?: number
  ms: { embed: number; vector: number }
}

/**
 * Longest waits of one question. Longer and the keyword side, which has been done for long, would answer
 * no one any more.
 */
export const VECTOR_BOUNDS = { embedMs: 2_000, queryMs: 1_500 }

/** A base's collection changes with a rebuild only; asking PostgreSQL each time would cost a round trip. */
const COLLECTION_MEMORY = { forMs: 5_000, entries: 10_000 }

/** No vocabulary spells what is written in Latin letters. */
const HAS_OTHER_LETTERS = /[^\P{L}\p{Script=Latin}]/u

export type SearchVectors = (key: BaseKey, question: string, limit: number) => Promise<VectorFinding>

type ActiveCollection = NonNullable<Awaited<ReturnType<typeof findActiveCollection>>>

/**
 * The vector side of the search. It never throws: what is out of order is left alone for a while and said
 * in `step`, and the keyword side answers.
 *
 * The question is embedded with the model of the base's collection: after a change of model that is the one
 * before, until the base's vectors are all made anew.
 */
export function createVectorSearch(parts: VectorSearchParts, bounds = VECTOR_BOUNDS): SearchVectors {
  const { db, vectors, embedding, log } = parts
  const embedCooldowns = new Map<string, Cooldown>()
  const queryCooldown = createCooldown()
  const known = createRecent((id) => findActiveCollection(db, readId(id)), COLLECTION_MEMORY)

  const findModel = (name: string) => (name === embedding.name ? embedding : parts.findPrevious?.(name))

  async function embed(model: string, question: string): Promise<number[] | undefined> {
    const chosen = findModel(model)
    if (!chosen) return undefined
    const cooldown = embedCooldowns.get(model) ?? createCooldown()
    embedCooldowns.set(model, cooldown)
    const embedded = await cooldown.attempt(() => within(bounds.embedMs, chosen.embedQuestion(question)))
    if ('value' in embedded) return embedded.value
    if (embedded.error) log.warn({ err: embedded.error, model }, 'question-not-embedded')
    return undefined
  }

  /** Never fails: what cannot be measured is trusted. */
  async function measureTrust(model: string, question: string): Promise<number> {
    const chosen = findModel(model)
    if (!chosen?.measureKnown || !HAS_OTHER_LETTERS.test(question)) return 1
    const share = await within(bounds.embedMs, chosen.measureKnown(question)).catch(() => 1)
    return Math.max(0, 2 * share - 1)
  }

  /** `lost` when the vector server does not know the collection. */
  async function query(collection: ActiveCollection, vector: number[], limit: number) {
    const asked = await queryCooldown.attempt(() =>
      within(bounds.queryMs, vectors.query(collection.id, vector, limit)).catch((error: unknown) => {
        if (isAppError(error, 'vectors.collection_missing')) return 'lost' as const
        throw error
      }),
    )
    if ('value' in asked) return asked.value
    if (asked.error) log.warn({ err: asked.error, collection: collection.name }, 'vectors-not-searched')
    return undefined
  }

  async function search(
    key: BaseKey,
    question: string,
    limit: number,
    isAgain = false,
  ): Promise<VectorFinding> {
    const collection = await known.get(idOf(key))
    if (!collection) return { hits: [], step: 'keyword_only', ms: { embed: 0, vector: 0 } }
    const started = performance.now()
    // At once with the embedding: behind it the next batch of passages may begin.
    const measured = measureTrust(collection.model, question)
    const vector = await embed(collection.model, question)
    const embedded = performance.now()
    const ms = { embed: embedded - started, vector: 0 }
    if (!vector) return { hits: [], step: 'keyword_only', ms }
    const hits = await query(collection, vector, limit)
    ms.vector = performance.now() - embedded
    if (hits === undefined) return { hits: [], step: 'vectors_unavailable', ms }
    if (hits !== 'lost') return { hits, collection, trust: await measured, ms }
    // Another took its place, or the vector server has lost it.
    known.clear()
    if (!isAgain && (await known.get(idOf(key)))?.id !== collection.id)
      return search(key, question, limit, true)
    log.warn({ ...key, collection: collection.name }, 'vector-collection-lost')
    await forgetCollection(db, key, collection.id)
    known.clear()
    return { hits: [], step: 'vectors_unavailable', ms }
  }

  return async (key, question, limit) => {
    try {
      return await search(key, question, limit)
    } catch (err) {
      log.warn({ err, ...key }, 'vectors-not-searched')
      return { hits: [], step: 'vectors_unavailable', ms: { embed: 0, vector: 0 } }
    }
  }
}

const idOf = ({ creatorId, knowledgeBaseId }: BaseKey): string => `${creatorId} ${knowledgeBaseId}`

function readId(id: string): BaseKey {
  const [creatorId = '', knowledgeBaseId = ''] = id.split(' ')
  return { creatorId, knowledgeBaseId }
}
