import { randomUUID } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { getInstallationCreator } from './accounts/creator.ts'
import { openEncryptionKeys } from './accounts/encryption-key.ts'
import { createVault, type Vault } from './accounts/vault.ts'
import type { Channel, ChannelRegistrar } from './channels/channel.ts'
import { createTelegramChannel } from './channels/telegram.ts'
import { createWebChannel } from './channels/web.ts'
import { createWhatsappChannel } from './channels/whatsapp.ts'
import { type Answerer, createAnswerer } from './coaching/answer.ts'
import { findBotBySlug } from './coaching/bot.ts'
import type { ModelOffer } from './coaching/bot-settings.ts'
import { readPack } from './coaching/pack.ts'
import { importPack } from './coaching/pack-import.ts'
import { type PromptTexts, readPrompts } from './coaching/prompt.ts'
import { createTakeovers, type Takeovers } from './coaching/takeover.ts'
import type { Config } from './config.ts'
import { type Db, openDatabase } from './db/database.ts'
import { migrateToLatest } from './db/migrate.ts'
import { createTenantWall, type WithinCreator } from './db/tenant-wall.ts'
import { startChroma } from './embedded/chroma.ts'
import { type InstallationAddresses, lockDataDir, readRunning } from './embedded/data-dir.ts'
import { startPostgres } from './embedded/postgres.ts'
import { AppError } from './errors.ts'
import { createExtractor, type Extractor } from './extraction/extractor.ts'
import { createDiskFileStore } from './files/disk.ts'
import type { FileStore } from './files/file-store.ts'
import { createIngestVersion } from './jobs/ingest-version.ts'
import type { JobHandlers } from './jobs/job.ts'
import { countUnreadableVersions, listOpenVersions } from './knowledge/document.ts'
import { loadDetector } from './knowledge/language.ts'
import type { Retrieve } from './knowledge/passage.ts'
import { createRetriever } from './knowledge/retrieve.ts'
import type { Logger } from './logger.ts'
import { createLogMailer } from './mail/log-mailer.ts'
import type { Mailer } from './mail/mailer.ts'
import { announceMessage, publishDraft } from './messaging/chat-feed.ts'
import { type Connections, createConnections } from './messaging/connection.ts'
import { createVerifyTokens, type VerifyTokens } from './messaging/verify-token.ts'
import { isWorkerGone, openWorkerPresence } from './messaging/worker-presence.ts'
import { detectOllama } from './models/detect-ollama.ts'
import { createEmbedding, createRerank } from './models/embeddings.ts'
import { createChatModels, warmChatModels } from './models/langchain.ts'
import type { EmbeddingModel } from './models/model.ts'
import { createModelChain } from './models/model-chain.ts'
import { createChromaIndex } from './vectors/chroma.ts'
import type { VectorIndex } from './vectors/vector-index.ts'

const PROMPTS = fileURLToPath(new URL('../prompts', import.meta.url))

/** A question waits no longer than this for Chroma; then keywords answer alone. */
const CHROMA_TIMEOUT_MS = 2_000

/** A command waits no longer than this for documents to be taken in, and looks this often. */
const INGEST_TIMEOUT_MS = 120_000
const INGEST_POLL_MS = 100

/** Everything below the web and the queues: what a command needs, and what the app is built on. */
export interface Installation extends AsyncDisposable {
  config: Config
  log: Logger
  addresses: InstallationAddresses
  /** Names of the migrations this start applied. */
  migrated: string[]
  db: Db
  within: WithinCreator
  vault: Vault
  workerId: number
  connections: Connections
  verifyTokens: VerifyTokens
  channels: { telegram: Channel; whatsapp: Channel; web: Channel }
  takeovers: Takeovers
  registrars: { telegram: ChannelRegistrar; whatsapp: ChannelRegistrar }
  publicUrl: string
  files: FileStore
  extractor: Extractor
  embedding: EmbeddingModel | undefined
  vectors: VectorIndex
  retrieve: Retrieve
  answerer: Answerer
  /** The program's own, which a Bot may override. */
  prompts: PromptTexts
  /** What a Bot may choose from. */
  offer: ModelOffer
  mailer: Mailer
  ingestVersion: JobHandlers['ingest-version']
  /** How many packs this start imported. */
  importedPacks: number
  /** Versions that cannot be asked about yet. */
  countUnreadable(): Promise<number>
  /** Versions that wait to be taken in, or for vectors that can be made. */
  listOpenVersions(): Promise<string[]>
  /** Loads what the first answer needs, before it is asked for. Never throws. */
  warmUp(): Promise<void>
  /** Resolves when what waits can be asked about; takes in here what no worker has: for commands. */
  ingestOpenVersions(): Promise<void>
  /** Says where the web server is, for commands that run beside us. */
  publish(webUrl: string): Promise<void>
}

