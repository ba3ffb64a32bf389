/**
 * `npm run chaos -- --messages N --kills K --seed S [--mode kill|term|postgres] [--json]`
 *
 * Real processes are ended at seeded random points while messages flow from two channels whose servers
 * take 100 to 160 ms for every send. A kill waits until sends are in flight: a kill that meets none proves
 * nothing, and the report says how many met some.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { openDatabase } from '../src/db/database.ts'
import { createRandom } from '../src/testing/random.ts'
import { startTelegramStandIn } from '../src/testing/telegram/stand-in.ts'
import { startWhatsappStandIn } from '../src/testing/whatsapp/stand-in.ts'
import { createDriver, type DrivenChannel, type DrivenChat } from './chaos/driver.ts'
import { type ChaosFigures, listTroubles, takeStock } from './chaos/ledger.ts'
import { describeFailure, readOption, refuseUsage } from './command.ts'
import { createFleet, type Fleet } from './stage/fleet.ts'
import { buildWorld } from './stage/world.ts'

const args = process.argv.slice(2)
const messages = readCount('messages', 200)
const kills = readCount('kills', 20)
const seed = readCount('seed', 7)
const mode = readOption(args, 'mode') ?? 'kill'
if (!['kill', 'term', 'postgres'].includes(mode))
  refuseUsage('npm run chaos -- --messages N --kills K --seed S [--mode kill|term|postgres] [--json]')

const CHATS_PER_CHANNEL = 20
const MEMBERS = ['web 1', 'web 2', 'worker 1', 'worker 2']
/** Sends that must be in flight when a process is killed. */
const MIN_IN_FLIGHT = 4
/** After this long a kill goes ahead whatever is in flight; the report counts those that met enough. */
const KILL_WAIT_MS = 5_000
/** Of work between two crashes of the database, counted from when it is back. */
const CRASH_PAUSE_MS = 4_000
/** From the signal until the server is gone. */
const POSTGRES_FALL_MS = 200
const READY_WAIT_MS = 60_000
const SETTLE_TIMEOUT_MS = 120_000

try {
  const report = await runChaos()
  console.log(args.includes('--json') ? JSON.stringify(report) : JSON.stringify(report, null, 2))
  process.exit(report.lost + report.duplicated + report.outOfOrder === 0 ? 0 : 1)
} catch (error) {
  console.error(describeFailure(error))
  process.exit(1)
}

async function runChaos() {
  const startedMs = performance.now()
  const random = createRandom(seed)
  const flights = createFlights(random)
  await using telegram = await startTelegramStandIn({ delayMs: flights.take })
  await using world = await buildWorld({
    facts: messages,
    settings: {
      TELEGRAM_API_ROOT: telegram.url,
      // The vendors' own pace would turn a test of minutes into one of hours.
      TELEGRAM_BOT_PER_SECOND: '100000',
      TELEGRAM_CHAT_PER_SECOND: '100000',
      WHATSAPP_NUMBER_PER_SECOND: '100000',
      WHATSAPP_PAIR_PER_SECOND: '100000',
      WHATSAPP_SETTLE_MS: '6000',
    },
  })
  await using whatsapp = await startWhatsappStandIn({
    delayMs: flights.take,
    statusWebhook: {
      url: `http://127.0.0.1:${world.webPorts[0]}/webhooks/whatsapp`,
      appSecret: world.appSecret,
      isShuffled: true,
      copies: 2,
      random,
    },
  })
  const fleet = createFleet({ ...world.env, WHATSAPP_API_ROOT: whatsapp.url })
  try {
    const ready = new Set<string>()
    const startMember = async (name: string) => {
      ready.delete(name)
      await fleet.start(name, envOf(name, world.webPorts)).ready
      ready.add(name)
    }
    await Promise.all(MEMBERS.map(startMember))

    const driver = createDriver({ world, telegram, whatsapp, random })
    const chats = buildChats()
    const flowing = driver.run(chats, messages)
    const ended = await endProcesses({
      fleet,
      ready,
      startMember,
      flights,
      random,
      world,
      release: driver.release,
    })
    driver.release(messages)
    await flowing
    const settled = await settle(world.databaseUrl)
    await whatsapp.settleStatuses()

    const figures = await takeStock(world.databaseUrl, driver, chats)
    return {
      ...addUp(Object.values(figures)),
      byChannel: figures,
      mode,
      seed,
      ...ended,
      isSettled: settled,
      troubles: await listTroubles(world.databaseUrl),
      refusedByVendors: telegram.refused.length + whatsapp.refused.length,
      seconds: Math.round((performance.now() - startedMs) / 1000),
    }
  } finally {
    await fleet.endAll()
  }
}

interface Ending {
  fleet: Fleet
  /** Members that are at work. */
  ready: Set<string>
  startMember: (name: string) => Promise<void>
  flights: ReturnType<typeof createFlights>
  random: () => number
  world: { crashPostgres(): void; databaseUrl: string }
  release: (count: number) => void
}

