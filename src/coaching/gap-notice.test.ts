import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Bot } from '../bots/bot-settings.ts'
import { claimNextPart } from '../messaging/claim-part.ts'
import { addTestBot } from '../testing/builders/bot.ts'
import { addTestChat, type TestChat } from '../testing/builders/conversation.ts'
import { addTestEditor, addTestGap, groupTestGaps } from '../testing/builders/gap.ts'
import { createFakeChannel } from '../testing/fake-channel.ts'
import { type KnowledgeTest, openKnowledgeTest } from '../testing/worlds/knowledge-world.ts'
import { listAskers } from './gap.ts'
import { answerGap, storeAnswer, undoGapAnswer } from './gap-answer.ts'
import { listDueAnswers, tellAskers, writeNotice } from './gap-notice.ts'

const channels = {
  telegram: createFakeChannel('telegram').channel,
  whatsapp: createFakeChannel('whatsapp').channel,
  web: createFakeChannel('web').channel,
}

const PACE = {
  telegram: { botPerSecond: 100, chatPerSecond: 100 },
  whatsapp: { numberPerSecond: 100, pairPerSecond: 100 },
}

const QUESTION = 'How much does the course cost?'
const TEXT = 'The course costs ninety euros.'

describe('tellAskers', () => {
  let test: KnowledgeTest

  beforeAll(async () => {
    test = await openKnowledgeTest()
  })
  afterAll(() => test[Symbol.asyncDispose]())

  /** A question asked by these Chats, grouped. */
  async function ask(bot: Bot, chats: TestChat[]): Promise<string> {
    for (const chat of chats) await addTestGap(test.db, bot, QUESTION, { chat })
    await groupTestGaps(test.db, bot)
    const group = await test.db
      .selectFrom('gap_group')
      .select('id')
      .where('bot_id', '=', bot.id)
      .executeTakeFirstOrThrow()
    return group.id
  }

  async function answer(bot: Bot, groupId: string, { undoMs = 0, isIngested = true } = {}) {
    const actor = await addTestEditor(test.db, bot)
    const texts = { question: QUESTION, text: TEXT }
    const file = await storeAnswer(test.files, bot.creatorId, texts)
    const key = { botId: bot.id, groupId }
    const answered = await answerGap(test.db, test.files, actor, {
      ...{ ...key, ...texts, file, undoMs, isCorrection: false },
    })
    if (isIngested && answered.versionId) await test.ingest(answered.versionId)
    return { actor, key, ...answered }
  }

  const tell = (groupId: string) => tellAskers({ db: test.db, channels }, groupId)

  async function readMessages(bot: Bot) {
    return test.db
      .selectFrom('message')
      .innerJoin('turn', 'turn.id', 'message.turn_id')
      .leftJoin('part', 'part.message_id', 'message.id')
      .select([
        'message.chat_id',
        'message.markdown',
        'message.citations',
        'message.member_id',
        'message.kind',
      ])
      .select(['turn.kind as turn_kind', 'part.policy', 'part.payload'])
      .where('turn.bot_id', '=', bot.id)
      .where('message.direction', '=', 'out')
      .execute()
  }

  it('tells each asker once, with the proof, however many tell at once', async () => {
    const bot = await addTestBot(test.db)
    const chats = [await addTestChat(test.db, bot), await addTestChat(test.db, bot)]
    const groupId = await ask(bot, [...chats, ...chats.slice(0, 1)])
    const { actor } = await answer(bot, groupId)

    await Promise.all(Array.from({ length: 5 }, () => tell(groupId)))
    await tell(groupId)

    const said = await readMessages(bot)
    expect(said.map(({ chat_id }) => chat_id).sort()).toEqual(chats.map(({ id }) => id).sort())
    expect(said[0]).toMatchObject({
      kind: 'answer',
      turn_kind: 'gap_answer',
      policy: 'notice',
      member_id: actor.memberId,
      markdown: `You asked: “${QUESTION}” Nell Coach has answered:\n\n${TEXT} [1]`,
      citations: [{ n: 1, document: 'Answered by Nell Coach', locator: QUESTION, quote: TEXT }],
    })
    expect(await listDueAnswers(test.db, 100)).not.toContain(groupId)
  })

  it('tells a person with two chats in the one they asked in last', async () => {
    const bot = await addTestBot(test.db)
    const [first, last] = [await addTestChat(test.db, bot), await addTestChat(test.db, bot)]
    await test.db
      .updateTable('chat')
      .set({
        subscriber_id: (is) => is.selectFrom('chat').select('subscriber_id').where('id', '=', first.id),
      })
      .where('id', '=', last.id)
      .execute()
    const groupId = await ask(bot, [first, last])
    await answer(bot, groupId)

    await tell(groupId)

    expect((await readMessages(bot)).map(({ chat_id }) => chat_id)).toEqual([last.id])
  })

  it('tells no one before the time, nor after the answer was taken back', async () => {
    const bot = await addTestBot(test.db)
    const groupId = await ask(bot, [await addTestChat(test.db, bot)])
    const { actor, key, documentId } = await answer(bot, groupId, { undoMs: 60_000 })
    await tell(groupId)
    expect(await readMessages(bot)).toEqual([])

    const { toldCount } = await undoGapAnswer(test.db, actor, key)
    await test.db
      .updateTable('gap_group')
      .set({ notify_at: new Date(0) })
      .where('id', '=', groupId)
      .execute()
    await tell(groupId)

    expect(toldCount).toBe(0)
    expect(await readMessages(bot)).toEqual([])
    const left = await test.db.selectFrom('document').select('id').where('id', '=', documentId).execute()
    expect(left).toEqual([])
  })

  it('takes back what is still in the Outbox, and leaves what was sent', async () => {
    const bot = await addTestBot(test.db)
    const chats = [await addTestChat(test.db, bot), await addTestChat(test.db, bot)]
    const groupId = await ask(bot, chats)
    const { actor, key } = await answer(bot, groupId)
    await tell(groupId)
    const sentTo = chats[0]?.id ?? ''
    await test.db.updateTable('part').set({ state: 'sent' }).where('chat_id', '=', sentTo).execute()

    const { toldCount } = await undoGapAnswer(test.db, actor, key)

    expect(toldCount).toBe(1)
    expect((await readMessages(bot)).map(({ chat_id }) => chat_id)).toEqual([sentTo])
    const untold = await test.db
      .selectFrom('gap')
      .select('chat_id')
      .where('group_id', '=', groupId)
      .where('notified_message_id', 'is', null)
      .execute()
    expect(untold.map(({ chat_id }) => chat_id)).toEqual([chats[1]?.id])
  })

  it('waits for the answer to be citable, but not for ever', async () => {
    const bot = await addTestBot(test.db)
    const groupId = await ask(bot, [await addTestChat(test.db, bot)])
    await answer(bot, groupId, { isIngested: false })
    await tell(groupId)
    expect(await readMessages(bot)).toEqual([])

    await test.db
      .updateTable('gap_group')
      .set({ notify_at: sql<Date>`now() - interval '121 seconds'` })
      .where('id', '=', groupId)
      .execute()
    await tell(groupId)

    expect(await readMessages(bot)).toMatchObject([
      { citations: [], markdown: expect.stringMatching(/euros\.$/) },
    ])
  })

  it('says whom the delivery gate kept it from, and why', async () => {
    const bot = await addTestBot(test.db)
    const [closed, blocked] = [await addTestChat(test.db, bot), await addTestChat(test.db, bot)]
    await test.db
      .updateTable('chat')
      .set({ channel: 'whatsapp', last_inbound_at: sql<Date>`now() - interval '25 hours'` })
      .where('id', '=', closed.id)
      .execute()
    await test.db
      .updateTable('chat')
      .set({ blocked_at: sql<Date>`now()` })
      .where('id', '=', blocked.id)
      .execute()
    const groupId = await ask(bot, [closed, blocked])
    await answer(bot, groupId)
    const { chatIds } = await tell(groupId)

    for (const chatId of chatIds) {
      expect(await claimNextPart(test.db, chatId, { workerId: 1, pace: PACE })).toEqual({ kind: 'none' })
    }

    const askers = await listAskers(test.db, { creatorId: bot.creatorId, groupId, limit: 10 })
    expect(new Map(askers.map(({ chatId, notice, errorCode }) => [chatId, [notice, errorCode]]))).toEqual(
      new Map([
        [closed.id, ['failed', 'channel.window_closed']],
        [blocked.id, ['failed', 'channel.blocked']],
      ]),
    )
  })

  it('tells who asked in the same moment the answer was taken in', async () => {
    const bot = await addTestBot(test.db)
    const groupId = await ask(bot, [await addTestChat(test.db, bot)])
    await answer(bot, groupId)
    await tell(groupId)

    await ask(bot, [await addTestChat(test.db, bot)])
    expect(await listDueAnswers(test.db, 100)).toContain(groupId)
    await tell(groupId)

    expect(await readMessages(bot)).toHaveLength(2)
  })
})

