import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readConfig } from '../../src/config.ts'
import { openDatabase } from '../../src/db/database.ts'
import { openInstallation } from '../../src/installation.ts'
import { createLogger } from '../../src/logger.ts'
import { readPack } from '../../src/packs/pack.ts'
import { type ModelStandIn, startModelStandIn } from '../../src/testing/models/stand-in.ts'
import { telegramTextUpdate } from '../../src/testing/telegram/payloads.ts'
import { startTelegramStandIn, type TelegramStandIn } from '../../src/testing/telegram/stand-in.ts'
import { createFleet } from '../stage/fleet.ts'
import { findFreePort } from '../stage/port.ts'
import { readCpu, readMemory } from '../stage/process-figures.ts'
import { chooseLocalWeights } from '../stage/weights.ts'
import { percentile, round } from './statistics.ts'

const BARE = fileURLToPath(new URL('./bare-turn.ts', import.meta.url))
const ALONE_TURNS = 200
const ALONE_CHAT = '1'
const CHATS = 32
const TURNS_PER_CHAT = 20
/** Ours and the bare one take turns, so that a noisy moment meets both. */
const ROUNDS = 3
const WARM_UP_TURNS = 40
const BOT_ID = '4242'
const TOKEN = `${BOT_ID}:${'B'.repeat(35)}`
const SECRET = 'bench-webhook-secret'

/**
 * From the webhook's POST to the vendor's receipt of the answer, with everything durable: embedded
 * PostgreSQL and Chroma, the queue on PostgreSQL, a stand-in model and messenger that answer at once. One
 * chat at a time, then 32 at once, beside the barest durable Turn on the same servers in the same run. Also
 * how long a second start takes and what memory all processes hold.
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
    // Few questions are asked again and again, and each is to take its whole way.
    ANSWER_CACHE: 'false',
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
    const createAsk = createAskers(telegram, questions)
    const barePort = await fleet.start('bare', bareEnv(target, telegram, model), BARE).ready
    const ours = createRunner(createAsk(`http://127.0.0.1:${port}/webhooks/telegram/${target.botId}`))
    const bare = createRunner(createAsk(`http://127.0.0.1:${barePort}/`))
    for (const runner of [ours, bare]) await runner.warmUp()
    const appPid = fleet.get('app')?.child.pid
    const memoryIdle = readMemory(dataDir, appPid)
    const cpu: Record<string, number> = {}
    for (let round = 0; round < ROUNDS; round++) {
      for (const runner of [ours, bare]) {
        await runner.runAlone(ALONE_TURNS / ROUNDS)
        const before = readCpu(dataDir, appPid)
        await runner.runCrowd()
        const after = readCpu(dataDir, appPid)
        if (runner === ours)
          for (const [name, ms] of Object.entries(after))
            cpu[name] = (cpu[name] ?? 0) + ms - (before[name] ?? 0)
      }
    }
    const [a, b] = [ours.summarise(), bare.summarise()]
    return {
      embedding: embed.MODEL_EMBED,
      secondStartMs: round(readyMs),
      ours: a,
      bare: b,
      ratio: {
        oneChatP50: round(a.oneChat.p50Ms / b.oneChat.p50Ms),
        perSecond: round(a.chats32.perSecond / b.chats32.perSecond),
      },
      stagesP50Ms: await readStages(target.databaseUrl),
      cpuMsPerTurn: Object.fromEntries(
        Object.entries(cpu).map(([name, ms]) => [name, round(ms / a.chats32.turns)]),
      ),
      modelCalls: model.calls.length,
      refusedByVendor: telegram.refused.length,
      memoryMegabytes: { idle: memoryIdle, after: readMemory(dataDir, appPid) },
    }
  } finally {
    await fleet.end('bare', 'SIGKILL')
    await fleet.end('app', 'SIGTERM')
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
  }
}

interface Target {
  botId: string
  databaseUrl: string
  chromaUrl: string
  collectionId: string
}

/** Beside the running app, as the command does it: waits until all is taken in, and puts the bot on Telegram. */
async function connectBot(env: Record<string, string>): Promise<Target> {
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
    credentials: { token: TOKEN, webhookSecret: SECRET, username: 'bench_bot' },
  })
  const collection = await installation.db
    .selectFrom('vector_collection')
    .select('collection_id')
    .where('creator_id', '=', bot.creator_id)
    .executeTakeFirstOrThrow()
  return { botId: bot.id, collectionId: collection.collection_id, ...installation.addresses }
}

type Ask = (chatId: number) => Promise<number>

/** Gives, for a webhook's address, what asks one question in a chat and resolves with the milliseconds until its answer arrived at the vendor. */
function createAskers(telegram: TelegramStandIn, questions: string[]): (url: string) => Ask {
  const waiting = new Map<string, () => void>()
  let updateId = 1
  let seen = telegram.sent.length
  // Called for each call of the Bot API once it was taken, before it is answered.
  telegram.setDelayMs(() => {
    for (; seen < telegram.sent.length; seen++) waiting.get(String(telegram.sent[seen]?.chatId))?.()
    return 0
  })
  return (url) => async (chatId) => {
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

/** One of the two under test, and what it took so far. */
function createRunner(ask: Ask) {
  const alone: number[] = []
  const crowd: number[] = []
  let crowdMs = 0

  async function runAlone(turns: number, times = alone): Promise<void> {
    for (let turn = 0; turn < turns; turn++) times.push(await ask(Number(ALONE_CHAT)))
  }

  return {
    runAlone,
    warmUp: () => runAlone(WARM_UP_TURNS, []),
    async runCrowd(): Promise<void> {
      const startedMs = performance.now()
      await Promise.all(
        Array.from({ length: CHATS }, async (_, chat) => {
          for (let turn = 0; turn < TURNS_PER_CHAT; turn++) crowd.push(await ask(100 + chat))
        }),
      )
      crowdMs += performance.now() - startedMs
    },
    summarise: () => ({
      oneChat: { turns: alone.length, p50Ms: percentile(alone, 0.5), p99Ms: percentile(alone, 0.99) },
      chats32: {
        turns: crowd.length,
        perSecond: round((crowd.length * 1_000) / crowdMs),
        p50Ms: percentile(crowd, 0.5),
        p99Ms: percentile(crowd, 0.99),
      },
    }),
  }
}

function bareEnv(target: Target, telegram: TelegramStandIn, model: ModelStandIn): Record<string, string> {
  return {
    DATABASE_URL: target.databaseUrl,
    COLLECTION_URL: `${target.chromaUrl}/api/v2/tenants/default_tenant/databases/default_database/collections/${target.collectionId}`,
    OPENAI_BASE_URL: model.openAiUrl,
    SEND_URL: `${telegram.url}/bot${TOKEN}/sendMessage`,
  }
}

/** Where the time of one chat alone goes, by the database's clock and the Traces. */
async function readStages(databaseUrl: string): Promise<Record<string, number>> {
  const db = openDatabase(databaseUrl, { max: 1 })
  try {
    const rows = await db
      .selectFrom('inbox')
      .innerJoin('turn', 'turn.id', 'inbox.turn_id')
      .innerJoin('message', 'message.turn_id', 'turn.id')
      .innerJoin('part', 'part.message_id', 'message.id')
      .select(['inbox.received_at', 'turn.trace', 'part.created_at', 'part.sending_at', 'part.sent_at'])
      .where('inbox.chat_key', '=', ALONE_CHAT)
      .orderBy('part.position')
      .offset(WARM_UP_TURNS)
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