/**
 * Opens the installation of DATA_DIR: attached to the one that runs there, else with embedded parts of its
 * own where no URL is given. Brings the schema forward and imports packs that are new.
 *
 * @throws {AppError} `instance.already_running` when `isExclusive` and another one runs on DATA_DIR.
 */
export async function openInstallation(
  config: Config,
  log: Logger,
  { isExclusive = false }: { isExclusive?: boolean } = {},
): Promise<Installation> {
  await using opened = new AsyncDisposableStack()
  const { addresses, publish } = await openEngines(config, log, isExclusive, opened)
  const migrated = await migrateToLatest(addresses.databaseUrl)

  const db = opened.adopt(openDatabase(addresses.databaseUrl, { max: config.databasePoolSize }), (it) =>
    it.destroy(),
  )
  const tenants = opened.adopt(
    openDatabase(addresses.databaseUrl, { max: config.databasePoolSize, scope: 'tenant' }),
    (it) => it.destroy(),
  )
  const presence = opened.use(await openWorkerPresence(addresses.databaseUrl, log))
  const vault = createVault(await openEncryptionKeys(config, log))
  const connections = createConnections({ db, vault })
  const telegram = createTelegramChannel({ ...config.telegram, log })
  const whatsapp = createWhatsappChannel(config.whatsapp)
  const web = createWebChannel({
    announceMessage: (chat) => announceMessage(db, chat),
    publishDraft: (chat, markdown) => publishDraft(db, chat, markdown),
  })

  const files = createDiskFileStore(chooseFilesFolder(config))
  const extractor = opened.use(
    createExtractor({ limits: extractLimits(config), maxChildren: config.ingestConcurrency }),
  )
  const vectors = createChromaIndex({ url: addresses.chromaUrl, timeoutMs: CHROMA_TIMEOUT_MS })
  const models = { ...config.models, cacheDir: join(config.dataDir, 'models') }
  const embedding = createEmbedding(models, log)
  if (embedding) opened.use(embedding)
  const rerank = createRerank(models, log)
  if (rerank) opened.use(rerank)
  const retrieve = createRetriever({ db, vectors, embedding, rerank, log })
  const chains = await chooseChains(config, log)
  const prompts = await readPrompts(PROMPTS)
  const answerer = createAnswerer({
    retrieve,
    prompts,
    ...chains,
    settings: config.models,
    log,
  })
  const ingestVersion = createIngestVersion({
    db,
    files,
    extractor,
    embedding,
    vectors,
    workerId: presence.id,
    log,
  })

  /** While its weights cannot be had, no version waits for vectors: the next question tries to load them again. */
  const listWaitingVersions = () => {
    const model = embedding?.status() === 'failed' ? undefined : embedding?.name
    return listOpenVersions(db, { isWorkerGone, model })
  }

  const importedPacks = await importNewPacks({ config, db, files, vectors, log })

  const owned = opened.move()
  return {
    config,
    log,
    addresses,
    migrated,
    db,
    within: createTenantWall(tenants),
    vault,
    workerId: presence.id,
    connections,
    verifyTokens: createVerifyTokens(vault.deriveKey('whatsapp-verify')),
    channels: { telegram, whatsapp, web },
    takeovers: createTakeovers({ channels: { telegram, whatsapp, web }, settings: config.takeover }),
    registrars: { telegram, whatsapp },
    publicUrl: config.publicUrl,
    files,
    extractor,
    embedding,
    vectors,
    retrieve,
    answerer,
    prompts,
    offer: { models: chains.chain?.names ?? [], answerTokens: config.models.maxOutputTokens },
    mailer: createLogMailer(log),
    ingestVersion,
    importedPacks,
    countUnreadable: () => countUnreadableVersions(db),
    listOpenVersions: listWaitingVersions,
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
    async warmUp() {
      await Promise.allSettled([loadDetector(), warmChatModels(chains.chain?.names ?? [])])
    },
    publish,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** The servers: those of the URLs, those of the installation that runs here, or embedded ones of our own. */
async function openEngines(
  config: Config,
  log: Logger,
  isExclusive: boolean,
  opened: AsyncDisposableStack,
): Promise<{ addresses: InstallationAddresses; publish: (webUrl: string) => Promise<void> }> {
  const { dataDir, databaseUrl, chromaUrl } = config
  if (databaseUrl && chromaUrl) return { addresses: { databaseUrl, chromaUrl }, publish: async () => {} }

  const running = isExclusive ? undefined : await readRunning(dataDir)
  if (running) {
    const addresses = {
      databaseUrl: databaseUrl ?? running.databaseUrl,
      chromaUrl: chromaUrl ?? running.chromaUrl,
    }
    return { addresses, publish: async () => {} }
  }

  const lock = opened.use(await lockDataDir(dataDir))
  const [postgres, chroma] = await Promise.allSettled([
    databaseUrl ? undefined : startPostgres({ dataDir, log }),
    chromaUrl ? undefined : startChroma({ dataDir, log }),
  ])
  // Both are taken over before a failure of one is thrown, so that the other is stopped.
  for (const started of [postgres, chroma]) {
    if (started.status === 'fulfilled' && started.value) opened.use(started.value)
  }
  for (const started of [postgres, chroma]) if (started.status === 'rejected') throw started.reason
  const addresses = {
    databaseUrl: databaseUrl ?? (postgres.status === 'fulfilled' ? postgres.value?.url : undefined) ?? '',
    chromaUrl: chromaUrl ?? (chroma.status === 'fulfilled' ? chroma.value?.url : undefined) ?? '',
  }
  await lock.publish(addresses)
  return { addresses, publish: (webUrl) => lock.publish({ ...addresses, webUrl }) }
}

function chooseFilesFolder({ filesUrl, dataDir }: Config): string {
  if (!filesUrl) return join(dataDir, 'files')
  if (!filesUrl.startsWith('file:')) {
    throw new AppError('config.invalid', { variable: 'FILES_URL', wants: 'file:///folder' })
  }
  return fileURLToPath(filesUrl)
}

function extractLimits({ extract }: Config) {
  return {
    inputBytes: extract.inputBytes,
    inflatedBytes: extract.inflatedBytes,
    memoryMegabytes: Math.ceil(extract.memoryBytes / 1024 / 1024),
    timeoutMs: extract.timeoutMs,
  }
}

/** The model chains; none when no model is named and no Ollama answers: then answers are quoted. */
async function chooseChains({ models }: Config, log: Logger) {
  const detected = models.chat.length === 0 ? await detectOllama(models.ollama.baseUrl) : undefined
  const chat = detected ? [detected] : models.chat
  if (chat.length === 0) log.warn('no-chat-model: answers quote the material; set MODEL_CHAT or start Ollama')
  const chain = createModelChain(createChatModels(chat, models, log), models, log)
  const bulk =
    models.bulk.length > 0 ? createModelChain(createChatModels(models.bulk, models, log), models, log) : chain
  return { chain, bulk }
}

/** Packs in BOTS_DIR whose bot is not known yet become the installation's own; returns how many. A faulty one is said, not fatal. */
async function importNewPacks({
  config,
  db,
  files,
  vectors,
  log,
}: Pick<Installation, 'config' | 'db' | 'files' | 'vectors' | 'log'>): Promise<number> {
  let imported = 0
  const entries = await readdir(config.botsDir, { withFileTypes: true }).catch(() => [])
  for (const entry of entries.filter((candidate) => candidate.isDirectory())) {
    try {
      const pack = await readPack(join(config.botsDir, entry.name))
      if (await findBotBySlug(db, pack.slug)) continue
      await importPack({ db, files, vectors, log }, pack, { creatorId: await getInstallationCreator(db) })
      log.info({ slug: pack.slug }, 'pack-imported')
      imported++
    } catch (err) {
      log.error({ err, pack: entry.name, errorId: randomUUID() }, 'pack-refused')
    }
  }
  return imported
}

/** False when the signal ended the wait. */
async function passTime(ms: number, signal: AbortSignal): Promise<boolean> {
  return sleep(ms, true, { signal }).catch(() => false)
}