describe('writeNotice', () => {
  const base = { name: 'Nell', botLanguage: 'de', citation: undefined }

  it('speaks the language of who asked, else the bot’s', () => {
    expect(writeNotice({ ...base, text: 'Oui.' }, { question: 'Ça va ?', language: 'fr' })).toContain(
      'Vous avez demandé',
    )
    expect(writeNotice({ ...base, text: 'Ja.' }, { question: 'Geht es?', language: null })).toContain(
      'Du hast gefragt',
    )
  })

  it('keeps what was asked from becoming markup, and short', () => {
    const notice = writeNotice(
      { ...base, text: 'No.' },
      { question: `**Is** [this](https://x.test)\n# a ${'very '.repeat(60)}long one?`, language: 'en' },
    )

    expect(notice).not.toMatch(/\n#|\*\*Is\*\*|\[this\]\(/)
    expect(notice.length).toBeLessThan(300)
    expect(notice).toContain('…')
  })

  it('puts the mark of the proof behind a block that would swallow it', () => {
    const citation = {
      n: 1,
      documentId: randomUUID(),
      passageId: '1',
      document: 'd',
      locator: '',
      quote: 'q',
    }
    const write = (text: string) =>
      writeNotice({ ...base, text, citation }, { question: 'Q', language: 'en' })

    expect(write('Run:\n```\nls\n```')).toMatch(/```\n\n\[1\]$/)
    expect(write('Plain.')).toMatch(/Plain\. \[1\]$/)
  })
})
