import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApp, type TestApp } from '../src/testing/app.ts'
import { isQuiet } from '../src/testing/database-search.ts'
import {
  type ModelStandIn,
  type StandInBehaviour,
  startModelStandIn,
} from '../src/testing/models/stand-in.ts'
import { openTcpProxy, type TcpProxy } from '../src/testing/network/tcp-proxy.ts'
import { createTelegramPerson, type TelegramLine } from '../src/testing/telegram/person.ts'
import { startTelegramStandIn, type TelegramStandIn } from '../src/testing/telegram/stand-in.ts'
import { waitUntil } from '../src/testing/wait.ts'

const QUESTION = 'What is the word of locker k1003?'

describe('an answer while the model misbehaves', () => {
  const opened = new AsyncDisposableStack()
  let telegram: TelegramStandIn
  let model: ModelStandIn
  let modelProxy: TcpProxy
  let app: TestApp
  let line: TelegramLine

  beforeAll(async () => {
    telegram = opened.use(await startTelegramStandIn())
    model = opened.use(await startModelStandIn())
    modelProxy = opened.use(await openTcpProxy(model.url))
    app = opened.use(
      await startTestApp({
        env: {
          TELEGRAM_API_ROOT: telegram.url,
          MODEL_CHAT: 'openai:stand-in',
          OPENAI_BASE_URL: `${modelProxy.url}/v1`,
          OPENAI_API_KEY: 'test-key',
          // One question is asked again and again, to be answered by the model each time.
          ANSWER_CACHE: 'false',
          MODEL_FIRST_TOKEN_TIMEOUT_MS: '1500',
          MODEL_TOTAL_TIMEOUT_MS: '2500',
        },
      }),
    )
    line = await app.connectTelegram()
  })
  afterAll(() => opened.disposeAsync())

  /** Asks once, and waits until nothing more can come. */
  async function askOnce(): Promise<string[]> {
    const person = createTelegramPerson(line, telegram)
    await person.says(QUESTION)
    await person.hears()
    await waitUntil(() => isQuiet(app.app.installation.db))
    return person.heard().map(({ text }) => text)
  }

  const misbehaviours: StandInBehaviour[] = [
    { kind: 'status', status: 500 },
    { kind: 'status', status: 429, retryAfterSeconds: 1 },
    { kind: 'status', status: 401, code: 'invalid_api_key' },
    { kind: 'hang' },
    { kind: 'cut', afterWords: 0 },
    { kind: 'cut', afterWords: 3 },
    { kind: 'garbage' },
    { kind: 'stream-error' },
    { kind: 'endless' },
    { kind: 'empty' },
  ]

  it.each(misbehaviours)(
    'is one and quoted from the material: $kind $status $afterWords',
    async (behaviour) => {
      model.behave({ kind: 'answer' })
      const [usual] = await askOnce() // A success between two troubles, so that each meets the model itself.
      const callsBefore = model.calls.length
      model.behave(behaviour)

      const answers = await askOnce()

      expect(usual).toBe('The word of locker k1003 is amber1003 [1].')
      expect(model.calls.length).toBeGreaterThan(callsBefore)
      expect(answers).toHaveLength(1)
      expect(answers[0]).toContain('amber1003')
      expect(answers[0]).not.toMatch(/and so on|Half an/)
    },
  )

  it('is one and quoted from the material when nothing listens there', async () => {
    await modelProxy.cut()

    const answers = await askOnce()

    await modelProxy.restore()
    expect(answers).toHaveLength(1)
    expect(answers[0]).toContain('amber1003')
  })
})
