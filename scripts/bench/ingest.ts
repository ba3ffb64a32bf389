import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { PDFiumLibrary } from '@hyzyla/pdfium'
import { createExtractor } from '../../src/extraction/extractor.ts'
import { searchKeywords } from '../../src/knowledge/keywords/search.ts'
import { startModelStandIn } from '../../src/testing/models/stand-in.ts'
import { startTelegramStandIn } from '../../src/testing/telegram/stand-in.ts'
import { createFleet } from '../stage/fleet.ts'
import { type IngestTarget, openIngestTarget } from '../stage/ingest-target.ts'
import { buildLongPdf } from '../stage/long-pdf.ts'
import { findFreePort } from '../stage/port.ts'
import { readCpu } from '../stage/process-figures.ts'
import { type Asker, createAsker } from '../stage/telegram-asker.ts'
import { chooseLocalWeights } from '../stage/weights.ts'
import { median, percentile, round } from './statistics.ts'

const PAGES = 300
/** Bare, sandbox and the whole way take turns, so that a noisy moment meets all. */
const ROUNDS = 5
/** Questions asked alone, and again while documents are taken in. */
const QUESTIONS = 200
const QUESTION_EVERY_MS = 80
/** More than are taken in while the questions are asked. */
const DOCUMENTS = 16
const CHATS = 40
const POLL_MS = 5
const SEARCHABLE_TIMEOUT_MS = 120_000

/**
 * A PDF of 300 dense pages from its upload over HTTP to the first question that finds it by keywords, in pages
 * a second, beside the bare extractor on the same bytes in the same run; and what taking such files in, vectors
 * included, does to the people who write meanwhile.
 */
