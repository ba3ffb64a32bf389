import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type ApiCaller, openApiCaller } from '../src/testing/api/caller.ts'
import type { TestApp } from '../src/testing/app.ts'
import { buildZip } from '../src/testing/samples/documents.ts'
import { buildEveryFormat, damageFile } from '../src/testing/samples/every-format.ts'
import { telegramTextUpdate } from '../src/testing/telegram/payloads.ts'
import { postTelegram, type TelegramLine } from '../src/testing/telegram/person.ts'
import type { TelegramStandIn } from '../src/testing/telegram/stand-in.ts'
import { openTelegramWorld } from '../src/testing/telegram/world.ts'
import { waitUntil } from '../src/testing/wait.ts'

/** Files uploaded side by side: `UPLOAD_FILES=200` for the long run, which prints what it measured. */
const FILES = Number(process.env.UPLOAD_FILES ?? 24)
/** As a browser has open to one server. */
const AT_ONCE = 6
const QUESTIONS = Math.min(FILES, 100)
const QUESTION_EVERY_MS = 60
const PATIENCE_MS = 300_000

const SHARED = process.env.SHARED_DIR ?? fileURLToPath(new URL('../../shared', import.meta.url))
const FOLDER = join(SHARED, 'eval/documents')

const Uploaded = z.object({
  documents: z.array(z.object({ id: z.string() })),
  refused: z.array(z.object({ name: z.string(), code: z.string() })),
})

interface Figures {
  webhookMs: number[]
  replyMs: number[]
}

describe('many files uploaded at once', { timeout: 600_000 }, () => {
  const opened = new AsyncDisposableStack()
  let telegram: TelegramStandIn
  let app: TestApp
  let api: ApiCaller
  let line: TelegramLine

  beforeAll(async () => {
    ;({ telegram, app, line } = opened.use(
      await openTelegramWorld({
        env: {
          TELEGRAM_BOT_PER_SECOND: '1000',
          API_REQUESTS_PER_MINUTE: '1000000',
          SWEEP_INTERVAL_MS: '500',
        },
      }),
    ))
    api = await openApiCaller(app, app.bot.creatorId)
  })
  afterAll(() => opened.disposeAsync())

  it('end as ready or failed with a reason each, and chats are answered meanwhile', async () => {
    await ask(5)
    const idle = await ask(QUESTIONS)
    const [refused, busy] = await Promise.all([uploadAll(listFiles()), ask(QUESTIONS)])
    await waitUntil(async () => (await listVersions()).every(({ state }) => !isUnderWay(state)), PATIENCE_MS)

    const versions = await listVersions()
    const ready = versions.filter(({ state }) => state === 'ready')
    const failed = versions.filter(({ state }) => state === 'failed')
    if (process.env.UPLOAD_FILES) report({ ready: ready.length, failed: failed.length, refused, idle, busy })
    expect(ready.length + failed.length).toBe(versions.length)
    expect(ready.filter(({ passage_count }) => passage_count === 0)).toEqual([])
    expect(failed.filter(({ error_code }) => !error_code?.startsWith('document.'))).toEqual([])
    expect(ready.length).toBeGreaterThan(FILES / 2)
    expect(failed.length).toBeGreaterThan(0)
    expect(refused.every(({ code }) => code.startsWith('document.'))).toBe(true)
    // On a quiet machine the half: here others may run beside.
    expect(middle(busy.replyMs)).toBeLessThan(Math.max(middle(idle.replyMs) * 6, 1_500))
  })

  /** One question every moment, each in a chat of its own, whatever the answers take. */
  async function ask(count: number): Promise<Figures> {
    const asked: Promise<{ webhookMs: number; replyMs: number }>[] = []
    for (let at = 0; at < count; at += 1) {
      asked.push(askOnce())
      await delay(QUESTION_EVERY_MS)
    }
    const times = await Promise.all(asked)
    return { webhookMs: times.map((it) => it.webhookMs), replyMs: times.map((it) => it.replyMs) }
  }

  let lastChat = 9_000
  async function askOnce() {
    lastChat += 1
    const chatId = lastChat
    const startedMs = performance.now()
    const text = 'What is the word of locker k1003?'
    const response = await postTelegram(line, telegramTextUpdate({ updateId: chatId, chatId, text }))
    await response.arrayBuffer()
    const webhookMs = performance.now() - startedMs
    expect(response.status).toBe(200)
    await waitUntil(() => telegram.sent.some((message) => message.chatId === String(chatId)), PATIENCE_MS)
    return { webhookMs, replyMs: performance.now() - startedMs }
  }

  /** Several requests side by side; returns what was refused before it became a document. */
  async function uploadAll(files: [name: string, content: Buffer][]) {
    const refused: z.output<typeof Uploaded>['refused'] = []
    const waiting = [...files]
    const uploadNext = async (): Promise<void> => {
      for (let file = waiting.shift(); file; file = waiting.shift()) refused.push(...(await upload(...file)))
    }
    await Promise.all(Array.from({ length: AT_ONCE }, uploadNext))
    return refused
  }

  async function upload(name: string, content: Buffer) {
    const url = `${app.url}/api/v1/bots/${app.bot.id}/documents?name=${encodeURIComponent(name)}`
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${api.key}`, 'content-type': 'application/octet-stream' },
      body: new Uint8Array(content),
    })
    const answer: unknown = await response.json()
    if (response.status !== 202) {
      const { error } = z.object({ error: z.object({ code: z.string() }) }).parse(answer)
      return [{ name, code: error.code }]
    }
    return z.object({ data: Uploaded }).parse(answer).data.refused
  }

  function listVersions() {
    return app.app.installation.db
      .selectFrom('document_version')
      .select(['state', 'error_code', 'passage_count'])
      .execute()
  }
})

function isUnderWay(state: string): boolean {
  return state === 'queued' || state === 'extracting' || state === 'embedding'
}

/** Good ones of every format, every fourth damaged, some of them in one zip, and the evaluation's where they are. */
function listFiles(): [name: string, content: Buffer][] {
  const shared = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name !== 'manifest.json') : []
  const ownFiles = Array.from({ length: FILES }, (_, at): [string, Buffer] => {
    const samples = buildEveryFormat(`kestrel${at}`)
    const [name, content] = samples[at % samples.length] ?? ['a.txt', Buffer.from('a')]
    return [`${at}-${name}`, at % 4 === 3 ? damageFile(content, at >> 2) : content]
  })
  const packed = ownFiles.splice(0, Math.ceil(FILES / 10))
  const zip = buildZip(packed.map(([name, content]) => ({ name, content })))
  const others = shared.slice(0, Math.floor(FILES / 3)).map((name): [string, Buffer] => {
    return [name, readFileSync(join(FOLDER, name))]
  })
  return [['course.zip', zip], ...ownFiles.slice(others.length), ...others]
}

function middle(sample: number[]): number {
  return pick(sample, 0.5)
}

function pick(sample: number[], share: number): number {
  return Math.round(sample.toSorted((a, b) => a - b)[Math.floor((sample.length - 1) * share)] ?? 0)
}

function report({ idle, busy, ...counts }: Record<string, unknown> & { idle: Figures; busy: Figures }): void {
  const spread = (sample: number[]) => [0.5, 0.95, 0.99].map((share) => pick(sample, share))
  const figures = [idle, busy].map(({ webhookMs, replyMs }) => ({
    webhook: spread(webhookMs),
    reply: spread(replyMs),
  }))
  process.stdout.write(`${JSON.stringify({ ...counts, idle: figures[0], busy: figures[1] })}\n`)
}
