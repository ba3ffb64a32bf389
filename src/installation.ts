import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openEncryptionKeys } from './accounts/encryption-key.ts'
import { createVault, type Vault } from './accounts/vault.ts'
import { type Answerer, createAnswerer } from './answering/answer.ts'
import { createAnswerCache } from './answering/answer-cache.ts'
import { createCacheKeys } from './answering/answer-cache-key.ts'
import { createBudgets } from './answering/budget.ts'
import { createPostHook, type PostHook } from './billing/hook-post.ts'
import { createPaidLinks, type PaidLinks } from './billing/paid-link.ts'
import { createPayLinks, type PayLinks } from './billing/pay-link.ts'
import type { PaymentProvider } from './billing/payment-provider.ts'
import { createPhotoLinks, type PhotoLinks } from './billing/photo-link.ts'
import { createSettleObject, type SettleObject } from './billing/settle-object.ts'
import type { ModelOffer } from './bots/bot-settings.ts'
import { findChatLink } from './bots/chat-link.ts'
import { type PromptTexts, readPrompts } from './bots/prompt.ts'
import type { Channel, ChannelRegistrar, StarsDesk } from './channels/channel.ts'
import { createTelegramChannel } from './channels/telegram.ts'
import { createWebChannel } from './channels/web.ts'
import { createWhatsappChannel } from './channels/whatsapp.ts'
import {
  chooseChains,
  chooseFilesFolder,
  chooseMailer,
  choosePayments,
  extractLimits,
  findRecogniser,
} from './choices.ts'
import { createTakeovers, type Takeovers } from './coaching/takeover.ts'
import type { Config } from './config.ts'
import { type Db, openDatabase } from './db/database.ts'
import { migrateToLatest } from './db/migrate.ts'
import { createTenantWall, type WithinCreator } from './db/tenant-wall.ts'
import type { InstallationAddresses } from './embedded/data-dir.ts'
import { openEngines } from './engines.ts'
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
import { createQueueMail, type QueueMail } from './mail/mail-queue.ts'
import type { Mailer } from './mail/mailer.ts'
import { createUnsubscribeLinks, type UnsubscribeLinks } from './mail/unsubscribe.ts'
import { announceMessage, publishDraft } from './messaging/chat-feed.ts'
import { type Connections, createConnections } from './messaging/connection.ts'
import { createVerifyTokens, type VerifyTokens } from './messaging/verify-token.ts'
import { isWorkerGone, openWorkerPresence } from './messaging/worker-presence.ts'
import { createEmbedding, createRerank } from './models/embeddings.ts'
import { warmChatModels } from './models/langchain.ts'
import type { EmbeddingModel } from './models/model.ts'
import { shareQuestionVectors } from './models/recent-questions.ts'
import { importNewPacks } from './packs/new-packs.ts'
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
  /** Payments in Telegram Stars. */
  stars: StarsDesk
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
  /** Hands mails over; called by the job that sends what is queued. */
  mailer: Mailer
  /** Takes money; undefined without STRIPE_SECRET_KEY: then nothing is sold. */
  payments: PaymentProvider | undefined
  /** Brings what is stored in line with the payment provider. */
  settle: SettleObject | undefined
  /** Puts a mail on its way, inside the caller's transaction. */
  queueMail: QueueMail
  unsubscribeLinks: UnsubscribeLinks
  /** The addresses in chats that lead to a payment, and those of products' photos. */
  payLinks: PayLinks
  /** What someone claims in the chat who paid before opening it. */
  paidLinks: PaidLinks
  photoLinks: PhotoLinks
  /** Tells creators' own servers, on the internet alone. */
  postHook: PostHook
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
    createExtractor({
      limits: extractLimits(config),
      maxChildren: config.ingestConcurrency,
      recognise: await findRecogniser(config, log),
    }),
  )
  const vectors = createChromaIndex({ url: addresses.chromaUrl, timeoutMs: CHROMA_TIMEOUT_MS })
  const models = { ...config.models, cacheDir: join(config.dataDir, 'models') }
  const opening = createEmbedding(models, log)
  const embedding = opening && shareQuestionVectors(opened.use(opening))
  const rerank = createRerank(models, log)
  if (rerank) opened.use(rerank)
  const retrieve = createRetriever({ db, vectors, embedding, rerank, log })
  const chains = await chooseChains(config, log)
  const prompts = await readPrompts(PROMPTS)
  const cache = opened.use(
    createAnswerCache({
      db,
      embedding,
      keys: createCacheKeys(vault.deriveKey('answer-cache'), {
        prompts,
        models: chains.chain?.names ?? [],
        embedding: embedding?.name,
        maxOutputTokens: config.models.maxOutputTokens,
      }),
      settings: config.answerCache,
      log,
    }),
  )
  const budgets = createBudgets({ db, settings: config.budget })
  const answerer = createAnswerer({
    retrieve,
    prompts,
    ...chains,
    cache,
    budgets,
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

  const payments = await choosePayments(config)
  const queueMail = createQueueMail(vault)
  const payLinks = createPayLinks(vault.deriveKey('pay-link'), config.publicUrl)
  const paidLinks = createPaidLinks(vault.deriveKey('paid-link'))
  const importedPacks = await importNewPacks({ botsDir: config.botsDir, db, files, vectors, log })

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
    stars: telegram,
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
    mailer: chooseMailer(config, log),
    payments,
    settle:
      payments &&
      createSettleObject({
        ...{ db, payments, vault, queueMail, payLinks, paidLinks, log },
        findChatLink: (on, botId, start) =>
          findChatLink(on, { botId, publicUrl: config.publicUrl, ...(start && { start }) }),
        settings: config.payments,
      }),
    queueMail,
    postHook: createPostHook(),
    payLinks,
    paidLinks,
    photoLinks: createPhotoLinks(vault.deriveKey('photo-link'), config.publicUrl),
    unsubscribeLinks: createUnsubscribeLinks(vault, config.publicUrl),
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

/** False when the signal ended the wait. */
async function passTime(ms: number, signal: AbortSignal): Promise<boolean> {
  return sleep(ms, true, { signal }).catch(() => false)
}
