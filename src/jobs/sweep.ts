import { forgetIdempotencyKeys } from '../accounts/idempotency-key.ts'
import { listBotsToMirror } from '../billing/plans/mirror.ts'
import { listBotsWithNewGaps } from '../coaching/gap-group.ts'
import { listDueAnswers } from '../coaching/gap-notice.ts'
import type { Db } from '../db/database.ts'
import type { Logger } from '../logger.ts'
import { forgetOldMails, listDueMails, settleDoubtfulMails } from '../mail/mail-claim.ts'
import { listDueMemories } from '../memory/memory-claim.ts'
import { listForgottenChats } from '../messaging/chat.ts'
import { doubtOrphanedParts, listForgottenOutboxes, resolveDoubts } from '../messaging/outbox.ts'
import type { JobQueue } from './job.ts'
import { sweepOrders } from './sweep-orders.ts'
import { sweepPayments } from './sweep-payments.ts'
import { sweepSubscriptions } from './sweep-subscriptions.ts'

/** Work younger than this is most likely on its way through the queue. */
const FORGOTTEN_AFTER_MS = 1_000
/** Nudges of one sweep and kind; the next sweep goes on. */
const BATCH = 500

interface SweepParts {
  db: Db
  jobs: JobQueue
  settings: { intervalMs: number; settleMs: number; reconcileHours: number }
  listOpenVersions: () => Promise<string[]>
  /** Web sources that are to be crawled. */
  listDueSources: () => Promise<string[]>
  /** Gives back the Chats whose takeover is over in time; returns those. */
  endTakeoversInTime: () => Promise<string[]>
  /** Queues the mails about the week that are due. */
  makeDigests: (now: Date) => Promise<number>
  /** Money can be taken: prices are to be known where it is. */
  isSelling: boolean
  log: Logger
}

/**
 * Looks for work that no queue holds: after a kill, a lost queue, a failed nudge. What PostgreSQL says is
 * to be done is announced again; parts whose sender died are settled by their policy.
 */
export function createSweep({
  db,
  jobs,
  settings,
  listOpenVersions,
  listDueSources,
  endTakeoversInTime,
  makeDigests,
  isSelling,
  log,
}: SweepParts) {
  async function sweepOnce(): Promise<void> {
    const orphaned = await doubtOrphanedParts(db)
    if (orphaned > 0) log.warn({ count: orphaned }, 'parts-orphaned')
    const settled = await resolveDoubts(db, { settleMs: settings.settleMs })
    const givenBack = await endTakeoversInTime()
    const waiting = await listForgottenOutboxes(db, FORGOTTEN_AFTER_MS, BATCH)
    await jobs.addMany(
      'send-parts',
      [...new Set([...settled, ...givenBack, ...waiting])].map((chatId) => ({ chatId })),
    )
    await jobs.addMany('run-turn', await listForgottenChats(db, FORGOTTEN_AFTER_MS, BATCH))
    if (await hasOpenReceipts(db)) await jobs.add('settle-receipts', {})
    await jobs.addMany(
      'ingest-version',
      (await listOpenVersions()).map((versionId) => ({ versionId })),
    )
    await jobs.addMany(
      'crawl-source',
      (await listDueSources()).map((sourceId) => ({ sourceId })),
    )
    await forgetIdempotencyKeys(db)
    await sweepMails()
    await sweepOrders({ db, jobs }, { now: new Date(), isSelling })
    await sweepSubscriptions({ db, jobs }, { isSelling })
    if (isSelling) {
      await sweepPrices()
      await sweepPayments({ db, jobs, reconcileHours: settings.reconcileHours })
    }
    await jobs.addMany(
      'group-gaps',
      (await listBotsWithNewGaps(db, BATCH)).map((botId) => ({ botId })),
    )
    await jobs.addMany(
      'remember-chat',
      (await listDueMemories(db, FORGOTTEN_AFTER_MS, BATCH)).map((chatId) => ({ chatId })),
    )
    await jobs.addMany(
      'tell-askers',
      (await listDueAnswers(db, BATCH)).map((groupId) => ({ groupId })),
    )
  }

  async function sweepPrices(): Promise<void> {
    const due = await listBotsToMirror(db, BATCH)
    await jobs.addMany(
      'mirror-prices',
      due.map((botId) => ({ botId })),
    )
  }

  async function sweepMails(): Promise<void> {
    const { orphaned, givenUp } = await settleDoubtfulMails(db)
    if (orphaned + givenUp > 0) log.warn({ orphaned, givenUp }, 'mails-doubtful')
    await makeDigests(new Date()).catch((err) => log.warn({ err }, 'digests-failed'))
    const due = await listDueMails(db, BATCH)
    await jobs.addMany(
      'send-mail',
      due.map((mailId) => ({ mailId })),
    )
    await forgetOldMails(db, BATCH)
  }

  /** Sweeps at an interval until closed; a sweep that fails is followed by the next. */
  function start(): AsyncDisposable {
    let isClosed = false
    let wake = () => {}
    const running = (async () => {
      while (!isClosed) {
        await sweepOnce().catch((err) => log.warn({ err }, 'sweep-failed'))
        await new Promise<void>((resolve) => {
          wake = resolve
          setTimeout(resolve, settings.intervalMs).unref()
        })
      }
    })()
    return {
      async [Symbol.asyncDispose]() {
        isClosed = true
        wake()
        await running
      },
    }
  }

  return { sweepOnce, start }
}

async function hasOpenReceipts(db: Db): Promise<boolean> {
  const row = await db
    .selectFrom('receipt')
    .select('id')
    .where('done_at', 'is', null)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}
