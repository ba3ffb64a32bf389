import { ChromaClient, type Collection } from 'chromadb'
import { openDeadline } from '../deadline.ts'
import { AppError } from '../errors.ts'
import type { VectorIndex } from './vector-index.ts'

export interface ChromaSettings {
  url: string
  /** For questions; writing a batch may take {@link WRITE_PATIENCE} times as long. */
  timeoutMs: number
}

/** Larger batches bring little and hold the server's write lock for longer. */
const BATCH_SIZE = 500

/** The server persists a batch before it answers. */
const WRITE_PATIENCE = 10

/** Collections known to have been asked about; of one that is forgotten the server is asked once more. */
const MAX_ASKED = 10_000

/** What a server without multi-tenancy knows; they isolate nothing, so there is no use for others. */
const HOME = { tenant: 'default_tenant', database: 'default_database' }

/** Vectors in a Chroma server, compared by cosine. Constructing it calls no one. */
export function createChromaIndex({ url, timeoutMs }: ChromaSettings): VectorIndex {
  const { hostname, port, protocol } = new URL(url)
  const server = {
    host: hostname,
    port: Number(port) || (protocol === 'https:' ? 443 : 80),
    ssl: protocol === 'https:',
  }

  /** A client costs microseconds to make, and its signal is the client's only way to end a request. */
  async function call<T>(
    work: (chroma: ChromaClient) => Promise<T>,
    { patience = 1, missing = 'vectors.unavailable' }: { patience?: number; missing?: MissingCode } = {},
  ): Promise<T> {
    using deadline = openDeadline(timeoutMs * patience)
    const fetchOptions = { signal: deadline.signal }
    try {
      return await work(new ChromaClient({ ...server, ...HOME, fetchOptions }))
    } catch (error) {
      throw toVectorError(error, missing)
    }
  }

  function onCollection<T>(id: string, work: (held: Collection) => Promise<T>, patience = 1): Promise<T> {
    return call((chroma) => work(chroma.collection(id)), { patience, missing: 'vectors.collection_missing' })
  }

  /**
   * The server goes through its log when a collection is first asked about. Where it had taken vectors before, it then
   * forgets how far it had come, and the next write does the last thousand over again: for a second or two it answers
   * nothing about that collection. Asked before the first write, it finds nothing to forget.
   */
  const asked = new Set<string>()
  async function write(id: string, work: (held: Collection) => Promise<unknown>): Promise<void> {
    if (!asked.has(id)) {
      await onCollection(id, (held) => held.count(), WRITE_PATIENCE)
      if (asked.size >= MAX_ASKED) asked.clear()
      asked.add(id)
    }
    await onCollection(id, work, WRITE_PATIENCE)
  }

  return {
    openCollection: (name) =>
      call(
        async (chroma) => {
          const configuration = { hnsw: { space: 'cosine' as const } }
          const held = await chroma.getOrCreateCollection({ name, configuration, embeddingFunction: null })
          return held.id
        },
        { patience: WRITE_PATIENCE },
      ),

    async upsert(collectionId, entries) {
      for (let start = 0; start < entries.length; start += BATCH_SIZE) {
        const batch = entries.slice(start, start + BATCH_SIZE)
        const ids = batch.map(({ id }) => id)
        const embeddings = batch.map(({ vector }) => vector)
        await write(collectionId, (held) => held.upsert({ ids, embeddings }))
      }
    },

    async query(collectionId, vector, limit) {
      const found = await onCollection(collectionId, (held) =>
        held.query({ queryEmbeddings: [vector], nResults: limit, include: ['distances'] }),
      )
      const distances = found.distances[0] ?? []
      return (found.ids[0] ?? []).flatMap((id, rank) => {
        const distance = distances[rank]
        return typeof distance === 'number' ? [{ id, similarity: 1 - distance }] : []
      })
    },

    async remove(collectionId, ids) {
      for (let start = 0; start < ids.length; start += BATCH_SIZE) {
        const batch = ids.slice(start, start + BATCH_SIZE)
        await write(collectionId, (held) => held.delete({ ids: batch }))
      }
    },

    count: (collectionId) => onCollection(collectionId, (held) => held.count()),

    async dropCollection(name) {
      try {
        await call((chroma) => chroma.deleteCollection({ name }), {
          patience: WRITE_PATIENCE,
          missing: 'vectors.collection_missing',
        })
      } catch (error) {
        // Gone already is what was asked for.
        if (!(error instanceof AppError && error.code === 'vectors.collection_missing')) throw error
      }
    },
  }
}

type MissingCode = 'vectors.unavailable' | 'vectors.collection_missing'

function toVectorError(error: unknown, missing: MissingCode): AppError {
  const kind = error instanceof Error ? error.name : 'unknown'
  return new AppError(kind === 'ChromaNotFoundError' ? missing : 'vectors.unavailable', {
    kind,
    cause: error,
  })
}
