import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig } from '../../src/config.ts'
import { startChroma } from '../../src/embedded/chroma.ts'
import { startPostgres } from '../../src/embedded/postgres.ts'
import { openInstallation } from '../../src/installation.ts'
import { createLogger } from '../../src/logger.ts'
import { findFreePort } from './port.ts'

/** What the processes under test share: real servers, one bot, and its accounts on the stand-ins. */
export interface World extends AsyncDisposable {
  env: Record<string, string>
  databaseUrl: string
  botId: string
  /** Of two web processes; a test of one uses the first. */
  webPorts: readonly [number, number]
  telegramSecret: string
  appSecret: string
  phoneNumberId: string
  crashPostgres(): void
}

const APP_SECRET = 'chaos-app-secret'
const PHONE_NUMBER_ID = '100200300'
const TELEGRAM_TOKEN = `4242:${'A'.repeat(35)}`

/** Builds the world in a folder of its own: PostgreSQL, Chroma, a pack of one fact a message. */
export async function buildWorld({
  facts,
  settings,
}: {
  facts: number
  settings: Record<string, string>
}): Promise<World> {
  await using opened = new AsyncDisposableStack()
  const dataDir = await mkdtemp(join(tmpdir(), 'cornerman-chaos-'))
  opened.defer(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5 }))
  const log = createLogger('error')
  const postgres = await startPostgres({ dataDir, log })
  opened.defer(() => postgres.stop())
  const chroma = opened.use(await startChroma({ dataDir, log }))
  const webPorts = [await findFreePort(), await findFreePort()] as const
  const env: Record<string, string> = {
    DATABASE_URL: postgres.url,
    CHROMA_URL: chroma.url,
    DATA_DIR: dataDir,
    BOTS_DIR: join(dataDir, 'bots'),
    ENCRYPTION_KEY: randomBytes(32).toString('hex'),
    PUBLIC_URL: `http://127.0.0.1:${webPorts[0]}`,
    HOST: '127.0.0.1',
    MODEL_EMBED: 'none',
    // Nothing answers there: the extractive answerer is what is under test.
    OLLAMA_BASE_URL: 'http://127.0.0.1:9',
    WHATSAPP_APP_SECRET: APP_SECRET,
    LOG_LEVEL: 'error',
    ...settings,
  }
  await writePack(join(dataDir, 'bots', 'lockers'), facts)

  await using installation = await openInstallation(readConfig(env), log)
  await installation.ingestOpenVersions()
  const bot = await installation.db.selectFrom('bot').select(['id', 'creator_id']).executeTakeFirstOrThrow()
  const account = { creatorId: bot.creator_id, botId: bot.id, name: 'chaos' }
  const telegramSecret = randomBytes(16).toString('hex')
  await installation.connections.save({
    ...account,
    channel: 'telegram',
    externalId: '4242',
    credentials: { token: TELEGRAM_TOKEN, webhookSecret: telegramSecret, username: 'chaos_bot' },
  })
  await installation.connections.save({
    ...account,
    channel: 'whatsapp',
    externalId: PHONE_NUMBER_ID,
    credentials: { token: 'chaos-token' },
  })

  const owned = opened.move()
  return {
    env,
    databaseUrl: postgres.url,
    botId: bot.id,
    webPorts,
    telegramSecret,
    appSecret: APP_SECRET,
    phoneNumberId: PHONE_NUMBER_ID,
    // Immediate shutdown: no checkpoint, recovery at the next start, which the embedded server sees to itself.
    crashPostgres: () => {
      process.kill(postgres.pid, 'SIGQUIT')
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** One line a fact, each with a word of its own, so that every answer names the question it answers. */
async function writePack(folder: string, facts: number): Promise<void> {
  await mkdir(join(folder, 'knowledge'), { recursive: true })
  const lines = Array.from(
    { length: facts },
    (_, index) => `The word of locker ${keyOf(index)} is amber${keyOf(index)}.\n`,
  )
  await writeFile(join(folder, 'knowledge', 'lockers.md'), `# Lockers\n\n${lines.join('\n')}`)
  await writeFile(
    join(folder, 'bot.yaml'),
    [
      'slug: lockers',
      'name: Lockers',
      'persona: Short and exact.',
      'languages: [en]',
      'greeting: { en: Hello }',
      'no_answer: { en: Not in my material. }',
      'safety_line: { en: Please call for help. }',
      'knowledge: { keyword_weight: 1 }',
      '',
    ].join('\n'),
  )
}

/** The word that only question and answer number `index` hold. */
export function keyOf(index: number): string {
  return `k${String(index).padStart(5, '0')}`
}
