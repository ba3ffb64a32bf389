import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Answer } from '../../src/answering/answer-request.ts'
import { findBotBySlug } from '../../src/bots/bot.ts'
import type { Bot } from '../../src/bots/bot-settings.ts'
import { readConfig } from '../../src/config.ts'
import { type Installation, openInstallation } from '../../src/installation.ts'
import { createLogger } from '../../src/logger.ts'
import { type ModelStandIn, startModelStandIn } from '../../src/testing/models/stand-in.ts'
import { createRandom } from '../../src/testing/random.ts'
import { listNearMisses, type NearMiss } from '../stage/near-misses.ts'
import { type TracedQuestion, traceQuestions, writeMaterial } from '../stage/question-trace.ts'
import { chooseLocalWeights } from '../stage/weights.ts'
import { percentile, round } from './statistics.ts'

const QUESTIONS = Number(process.env.BENCH_QUESTIONS ?? 10_000)
const NEAR_MISSES = 500
const SEED = 20_261_121
/** People who wait at a time; enough for some to ask the same at once. */
const AT_ONCE = 8
/** Its list price makes what is saved comparable. */
const MODEL = 'openai:gpt-4o-mini'

/**
 * A day of questions to one bot, most of them asked before in some wording, and pairs of questions that look alike:
 * how many calls of the model the cache saves, and whether it ever gives the answer to another question.
 */
