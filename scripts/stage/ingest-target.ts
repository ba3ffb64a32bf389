import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { createApiKey } from '../../src/accounts/api-key.ts'
import { foundAccount } from '../../src/accounts/found.ts'
import { readConfig } from '../../src/config.ts'
import { type Db, openDatabase } from '../../src/db/database.ts'
import { openInstallation } from '../../src/installation.ts'
import type { BaseKey } from '../../src/knowledge/knowledge-base.ts'
import { createLogger } from '../../src/logger.ts'
import { readPack } from '../../src/packs/pack.ts'

/** A bot of a running app to which files are uploaded as its creator's programs do, and that people write to. */
export interface IngestTarget extends AsyncDisposable {
  db: Db
  key: BaseKey
  webhookUrl: string
  webhookSecret: string
  questions: string[]
  /** Over HTTP, with an API key; resolves when the app has taken the file. */
  upload(name: string, bytes: Buffer): Promise<void>
  /** Versions that wait for their text or their vectors. */
  countWaiting(): Promise<number>
  untilIdle(): Promise<void>
}

const TELEGRAM_ID = '4242'
const SECRET = 'bench-webhook-secret'

const Taken = z.object({ data: z.object({ documents: z.array(z.unknown()).min(1) }) })

/** Connects the habit coach to Telegram and makes an API key of its creator, beside the running app. */
export async function openIngestTarget(env: Record<string, string>, url: string): Promise<IngestTarget> {
  const found = await connect(env)
  const db = openDatabase(found.databaseUrl, { max: 2 })

  const countWaiting = async () => {
    const { count } = await db
      .selectFrom('document_version')
      .select((is) => is.fn.countAll<string>().as('count'))
      .where('state', 'in', ['queued', 'extracting', 'embedding'])
      .executeTakeFirstOrThrow()
    return Number(count)
  }
  return {
    db,
    key: found.key,
    webhookUrl: `${url}/webhooks/telegram/${found.botId}`,
    webhookSecret: SECRET,
    questions: found.questions,
    countWaiting,
    async upload(name, bytes) {
      const response = await fetch(`${url}/api/v1/bots/${found.botId}/documents?name=${name}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${found.apiKey}`, 'content-type': 'application/pdf' },
        body: new Uint8Array(bytes),
      })
      Taken.parse(await response.json())
    },
    async untilIdle() {
      while ((await countWaiting()) > 0) await delay(50)
    },
    [Symbol.asyncDispose]: () => db.destroy(),
  }
}

async function connect(env: Record<string, string>) {
  await using installation = await openInstallation(readConfig(env), createLogger('error'))
  await installation.ingestOpenVersions()
  const { db, connections, addresses } = installation
  const bot = await db
    .selectFrom('bot')
    .select(['id', 'creator_id', 'knowledge_base_id'])
    .where('slug', '=', 'habit-coach')
    .executeTakeFirstOrThrow()
  await connections.save({
    creatorId: bot.creator_id,
    botId: bot.id,
    channel: 'telegram',
    externalId: TELEGRAM_ID,
    name: 'bench',
    credentials: {
      token: `${TELEGRAM_ID}:${'B'.repeat(35)}`,
      webhookSecret: SECRET,
      username: 'bench_bot',
    },
  })
  const account = await foundAccount(db, {
    email: `bench-${randomUUID()}@example.test`,
    name: 'Bench',
    isOperator: false,
  })
  const { key: apiKey } = await createApiKey(
    db,
    { ...account, creatorId: bot.creator_id },
    { name: 'bench', scopes: ['knowledge:write'] },
  )
  const { questions } = await readPack('bots/habit-coach')
  return {
    botId: bot.id,
    key: { creatorId: bot.creator_id, knowledgeBaseId: bot.knowledge_base_id },
    databaseUrl: addresses.databaseUrl,
    apiKey,
    questions: questions.answerable.map(({ question }) => question),
  }
}
