import type { Bot } from '../bots/bot-settings.ts'
import { phrase } from '../bots/phrases.ts'
import type { Channel, Connection } from '../channels/channel.ts'
import { type CommitOutcome, commitTurn } from '../coaching/commit-turn.ts'
import type { TakeTurn } from '../coaching/turn.ts'
import type { Turn } from '../coaching/turn-outcome.ts'
import { joins, takeUnit } from '../coaching/turn-unit.ts'
import type { Db } from '../db/database.ts'
import { isDatabaseAway, persist } from '../db/persist.ts'
import { openDeadline } from '../deadline.ts'
import type { Metrics } from '../insights/metrics.ts'
import type { Removed } from '../knowledge/documents/document.ts'
import type { BaseKey } from '../knowledge/knowledge-base.ts'
import type { Logger } from '../logger.ts'
import {
  addChat,
  type ClaimedChat,
  claimChat,
  type LeasedChat,
  releaseChat,
  type TakeoverState,
} from '../messaging/chat.ts'
import type { WatchChat } from '../messaging/chat-watch.ts'
import type { Connections } from '../messaging/connection.ts'
import { type ChatAddress, listOpenUpdates } from '../messaging/inbox.ts'
import type { ChannelName, Update } from '../messaging/update.ts'
import type { JobHandlers } from './job.ts'
import { openProgress } from './progress.ts'

export interface RunTurnSettings {
  maxRestarts: number
  maxAttempts: number
  timeoutMs: number
  /** On top of it for a message with a file. */
  fileTimeoutMs: number
}

interface RunTurnParts {
  db: Db
  workerId: number
  channels: Record<ChannelName, Channel>
  connections: Connections
  findBot: (botId: string) => Promise<Bot | undefined>
  takeTurn: TakeTurn
  watch: WatchChat
  /** Sends what the Chat has queued, without waiting for it. */
  sendSoon: (chatId: string) => void
  /** Has thought about what was said in the Chat, after the answer is on its way. */
  rememberSoon: (chatId: string) => void
  /** Gives the Chat back to the bot, with the notice of it, when a takeover's time is up. */
  endTakeoverInTime: (chatId: string) => Promise<void>
  /** Removes what a deleted Document left outside the database. */
  removeRemains: (base: BaseKey, removed: Removed) => Promise<void>
  metrics: Metrics
  settings: RunTurnSettings
  log: Logger
}

/**
 * Answers the open Updates of a Chat, one Turn after the other, under the Chat's lease.
 *
 * Work starts at once. A text that arrives before the commit joins: the answer starts over with it, at
 * most `maxRestarts` times. What always fails is set aside after `maxAttempts` leases, with an apology,
 * so that the Chat goes on.
 */
export function createRunTurn(parts: RunTurnParts): JobHandlers['run-turn'] {
  const { db } = parts

  return async function runTurn({ botId, channel: channelName, chatKey }, signal) {
    const bot = await parts.findBot(botId)
    const channel = Object.values(parts.channels).find((known) => known.name === channelName)
    if (!bot || !channel) return
    const address: ChatAddress = { botId, channel: channel.name, chatKey }
    // Whoever was nudged while we held the lease went away, so whatever lets go tells what is open by then.
    let hasOpen = true
    while (hasOpen && !signal.aborted) {
      const chat = await claimOrAddChat(parts, bot, address)
      if (!chat) return
      // Only what the Update itself breaks counts against it: neither our stop nor an absent database.
      let isHandedBack = false
      let isFree = false
      try {
        isFree = await answerOpenUpdates({ parts, bot, chat, channel, signal })
        isHandedBack = signal.aborted
      } catch (error) {
        isHandedBack = signal.aborted || isDatabaseAway(error)
        throw error
      } finally {
        hasOpen = !isFree && (await persist(() => releaseChat(db, chat, { isHandedBack })))
      }
    }
  }
}

async function claimOrAddChat(
  parts: RunTurnParts,
  bot: Bot,
  address: ChatAddress,
): Promise<ClaimedChat | undefined> {
  const chat = await claimChat(parts.db, address, parts.workerId)
  if (chat) return chat
  const [first] = await listOpenUpdates(parts.db, address, { limit: 1 })
  if (!first) return undefined
  const isNew = await addChat(
    parts.db,
    { creatorId: bot.creatorId, botId: bot.id },
    address,
    first.update.sender,
  )
  return isNew ? claimChat(parts.db, address, parts.workerId) : undefined
}

interface Work {
  parts: RunTurnParts
  bot: Bot
  chat: ClaimedChat
  channel: Channel
  signal: AbortSignal
}

/** One Turn, and before it the way out of what always fails. Returns whether the Chat was let go of with it. */
async function answerOpenUpdates(work: Work): Promise<boolean> {
  const { parts, chat } = work
  if (chat.takeover === 'over') await parts.endTakeoverInTime(chat.id)
  const connection = await parts.connections.find(chat.botId, chat.channel)
  if (!connection) return setAside(work, 'connection.not_found')
  if (chat.attempts > parts.settings.maxAttempts) return setAside(work, 'update.poisoned')
  const outcome = await answerNextUnit(work, connection)
  if (outcome?.kind !== 'committed') return false
  if (outcome.partCount > 0) parts.sendSoon(chat.id)
  for (const { base, removed } of outcome.removedAnswers ?? []) await parts.removeRemains(base, removed)
  return outcome.isFree
}

