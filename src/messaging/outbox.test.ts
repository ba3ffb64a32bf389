import { randomUUID } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { createLogger } from '../logger.ts'
import { addTestBot } from '../testing/builders/bot.ts'
import { openTestDatabase, type TestDatabase } from '../testing/database.ts'
import { addChat } from './chat.ts'
import { claimNextPart } from './claim-part.ts'
import { recordReceipts } from './inbox.ts'
import {
  blockChat,
  type ClaimedPart,
  doubtOrphanedParts,
  markPartDoubtful,
  markPartSent,
  requeuePart,
  resolveDoubts,
  type SendPolicy,
} from './outbox.ts'
import type { PaceSettings } from './pace.ts'
import { settleReceipts } from './receipt.ts'
import type { ChannelName, Receipt } from './update.ts'
import { openWorkerPresence } from './worker-presence.ts'

const UNPACED: PaceSettings = {
  telegram: { botPerSecond: 100_000, chatPerSecond: 100_000 },
  whatsapp: { numberPerSecond: 100_000, pairPerSecond: 100_000 },
}
const WORKER = 1_000_000

describe('the Outbox', () => {
  it('sends the Parts of a Chat in order, one at a time', async () => {
    await using test = await openTestDatabase()
    const chat = await addChatWithParts(test, 'telegram', ['one', 'two'])

    const first = await claim(test, chat.id)
    expect(first.payload.text).toBe('one')
    expect(await claimAny(test, chat.id)).toEqual({ kind: 'none' })

    await markPartSent(test.db, first, { vendorMessageId: '1' })
    expect((await claim(test, chat.id)).payload.text).toBe('two')
  })

  it('gives a Part to one of many senders', async () => {
    await using test = await openTestDatabase()
    const chat = await addChatWithParts(test, 'telegram', ['one'])

    const claims = await Promise.all(Array.from({ length: 10 }, () => claimAny(test, chat.id)))

    expect(claims.filter((it) => it.kind === 'part')).toHaveLength(1)
  })

  it('waits as long as the vendor asked, without spending a try', async () => {
    await using test = await openTestDatabase()
    const chat = await addChatWithParts(test, 'telegram', ['one'])
    const part = await claim(test, chat.id)

    await requeuePart(test.db, part, { waitMs: 3_000, code: 'channel.rate_limited', isFree: true })

    const next = await claimAny(test, chat.id)
    expect(next).toMatchObject({ kind: 'later', waitMs: expect.any(Number) })
    if (next.kind === 'later') expect(next.waitMs).toBeGreaterThan(2_000)
    expect(await readPart(test, part.id)).toMatchObject({ state: 'queued', attempts: 0 })
  })

  it('gives up what is queued once the person blocked the bot', async () => {
    await using test = await openTestDatabase()
    const chat = await addChatWithParts(test, 'telegram', ['one', 'two'])

    await blockChat(test.db, await claim(test, chat.id))

    const parts = await test.db.selectFrom('part').select(['state', 'error_code']).execute()
    expect(parts).toEqual(Array(2).fill({ state: 'failed', error_code: 'channel.blocked' }))
  })

  it('holds a WhatsApp message back when the 24 hours are over', async () => {
    await using test = await openTestDatabase()
    const chat = await addChatWithParts(test, 'whatsapp', ['late'])
    await test.db
      .updateTable('chat')
      .set({ last_inbound_at: new Date(Date.now() - 24 * 3_600_000 - 1_000) })
      .execute()

    expect(await claimAny(test, chat.id)).toEqual({ kind: 'none' })
    expect(await test.db.selectFrom('part').select('error_code').executeTakeFirst()).toEqual({
      error_code: 'channel.window_closed',
    })
  })

  it('keeps the pace of a chat: a burst, then one a second', async () => {
    await using test = await openTestDatabase()
    const texts = Array.from({ length: 7 }, (_, index) => `part ${index}`)
    const chat = await addChatWithParts(test, 'telegram', texts)
    const pace = { ...UNPACED, telegram: { botPerSecond: 30, chatPerSecond: 1 } }
    let sent = 0
    let next = await claimNextPart(test.db, chat.id, { workerId: WORKER, pace })
    for (; next.kind === 'part'; sent++) {
      await markPartSent(test.db, next.part, { vendorMessageId: String(sent) })
      next = await claimNextPart(test.db, chat.id, { workerId: WORKER, pace })
    }

    expect(sent).toBe(5)
    expect(next.kind).toBe('later')
    if (next.kind === 'later') expect(next.waitMs).toBeGreaterThan(0)
  })
})

