import { startTestApp, type TestApp } from '../app.ts'
import { type ModelStandIn, type StandInOptions, startModelStandIn } from '../models/stand-in.ts'
import type { TelegramLine } from './person.ts'
import { startTelegramStandIn, type TelegramStandIn } from './stand-in.ts'

/** A bot on Telegram, with stand-ins for Telegram and for a model. */
export interface TelegramWorld extends AsyncDisposable {
  telegram: TelegramStandIn
  model: ModelStandIn
  app: TestApp
  line: TelegramLine
}

/** The setting that has the stand-in write the answers; without it the material is quoted. */
export const WITH_MODEL = { MODEL_CHAT: 'openai:stand-in' }

/** @param env over the defaults of {@link startTestApp} and the addresses of the stand-ins. */
export async function openTelegramWorld({
  env = {},
  model: behaviour = {},
}: {
  env?: Record<string, string>
  model?: StandInOptions
} = {}): Promise<TelegramWorld> {
  await using opened = new AsyncDisposableStack()
  const telegram = opened.use(await startTelegramStandIn())
  const model = opened.use(await startModelStandIn(behaviour))
  const app = opened.use(
    await startTestApp({
      env: {
        TELEGRAM_API_ROOT: telegram.url,
        TELEGRAM_CHAT_PER_SECOND: '1000',
        OPENAI_BASE_URL: model.openAiUrl,
        OPENAI_API_KEY: 'test-key',
        ...env,
      },
    }),
  )
  const line = await app.connectTelegram()
  const owned = opened.move()
  return { telegram, model, app, line, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}
