import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { openDatabase } from '../db/database.ts'
import { createLogger } from '../logger.ts'
import { addTestBot } from '../testing/builders/bot.ts'
import { addTestChat } from '../testing/builders/conversation.ts'
import { buildUpdate } from '../testing/builders/update.ts'
import { openTestDatabase, type TestDatabase } from '../testing/database.ts'
import { openTcpProxy } from '../testing/network/tcp-proxy.ts'
import { waitUntil } from '../testing/wait.ts'
import { claimChat } from './chat.ts'
import { claimNextPart } from './claim-part.ts'
import { recordUpdates } from './inbox.ts'
import { openWorkerPresence } from './worker-presence.ts'

const PACE = {
  telegram: { botPerSecond: 100_000, chatPerSecond: 100_000 },
  whatsapp: { numberPerSecond: 100_000, pairPerSecond: 100_000 },
}

/** A claim is committed, and the connection breaks before its answer arrives. */
describe('a claim whose answer is lost', () => {
  it('does not keep a Chat from its next worker', { timeout: 30_000 }, async () => {
    await using test = await openTestDatabase()
    await using worker = await openWorkerPresence(test.url, createLogger('silent'))
    const bot = await addTestBot(test.db)
    const chat = await addTestChat(test.db, bot)
    await recordUpdates(test.db, { creatorId: bot.creatorId, botId: bot.id }, [
      buildUpdate({ channel: 'web', chatKey: chat.chatKey }),
    ])

    await loseAnswer(
      test,
      (db) => claimChat(db, chat, worker.id),
      () => test.db.selectFrom('chat').select('id').where('holder_id', '=', worker.id).execute(),
    )

    expect(await claimChat(test.db, chat, worker.id)).toMatchObject({ id: chat.id, attempts: 1 })
  })

  it('does not leave a Part in the hands of no one', { timeout: 30_000 }, async () => {
    await using test = await openTestDatabase()
    await using worker = await openWorkerPresence(test.url, createLogger('silent'))
    const chat = await addTestChat(test.db, await addTestBot(test.db))
    await addPart(test, chat)
    const settings = { workerId: worker.id, pace: PACE }

    await loseAnswer(
      test,
      (db) => claimNextPart(db, chat.id, settings),
      () => test.db.selectFrom('part').select('id').where('state', '=', 'sending').execute(),
    )

    expect(await claimNextPart(test.db, chat.id, settings)).toMatchObject({
      kind: 'part',
      part: { attempts: 1 },
    })
  })
})

/** Runs `claim` over a connection that loses the answer once `listDone` shows that it was committed. */
async function loseAnswer(
  test: TestDatabase,
  claim: (db: TestDatabase['db']) => Promise<unknown>,
  listDone: () => Promise<unknown[]>,
): Promise<void> {
  await using proxy = await openTcpProxy(test.url)
  const url = new URL(test.url)
  url.host = new URL(proxy.url.replace(/^postgres(ql)?:/, 'http:')).host
  const db = openDatabase(url.href, { max: 1 })
  try {
    await db.selectFrom('creator').select('id').execute()
    proxy.swallowAnswers()
    const claiming = claim(db)
    claiming.catch(() => {})
    await waitUntil(async () => (await listDone()).length === 1)
    await proxy.cut()
    await proxy.restore()
    await expect(claiming).rejects.toThrow()
    expect(await listDone()).toHaveLength(0)
  } finally {
    await db.destroy()
  }
}

async function addPart(
  { db }: TestDatabase,
  chat: { id: string; creatorId: string; botId: string; turnId: string },
): Promise<void> {
  const shared = { creator_id: chat.creatorId, chat_id: chat.id }
  const messageId = randomUUID()
  await db
    .insertInto('message')
    .values({
      ...shared,
      id: messageId,
      turn_id: chat.turnId,
      direction: 'out',
      kind: 'answer',
      markdown: 'Yes.',
    })
    .execute()
  await db
    .insertInto('part')
    .values({
      ...shared,
      bot_id: chat.botId,
      message_id: messageId,
      channel: 'web',
      payload: JSON.stringify({ text: 'Yes.' }),
      policy: 'answer',
    })
    .execute()
}