describe('a doubtful Part', () => {
  it.each<[ChannelName, SendPolicy, string]>([
    ['telegram', 'answer', 'queued'],
    ['telegram', 'notice', 'failed'],
    ['web', 'notice', 'queued'],
  ])('on %s with policy %s becomes %s', async (channel, policy, state) => {
    await using test = await openTestDatabase()
    const chat = await addChatWithParts(test, channel, ['one'], policy)
    const part = await claim(test, chat.id)

    await markPartDoubtful(test.db, part)
    await resolveDoubts(test.db, { settleMs: 60_000 })

    expect(await readPart(test, part.id)).toMatchObject({ state, doubts: 1 })
  })

  it('on WhatsApp waits for its Receipt, and nothing overtakes it', async () => {
    await using test = await openTestDatabase()
    const chat = await addChatWithParts(test, 'whatsapp', ['one', 'two'])
    const part = await claim(test, chat.id)
    await markPartDoubtful(test.db, part)
    await resolveDoubts(test.db, { settleMs: 60_000 })
    expect(await claimAny(test, chat.id)).toEqual({ kind: 'none' })

    await recordReceipts(test.db, chat, [receiptOf(part, 'sent')])
    const settled = await settleReceipts(test.db)

    expect(settled.chatIds).toEqual([chat.id])
    expect(await readPart(test, part.id)).toMatchObject({ state: 'sent', vendor_message_id: 'wamid.1' })
    expect((await claim(test, chat.id)).payload.text).toBe('two')
  })

  it('on WhatsApp goes again when no Receipt came in time', async () => {
    await using test = await openTestDatabase()
    const chat = await addChatWithParts(test, 'whatsapp', ['one'])
    await markPartDoubtful(test.db, await claim(test, chat.id))

    await vi.waitUntil(async () => (await resolveDoubts(test.db, { settleMs: 50 })).length > 0)

    expect((await claim(test, chat.id)).attempts).toBe(2)
  })

  it('is what a sender leaves that was killed in the middle', async () => {
    await using test = await openTestDatabase()
    const chat = await addChatWithParts(test, 'telegram', ['one'])
    const worker = await openWorkerPresence(test.url, createLogger('silent'))
    await claimNextPart(test.db, chat.id, { workerId: worker.id, pace: UNPACED })
    expect(await doubtOrphanedParts(test.db)).toBe(0)

    await worker[Symbol.asyncDispose]()

    await vi.waitUntil(async () => (await doubtOrphanedParts(test.db)) === 1, {
      timeout: 10_000,
      interval: 50,
    })
  })

  it('is settled by the sender itself when it only was slow', async () => {
    await using test = await openTestDatabase()
    const chat = await addChatWithParts(test, 'telegram', ['one'])
    const part = await claim(test, chat.id)
    await markPartDoubtful(test.db, part)
    await resolveDoubts(test.db, { settleMs: 0 })

    await markPartSent(test.db, part, { vendorMessageId: '9' })

    expect(await readPart(test, part.id)).toMatchObject({ state: 'sent' })
    expect(await claimAny(test, chat.id)).toEqual({ kind: 'none' })
  })
})

describe('Receipts', () => {
  it('only move a Part up, in whatever order they come', async () => {
    await using test = await openTestDatabase()
    const chat = await addChatWithParts(test, 'whatsapp', ['one'])
    const part = await claim(test, chat.id)
    await markPartSent(test.db, part, { vendorMessageId: 'wamid.1' })

    for (const state of ['read', 'sent', 'delivered'] as const) {
      await recordReceipts(test.db, chat, [receiptOf(part, state)])
      await settleReceipts(test.db)
    }

    expect(await readPart(test, part.id)).toMatchObject({ state: 'sent', delivery: 'read' })
  })

  it('find a Part by the vendor id where ours is not echoed, and say why it failed', async () => {
    await using test = await openTestDatabase()
    const chat = await addChatWithParts(test, 'whatsapp', ['one'])
    const part = await claim(test, chat.id)
    await markPartSent(test.db, part, { vendorMessageId: 'wamid.1' })
    const { partId: _ours, ...bare } = receiptOf(part, 'failed')

    await recordReceipts(test.db, chat, [
      { ...bare, errorCode: '131047', errorDetail: 'Re-engagement message' },
    ])
    await settleReceipts(test.db)

    expect(await readPart(test, part.id)).toMatchObject({
      state: 'failed',
      error_detail: '131047: Re-engagement message',
    })
  })

  it('of another bot settle nothing', async () => {
    await using test = await openTestDatabase()
    const chat = await addChatWithParts(test, 'whatsapp', ['one'])
    const other = await addTestBot(test.db)
    const part = await claim(test, chat.id)

    await recordReceipts(test.db, { creatorId: other.creatorId, botId: other.id }, [receiptOf(part, 'sent')])
    await settleReceipts(test.db)

    expect(await readPart(test, part.id)).toMatchObject({ state: 'sending', delivery: null })
  })
})

async function addChatWithParts(
  test: TestDatabase,
  channel: ChannelName,
  texts: string[],
  policy: SendPolicy = 'answer',
): Promise<{ id: string; creatorId: string; botId: string }> {
  const bot = await addTestBot(test.db)
  const owner = { creatorId: bot.creatorId, botId: bot.id }
  await addChat(test.db, owner, { botId: bot.id, channel, chatKey: '1' }, { externalId: '1' })
  const { id } = await test.db
    .updateTable('chat')
    .set({ last_inbound_at: new Date() })
    .where('bot_id', '=', bot.id)
    .returning('id')
    .executeTakeFirstOrThrow()
  const said = { creator_id: bot.creatorId, chat_id: id }
  const message = await test.db
    .insertInto('message')
    .values({
      ...said,
      turn_id: randomUUID(),
      direction: 'out',
      kind: 'answer',
      markdown: texts.join(' '),
      vendor_message_id: null,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  for (const text of texts) {
    await test.db
      .insertInto('part')
      .values({
        ...said,
        bot_id: bot.id,
        message_id: message.id,
        channel,
        payload: JSON.stringify({ text }),
        policy,
      })
      .execute()
  }
  return { id, ...owner }
}

function claimAny(test: TestDatabase, chatId: string) {
  return claimNextPart(test.db, chatId, { workerId: WORKER, pace: UNPACED })
}

async function claim(test: TestDatabase, chatId: string): Promise<ClaimedPart> {
  const claimed = await claimAny(test, chatId)
  if (claimed.kind !== 'part') throw new Error(`expected a Part, got ${claimed.kind}`)
  return claimed.part
}

function readPart(test: TestDatabase, id: string) {
  return test.db.selectFrom('part').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
}

function receiptOf(part: ClaimedPart, state: Receipt['state']): Receipt {
  return {
    channel: 'whatsapp',
    externalId: `wamid.1:${state}`,
    partId: part.id,
    vendorMessageId: 'wamid.1',
    state,
    at: '2026-11-20T10:00:00Z',
  }
}
