import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readPack } from '../../src/coaching/pack.ts'
import { readConfig } from '../../src/config.ts'
import { openDatabase } from '../../src/db/database.ts'
import { openInstallation } from '../../src/installation.ts'
import { createLogger } from '../../src/logger.ts'
import { startModelStandIn } from '../../src/testing/model-stand-in.ts'
import { telegramTextUpdate } from '../../src/testing/telegram-payloads.ts'
import { startTelegramStandIn, type TelegramStandIn } from '../../src/testing/telegram-stand-in.ts'
import { createFleet } from '../stage/fleet.ts'
import { findFreePort } from '../stage/port.ts'
import { readCpu, readMemory } from '../stage/process-figures.ts'
import { chooseLocalWeights } from '../stage/weights.ts'
import { percentile, round } from './statistics.ts'

const ALONE_TURNS = 200
const CHATS = 32
const TURNS_PER_CHAT = 40
const WARM_UP_TURNS = 40
const BOT_ID = '4242'
const SECRET = 'bench-webhook-secret'

/**
 * From the webhook's POST to the vendor's receipt of the answer, with everything durable: embedded
 * PostgreSQL and Chroma, the queue on PostgreSQL, a stand-in model and messenger that answer at once. One
 * chat at a time, then 32 at once. Also how long a second start takes and what memory all processes hold.
 */
export async function run(): Promise<Record<string, unknown>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'cornerman-bench-'))
  await using telegram = await startTelegramStandIn()
  await using model = await startModelStandIn({ dimension: 256 })
  const port = await findFreePort()
  const embed = chooseLocalWeights() ?? { MODEL_EMBED: 'openai:stand-in' }
  const env = {
    DATA_DIR: dataDir,
    PORT: String(port),
    HOST: '127.0.0.1',
    NODE_ENV: 'production',
    MODEL_CHAT: 'openai:stand-in',
    OPENAI_API_KEY: 'bench',
    OPENAI_BASE_URL: model.openAiUrl,
    TELEGRAM_API_ROOT: telegram.url,
    // What is measured is Cornerman, not the vendor's pace.
    TELEGRAM_BOT_PER_SECOND: '100000',
    TELEGRAM_CHAT_PER_SECOND: '100000',
    LOG_LEVEL: 'error',
    ...embed,
  }
  const fleet = createFleet(env)
  try {
    await fleet.start('app', {}).ready
    await fleet.end('app', 'SIGTERM')
    const startedMs = performance.now()
    await fleet.start('app', {}).ready
    const readyMs = performance.now() - startedMs

    const target = await connectBot(env)
    const questions = (await readPack('bots/habit-coach')).questions.answerable.map((entry) => entry.question)
    const ask = createAsker(telegram, `http://127.0.0.1:${port}/webhooks/telegram/${target.botId}`, questions)
    for (let turn = 0; turn < WARM_UP_TURNS; turn++) await ask(1)
    const memoryIdle = readMemory(dataDir, fleet.get('app')?.child.pid)

    const alone: number[] = []
    for (let turn = 0; turn < ALONE_TURNS; turn++) alone.push(await ask(1))
    const cpuBefore = readCpu(dataDir, fleet.get('app')?.child.pid)
    const crowdStartedMs = performance.now()
    const crowd = (
      await Promise.all(
        Array.from({ length: CHATS }, async (_, chat) => {
          const times: number[] = []
          for (let turn = 0; turn < TURNS_PER_CHAT; turn++) times.push(await ask(100 + chat))
          return times
        }),
      )
    ).flat()
    const crowdSeconds = (performance.now() - crowdStartedMs) / 1000
    const cpuAfter = readCpu(dataDir, fleet.get('app')?.child.pid)
    return {
      embedding: embed.MODEL_EMBED,
      secondStartMs: round(readyMs),
      oneChat: { turns: alone.length, p50Ms: percentile(alone, 0.5), p99Ms: percentile(alone, 0.99) },
      chats32: {
        turns: crowd.length,
        perSecond: round(crowd.length / crowdSeconds),
        p50Ms: percentile(crowd, 0.5),
        p99Ms: percentile(crowd, 0.99),
      },
      stagesP50Ms: await readStages(target.databaseUrl),
      cpuMsPerTurn: Object.fromEntries(
        Object.entries(cpuAfter).map(([name, ms]) => [
          name,
          round((ms - (cpuBefore[name] ?? 0)) / crowd.length),
        ]),
      ),
      modelCalls: model.calls.length,
      refusedByVendor: telegram.refused.length,
      memoryMegabytes: { idle: memoryIdle, after: readMemory(dataDir, fleet.get('app')?.child.pid) },
    }
  } finally {
    await fleet.end('app', 'SIGTERM')
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Beside the running app, as the command does it: waits until all is taken in, and puts the bot on Telegram. */
async function connectBot(env: Record<string, string>): Promise<{ botId: string; databaseUrl: string }> {
  await using installation = await openInstallation(readConfig(env), createLogger('error'))
  await installation.ingestOpenVersions()
  const bot = await installation.db
    .selectFrom('bot')
    .select(['id', 'creator_id'])
    .where('slug', '=', 'habit-coach')
    .executeTakeFirstOrThrow()
  await installation.connections.save({
    creatorId: bot.creator_id,
    botId: bot.id,
    channel: 'telegram',
    externalId: BOT_ID,
    name: 'bench',
    credentials: { token: `${BOT_ID}:${'B'.repeat(35)}`, webhookSecret: SECRET, username: 'bench_bot' },
  })
  return { botId: bot.id, databaseUrl: installation.addresses.databaseUrl }
}

/** Asks one question in a chat and resolves with the milliseconds until its answer arrived at the vendor. */
function createAsker(telegram: TelegramStandIn, url: string, questions: string[]) {
  const waiting = new Map<string, () => void>()
  let updateId = 1
  let seen = telegram.sent.length
  // Called for each call of the Bot API once it was taken, before it is answered.
  telegram.setDelayMs(() => {
    for (; seen < telegram.sent.length; seen++) waiting.get(String(telegram.sent[seen]?.chatId))?.()
    return 0
  })
  return async function ask(chatId: number): Promise<number> {
    const id = updateId++
    const arrived = new Promise<void>((resolve) => waiting.set(String(chatId), resolve))
    const body = JSON.stringify(
      telegramTextUpdate({ updateId: id, chatId, text: questions[id % questions.length] ?? '' }),
    )
    const startedMs = performance.now()
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-telegram-bot-api-secret-token': SECRET },
      body,
    })
    await response.arrayBuffer()
    if (response.status !== 200) throw new Error(`the webhook answered ${response.status}`)
    await arrived
    waiting.delete(String(chatId))
    return performance.now() - startedMs
  }
}