/** Ends a random process again and again while sends are in flight, and starts it anew. */
async function endProcesses({ fleet, ready, startMember, flights, random, world, release }: Ending) {
  const ended = { ended: 0, endedInFlight: 0, slowestStopMs: 0, uncleanStops: 0 }
  for (let round = 0; round < kills; round++) {
    await waitForEnough(ready)
    release(Math.ceil(((round + 1) * messages) / kills))
    if (await waitForFlights(flights)) ended.endedInFlight++
    await delay(random() * 120)
    ended.ended++
    if (mode === 'postgres') {
      world.crashPostgres()
      await waitForDatabase(world.databaseUrl)
      await delay(CRASH_PAUSE_MS)
      continue
    }
    const name = [...ready].sort()[Math.floor(random() * ready.size)] ?? 'web 1'
    ready.delete(name)
    const { exitCode, ms } = await fleet.end(name, mode === 'term' ? 'SIGTERM' : 'SIGKILL')
    if (mode === 'term') {
      ended.slowestStopMs = Math.max(ended.slowestStopMs, Math.round(ms))
      if (exitCode !== 0) ended.uncleanStops++
    }
    // Not waited for: the others are at work meanwhile. One that does not come up shows as messages lost.
    startMember(name).catch(() => {})
  }
  return ended
}

/** At most one is away at a time: a kill of the only worker meets little in flight. */
async function waitForEnough(ready: Set<string>): Promise<void> {
  const deadline = Date.now() + READY_WAIT_MS
  while (Date.now() < deadline && ready.size < MEMBERS.length) await delay(5)
}

async function waitForFlights(flights: ReturnType<typeof createFlights>): Promise<boolean> {
  const deadline = Date.now() + KILL_WAIT_MS
  while (Date.now() < deadline) {
    if (flights.count() >= MIN_IN_FLIGHT) return true
    await delay(2)
  }
  return false
}

/** Resolves when the database answers again. */
async function waitForDatabase(databaseUrl: string): Promise<void> {
  const deadline = Date.now() + READY_WAIT_MS
  const db = openDatabase(databaseUrl, { max: 1 })
  const answers = () =>
    db
      .selectFrom('creator')
      .select('id')
      .execute()
      .then(
        () => true,
        () => false,
      )
  try {
    await delay(POSTGRES_FALL_MS)
    while (Date.now() < deadline && !(await answers())) await delay(50)
  } finally {
    await db.destroy()
  }
}

/** How long each send takes, and how many are under way. */
function createFlights(random: () => number) {
  const ends: number[] = []
  return {
    take(): number {
      const ms = 100 + random() * 60
      ends.push(performance.now() + ms)
      return ms
    },
    count(): number {
      const now = performance.now()
      while (ends[0] !== undefined && ends[0] < now - 200) ends.shift()
      return ends.filter((end) => end > now).length
    },
  }
}

/** Waits until nothing is open: no Update, no Part. */
async function settle(databaseUrl: string): Promise<boolean> {
  const db = openDatabase(databaseUrl, { max: 2 })
  const deadline = Date.now() + SETTLE_TIMEOUT_MS
  try {
    while (Date.now() < deadline) {
      const inbox = await db.selectFrom('inbox').select('id').where('done_at', 'is', null).limit(1).execute()
      const parts = await db
        .selectFrom('part')
        .select('id')
        .where('state', 'in', ['queued', 'sending', 'doubtful'])
        .limit(1)
        .execute()
      if (inbox.length + parts.length === 0) return true
      await delay(200)
    }
    return false
  } finally {
    await db.destroy()
  }
}

function envOf(name: string, [first, second]: readonly [number, number]): Record<string, string> {
  if (name.startsWith('worker')) return { ROLES: 'worker,scheduler', PORT: '0' }
  return { ROLES: 'web,scheduler', PORT: String(name === 'web 1' ? first : second) }
}

function buildChats(): DrivenChat[] {
  return (['telegram', 'whatsapp'] as const).flatMap((channel: DrivenChannel) =>
    Array.from({ length: CHATS_PER_CHANNEL }, (_, index) => ({
      channel,
      id: channel === 'telegram' ? String(700_000 + index) : `4915150${100_000 + index}`,
      expected: [],
    })),
  )
}

function addUp(all: ChaosFigures[]): ChaosFigures {
  const total: ChaosFigures = {
    sent: 0,
    answered: 0,
    lost: 0,
    duplicated: 0,
    duplicatedInDoubt: 0,
    outOfOrder: 0,
    questions: 0,
    usageRows: 0,
    ambiguousSends: 0,
  }
  for (const figures of all) {
    for (const name of Object.keys(total) as (keyof ChaosFigures)[]) total[name] += figures[name]
  }
  return total
}

function readCount(name: string, fallback: number): number {
  const value = readOption(args, name)
  if (value === undefined) return fallback
  if (!/^\d+$/.test(value)) refuseUsage(`--${name} takes a whole number`)
  return Number(value)
}
