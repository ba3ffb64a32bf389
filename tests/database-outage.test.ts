import { describe, expect, it } from 'vitest'
import { startPostgres } from '../src/embedded/postgres.ts'
import { createLogger } from '../src/logger.ts'
import { startTestApp } from '../src/testing/app.ts'
import { openTestDataDir } from '../src/testing/data-dir.ts'
import { isQuiet } from '../src/testing/database-search.ts'
import { startModelStandIn } from '../src/testing/models/stand-in.ts'
import { telegramTextUpdate } from '../src/testing/telegram/payloads.ts'
import { createTelegramPerson, nextTelegramId, postTelegram } from '../src/testing/telegram/person.ts'
import { startTelegramStandIn } from '../src/testing/telegram/stand-in.ts'
import { waitForLength, waitUntil } from '../src/testing/wait.ts'

const ask = (locker: number) => `What is the word of locker k${locker}?`

/** From PostgreSQL's start to the answer of someone who writes then. */
const RECOVERY_MS = 5_000
/** Long enough for the database to go away while the model thinks. */
const SLOW_MODEL_MS = 1_000

describe('PostgreSQL going away', () => {
  it('is answered with 503 and never with 200, and everything goes on when it is back', {
    timeout: 60_000,
  }, async () => {
    await using telegram = await startTelegramStandIn()
    await using dataDir = await openTestDataDir()
    // Not as scratch data: a commit that was acknowledged has to outlive the crash.
    const start = () => startPostgres({ dataDir: dataDir.path, log: createLogger('silent') })
    let postgres = await start()
    await using _stop = { [Symbol.asyncDispose]: () => postgres.stop() }
    await using model = await startModelStandIn({
      delayMs: ({ messages }) => (messages.at(-1)?.content.includes(ask(1050)) ? SLOW_MODEL_MS : 0),
    })
    await using app = await startTestApp({
      env: {
        TELEGRAM_API_ROOT: telegram.url,
        DATABASE_URL: postgres.url,
        MODEL_CHAT: 'openai:stand-in',
        OPENAI_BASE_URL: model.openAiUrl,
        OPENAI_API_KEY: 'test-key',
      },
    })
    const line = await app.connectTelegram()
    const before = createTelegramPerson(line, telegram)
    await before.says(ask(1001))
    await before.hears()
    const ready = () => fetch(`${app.url}/readyz`)
    expect((await ready()).status).toBe(200)

    const updates = Array.from({ length: 20 }, () => {
      const chatId = nextTelegramId()
      const updateId = nextTelegramId()
      return telegramTextUpdate({ updateId, chatId, text: ask(1002) })
    })
    const post = async (update: Record<string, unknown>) => {
      const response = await postTelegram(line, update)
      return { update, status: response.status, body: await response.text() }
    }
    const inFlight = createTelegramPerson(line, telegram)
    await inFlight.says(ask(1050))
    await waitForLength(() => model.calls, 2)
    process.kill(postgres.pid, 'SIGQUIT') // Immediate shutdown: nothing is finished, nothing is flushed.
    await postgres.stop() // It would be started again at once.
    const away = await Promise.all(updates.map(post))
    const notReady = await ready()

    for (const { status, body } of away) {
      expect(status).toBe(503)
      expect(JSON.parse(body)).toMatchObject({ success: false, error: { code: 'webhook.unavailable' } })
    }
    expect(notReady.status).toBe(503)
    expect(await notReady.json()).toMatchObject({ reasons: ['database does not answer'] })
    expect((await fetch(`${app.url}/healthz`)).status).toBe(200)

    postgres = await start()
    const backAt = Date.now()
    await waitUntil(async () => (await ready()).status === 200)
    const again = await Promise.all(updates.map(post))
    expect(again.map(({ status }) => status)).toEqual(updates.map(() => 200))
    await before.says(ask(1003))
    expect((await before.hears(2)).text).toContain('amber1003')
    expect(Date.now() - backAt).toBeLessThan(RECOVERY_MS)
    expect((await inFlight.hears()).text).toContain('amber1050')
    await waitUntil(() => isQuiet(app.app.installation.db))
    expect(telegram.sent).toHaveLength(updates.length + 3)
  })
})
