import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Actor } from '../accounts/access.ts'
import type { Bot } from '../bots/bot-settings.ts'
import { phrase } from '../bots/phrases.ts'
import { claimNextPart } from '../messaging/claim-part.ts'
import { markPartSent } from '../messaging/outbox.ts'
import { addTestBot } from '../testing/builders/bot.ts'
import { addTestAnswer, addTestChat } from '../testing/builders/conversation.ts'
import { openTestDatabase, type TestDatabase } from '../testing/database.ts'
import { createFakeChannel } from '../testing/fake-channel.ts'
import { createTakeovers } from './takeover.ts'

const HOUR_MS = 60 * 60 * 1000

describe('a takeover', () => {
  let test: TestDatabase
  let bot: Bot
  const { channel } = createFakeChannel()
  const takeovers = createTakeovers({
    channels: { telegram: channel, whatsapp: channel, web: channel },
    settings: { minutes: 60, maxMinutes: 120 },
  })

  beforeAll(async () => {
    test = await openTestDatabase()
    bot = await addTestBot(test.db)
  })
  afterAll(() => test?.[Symbol.asyncDispose]())

  async function addMember(name: string, role: Actor['role'] = 'editor'): Promise<Actor> {
    const { id } = await test.db
      .insertInto('member')
      .values({ name, email: `${crypto.randomUUID()}@example.org` })
      .returning('id')
      .executeTakeFirstOrThrow()
    const owner = { creatorId: bot.creatorId, apiKeyId: undefined, isOperator: false, ip: undefined }
    return { ...owner, memberId: id, name, role }
  }

  async function addChat(changes: Record<string, unknown> = {}) {
    const { id } = await addTestChat(test.db, bot)
    if (Object.keys(changes).length > 0) {
      await test.db.updateTable('chat').set(changes).where('id', '=', id).execute()
    }
    return { botId: bot.id, chatId: id }
  }

  const said = (chatId: string) =>
    test.db
      .selectFrom('message')
      .innerJoin('part', 'part.message_id', 'message.id')
      .select(['message.markdown', 'message.kind', 'part.policy', 'message.member_id'])
      .where('message.chat_id', '=', chatId)
      .orderBy('part.position')
      .execute()

  const chatOf = (chatId: string) =>
    test.db.selectFrom('chat').selectAll().where('id', '=', chatId).executeTakeFirstOrThrow()

  async function codeOf(work: Promise<unknown>): Promise<string> {
    return work.then(
      () => 'done',
      (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : 'unknown'),
    )
  }

  it('tells the person in their language, says the words once and gives the chat back', async () => {
    const ana = await addMember('Ana *the* coach')
    const chat = await addChat({ language: 'de' })

    await takeovers.start(test.db, ana, chat)
    const words = { ...chat, text: 'Hier bin ich.', requestId: 'a' }
    const [one, two] = await Promise.all([
      takeovers.say(test.db, ana, words),
      takeovers.say(test.db, ana, words),
    ])
    await takeovers.end(test.db, ana, chat)
    await takeovers.end(test.db, ana, chat)

    expect(one).toEqual(two)
    const name = 'Ana \\*the\\* coach'
    expect(await said(chat.chatId)).toEqual([
      {
        markdown: phrase('de', 'takeover_started', { name }),
        kind: 'notice',
        policy: 'notice',
        member_id: ana.memberId,
      },
      { markdown: 'Hier bin ich.', kind: 'takeover', policy: 'answer', member_id: ana.memberId },
      {
        markdown: phrase('de', 'takeover_ended'),
        kind: 'notice',
        policy: 'notice',
        member_id: ana.memberId,
      },
    ])
    expect((await chatOf(chat.chatId)).takeover_until).toBeNull()
  })

  it('is prolonged without another word, and never past its ceiling', async () => {
    const ana = await addMember('Ana')
    const chat = await addChat()

    await takeovers.start(test.db, ana, { ...chat, minutes: 30 })
    await test.db
      .updateTable('chat')
      .set({ takeover_at: new Date(Date.now() - HOUR_MS) })
      .where('id', '=', chat.chatId)
      .execute()
    await takeovers.start(test.db, ana, { ...chat, minutes: 120 })

    const { takeover_until: until } = await chatOf(chat.chatId)
    expect(await said(chat.chatId)).toHaveLength(1)
    expect((until?.getTime() ?? 0) - Date.now()).toBeLessThanOrEqual(HOUR_MS)
    expect((until?.getTime() ?? 0) - Date.now()).toBeGreaterThan(HOUR_MS - 60_000)
    expect(await codeOf(takeovers.start(test.db, ana, { ...chat, minutes: 121 }))).toBe('takeover.too_long')
  })

  it('does not end while the person is about to answer', async () => {
    const ana = await addMember('Ana')
    const chat = await addChat()
    await takeovers.start(test.db, ana, { ...chat, minutes: 1 })

    await takeovers.say(test.db, ana, { ...chat, text: 'What do you think?', requestId: 'a' })

    const { takeover_until: until } = await chatOf(chat.chatId)
    expect((until?.getTime() ?? 0) - Date.now()).toBeGreaterThan(14 * 60_000)
  })

  it('goes over to a colleague, and then refuses the words of the one before', async () => {
    const [ana, ben] = [await addMember('Ana'), await addMember('Ben')]
    const chat = await addChat()
    await takeovers.start(test.db, ana, chat)
    const words = { ...chat, text: 'Mine', requestId: 'a' }

    expect(await codeOf(takeovers.say(test.db, ben, words))).toBe('takeover.held')
    await takeovers.start(test.db, ben, chat)
    expect(await codeOf(takeovers.say(test.db, ana, words))).toBe('takeover.held')
    await takeovers.say(test.db, ben, words)

    expect((await said(chat.chatId)).map(({ markdown }) => markdown)).toEqual([
      phrase('en', 'takeover_started', { name: 'Ana' }),
      phrase('en', 'takeover_started', { name: 'Ben' }),
      'Mine',
    ])
  })

  it('is refused where nobody can be written to, to a viewer, and elsewhere', async () => {
    const ana = await addMember('Ana')
    const viewer = await addMember('Vic', 'viewer')
    const blocked = await addChat({ blocked_at: new Date() })
    const closed = await addChat({
      channel: 'whatsapp',
      last_inbound_at: new Date(Date.now() - 25 * HOUR_MS),
    })
    const open = await addChat({ channel: 'whatsapp', last_inbound_at: new Date(Date.now() - 23 * HOUR_MS) })
    const stranger = { ...ana, creatorId: (await addTestBot(test.db)).creatorId }

    expect(await codeOf(takeovers.start(test.db, ana, blocked))).toBe('channel.blocked')
    expect(await codeOf(takeovers.start(test.db, ana, closed))).toBe('channel.window_closed')
    expect(await codeOf(takeovers.start(test.db, viewer, open))).toBe('access.denied')
    expect(await codeOf(takeovers.end(test.db, viewer, open))).toBe('access.denied')
    expect(await codeOf(takeovers.start(test.db, stranger, open))).toBe('chat.not_found')
    expect(await codeOf(takeovers.say(test.db, ana, { ...open, text: 'Hi', requestId: 'a' }))).toBe(
      'takeover.not_active',
    )
    expect(await codeOf(takeovers.start(test.db, ana, open))).toBe('done')
    expect(await codeOf(takeovers.say(test.db, ana, { ...open, text: '  ', requestId: 'a' }))).toBe(
      'message.empty',
    )
    const long = { ...open, text: 'x'.repeat(4_097), requestId: 'a' }
    expect(await codeOf(takeovers.say(test.db, ana, long))).toBe('message.too_long')
    for (const { chatId } of [blocked, closed]) expect(await said(chatId)).toEqual([])
  })

  it('ends once when many schedulers find its time over, and never before', async () => {
    const ana = await addMember('Ana')
    const [over, running] = [await addChat(), await addChat()]
    for (const chat of [over, running]) await takeovers.start(test.db, ana, chat)
    await test.db
      .updateTable('chat')
      .set({ takeover_until: new Date(Date.now() - 1) })
      .where('id', '=', over.chatId)
      .execute()

    const ended = await Promise.all(Array.from({ length: 6 }, () => takeovers.endAllInTime(test.db)))

    expect(ended.flat()).toEqual([over.chatId])
    expect((await said(over.chatId)).map(({ markdown }) => markdown)).toEqual([
      phrase('en', 'takeover_started', { name: 'Ana' }),
      phrase('en', 'takeover_ended'),
    ])
    expect(await said(running.chatId)).toHaveLength(1)
    expect(await takeovers.endInTime(test.db, running.chatId)).toBe(false)
  })

  it('holds back what the bot would begin to say by itself, until the chat is its own again', async () => {
    const ana = await addMember('Ana')
    const chat = await addTestChat(test.db, bot)
    const { partId } = await addTestAnswer(test.db, chat, { markdown: 'By the way', state: 'queued' })
    await test.db.updateTable('part').set({ policy: 'notice' }).where('id', '=', partId).execute()
    await test.db.updateTable('turn').set({ kind: 'gap' }).where('id', '=', chat.turnId).execute()
    const ref = { botId: bot.id, chatId: chat.id }
    const pace = {
      telegram: { botPerSecond: 1_000, chatPerSecond: 1_000 },
      whatsapp: { numberPerSecond: 1_000, pairPerSecond: 1_000 },
    }
    async function send(): Promise<string> {
      const next = await claimNextPart(test.db, chat.id, { workerId: 1_000_000, pace })
      if (next.kind !== 'part') return next.kind
      await markPartSent(test.db, next.part, { vendorMessageId: next.part.id })
      return String(next.part.payload.text)
    }

    await takeovers.start(test.db, ana, ref)
    await takeovers.say(test.db, ana, { ...ref, text: 'Hello', requestId: 'a' })
    const whileTaken = [await send(), await send(), await send()]
    await takeovers.end(test.db, ana, ref)

    expect(whileTaken).toEqual([phrase('en', 'takeover_started', { name: 'Ana' }), 'Hello', 'later'])
    expect([await send(), await send()]).toEqual(['By the way', phrase('en', 'takeover_ended')])
  })

  it('leaves no word behind when the commit fails', async () => {
    const ana = await addMember('Ana')
    const chat = await addChat()
    const broken = test.db.transaction().execute(async (trx) => {
      await takeovers.start(trx, ana, chat)
      throw new Error('broken')
    })

    await expect(broken).rejects.toThrow('broken')

    expect(await said(chat.chatId)).toEqual([])
    expect((await chatOf(chat.chatId)).takeover_until).toBeNull()
  })
})