/** One Turn. `undefined` when nothing is open any more. */
async function answerNextUnit(work: Work, connection: Connection): Promise<CommitOutcome | undefined> {
  const { parts, chat, channel, signal } = work
  const draftId = 1 + Math.floor(Math.random() * 0x7ffffffe)
  const startedMs = performance.now()
  let takeover: TakeoverState = chat.takeover === 'active' ? 'active' : 'none'
  for (let restarts = 0; ; restarts++) {
    const unit = takeUnit(restarts === 0 ? chat.open : await listOpenUpdates(parts.db, chat))
    const [first, last] = [unit[0], unit.at(-1)]
    if (!first || !last) return undefined
    const mayJoin = joins(last.update) && restarts < parts.settings.maxRestarts

    const watch = watchTurn(parts.watch, chat, { afterId: last.id, mayJoin, takeover })
    const progress = openProgress({
      channel,
      connection,
      update: last.update,
      chatKey: chat.chatKey,
      draftId,
      isSilent: takeover === 'active',
    })
    using deadline = openDeadline(timeLimit(parts.settings, first.update), signal, watch.restarted)
    try {
      const turn = await parts.takeTurn({
        bot: work.bot,
        chat: { ...chat, takeover },
        updates: unit.map((entry) => entry.update),
        inboxId: first.id,
        privateLink: connection.credentials.username && `https://t.me/${connection.credentials.username}`,
        signal: deadline.signal,
        stopSignal: watch.stopped,
        onDraft: progress.show,
      })
      await progress.close()
      const outcome = await commitTurn(parts.db, {
        chat,
        unit,
        turn: { ...turn, trace: { ...turn.trace, restarts } },
        channel,
        mayJoin,
      })
      if (outcome.kind === 'committed') {
        if (outcome.isMemoryDue) parts.rememberSoon(chat.id)
        const ms = performance.now() - startedMs
        parts.metrics.countTurn({
          channel: chat.channel,
          kind: turn.kind,
          ms,
          degraded: turn.answer?.degraded ?? [],
          cache: turn.answer?.cache,
        })
      }
      if (outcome.kind === 'takeover_changed') takeover = outcome.takeover
      else if (outcome.kind !== 'joined') return outcome
    } catch (error) {
      if (!watch.restarted.aborted || signal.aborted) throw error
      takeover = watch.takeover()
    } finally {
      watch.close()
      await progress.close()
    }
  }
}

function timeLimit({ timeoutMs, fileTimeoutMs }: RunTurnSettings, { event }: Update): number {
  return event.kind === 'media' ? timeoutMs + fileTimeoutMs : timeoutMs
}

/** Looks at the Chat while a Turn runs: more text joins, a takeover silences the bot, a stop ends the writing. */
function watchTurn(
  watch: WatchChat,
  chat: LeasedChat,
  { afterId, mayJoin, takeover }: { afterId: string; mayJoin: boolean; takeover: TakeoverState },
) {
  let seen = takeover
  const restarted = new AbortController()
  const stopped = new AbortController()
  const close = watch({
    chatId: chat.id,
    afterId,
    hear({ newcomers, isTakenOver }) {
      seen = isTakenOver ? 'active' : 'none'
      if (newcomers.some(({ event }) => event.kind === 'stop')) stopped.abort()
      else if (seen !== takeover) restarted.abort()
      else if (mayJoin && newcomers[0] && joins(newcomers[0])) restarted.abort()
    },
  })
  return { restarted: restarted.signal, takeover: () => seen, stopped: stopped.signal, close }
}

/** Takes the head Updates out of the way so that the Chat goes on; the person is told. Returns whether it was let go of with it. */
async function setAside(
  { parts, bot, chat, channel }: Work,
  errorCode: 'update.poisoned' | 'connection.not_found',
): Promise<boolean> {
  const unit = errorCode === 'connection.not_found' ? chat.open : takeUnit(chat.open)
  if (unit.length === 0) return false
  parts.log.error({ chatId: chat.id, inboxIds: unit.map((entry) => entry.id), errorCode }, 'update-set-aside')
  const language = chat.language ?? bot.settings.languages[0] ?? 'en'
  const replies =
    errorCode === 'update.poisoned' && chat.takeover !== 'active'
      ? [{ kind: 'notice', markdown: phrase(language, 'failed') }]
      : []
  const givesBack = unit.map((entry) => entry.id)
  const turn: Turn = { kind: 'notice', replies, changes: {}, givesBack, trace: { errorCode } }
  const outcome = await commitTurn(parts.db, { chat, unit, turn, channel, mayJoin: false, errorCode })
  if (outcome.kind !== 'committed') return false
  if (outcome.partCount > 0) parts.sendSoon(chat.id)
  return outcome.isFree
}
