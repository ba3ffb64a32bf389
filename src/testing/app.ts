import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inject } from 'vitest'
import { type App, createApp } from '../app.ts'
import { findBotBySlug } from '../bots/bot.ts'
import type { Bot } from '../bots/bot-settings.ts'
import { readConfig } from '../config.ts'
import { createLogger } from '../logger.ts'
import { openTestDataDir } from './data-dir.ts'
import { openTestDatabase } from './database.ts'

/** The whole of Cornerman in this process, on a database and a folder of its own. */
export interface TestApp extends AsyncDisposable {
  url: string
  app: App
  databaseUrl: string
  bot: Bot
  /** Puts the bot on Telegram; returns what its webhook needs. */
  connectTelegram(): Promise<{ webhookUrl: string; secret: string; token: string }>
  /** Puts the bot on WhatsApp; returns what its webhook needs. */
  connectWhatsapp(): Promise<{ webhookUrl: string; appSecret: string; phoneNumberId: string }>
}

export interface TestAppOptions {
  /** Over the defaults of tests: no embeddings, no model, loopback, silent. */
  env?: Record<string, string>
  /** Documents of the pack, by file name. */
  documents?: Record<string, string>
  grounding?: 'strict' | 'adaptive' | 'creative'
  /** Languages of the small pack, the default first. */
  languages?: string[]
  /** Gets every log line at LOG_LEVEL, instead of standard error. */
  onLog?: (line: string) => void
  /** Packs imported instead of a small one of our own; the bot is the one of `slug`. */
  botsDir?: string
  slug?: string
}

const SLUG = 'lockers'

/** Starts the app with a small pack that is taken in already, and stops it when disposed. */
export async function startTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  await using opened = new AsyncDisposableStack()
  const { path: dataDir } = opened.use(await openTestDataDir())
  const database = opened.use(await openTestDatabase())
  const botsDir = options.botsDir ?? join(dataDir, 'bots')
  if (!options.botsDir) await writePack(join(botsDir, SLUG), options)
  const config = readConfig({
    PORT: '0',
    HOST: '127.0.0.1',
    DATABASE_URL: database.url,
    CHROMA_URL: inject('chromaUrl'),
    DATA_DIR: dataDir,
    BOTS_DIR: botsDir,
    MODEL_EMBED: 'none',
    OLLAMA_BASE_URL: 'http://127.0.0.1:9',
    LOG_LEVEL: 'silent',
    WHATSAPP_APP_SECRET: 'test-app-secret',
    WHATSAPP_VERIFY_TOKEN: 'test-verify-token',
    SHUTDOWN_TIMEOUT_MS: '3000',
    ...options.env,
  })
  const { onLog } = options
  const log = createLogger(config.logLevel, onLog && { write: onLog })
  const app = await createApp(config, log)
  opened.defer(() => app.stop())
  await app.installation.ingestOpenVersions()
  const port = await app.start()
  const bot = await findBotBySlug(app.installation.db, options.slug ?? SLUG)
  if (!bot) throw new Error('the test pack was not imported')
  const url = `http://127.0.0.1:${port}`
  const owned = opened.move()
  return {
    url,
    app,
    bot,
    databaseUrl: database.url,
    async connectTelegram() {
      const token = `4242:${'T'.repeat(35)}`
      const credentials = { token, webhookSecret: 'test-webhook-secret', username: 'locker_bot' }
      await connect('telegram', '4242', credentials)
      return { webhookUrl: `${url}/webhooks/telegram/${bot.id}`, secret: credentials.webhookSecret, token }
    },
    async connectWhatsapp() {
      await connect('whatsapp', '100200300', { token: 'test-whatsapp-token' })
      return {
        webhookUrl: `${url}/webhooks/whatsapp`,
        appSecret: 'test-app-secret',
        phoneNumberId: '100200300',
      }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }

  function connect(
    channel: 'telegram' | 'whatsapp',
    externalId: string,
    credentials: Record<string, string>,
  ) {
    const owner = { creatorId: bot?.creatorId ?? '', botId: bot?.id ?? '' }
    return app.installation.connections.save({ ...owner, channel, externalId, name: 'test', credentials })
  }
}

const LOCKERS = Array.from(
  { length: 60 },
  (_, index) => `The word of locker k${1000 + index} is amber${1000 + index}.`,
)

async function writePack(
  folder: string,
  { documents, grounding = 'strict', languages = ['en', 'de'] }: TestAppOptions,
): Promise<void> {
  const files = documents ?? { 'lockers.md': `# Lockers\n\n${LOCKERS.join('\n\n')}\n` }
  await mkdir(join(folder, 'knowledge'), { recursive: true })
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, 'knowledge', name), text)
  const lines = [
    `slug: ${SLUG}`,
    'name: Lockers',
    'persona: Short and exact.',
    `languages: [${languages.join(', ')}]`,
    'greeting: { en: "Hello, ask me about lockers.", de: "Hallo, frag mich nach Fächern." }',
    'suggestions: { en: ["What is the word of locker k1003?"] }',
    `grounding: ${grounding}`,
    'no_answer: { en: "That is not in my material.", de: "Das steht nicht in meinen Unterlagen." }',
    'safety_line: { en: "Please call for help." }',
    'knowledge: { keyword_weight: 1 }',
  ]
  await writeFile(join(folder, 'bot.yaml'), `${lines.join('\n')}\n`)
}