export async function run(): Promise<Record<string, unknown>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'cornerman-ingest-'))
  await using telegram = await startTelegramStandIn()
  await using model = await startModelStandIn({ dimension: 256 })
  const embed = chooseLocalWeights() ?? { MODEL_EMBED: 'openai:stand-in' }
  const env = {
    DATA_DIR: dataDir,
    PORT: String(await findFreePort()),
    HOST: '127.0.0.1',
    NODE_ENV: 'production',
    OLLAMA_BASE_URL: 'http://127.0.0.1:9',
    OPENAI_API_KEY: 'bench',
    OPENAI_BASE_URL: model.openAiUrl,
    TELEGRAM_API_ROOT: telegram.url,
    // What is measured is Cornerman, not the vendor's pace.
    TELEGRAM_BOT_PER_SECOND: '100000',
    TELEGRAM_CHAT_PER_SECOND: '100000',
    ANSWER_CACHE: 'false',
    LOG_LEVEL: 'error',
    ...embed,
  }
  const fleet = createFleet(env)
  try {
    const port = await fleet.start('app', {}).ready
    await using target = await openIngestTarget(env, `http://127.0.0.1:${port}`)
    const speed = await measureSpeed(target, dataDir)
    const asker = createAsker(telegram, target)
    await ask(asker, 20)
    const idle = await ask(asker, QUESTIONS)
    const cpuBefore = readCpu(dataDir, fleet.get('app')?.child.pid)
    const busy = await askWhileIngesting(asker, target)
    const cpuAfter = readCpu(dataDir, fleet.get('app')?.child.pid)
    return {
      embedding: embed.MODEL_EMBED,
      ...speed,
      idle,
      busy,
      replyRatioP95: round(busy.reply.p95Ms / idle.reply.p95Ms),
      cpuMsPerPage: Object.fromEntries(
        Object.entries(cpuAfter).map(([name, ms]) => [
          name,
          round((ms - (cpuBefore[name] ?? 0)) / busy.pagesTakenIn),
        ]),
      ),
      refusedByVendor: telegram.refused.length,
    }
  } finally {
    await fleet.end('app', 'SIGTERM')
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function measureSpeed(target: IngestTarget, dataDir: string) {
  const path = join(dataDir, 'bench.pdf')
  const library = await PDFiumLibrary.init()
  const codeDir = join(dataDir, 'bench-code')
  await using extractor = createExtractor({ maxChildren: 1, idleMs: 60_000, codeDir })
  const rates = {
    bare: [] as number[],
    cold: [] as number[],
    warm: [] as number[],
    searchable: [] as number[],
  }
  let characters = 0
  // The first round loads code and warms caches on all sides.
  for (let round = 0; round <= ROUNDS; round += 1) {
    const mark = `zebrafinch${round}`
    const bytes = buildLongPdf({ pages: PAGES, seed: round, mark })
    await writeFile(path, bytes)
    const took = {
      bare: await time(async () => {
        characters = await readBare(library, bytes)
      }),
      cold: await time(async () => {
        await using fresh = createExtractor({ maxChildren: 1, codeDir })
        await fresh.extract(path)
      }),
      warm: await time(() => extractor.extract(path)),
      searchable: await time(() => uploadAndFind(target, bytes, mark)),
    }
    await target.untilIdle()
    if (round === 0) continue
    for (const [name, ms] of Object.entries(took))
      rates[name as keyof typeof rates].push((PAGES * 1_000) / ms)
  }
  const pagesPerSecond = Object.fromEntries(
    Object.entries(rates).map(([name, sample]) => [name, median(sample)]),
  )
  const ratio = (sample: number[]) => median(sample.map((rate, at) => rate / (rates.bare[at] ?? rate)))
  return {
    pages: PAGES,
    charactersPerPage: Math.round(characters / PAGES),
    pagesPerSecond,
    ofBare: { cold: ratio(rates.cold), warm: ratio(rates.warm), searchable: ratio(rates.searchable) },
  }
}

async function readBare(library: PDFiumLibrary, bytes: Buffer): Promise<number> {
  const document = await library.loadDocument(bytes)
  let characters = 0
  for (const page of document.pages()) characters += page.getText().length
  document.destroy()
  return characters
}

async function uploadAndFind(target: IngestTarget, bytes: Buffer, mark: string): Promise<void> {
  await target.upload(`${mark}.pdf`, bytes)
  const query = { ...target.key, question: mark, limit: 1 }
  const deadline = performance.now() + SEARCHABLE_TIMEOUT_MS
  while ((await searchKeywords(target.db, query)).length === 0) {
    if (performance.now() > deadline) throw new Error('the document was not found in time')
    await delay(POLL_MS)
  }
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now()
  await work()
  return performance.now() - startedMs
}

/** Asks at a steady pace, whatever the answers take, and waits for all of them. */
async function ask(asker: Asker, count: number) {
  const asked: ReturnType<Asker['ask']>[] = []
  for (let at = 0; at < count; at += 1) {
    asked.push(asker.ask(at % CHATS))
    await delay(QUESTION_EVERY_MS)
  }
  return summarise(await Promise.all(asked))
}

function summarise(times: Awaited<ReturnType<Asker['ask']>>[]) {
  const of = (sample: number[]) => ({
    p50Ms: percentile(sample, 0.5),
    p95Ms: percentile(sample, 0.95),
    p99Ms: percentile(sample, 0.99),
  })
  return { webhook: of(times.map((it) => it.webhookMs)), reply: of(times.map((it) => it.replyMs)) }
}

/** The same questions while one such PDF after the other is uploaded and taken in with its vectors. */
async function askWhileIngesting(asker: Asker, target: IngestTarget) {
  // Built before: what builds them here would keep the questions waiting, too.
  const files = Array.from({ length: DOCUMENTS }, (_, at) => {
    const mark = `goldfinch${at}`
    return { name: `${mark}.pdf`, bytes: buildLongPdf({ pages: PAGES, seed: 100 + at, mark }) }
  })
  let isOver = false
  let taken = 0
  const uploads = (async () => {
    for (const { name, bytes } of files) {
      if (isOver) return
      await target.upload(name, bytes)
      taken += 1
      while (!isOver && (await target.countWaiting()) > 1) await delay(100)
    }
  })()
  const figures = await ask(asker, QUESTIONS)
  isOver = true
  await uploads
  return { ...figures, pagesTakenIn: PAGES * Math.max(taken - (await target.countWaiting()), 1) }
}
