import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Router } from 'express'
import { renderWeb } from './channels/render-web.ts'
import { createTelegramWebhook } from './channels/telegram-update.ts'
import { createWhatsappWebhook } from './channels/whatsapp-update.ts'
import { createBotFinder } from './coaching/bot.ts'
import { createCommands } from './coaching/commands.ts'
import { countRecentQuestions } from './coaching/question-count.ts'
import { createTakeTurn } from './coaching/turn.ts'
import type { Config } from './config.ts'
import { createMetrics, type Metrics } from './insights/metrics.ts'
import { type Installation, openInstallation } from './installation.ts'
import { createGroupGaps } from './jobs/group-gaps.ts'
import { createHere, type Here } from './jobs/here.ts'
import type { JobHandlers } from './jobs/job.ts'
import { createKeepRetention } from './jobs/keep-retention.ts'
import { openQueues, type Queues } from './jobs/queues.ts'
import { createRelay, type Relay } from './jobs/relay.ts'
import { createRunTurn } from './jobs/run-turn.ts'
import { createSendParts } from './jobs/send-parts.ts'
import { createSettleReceipts } from './jobs/settle-receipts.ts'
import { createSweep } from './jobs/sweep.ts'
import { createTellAskers } from './jobs/tell-askers.ts'
import { removeRemains } from './knowledge/delete-document.ts'
import { listSourceTitles } from './knowledge/document.ts'
import type { Logger } from './logger.ts'
import { openChatFeed } from './messaging/chat-feed.ts'
import type { ChatAddress } from './messaging/inbox.ts'
import { findCitation, listRecentMessages } from './messaging/message.ts'
import { adminRoutes } from './web/admin/admin.ts'
import { apiRoutes } from './web/api/api.ts'
import { healthRoutes } from './web/health.ts'
import { createSecurityLog, type SecurityLog } from './web/security-log.ts'
import { createServer } from './web/server.ts'
import { staticRoutes } from './web/static.ts'
import { tryRoutes } from './web/try.ts'
import { webhookRoutes } from './web/webhooks.ts'

export { type Installation, openInstallation } from './installation.ts'

/** A start does not wait longer than this for documents; they are taken in while it already answers. */
const FIRST_PACKS_TIMEOUT_MS = 60_000
const FIRST_PACKS_POLL_MS = 100

export interface App {
  installation: Installation
  /** Begins to work and to listen; resolves with the port once /readyz answers 200. */
  start(): Promise<AddressInfo['port']>
  /**
   * Ends in order: no new request, no new job, running Turns finish or are handed back, then the parts.
   * Harmless when repeated.
   */
  stop(): Promise<void>
}

/**
 * The composition root: the only place that sees every part. Reads top to bottom as the architecture;
 * what is opened is closed in reverse.
 */
export async function createApp(config: Config, log: Logger): Promise<App> {
  await using opened = new AsyncDisposableStack()
  const stopping = new AbortController()
  const installation = opened.use(await openInstallation(config, log, { isExclusive: true }))
  const { db, addresses } = installation
  const metrics = createMetrics()
  const queues = opened.use(
    openQueues({ databaseUrl: addresses.databaseUrl, redisUrl: config.redisUrl }, log),
  )
  const relay = createRelay(queues, log)
  const work = createHandlers(installation, queues, metrics)
  // A process that works answers what its own webhooks bring; a web-only one hands it to the workers.
  const nudgeTurn = (chat: ChatAddress) =>
    config.roles.includes('worker') ? work.turns.begin(chat) : relay.nudge('run-turn', chat)
  const feed = opened.use(openChatFeed(addresses.databaseUrl, log))
  const security = opened.use(createSecurityLog(db, log))
  const server = opened.use(
    createServer({
      webhooks: createWebhooks(installation, { relay, nudgeTurn, metrics, security }),
      health: healthRoutes({
        checks: { database: () => db.selectFrom('creator').select('id').limit(1).execute() },
        isStopping: () => stopping.signal.aborted,
        metrics: metrics.registry,
        metricsToken: config.metricsToken,
      }),
      pages: config.roles.includes('web') ? createPages() : [],
      settings: {
        host: config.host,
        port: config.port,
        bodyTimeoutMs: config.webhook.bodyTimeoutMs,
        uploadTimeoutMs: config.upload.timeoutMs,
      },
      log,
    }),
  )

  function createPages(): Router[] {
    const admin = {
      ...installation,
      feed,
      jobs: queues,
      security,
      settings: {
        publicUrl: config.publicUrl,
        isDevelopment: !config.isProduction,
        maxUploadBytes: config.extract.inputBytes,
        takeover: config.takeover,
        gapUndoMs: config.gapUndoMs,
        upload: config.upload,
        api: config.api,
        hasAppSecret: config.whatsapp.appSecret !== undefined,
      },
      stopping: stopping.signal,
    }
    const pages = [staticRoutes(), apiRoutes(admin), adminRoutes(admin)]
    if (!config.isTryEnabled) return pages
    const tryPages = tryRoutes({
      db,
      feed,
      nudge: nudgeTurn,
      signingKey: installation.vault.deriveKey('visitor-cookie'),
      render: renderWeb,
      stopping: stopping.signal,
      log,
    })
    return [...pages, tryPages]
  }

  async function start(): Promise<number> {
    if (config.roles.includes('scheduler')) {
      owned.use(createSchedule(installation, queues))
      owned.use(createKeepRetention({ ...installation, jobs: queues }).start())
    }
    if (config.roles.includes('worker')) {
      await queues.work(work.handlers, concurrencyOf(config))
      void installation.warmUp()
      await waitForFirstPacks(installation)
    }
    const port = await server.listen()
    await installation.publish(`http://localhost:${port}`)
    return port
  }

  let stopped: Promise<void> | undefined
  function stop(): Promise<void> {
    stopping.abort()
    stopped ??= (async () => {
      await relay.flush()
      await Promise.all([
        work.turns.settle(config.shutdownTimeoutMs),
        queues.stopWorking(config.shutdownTimeoutMs),
      ])
      await work.sends.settle(config.telegram.timeoutMs)
      await owned.disposeAsync()
    })()
    return stopped
  }

  const owned = opened.move()
  return { installation, start, stop }
}