/** Where the time goes, by the database's clock and the Traces. */
async function readStages(databaseUrl: string): Promise<Record<string, number>> {
  const db = openDatabase(databaseUrl, { max: 1 })
  try {
    const rows = await db
      .selectFrom('inbox')
      .innerJoin('turn', 'turn.id', 'inbox.turn_id')
      .innerJoin('message', 'message.turn_id', 'turn.id')
      .innerJoin('part', 'part.message_id', 'message.id')
      .select(['inbox.received_at', 'turn.trace', 'part.created_at', 'part.sending_at', 'part.sent_at'])
      .orderBy('part.position')
      .offset(WARM_UP_TURNS)
      .limit(ALONE_TURNS)
      .execute()
    const between = (from: Date | null, to: Date | null) => (to?.getTime() ?? 0) - (from?.getTime() ?? 0)
    const stage = (pick: (row: (typeof rows)[number]) => number) => percentile(rows.map(pick), 0.5)
    const traced = (row: (typeof rows)[number], name: string) =>
      Number(Object(Object(row.trace).ms)[name] ?? Number.NaN)
    return {
      storedToCommit: stage((row) => between(row.received_at, row.created_at)),
      retrieve: stage((row) => traced(row, 'retrieve')),
      generate: stage((row) => traced(row, 'generate')),
      answerTotal: stage((row) => traced(row, 'total')),
      commitToSend: stage((row) => between(row.created_at, row.sending_at)),
      sendToSent: stage((row) => between(row.sending_at, row.sent_at)),
    }
  } finally {
    await db.destroy()
  }
}
