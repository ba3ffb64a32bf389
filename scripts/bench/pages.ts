import { request } from 'node:http'
import { performance } from 'node:perf_hooks'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { startSession } from '../../src/accounts/session.ts'
import { createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import type { Db } from '../../src/db/database.ts'
import { createLogger } from '../../src/logger.ts'
import { listMountedRoutes } from '../../src/testing/wall/mounted-routes.ts'
import { percentile } from './statistics.ts'

/** Requests of each page, after some that warm caches and plans. */
const ROUNDS = 25
const WARM_UP = 3

/** What a page may cost: first byte and everything a browser with an empty cache loads for it. */
const LIMITS = { firstByteMs: 100, transferBytes: 150_000 }

interface PageFigures {
  page: string
  status: number
  p50Ms: number
  p95Ms: number
  pageBytes: number
  transferBytes: number
}

interface Answer {
  status: number
  firstByteMs: number
  /** On the wire: head and packed body. */
  bytes: number
  html: string
}

/**
 * Every page of the creators' area, on whatever this DATA_DIR holds (`npm run seed` fills one), as the owner of the
 * creator whose bot has the most chats. Pages are found in the router.
 */
export async function run(): Promise<Record<string, unknown>> {
  const config = readConfig({ ...process.env, PORT: '0', HOST: '127.0.0.1', ROLES: 'web' })
  const app = await createApp(config, createLogger('error'))
  try {
    const port = await app.start()
    const url = `http://127.0.0.1:${port}`
    const { db } = app.installation
    const world = await findBusiest(db)
    const { token } = await startSession(db, { ...world, userAgent: 'bench', ip: '127.0.0.1' })
    const cookie = `cornerman_session=${token}`
    const assets = new Map<string, number>()
    const pages: PageFigures[] = []
    for (const path of await listPages(url, world.ids))
      pages.push(await measure(url, path, { cookie, assets }))
    const shown = pages.filter(({ status }) => status === 200).sort((a, b) => b.p95Ms - a.p95Ms)
    return {
      rows: await countRows(db),
      pages: shown,
      slow: shown.filter(({ p95Ms }) => p95Ms > LIMITS.firstByteMs).map(({ page }) => page),
      heavy: shown
        .filter(({ transferBytes }) => transferBytes > LIMITS.transferBytes)
        .map(({ page }) => page),
      skipped: pages.filter(({ status }) => status !== 200).map(({ page, status }) => `${status} ${page}`),
    }
  } finally {
    await app.stop()
  }
}

async function findBusiest(db: Db) {
  const bot = await db
    .selectFrom('chat')
    .innerJoin('bot', 'bot.id', 'chat.bot_id')
    .select(['bot.id', 'bot.creator_id', 'bot.knowledge_base_id'])
    .groupBy(['bot.id', 'bot.creator_id', 'bot.knowledge_base_id'])
    .orderBy((is) => is.fn.countAll(), 'desc')
    .limit(1)
    .executeTakeFirstOrThrow()
  const creatorId = bot.creator_id
  const { member_id: memberId } = await db
    .selectFrom('membership')
    .select('member_id')
    .where('creator_id', '=', creatorId)
    .where('role', '=', 'owner')
    .executeTakeFirstOrThrow()
  const longest = await db
    .selectFrom('usage')
    .select(['chat_id', 'subscriber_id'])
    .where('bot_id', '=', bot.id)
    .groupBy(['chat_id', 'subscriber_id'])
    .orderBy((is) => is.fn.countAll(), 'desc')
    .limit(1)
    .executeTakeFirstOrThrow()
  const [group, document, message] = await Promise.all([
    db.selectFrom('gap_group').select('id').where('bot_id', '=', bot.id).limit(1).executeTakeFirst(),
    db
      .selectFrom('document')
      .select(['id', 'active_version_id'])
      .where('knowledge_base_id', '=', bot.knowledge_base_id)
      .limit(1)
      .executeTakeFirst(),
    db
      .selectFrom('message')
      .select(['id', 'turn_id'])
      .where('chat_id', '=', longest.chat_id)
      .where('direction', '=', 'out')
      .limit(1)
      .executeTakeFirst(),
  ])
  const ids: Record<string, string | undefined> = {
    botId: bot.id,
    chatId: longest.chat_id,
    subscriberId: longest.subscriber_id,
    groupId: group?.id,
    documentId: document?.id,
    versionId: document?.active_version_id ?? undefined,
    messageId: message?.id,
    turnId: message?.turn_id,
    purpose: 'answer',
    channel: 'telegram',
  }
  return { creatorId, memberId, ids }
}

/** Pages with what they are asked with in daily use; streams and downloads are no pages. */
async function listPages(url: string, ids: Record<string, string | undefined>): Promise<string[]> {
  const routes = await listMountedRoutes(url)
  const paths = routes
    .filter(({ method, path }) => method === 'GET' && path.startsWith('/admin'))
    .map(({ path }) => path)
    .filter((path) => !/events|\*|\/file$|export|sign-in|sign-up|forgot|reset/.test(path))
  const asked = [
    '/admin/bots/:botId/knowledge/search?q=sleep+habit',
    '/admin/bots/:botId/knowledge?q=part',
    '/admin/bots/:botId/chats?q=sleep',
    '/admin/bots/:botId/gaps?state=dismissed',
    '/admin/bots/:botId/overview?days=90',
  ]
  const fill = (path: string) => path.replace(/:(\w+)/g, (_, name: string) => ids[name] ?? `:${name}`)
  return [...new Set([...paths, ...asked].map(fill))].filter((path) => !path.includes('/:'))
}

async function measure(
  url: string,
  path: string,
  { cookie, assets }: { cookie: string; assets: Map<string, number> },
): Promise<PageFigures> {
  const answers: Answer[] = []
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const answer = await get(url, path, cookie)
    if (answer.status !== 200)
      return { page: path, status: answer.status, p50Ms: 0, p95Ms: 0, pageBytes: 0, transferBytes: 0 }
    if (round >= WARM_UP) answers.push(answer)
  }
  const last = answers.at(-1)
  const linked = [...(last?.html ?? '').matchAll(/(?:src|href)="(\/assets\/[^"#]+)/g)].map(
    ([, asset = '']) => asset,
  )
  let transferBytes = last?.bytes ?? 0
  for (const asset of new Set(linked)) {
    if (!assets.has(asset)) assets.set(asset, (await get(url, asset, cookie)).bytes)
    transferBytes += assets.get(asset) ?? 0
  }
  const times = answers.map(({ firstByteMs }) => firstByteMs)
  return {
    page: path,
    status: 200,
    p50Ms: percentile(times, 0.5),
    p95Ms: percentile(times, 0.95),
    pageBytes: last?.bytes ?? 0,
    transferBytes,
  }
}

/** By `node:http`: what counts is what came over the wire, and when the first of it did. */
function get(url: string, path: string, cookie: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const startedMs = performance.now()
    const headers = { Cookie: cookie, Accept: 'text/html', 'Accept-Encoding': 'br, gzip' }
    const sent = request(new URL(path, url), { headers }, (response) => {
      const firstByteMs = performance.now() - startedMs
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const body = Buffer.concat(chunks)
        const head = response.rawHeaders.join('').length + 2 * response.rawHeaders.length
        const html = unpack(body, response.headers['content-encoding'])
        resolve({ status: response.statusCode ?? 0, firstByteMs, bytes: body.length + head, html })
      })
    })
    sent.on('error', reject)
    sent.end()
  })
}

function unpack(body: Buffer, encoding: string | undefined): string {
  if (encoding === 'br') return brotliDecompressSync(body).toString()
  return encoding === 'gzip' ? gunzipSync(body).toString() : body.toString()
}

async function countRows(db: Db) {
  const [bots, chats, messages] = await Promise.all(
    (['bot', 'chat', 'message'] as const).map(async (table) => {
      const { count } = await db
        .selectFrom(table)
        .select((is) => is.fn.countAll<string>().as('count'))
        .executeTakeFirstOrThrow()
      return Number(count)
    }),
  )
  return { bots, chats, messages }
}
