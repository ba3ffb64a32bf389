import { describe, expect, it } from 'vitest'
import { addTestBot } from '../testing/builders/bot.ts'
import {
  addTestAnswer,
  addTestChat,
  addTestCitation,
  addTestQuestion,
  buildWebUpdate,
} from '../testing/builders/conversation.ts'
import { openTestDatabase } from '../testing/database.ts'
import { publishDraft } from './chat-feed.ts'
import { listSaid, readProgress } from './conversation.ts'
import { recordUpdates } from './inbox.ts'

describe('listSaid', () => {
  it('tells a conversation in order, each answer with its Parts', async () => {
    await using test = await openTestDatabase()
    const chat = await addTestChat(test.db, await addTestBot(test.db))
    await addTestQuestion(test.db, chat, { text: 'How?', messageId: 'q1' })
    await addTestAnswer(test.db, chat, { markdown: 'So.', html: '<p>So.</p>' })

    const said = await listSaid(test.db, chat)

    expect(said).toMatchObject([
      { direction: 'in', markdown: 'How?', inboundMessageId: 'q1', payloads: [] },
      { direction: 'out', markdown: 'So.', payloads: [{ text: 'So.', html: '<p>So.</p>' }] },
    ])
  })

  it('goes on after a position, and without one gives the last of it', async () => {
    await using test = await openTestDatabase()
    const chat = await addTestChat(test.db, await addTestBot(test.db))
    for (const text of ['one', 'two', 'three']) await addTestQuestion(test.db, chat, { text })

    const [first] = await listSaid(test.db, chat, { after: '0', limit: 1 })
    const rest = await listSaid(test.db, chat, { after: first?.position ?? '' })
    const tail = await listSaid(test.db, chat, { limit: 2 })

    expect(first?.markdown).toBe('one')
    expect(rest.map((message) => message.markdown)).toEqual(['two', 'three'])
    expect(tail.map((message) => message.markdown)).toEqual(['two', 'three'])
  })

  it('ends before an answer that is still to be sent, so that nothing behind it hides it', async () => {
    await using test = await openTestDatabase()
    const chat = await addTestChat(test.db, await addTestBot(test.db))
    await addTestAnswer(test.db, chat, { markdown: 'first' })
    const { partId } = await addTestAnswer(test.db, chat, { markdown: 'second', state: 'queued' })
    await addTestQuestion(test.db, chat, { text: 'third' })

    const before = await listSaid(test.db, chat)
    await test.db.updateTable('part').set({ state: 'sending' }).where('id', '=', partId).execute()
    const after = await listSaid(test.db, chat, { after: before.at(-1)?.position ?? '' })

    expect(before.map((message) => message.markdown)).toEqual(['first'])
    expect(after.map((message) => message.markdown)).toEqual(['second', 'third'])
  })

  it('leaves out what could not be sent', async () => {
    await using test = await openTestDatabase()
    const chat = await addTestChat(test.db, await addTestBot(test.db))
    await addTestAnswer(test.db, chat, { markdown: 'lost', state: 'failed' })
    await addTestAnswer(test.db, chat, { markdown: 'said' })

    expect((await listSaid(test.db, chat)).map((message) => message.markdown)).toEqual(['said'])
  })

  it('shows nothing of another Chat, not even of the same visitor with another bot', async () => {
    await using test = await openTestDatabase()
    const chat = await addTestChat(test.db, await addTestBot(test.db), 'visitor')
    const other = await addTestChat(test.db, await addTestBot(test.db), 'visitor')
    await addTestQuestion(test.db, chat, { text: 'mine' })

    expect(await listSaid(test.db, other)).toEqual([])
  })

  it('drops a citation once its Passage is gone', async () => {
    await using test = await openTestDatabase()
    const bot = await addTestBot(test.db)
    const chat = await addTestChat(test.db, bot)
    const standing = await addTestCitation(test.db, bot, { n: 1, quote: 'Forty seconds.' })
    const removed = await addTestCitation(test.db, bot, { n: 2, quote: 'Old.' })
    await addTestAnswer(test.db, chat, { markdown: 'So [1] [2].', citations: [standing, removed] })
    await test.db.deleteFrom('passage').where('id', '=', removed.passageId).execute()

    const [answer] = await listSaid(test.db, chat)

    expect(answer?.citations).toEqual([standing])
  })
})

describe('readProgress', () => {
  it('shows what waits and the draft, and neither once it is answered', async () => {
    await using test = await openTestDatabase()
    const bot = await addTestBot(test.db)
    const chat = await addTestChat(test.db, bot)
    const question = buildWebUpdate(chat.chatKey, { kind: 'text', messageId: 'q1', text: 'How?' })
    await recordUpdates(test.db, { creatorId: bot.creatorId, botId: bot.id }, [question])
    await publishDraft(test.db, chat, 'Start sm')

    const writing = await readProgress(test.db, chat)
    await test.db.updateTable('inbox').set({ done_at: new Date() }).execute()
    const done = await readProgress(test.db, chat)

    expect(writing).toEqual({ waiting: [question], isWriting: true, draft: 'Start sm' })
    expect(done).toEqual({ waiting: [], isWriting: false, draft: undefined })
  })

  it('still writes while the answer is about to be sent, and not while it has to wait long', async () => {
    await using test = await openTestDatabase()
    const chat = await addTestChat(test.db, await addTestBot(test.db))
    await addTestAnswer(test.db, chat, { markdown: 'So.', state: 'queued' })

    const due = await readProgress(test.db, chat)
    await test.db
      .updateTable('part')
      .set({ not_before: new Date(Date.now() + 60_000) })
      .execute()
    const held = await readProgress(test.db, chat)

    expect([due.isWriting, held.isWriting]).toEqual([true, false])
  })

  it('is at rest in a Chat that does not exist yet', async () => {
    await using test = await openTestDatabase()
    const bot = await addTestBot(test.db)

    const progress = await readProgress(test.db, { botId: bot.id, channel: 'web', chatKey: 'new' })

    expect(progress).toEqual({ waiting: [], isWriting: false, draft: undefined })
  })
})
