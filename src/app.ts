import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Router } from 'express'
import { renderWeb } from './channels/render-web.ts'
import { createTelegramWebhook } from './channels/telegram-update.ts'
import { createWhatsappWebhook } from './channels/whatsapp-update.ts'
import { createAnswerCheckout } from './coaching/answer-checkout.ts'
import type { Config } from './config.ts'
import { listDueSources } from './crawling/source-claim.ts'
import { createMetrics, type Metrics } from './insights/metrics.ts'
import { type Installation, openInstallation } from './installation.ts'
import { createKeepRetention } from './jobs/keep-retention.ts'
import { createMakeDigests } from './jobs/make-digests.ts'
import { openQueues, type Queues } from './jobs/queues.ts'
import { createRelay, type Relay } from './jobs/relay.ts'
import { createSweep } from './jobs/sweep.ts'
import { createSweepFiles } from './jobs/sweep-files.ts'
import type { Logger } from './logger.ts'
import { openChatFeed } from './messaging/chat-feed.ts'
import type { ChatAddress } from './messaging/inbox.ts'
import { isWorkerGone } from './messaging/worker-presence.ts'
import { adminRoutes } from './web/admin/admin.ts'
import { apiRoutes } from './web/api/api.ts'
import { healthRoutes } from './web/health.ts'
import { meRoutes } from './web/me.ts'
import { payRoutes } from './web/pay.ts'
import { photoRoutes } from './web/photos.ts'
import { createSecurityLog, type SecurityLog } from './web/security-log.ts'
import { sendgridWebhook } from './web/sendgrid-webhook.ts'
import { createServer } from './web/server.ts'
import { staticRoutes } from './web/static.ts'
import { stripeWebhook } from './web/stripe-webhook.ts'
import { tryRoutes } from './web/try.ts'
import { unsubscribeRoutes } from './web/unsubscribe.ts'
import { webhookRoutes } from './web/webhooks.ts'
import { concurrencyOf, createHandlers } from './workers.ts'

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
      webhooks: [
        createWebhooks(installation, { relay, nudgeTurn, metrics, security }),
        createMailWebhook(installation, security),
        stripeWebhook({
          ...installation,
          security,
          nudge: () => relay.nudge('settle-events', {}),
          settings: { bodyBytes: config.webhook.bodyBytes },
        }),
      ],
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
        crawl: config.crawl,
        hasAppSecret: config.whatsapp.appSecret !== undefined,
      },
      stopping: stopping.signal,
    }
    const pages = [
      staticRoutes(),
      unsubscribeRoutes(installation),
      payRoutes(installation),
      meRoutes({ ...installation, jobs: queues }),
      photoRoutes(installation),
      apiRoutes(admin),
      adminRoutes(admin),
    ]
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
      owned.use(createSweepFiles(installation).start())
    }
    if (config.roles.includes('worker')) {
      await queues.work(work.handlers, concurrencyOf(config))
      void installation.warmUp()
      owned.use(installation.mendVectors.start())
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
        work.turns
          .settle(config.shutdownTimeoutMs)
          .then(() => work.memories.settle(config.shutdownTimeoutMs)),
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
    answerCheckout: createAnswerCheckout(installation),
    telegram: createTelegramWebhook(),
    whatsapp: createWhatsappWebhook({ appSecret: config.whatsapp.appSecret }),
    verifyTokens: installation.verifyTokens,
    security,
    settings: { bodyBytes: config.webhook.bodyBytes, verifyToken: config.whatsapp.verifyToken },
  })
}

function createMailWebhook({ db, config }: Installation, security: SecurityLog) {
  const settings = { bodyBytes: config.webhook.bodyBytes, webhookKey: config.mail.sendgrid.webhookKey }
  return sendgridWebhook({ db, security, settings })
}

function createSchedule(installation: Installation, jobs: Queues): AsyncDisposable {
  const { db, config, takeovers, payments, listOpenVersions, log } = installation
  return createSweep({
    db,
    jobs,
    settings: {
      intervalMs: config.sweepIntervalMs,
      settleMs: config.whatsapp.settleMs,
      reconcileHours: config.payments.reconcileHours,
    },
    listOpenVersions,
    listDueSources: () => listDueSources(db, isWorkerGone),
    endTakeoversInTime: () => takeovers.endAllInTime(db),
    makeDigests: createMakeDigests(installation),
    isSelling: payments !== undefined,
    log,
  }).start()
}
