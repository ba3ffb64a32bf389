import { createEntitlement } from './billing/entitlement/entitlement.ts'
import { settleStars } from './billing/stars/stars.ts'
import { createBotFinder } from './bots/bot.ts'
import { createCommands } from './coaching/commands.ts'
import { createListen } from './coaching/listen.ts'
import { createTakeMedia } from './coaching/media-turn.ts'
import { createMemoryCommands } from './coaching/memory-commands.ts'
import { createTurnMemories } from './coaching/memory-turn.ts'
import { createMoneyCommands } from './coaching/money-commands.ts'
import { createPaywall } from './coaching/paywall.ts'
import { presentProducts } from './coaching/product-cards.ts'
import { countRecentQuestions } from './coaching/question-count.ts'
import { createQuestionTurn } from './coaching/question-turn.ts'
import { createTakeTurn } from './coaching/turn.ts'
import type { Config } from './config.ts'
import type { GiveWay } from './give-way.ts'
import type { Metrics } from './insights/metrics.ts'
import type { Installation } from './installation.ts'
import { createCallFulfilment } from './jobs/call-fulfilment.ts'
import { createCancelSubscription } from './jobs/cancel-subscription.ts'
import { createCrawlSource } from './jobs/crawl-source.ts'
import { createGroupGaps } from './jobs/group-gaps.ts'
import { createHere, type Here } from './jobs/here.ts'
import type { JobHandlers } from './jobs/job.ts'
import { createMirrorPrices } from './jobs/mirror-prices.ts'
import type { Queues } from './jobs/queues.ts'
import { createReconcilePayments } from './jobs/reconcile-payments.ts'
import { createRefundOrder } from './jobs/refund-order.ts'
import { createRememberChat } from './jobs/remember-chat.ts'
import { createRunTurn } from './jobs/run-turn.ts'
import { createSendMail } from './jobs/send-mail.ts'
import { createSendParts } from './jobs/send-parts.ts'
import { createSettleEventsJob } from './jobs/settle-events.ts'
import { createSettleReceipts } from './jobs/settle-receipts.ts'
import { createTellAskers } from './jobs/tell-askers.ts'
import { createTellBuyer } from './jobs/tell-buyer.ts'
import { removeRemains } from './knowledge/documents/delete.ts'
import { listSourceTitles } from './knowledge/documents/document.ts'
import { readChatMemory } from './memory/read-memory.ts'
import { LONGEST_WINDOW, WINDOW_MESSAGES } from './memory/window.ts'
import { createChatWatch } from './messaging/chat-watch.ts'
import { keepHeard } from './messaging/inbox.ts'
import { findCitation, listRecentMessages } from './messaging/message.ts'

/** What a worker does, and what this process does at once without the queue. */
export interface Work {
  handlers: JobHandlers
  turns: Here<'run-turn'>
  sends: Here<'send-parts'>
  memories: Here<'remember-chat'>
}

