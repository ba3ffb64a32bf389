import type { Channel, PartPayload } from '../channels/channel.ts'
import type { Db } from '../db/database.ts'
import { persist } from '../db/persist.ts'
import { openDeadline } from '../deadline.ts'
import { AppError } from '../errors.ts'
import type { Metrics } from '../insights/metrics.ts'
import type { Logger } from '../logger.ts'
import { claimNextPart } from '../messaging/claim-part.ts'
import type { Connections } from '../messaging/connection.ts'
import {
  blockChat,
  type ClaimedPart,
  markPartDoubtful,
  markPartFailed,
  markPartSent,
  requeuePart,
  resolveDoubts,
} from '../messaging/outbox.ts'
import type { PaceSettings } from '../messaging/pace.ts'
import type { ChannelName } from '../messaging/update.ts'
import type { JobHandlers, JobQueue } from './job.ts'

interface SendPartsParts {
  db: Db
  workerId: number
  channels: Record<ChannelName, Channel>
  connections: Connections
  jobs: JobQueue
  metrics: Metrics
  settings: { pace: PaceSettings; settleMs: number; sendTimeoutMs: number }
  log: Logger
}

/** A Part that could not leave is tried for a day, ever more seldom; then it is given up and listed. */
const GIVE_UP_AFTER_MS = 24 * 60 * 60 * 1000
const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 300_000

/**
 * Sends the queued Parts of a Chat, in order, until none is left or one has to wait. Waiting is a delayed
 * job, never a sleep: a Chat that must wait holds no one else up.
 */
export function createSendParts(parts: SendPartsParts): JobHandlers['send-parts'] {
  const { db, workerId, jobs, settings } = parts

  return async function sendParts({ chatId }, signal) {
    while (!signal.aborted) {
      const claim = await claimNextPart(db, chatId, { workerId, pace: settings.pace })
      if (claim.kind === 'none') return
      if (claim.kind === 'later') return jobs.add('send-parts', { chatId }, { delayMs: claim.waitMs })
      if (!(await sendPart(parts, claim.part))) return
    }
  }
}

/** Returns whether the Chat may have more to send. What became of the Part is written even if the database is away for a while. */
async function sendPart(parts: SendPartsParts, part: ClaimedPart): Promise<boolean> {
  const { db, channels, connections, settings } = parts
  const connection = await connections.find(part.botId, part.channel)
  if (!connection) {
    await markPartFailed(db, part, { code: 'connection.not_found' })
    return true
  }
  using deadline = openDeadline(settings.sendTimeoutMs)
  const outcome = await channels[part.channel]
    .send({
      partId: part.id,
      chatKey: part.chatKey,
      payload: readPayload(part.payload),
      connection,
      signal: deadline.signal,
    })
    .then(
      (sent) => ({ sent }),
      (error: unknown) => ({ error }),
    )
  if ('sent' in outcome) {
    parts.metrics.countSend({ channel: part.channel, outcome: 'sent' })
    return persist(() => markPartSent(db, part, outcome.sent))
  }
  await persist(() => settleFailure(parts, part, outcome.error))
  return true
}

/** What a failed send means for its Part. An error we do not know counts as doubt: the request may have left. */
async function settleFailure(parts: SendPartsParts, part: ClaimedPart, error: unknown): Promise<void> {
  const { db, log } = parts
  const code = error instanceof AppError ? error.code : 'channel.doubtful'
  parts.metrics.countSend({ channel: part.channel, outcome: code })
  log.warn({ err: error, partId: part.id, chatId: part.chatId, channel: part.channel }, 'send-failed')
  switch (code) {
    case 'channel.rate_limited':
      return requeuePart(db, part, { waitMs: readRetryAfterMs(error), code, isFree: true })
    case 'channel.blocked':
      return blockChat(db, part)
    case 'channel.unauthorized':
    case 'channel.unreachable':
    case 'channel.unavailable':
      return tryAgainLater(parts, part, code)
    case 'channel.rejected':
    case 'channel.window_closed':
      return markPartFailed(db, part, { code, detail: describeRefusal(error) })
    default:
      await markPartDoubtful(db, part)
      await resolveDoubts(db, { settleMs: parts.settings.settleMs })
  }
}

async function tryAgainLater(
  parts: SendPartsParts,
  part: ClaimedPart,
  code: 'channel.unauthorized' | 'channel.unreachable' | 'channel.unavailable',
): Promise<void> {
  if (part.ageMs > GIVE_UP_AFTER_MS) return markPartFailed(parts.db, part, { code })
  if (code === 'channel.unauthorized') {
    const connection = await parts.connections.find(part.botId, part.channel)
    if (connection) await parts.connections.noteError(connection, new AppError(code).message)
  }
  const waitMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(part.attempts - 1, 10))
  return requeuePart(parts.db, part, { waitMs, code })
}

function readRetryAfterMs(error: unknown): number {
  const seconds = error instanceof AppError ? Number(error.details.retryAfterSeconds) : Number.NaN
  return 1_000 * (Number.isFinite(seconds) && seconds > 0 ? seconds : 1)
}

/** The vendor's code and words, for the creator to see. */
function describeRefusal(error: unknown): string {
  if (!(error instanceof AppError)) return ''
  return [error.details.vendorCode, error.details.vendorMessage].filter(Boolean).join(': ').slice(0, 500)
}

function readPayload(payload: Record<string, unknown>): PartPayload {
  return { ...payload, text: typeof payload.text === 'string' ? payload.text : '' }
}
