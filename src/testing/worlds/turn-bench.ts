import type { TakeTurn } from '../../coaching/turn.ts'
import type { Turn } from '../../coaching/turn-outcome.ts'
import { createMetrics } from '../../insights/metrics.ts'
import type { JobName, JobQueue } from '../../jobs/job.ts'
import { createRunTurn } from '../../jobs/run-turn.ts'
import { createSendParts } from '../../jobs/send-parts.ts'
import { createLogger } from '../../logger.ts'
import { createChatWatch } from '../../messaging/chat-watch.ts'
import { type ChatAddress, recordUpdates } from '../../messaging/inbox.ts'
import type { Update } from '../../messaging/update.ts'
import { openWorkerPresence } from '../../messaging/worker-presence.ts'
import { addTestBot } from '../builders/bot.ts'
import { buildUpdate } from '../builders/update.ts'
import { openTestDatabase } from '../database.ts'
import { createFakeChannel } from '../fake-channel.ts'

const UNPACED = {
  telegram: { botPerSecond: 100_000, chatPerSecond: 100_000 },
  whatsapp: { numberPerSecond: 100_000, pairPerSecond: 100_000 },
}

/** An answer as a Turn, for tests that are not about answering. */
export function buildTurn(markdown: string, changes: Partial<Turn> = {}): Turn {
  return {
    kind: 'question',
    replies: [{ kind: 'answer', markdown }],
    changes: { isInbound: true },
    trace: {},
    ...changes,
  }
}

/** One worker's jobs on a real database, with a Turn to be told and a channel that only remembers. */
export async function openTurnBench(
  takeTurn: TakeTurn,
  settings: Partial<{ maxRestarts: number; maxAttempts: number }> = {},
) {
  await using opened = new AsyncDisposableStack()
  const test = opened.use(await openTestDatabase())
  const log = createLogger('silent')
  const presence = opened.use(await openWorkerPresence(test.url, log))
  const bot = await addTestBot(test.db)
  const fake = createFakeChannel('telegram')
  const channels = { telegram: fake.channel, whatsapp: fake.channel, web: fake.channel }
  const nudges: { name: JobName; payload: unknown; delayMs: number | undefined }[] = []
  const jobs: JobQueue = {
    add: async (name, payload, { delayMs } = {}) => void nudges.push({ name, payload, delayMs }),
    addMany: async (name, payloads) => {
      for (const payload of payloads) nudges.push({ name, payload, delayMs: undefined })
    },
  }
  const connection = {
    id: bot.id,
    creatorId: bot.creatorId,
    botId: bot.id,
    channel: 'telegram' as const,
    externalId: '1',
    credentials: {},
  }
  const refuse = () => Promise.reject(new Error('not part of this test'))
  const shared = {
    db: test.db,
    workerId: presence.id,
    channels,
    connections: {
      find: async () => connection,
      findByExternalId: async () => connection,
      save: refuse,
      remove: refuse,
      noteError: async () => {},
    },
    jobs,
    metrics: createMetrics(),
    log,
  }
  const runTurn = createRunTurn({
    ...shared,
    findBot: async () => bot,
    takeTurn,
    watch: createChatWatch(test.db, log),
    // The tests send by themselves, when they have looked at what is queued.
    sendSoon: () => {},
    rememberSoon: () => {},
    endTakeoverInTime: async () => {},
    removeRemains: async () => {},
    settings: { maxRestarts: 3, maxAttempts: 3, timeoutMs: 20_000, fileTimeoutMs: 0, ...settings },
  })
  const sendParts = createSendParts({
    ...shared,
    settings: { pace: UNPACED, settleMs: 60_000, sendTimeoutMs: 5_000 },
  })
  const signal = new AbortController().signal
  const address: ChatAddress = { botId: bot.id, channel: 'telegram', chatKey: '700100' }
  const owned = opened.move()
  return {
    db: test.db,
    bot,
    fake,
    nudges,
    address,
    record: (...updates: Partial<Update & { text: string }>[]) =>
      recordUpdates(
        test.db,
        { creatorId: bot.creatorId, botId: bot.id },
        updates.map((update) => buildUpdate(update)),
      ),
    runTurn: (chatKey = address.chatKey) => runTurn({ ...address, chatKey }, signal),
    /** Sends what every Chat has queued. */
    async sendAll(): Promise<void> {
      for (const { id } of await test.db.selectFrom('chat').select('id').execute())
        await sendParts({ chatId: id }, signal)
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
