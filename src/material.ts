import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { chooseExtraction, chooseFilesFolder, chooseTranscriber, findRecogniser } from './choices.ts'
import type { Config } from './config.ts'
import { type Crawling, createCrawling } from './crawling/crawling.ts'
import type { Db } from './db/database.ts'
import { AppError } from './errors.ts'
import { createExtractor, type Extractor } from './extraction/extractor.ts'
import { createDiskFileStore } from './files/disk.ts'
import type { FileStore } from './files/file-store.ts'
import { createGiveWay, type GiveWay } from './give-way.ts'
import { createIngestVersion } from './jobs/ingest-version.ts'
import type { JobHandlers } from './jobs/job.ts'
import { createMendVectors, type MendVectors } from './jobs/mend-vectors.ts'
import { countUnreadableVersions, listOpenVersions } from './knowledge/documents/document.ts'
import { createPacing } from './knowledge/intake/pacing.ts'
import { createRecordings } from './knowledge/intake/recording.ts'
import type { Retrieve } from './knowledge/passage.ts'
import { createRetriever } from './knowledge/retrieval/retrieve.ts'
import type { Logger } from './logger.ts'
import { isWorkerGone } from './messaging/worker-presence.ts'
import { createEmbedding, createRerank } from './models/embeddings.ts'
import type { EmbeddingModel } from './models/model.ts'
import { createPreviousEmbeddings } from './models/previous-embeddings.ts'
import { shareQuestionVectors } from './models/recent-questions.ts'
import type { Transcriber } from './models/transcriber.ts'
import { createChromaIndex } from './vectors/chroma.ts'
import type { VectorIndex } from './vectors/vector-index.ts'

/** A question waits no longer than this for Chroma; then keywords answer alone. */
const CHROMA_TIMEOUT_MS = 2_000

/** A command waits no longer than this for documents to be taken in, and looks this often. */
const INGEST_TIMEOUT_MS = 120_000
const INGEST_POLL_MS = 100

/** What creators bring: kept, read, and found again. */
export interface Material {
  /** What the material's upkeep lets go first. */
  giveWay: GiveWay
  files: FileStore
  extractor: Extractor
  embedding: EmbeddingModel | undefined
  vectors: VectorIndex
  retrieve: Retrieve
  /** Writes recordings down; undefined where no model for it is set. */
  transcriber: Transcriber | undefined
  ingestVersion: JobHandlers['ingest-version']
  /** Fetches web pages, from the internet alone, one host at its pace. */
  crawling: Crawling
  /** Versions that cannot be asked about yet. */
  countUnreadable(): Promise<number>
  /** Makes up for vectors that are missing; one worker's share of it. */
  mendVectors: MendVectors
  /** Versions that wait to be taken in. */
  listOpenVersions(): Promise<string[]>
  /** Resolves when what waits can be asked about; takes in here what no worker has: for commands. */
  ingestOpenVersions(): Promise<void>
}

interface MaterialParts {
  config: Config
  log: Logger
  db: Db
  chromaUrl: string
  workerId: number
}

/** Opens what knows the material; `opened` closes it. */
export async function openMaterial(
  { config, log, db, chromaUrl, workerId }: MaterialParts,
  opened: AsyncDisposableStack,
): Promise<Material> {
  const giveWay = createGiveWay()
  const files = createDiskFileStore(chooseFilesFolder(config))
  const extractor = opened.use(
    createExtractor({
      ...chooseExtraction(config),
      maxChildren: config.ingestConcurrency,
      recognise: await findRecogniser(config, log),
    }),
  )
  const vectors = createChromaIndex({ url: chromaUrl, timeoutMs: CHROMA_TIMEOUT_MS })
  const models = {
    ...config.models,
    cacheDir: join(config.dataDir, 'models'),
    giveWay,
  }
  const opening = createEmbedding(models, log)
  const embedding = opening && shareQuestionVectors(opened.use(opening))
  const rerank = createRerank(models, log)
  if (rerank) opened.use(rerank)
  const previous = opened.use(createPreviousEmbeddings(models, log))
  const transcriber = chooseTranscriber(config, log)
  const ingest = {
    ...{ db, files, extractor, embedding, vectors, workerId, log },
    // One processor is left to whoever chats.
    pacing: createPacing(giveWay, Math.max(1, availableParallelism() - 1)),
    recordings: createRecordings({ transcriber, settings: config.recordings, log }),
  }
  const ingestVersion = createIngestVersion(ingest)

  /** While its weights cannot be had, no version waits for vectors: the next question tries to load them again. */
  const listWaitingVersions = () => {
    const model = embedding?.status() === 'failed' ? undefined : embedding?.name
    return listOpenVersions(db, { isWorkerGone, model })
  }

  return {
    ...{ giveWay, files, extractor, embedding, vectors, transcriber, ingestVersion },
    retrieve: createRetriever({ db, vectors, embedding, findPrevious: previous.find, rerank, log }),
    crawling: createCrawling({ ...config.crawl, publicUrl: config.publicUrl }),
    countUnreadable: () => countUnreadableVersions(db),
    mendVectors: createMendVectors(
      { ...ingest, isAvailable: () => opening?.status() !== 'failed' },
      { intervalMs: config.sweepIntervalMs, checkEveryMs: config.vectorCheckMs },
    ),
    listOpenVersions: () => listOpenVersions(db, { isWorkerGone, model: undefined }),
    async ingestOpenVersions() {
      const signal = AbortSignal.timeout(INGEST_TIMEOUT_MS)
      do {
        for (const versionId of await listWaitingVersions()) {
          // One that cannot be read, or has no vectors yet, holds up no other and no question; it was logged.
          await ingestVersion({ versionId }, signal).catch((error: unknown) => {
            if (!(error instanceof AppError)) throw error
          })
        }
        // What is left is in the hands of the workers beside us, or worth another try.
      } while ((await countUnreadableVersions(db)) > 0 && (await passTime(INGEST_POLL_MS, signal)))
    },
  }
}

/** False when the signal ended the wait. */
async function passTime(ms: number, signal: AbortSignal): Promise<boolean> {
  return sleep(ms, true, { signal }).catch(() => false)
}