/** Ready means able to answer: on the first start that takes the packs' documents, keywords at least. */
async function waitForFirstPacks({ importedPacks, countUnreadable, log }: Installation): Promise<void> {
  if (importedPacks === 0) return
  const deadline = performance.now() + FIRST_PACKS_TIMEOUT_MS
  while ((await countUnreadable()) > 0) {
    if (performance.now() > deadline) return log.warn('packs-still-in-the-making')
    await delay(FIRST_PACKS_POLL_MS)
  }
}

interface WebhookCompany {
  relay: Relay
  nudgeTurn: (chat: ChatAddress) => void
  metrics: Metrics
  security: SecurityLog
}

function createWebhooks(installation: Installation, { relay, nudgeTurn, metrics, security }: WebhookCompany) {
  const { db, connections, config } = installation
  return webhookRoutes({
    db,
    connections,
    nudgeTurn,
    nudgeReceipts: () => relay.nudge('settle-receipts', {}),
    metrics,
    telegram: createTelegramWebhook(),
    whatsapp: createWhatsappWebhook({ appSecret: config.whatsapp.appSecret }),
    verifyTokens: installation.verifyTokens,
    security,
    settings: { bodyBytes: config.webhook.bodyBytes, verifyToken: config.whatsapp.verifyToken },
  })
}

interface Work {
  handlers: JobHandlers
  turns: Here<'run-turn'>
  sends: Here<'send-parts'>
}

function createHandlers(installation: Installation, jobs: Queues, metrics: Metrics): Work {
  const { config, db, workerId, channels, connections, takeovers, log } = installation
  const takeTurn = createTakeTurn({
    answerer: installation.answerer,
    commands: createCommands({
      listSources: (bot) => listSourceTitles(db, bot),
      findCitation: (request) => findCitation(db, request),
    }),
    listHistory: (chatId, limit) => listRecentMessages(db, chatId, limit),
    countQuestions: (chatId) => countRecentQuestions(db, chatId),
  })
  const sendParts = createSendParts({
    db,
    workerId,
    channels,
    connections,
    jobs,
    metrics,
    settings: {
      pace: { telegram: config.telegram, whatsapp: config.whatsapp },
      settleMs: config.whatsapp.settleMs,
      sendTimeoutMs: config.telegram.timeoutMs,
    },
    log,
  })
  const sends = createHere('send-parts', sendParts, jobs, { concurrency: config.sendConcurrency, log })
  const runTurn = createRunTurn({
    db,
    workerId,
    channels,
    connections,
    findBot: createBotFinder(db),
    takeTurn,
    sendSoon: (chatId) => sends.begin({ chatId }),
    endTakeoverInTime: async (chatId) => {
      if (await takeovers.endInTime(db, chatId)) sends.begin({ chatId })
    },
    removeRemains: (base, removed) => removeRemains(installation, base, removed),
    metrics,
    settings: config.turn,
    log,
  })
  const handlers = {
    'run-turn': runTurn,
    'send-parts': sendParts,
    'settle-receipts': createSettleReceipts({ db, jobs }),
    'ingest-version': installation.ingestVersion,
    'group-gaps': createGroupGaps({ db, embedding: installation.embedding, log }),
    'tell-askers': createTellAskers({ db, channels, jobs }),
  }
  const turns = createHere('run-turn', runTurn, jobs, { concurrency: config.turn.concurrency, log })
  return { handlers, turns, sends }
}

function createSchedule(
  { db, config, takeovers, listOpenVersions, log }: Installation,
  jobs: Queues,
): AsyncDisposable {
  return createSweep({
    db,
    jobs,
    settings: { intervalMs: config.sweepIntervalMs, settleMs: config.whatsapp.settleMs },
    listOpenVersions,
    endTakeoversInTime: () => takeovers.endAllInTime(db),
    log,
  }).start()
}

function concurrencyOf(config: Config) {
  return {
    'run-turn': config.turn.concurrency,
    'send-parts': config.sendConcurrency,
    'settle-receipts': 1,
    'ingest-version': config.ingestConcurrency,
    'group-gaps': 1,
    'tell-askers': 2,
  }
}