/** Wires every job to its parts. */
export function createHandlers(installation: Installation, jobs: Queues, metrics: Metrics): Work {
  const { config, db, workerId, channels, connections, giveWay, takeovers, log } = installation
  const entitlement = createEntitlement({ db })
  const isSummarising = installation.offer.models.length > 0
  const selling = { payLinks: installation.payLinks, isSelling: installation.payments !== undefined }
  const paywall = createPaywall({ ...selling, entitlement })
  const questions = createQuestionTurn({
    answerer: installation.answerer,
    countQuestions: (chatId) => countRecentQuestions(db, chatId),
    paywall,
    memories: createTurnMemories({ readMemory: (chatId) => readChatMemory(db, chatId), isSummarising, log }),
  })
  const listHistory = (chatId: string) =>
    listRecentMessages(db, chatId, isSummarising ? LONGEST_WINDOW : WINDOW_MESSAGES)
  const takeTurn = createTakeTurn({
    questions,
    listHistory,
    listen: createListen({ ...installation, keepHeard: (inboxId, heard) => keepHeard(db, inboxId, heard) }),
    takeMedia: createTakeMedia({ ...installation, questions, listHistory }),
    paywall,
    settleStars: (settled) => settleStars(db, installation.payLinks, settled),
    commands: createCommands({
      memory: createMemoryCommands(installation),
      money: createMoneyCommands({
        ...selling,
        db,
        entitlement,
        paidLinks: installation.paidLinks,
        // The sweep finds what a lost nudge leaves.
        cancelSoon: (subscriptionId) =>
          void jobs.add('cancel-subscription', { subscriptionId }).catch(() => {}),
        answerSoon: (chats) => void jobs.addMany('run-turn', chats).catch(() => {}),
      }),
      listSources: (bot) => listSourceTitles(db, bot),
      findCitation: (request) => findCitation(db, request),
      presentProducts: (bot, reader) =>
        presentProducts({ ...installation, isSelling: installation.payments !== undefined }, bot, reader),
    }),
  })
  const sendParts = serveBy(
    giveWay,
    createSendParts({
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
    }),
  )
  const sends = createHere('send-parts', sendParts, jobs, { concurrency: config.sendConcurrency, log })
  const rememberChat = createRememberChat(installation.remember)
  const memories = createHere('remember-chat', rememberChat, jobs, { concurrency: REMEMBERED_AT_ONCE, log })
  const runTurn = serveBy(
    giveWay,
    createRunTurn({
      db,
      workerId,
      channels,
      connections,
      findBot: createBotFinder(db),
      takeTurn,
      watch: createChatWatch(db, log),
      sendSoon: (chatId) => sends.begin({ chatId }),
      rememberSoon: (chatId) => memories.begin({ chatId }),
      endTakeoverInTime: async (chatId) => {
        if (await takeovers.endInTime(db, chatId)) sends.begin({ chatId })
      },
      removeRemains: (base, removed) => removeRemains(installation, base, removed),
      metrics,
      settings: config.turn,
      log,
    }),
  )
  const handlers = {
    'run-turn': runTurn,
    'send-parts': sendParts,
    'settle-receipts': createSettleReceipts({ db, jobs }),
    'ingest-version': installation.ingestVersion,
    'crawl-source': createCrawlSource({
      ...installation,
      ...installation.crawling,
      settings: config.crawl,
      uploadLimits: { ...config.upload, maxBytes: config.crawl.maxBytes },
      jobs,
    }),
    'group-gaps': createGroupGaps({ db, embedding: installation.embedding, log }),
    'remember-chat': rememberChat,
    'tell-askers': createTellAskers({ db, channels, jobs }),
    'mirror-prices': createMirrorPrices(installation),
    'cancel-subscription': createCancelSubscription(installation),
    'settle-events': createSettleEventsJob({ ...installation, nudgeTurn: (chat) => turns.begin(chat) }),
    'reconcile-payments': createReconcilePayments({
      ...installation,
      nudgeTurn: (chat) => turns.begin(chat),
    }),
    'send-mail': createSendMail({ ...installation, metrics }),
    'tell-buyer': createTellBuyer({ ...installation, jobs }),
    'refund-order': createRefundOrder(installation),
    'call-fulfilment': createCallFulfilment(installation),
  }
  const turns = createHere('run-turn', runTurn, jobs, { concurrency: config.turn.concurrency, log })
  return { handlers, turns, sends, memories }
}

/** What somebody waits for: the upkeep of the material lets it go first. */
function serveBy<Payload>(
  giveWay: GiveWay,
  work: (payload: Payload, signal: AbortSignal) => Promise<void>,
): typeof work {
  return async (payload, signal) => {
    using _ = giveWay.serve()
    await work(payload, signal)
  }
}

/** Chats that one worker thinks about at a time: beside the answers, never in their way. */
const REMEMBERED_AT_ONCE = 2

/** Mails in the hands of one worker at a time: far below what a mail service takes at once. */
const MAIL_CONCURRENCY = 4

/** Jobs of a kind that one worker does at a time. */
export function concurrencyOf(config: Config) {
  return {
    'run-turn': config.turn.concurrency,
    'send-parts': config.sendConcurrency,
    'settle-receipts': 1,
    'ingest-version': config.ingestConcurrency,
    'crawl-source': config.crawl.concurrency,
    'group-gaps': 1,
    'remember-chat': REMEMBERED_AT_ONCE,
    'tell-askers': 2,
    'mirror-prices': 1,
    'cancel-subscription': 2,
    'settle-events': 2,
    'reconcile-payments': 1,
    'send-mail': MAIL_CONCURRENCY,
    'tell-buyer': 2,
    'refund-order': 2,
    'call-fulfilment': 4,
  }
}
