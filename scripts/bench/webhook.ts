import { fileURLToPath } from 'node:url'
import autocannon from 'autocannon'
import { openDatabase } from '../../src/db/database.ts'
import { telegramTextUpdate } from '../../src/testing/telegram/payloads.ts'
import { createFleet } from '../stage/fleet.ts'
import { buildWorld } from '../stage/world.ts'
import { median, round } from './statistics.ts'

const BARE = fileURLToPath(new URL('./bare-webhook.ts', import.meta.url))
const CONNECTIONS = 64
const SECONDS = 6
/** Ours and the bare one take turns, so that a noisy moment meets both. */
const ROUNDS = 3
const CHATS = 5_000

/**
 * Durable accepts per second beside the barest Express handler that commits the same INSERT before its 200,
 * in the same run, on the same PostgreSQL, under the same load.
 */
export async function run(): Promise<Record<string, unknown>> {
  await using world = await buildWorld({ facts: 10, settings: {} })
  const db = openDatabase(world.databaseUrl, { max: 2 })
  const { creator_id: creatorId } = await db.selectFrom('bot').select('creator_id').executeTakeFirstOrThrow()
  const fleet = createFleet({
    ...world.env,
    NODE_ENV: 'production',
    BOT_ID: world.botId,
    CREATOR_ID: creatorId,
  })
  try {
    const [oursPort, barePort] = await Promise.all([
      fleet.start('web', { ROLES: 'web', PORT: String(world.webPorts[0]) }).ready,
      fleet.start('bare', {}, BARE).ready,
    ])
    const ours = {
      url: `http://127.0.0.1:${oursPort}/webhooks/telegram/${world.botId}`,
      results: [] as Load[],
    }
    const bare = { url: `http://127.0.0.1:${barePort}/webhook`, results: [] as Load[] }
    for (const target of [ours, bare]) await load(target.url, world.telegramSecret, 2)
    for (let round = 0; round < ROUNDS; round++) {
      for (const target of [ours, bare])
        target.results.push(await load(target.url, world.telegramSecret, SECONDS))
    }
    const stored = await db
      .selectFrom('inbox')
      .select((is) => is.fn.countAll<string>().as('count'))
      .executeTakeFirst()
    const [a, b] = [summarise(ours.results), summarise(bare.results)]
    return {
      connections: CONNECTIONS,
      ours: a,
      bare: b,
      ratio: round(a.perSecond / b.perSecond),
      p99Ratio: round(a.p99Ms / b.p99Ms),
      stored: Number(stored?.count ?? 0),
    }
  } finally {
    await fleet.endAll()
    await db.destroy()
  }
}

interface Load {
  perSecond: number
  p50Ms: number
  p99Ms: number
  failed: number
}

function summarise(results: Load[]): Load {
  return {
    perSecond: median(results.map((result) => result.perSecond)),
    p50Ms: median(results.map((result) => result.p50Ms)),
    p99Ms: median(results.map((result) => result.p99Ms)),
    failed: results.reduce((sum, result) => sum + result.failed, 0),
  }
}

let nextUpdateId = 1

async function load(url: string, secret: string, seconds: number): Promise<Load> {
  const result = await autocannon({
    url,
    method: 'POST',
    connections: CONNECTIONS,
    duration: seconds,
    headers: { 'content-type': 'application/json', 'x-telegram-bot-api-secret-token': secret },
    requests: [{ setupRequest: (request) => ({ ...request, body: buildBody() }) }],
  })
  return {
    perSecond: result.requests.average,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    failed: result.non2xx + result.errors,
  }
}

function buildBody(): string {
  const updateId = nextUpdateId++
  const text =
    'How do I get back into my routine after I missed three days in a row, and is it bad that I did?'
  return JSON.stringify(telegramTextUpdate({ updateId, chatId: 1_000 + (updateId % CHATS), text }))
}
