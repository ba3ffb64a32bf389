import { describe, expect, it, vi } from 'vitest'
import { createLogger } from '../logger.ts'
import { addTestBot } from '../testing/builders/bot.ts'
import { buildUpdate } from '../testing/builders/update.ts'
import { openTestDatabase, type TestDatabase } from '../testing/database.ts'
import { addChat, claimChat, lockLeasedChat, releaseChat } from './chat.ts'
import { type ChatAddress, recordUpdates } from './inbox.ts'
import { openWorkerPresence } from './worker-presence.ts'

const log = createLogger('silent')

describe('the lease of a Chat', () => {
  it('is had by one of many claimers', async () => {
    await using test = await openTestDatabase()
    const address = await addOpenChat(test)
    await using worker = await openWorkerPresence(test.url, log)

    const claims = await Promise.all(Array.from({ length: 20 }, () => claimChat(test.db, address, worker.id)))

    expect(claims.filter(Boolean)).toHaveLength(1)
  })

  it('stays with a living worker and passes on the moment it is gone', async () => {
    await using test = await openTestDatabase()
    const address = await addOpenChat(test)
    const first = await openWorkerPresence(test.url, log)
    await using second = await openWorkerPresence(test.url, log)
    const held = await claimChat(test.db, address, first.id)

    expect(await claimChat(test.db, address, second.id)).toBeUndefined()

    await first[Symbol.asyncDispose]()
    const taken = await vi.waitUntil(() => claimChat(test.db, address, second.id), {
      timeout: 10_000,
      interval: 50,
    })
    expect(taken).toMatchObject({ id: held?.id, attempts: 2 })
  })

  it('keeps who lost it from writing', async () => {
    await using test = await openTestDatabase()
    const address = await addOpenChat(test)
    const first = await openWorkerPresence(test.url, log)
    await using second = await openWorkerPresence(test.url, log)
    const lost = await claimChat(test.db, address, first.id)
    await first[Symbol.asyncDispose]()
    await vi.waitUntil(() => claimChat(test.db, address, second.id), { timeout: 10_000, interval: 50 })
    if (!lost) throw new Error('the first claim failed')

    const mayWrite = await test.db.transaction().execute((trx) => lockLeasedChat(trx, lost))

    expect(mayWrite).toBe(false)
  })

  it('is not given where nothing is open', async () => {
    await using test = await openTestDatabase()
    const address = await addOpenChat(test)
    await test.db.updateTable('inbox').set({ done_at: new Date() }).execute()
    await using worker = await openWorkerPresence(test.url, log)

    expect(await claimChat(test.db, address, worker.id)).toBeUndefined()
  })

  it('counts no failed attempt when work is handed back', async () => {
    await using test = await openTestDatabase()
    const address = await addOpenChat(test)
    await using worker = await openWorkerPresence(test.url, log)
    for (let stop = 0; stop < 3; stop++) {
      const chat = await claimChat(test.db, address, worker.id)
      if (chat) await releaseChat(test.db, chat, { isHandedBack: true })
    }

    expect(await claimChat(test.db, address, worker.id)).toMatchObject({ attempts: 1 })
  })
})

describe('addChat', () => {
  it('makes one Chat and one Subscriber of two at once', async () => {
    await using test = await openTestDatabase()
    const bot = await addTestBot(test.db)
    const owner = { creatorId: bot.creatorId, botId: bot.id }
    const address: ChatAddress = { botId: bot.id, channel: 'telegram', chatKey: '1' }

    const made = await Promise.all(
      Array.from({ length: 8 }, () => addChat(test.db, owner, address, { externalId: '1' })),
    )

    expect(made.filter(Boolean)).toHaveLength(1)
    expect(await test.db.selectFrom('subscriber').selectAll().execute()).toHaveLength(1)
  })
})

/** A Chat with one open Update. */
async function addOpenChat(test: TestDatabase): Promise<ChatAddress> {
  const bot = await addTestBot(test.db)
  const owner = { creatorId: bot.creatorId, botId: bot.id }
  const update = buildUpdate()
  const [address] = await recordUpdates(test.db, owner, [update])
  if (!address) throw new Error('the Update was not stored')
  await addChat(test.db, owner, address, update.sender)
  return address
}