export async function run(): Promise<Record<string, unknown>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'cornerman-bench-'))
  const embed = chooseLocalWeights() ?? { MODEL_EMBED: 'none' }
  const misses = listNearMisses(NEAR_MISSES, createRandom(SEED))
  try {
    await using server = await startModelStandIn()
    await writePack(join(dataDir, 'bots', 'day'), writeMaterial())
    await writePack(join(dataDir, 'bots', 'pairs'), bindPairs(misses))
    const config = readConfig({
      DATA_DIR: dataDir,
      BOTS_DIR: join(dataDir, 'bots'),
      LOG_LEVEL: 'error',
      OLLAMA_BASE_URL: 'http://127.0.0.1:9',
      MODEL_CHAT: MODEL,
      OPENAI_API_KEY: 'stand-in',
      OPENAI_BASE_URL: server.openAiUrl,
      ...embed,
    })
    await using installation = await openInstallation(config, createLogger('error'))
    await installation.ingestOpenVersions()
    return {
      embedding: embed.MODEL_EMBED,
      day: await replayDay(installation, server, await getBot(installation, 'day')),
      nearMisses: await askNearMisses(installation, await getBot(installation, 'pairs'), misses),
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function replayDay(installation: Installation, server: ModelStandIn, bot: Bot) {
  const trace = traceQuestions(QUESTIONS, createRandom(SEED))
  const makers = new Map<string, string>()
  const answers: { traced: TracedQuestion; answer: Answer }[] = []
  const waiting = [...trace]
  const history = [
    { role: 'user' as const, text: 'How do I start napping?' },
    { role: 'assistant' as const, text: 'Put a card on your door.' },
  ]
  const startedMs = performance.now()
  const asker = async () => {
    for (let traced = waiting.shift(); traced; traced = waiting.shift()) {
      const answer = await ask(installation, bot, traced.text, traced.isFollowUp ? history : [])
      if (answer.cache?.outcome === 'miss' && answer.cache.entry)
        makers.set(answer.cache.entry, traced.intent)
      answers.push({ traced, answer })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, asker))
  const seconds = (performance.now() - startedMs) / 1000
  const spent = sum(answers.map(({ answer }) => answer.usage.costUsd))
  const saved = sum(answers.map(({ answer }) => savedBy(answer)))
  const cached = answers.filter(({ answer }) => answer.cached)
  const wrong = cached.filter(({ traced, answer }) => makers.get(entryOf(answer)) !== traced.intent)
  const ms = (isCached: boolean) =>
    answers.filter(({ answer }) => answer.cached === isCached).map(({ answer }) => answer.ms.total)
  return {
    questions: trace.length,
    intents: new Set(trace.map(({ intent }) => intent)).size,
    wordings: new Set(trace.map(({ text }) => text)).size,
    modelCalls: server.calls.length,
    callsAvoided: round(1 - server.calls.length / trace.length),
    outcomes: countBy(answers.map(({ answer }) => describe(answer))),
    wrongReuse: wrong.length,
    costPer100Usd: {
      cached: round((100 * spent) / trace.length),
      uncached: round((100 * (spent + saved)) / trace.length),
    },
    costSaved: round(saved / (spent + saved)),
    answerMs: {
      given: { p50: percentile(ms(true), 0.5), p95: percentile(ms(true), 0.95) },
      written: { p50: percentile(ms(false), 0.5), p95: percentile(ms(false), 0.95) },
    },
    questionsPerSecond: round(trace.length / seconds),
  }
}

/** One document for each kind of pair, a section each. */
function bindPairs(misses: NearMiss[]): { name: string; text: string }[] {
  return [...Map.groupBy(misses, ({ kind }) => kind)].map(([kind, pairs]) => ({
    name: `${kind.replaceAll(' ', '-')}.md`,
    text: [`# ${kind}`, ...pairs.map(({ material }, at) => `## ${kind} ${at}\n\n${material}`)].join('\n\n'),
  }))
}

/** Teaches the first of each pair and then asks the second: every answer given again is held against its question. */
async function askNearMisses(installation: Installation, bot: Bot, misses: NearMiss[]) {
  const makers = new Map<string, string>()
  const plain = (text: string) => text.toLowerCase().replace(/\W+/g, ' ').trim()
  for (const { first } of misses) {
    const { cache } = await ask(installation, bot, first, [])
    if (cache?.outcome === 'miss' && cache.entry) makers.set(cache.entry, plain(first))
  }
  const learned = await countKept(installation, bot)
  const wrong: string[] = []
  for (const { kind, second } of misses) {
    const answer = await ask(installation, bot, second, [])
    const maker = answer.cached ? makers.get(entryOf(answer)) : undefined
    if (answer.cache?.outcome === 'miss' && answer.cache.entry) makers.set(answer.cache.entry, plain(second))
    if (answer.cached && maker !== plain(second)) wrong.push(`${kind}: ${maker} / ${second}`)
  }
  return { pairs: misses.length, learned, wrongReuse: wrong.length, ...(wrong.length > 0 && { wrong }) }
}

function ask(
  { answerer }: Installation,
  bot: Bot,
  question: string,
  history: { role: 'user' | 'assistant'; text: string }[],
): Promise<Answer> {
  return answerer.answer({ bot, question, history, signal: AbortSignal.timeout(60_000) })
}

async function countKept({ db }: Installation, bot: Bot): Promise<number> {
  const row = await db
    .selectFrom('answer_cache')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('bot_id', '=', bot.id)
    .executeTakeFirstOrThrow()
  return Number(row.count)
}

function savedBy({ cache }: Answer): number {
  return cache && cache.outcome !== 'miss' ? cache.savedUsd : 0
}

function entryOf({ cache }: Answer): string {
  return cache?.entry ?? randomUUID()
}

function describe({ kind, cache }: Answer): string {
  if (!cache) return kind
  return cache.outcome === 'miss' ? `miss: ${cache.reason}` : cache.outcome
}

function countBy(names: string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

async function getBot({ db }: Installation, slug: string): Promise<Bot> {
  const bot = await findBotBySlug(db, slug)
  if (!bot) throw new Error(`the pack ${slug} was not imported`)
  return bot
}

async function writePack(folder: string, material: { name: string; text: string }[]): Promise<void> {
  await mkdir(join(folder, 'knowledge'), { recursive: true })
  for (const { name, text } of material) await writeFile(join(folder, 'knowledge', name), text)
  await writeFile(
    join(folder, 'bot.yaml'),
    `slug: ${folder.split('/').at(-1)}\nname: Day\npersona: Exact.\nlanguages: [en]\ngreeting: { en: Hello }\n` +
      'no_answer: { en: No }\nsafety_line: { en: Help }\n',
  )
}
