import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pino } from 'pino'
import type { Db } from '../../db/database.ts'
import type { Block, Extraction } from '../../extraction/block.ts'
import { createDiskFileStore } from '../../files/disk.ts'
import type { FileStore } from '../../files/file-store.ts'
import { createIngestVersion } from '../../jobs/ingest-version.ts'
import { type AddedVersion, addVersion } from '../../knowledge/documents/document.ts'
import { type BaseKey, recordKnowledgeBase } from '../../knowledge/knowledge-base.ts'
import type { EmbeddingModel } from '../../models/model.ts'
import { createChromaIndex } from '../../vectors/chroma.ts'
import type { VectorIndex } from '../../vectors/vector-index.ts'
import { testChromaUrl } from '../chroma.ts'
import { openTestDataDir } from '../data-dir.ts'
import { openTestDatabase } from '../database.ts'
import { hashVector } from '../models/hash-vector.ts'

/** Real parts around a base, but for the models: words are hashed into vectors, `#` lines are headings. */
export interface KnowledgeTest extends AsyncDisposable {
  url: string
  db: Db
  files: FileStore
  vectors: VectorIndex
  embedding: EmbeddingModel
  log: typeof silent
  extractor: { extract(path: string): Promise<Extraction> }
  /** A base of a new Creator. */
  addBase(): Promise<BaseKey>
  /** Uploads without taking in. */
  upload(key: BaseKey, name: string, text: string): Promise<AddedVersion>
  /** Uploads and takes in. */
  learn(key: BaseKey, name: string, text: string): Promise<AddedVersion>
  /** The job, with some parts replaced. */
  ingest(
    versionId: string,
    replace?: Partial<Pick<KnowledgeTest, 'vectors' | 'extractor' | 'embedding'>>,
  ): Promise<void>
}

const DIMENSION = 128

const silent = pino({ level: 'silent' })

export const TEST_EMBEDDING: EmbeddingModel = {
  name: 'test:hash',
  embedPassages: async (texts) => texts.map((text) => [...hashVector(text, DIMENSION)]),
  embedQuestion: async (text) => [...hashVector(text, DIMENSION)],
}

export async function openKnowledgeTest(): Promise<KnowledgeTest> {
  await using opened = new AsyncDisposableStack()
  const { url, db } = opened.use(await openTestDatabase())
  const { path } = opened.use(await openTestDataDir())
  const files = createDiskFileStore(path)
  const vectors = createChromaIndex({ url: testChromaUrl(), timeoutMs: 10_000 })
  const extractor = { extract: async (file: string) => readAsMarkdown(await readFile(file, 'utf8')) }
  const common = { db, files, vectors, embedding: TEST_EMBEDDING, log: silent, extractor }

  const upload: KnowledgeTest['upload'] = (key, name, text) =>
    addVersion(db, files, { ...key, name, source: Readable.from([text]), maxBytes: 1_000_000 })
  const ingest: KnowledgeTest['ingest'] = (versionId, replace = {}) =>
    createIngestVersion({ ...common, workerId: TEST_WORKER, ...replace })(
      { versionId },
      new AbortController().signal,
    )
  const owned = opened.move()
  return {
    ...common,
    url,
    upload,
    ingest,
    async addBase() {
      const creator = await db
        .insertInto('creator')
        .values({ name: 'Test' })
        .returning('id')
        .executeTakeFirstOrThrow()
      const knowledgeBaseId = await recordKnowledgeBase(db, { creatorId: creator.id, name: randomUUID() })
      return { creatorId: creator.id, knowledgeBaseId }
    },
    async learn(key, name, text) {
      const added = await upload(key, name, text)
      await ingest(added.versionId)
      return added
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** No session holds its lock, so for every other worker it is dead. */
const TEST_WORKER = 4_242

function readAsMarkdown(text: string): Extraction {
  const blocks = text
    .split(/\n{2,}/)
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part): Block => {
      const heading = /^(#+) (.*)$/.exec(part)
      return heading
        ? { kind: 'heading', level: heading[1]?.length ?? 1, text: heading[2] ?? '' }
        : { kind: 'paragraph', text: part }
    })
  return { mediaType: 'text/markdown', blocks, characters: text.length }
}
