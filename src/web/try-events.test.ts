import { randomUUID } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { announceMessage, publishDraft } from '../messaging/chat-feed.ts'
import { addTestBot } from '../testing/builders/bot.ts'
import { addTestAnswer, addTestChat, addTestQuestion } from '../testing/builders/conversation.ts'
import { openTestDatabase } from '../testing/database.ts'
import { openTryServer, openVisitor, readEvents, type TryServer } from '../testing/worlds/try-server.ts'
import { TRY_LIMITS, type TryLimits } from './try.ts'

const EVENTS = '/try/doorstep/events'

/** A bot, its pages, and a visitor who has a Chat with it. */
async function openChat(limits: Partial<TryLimits> = {}) {
  await using opened = new AsyncDisposableStack()
  const test = opened.use(await openTestDatabase())
  const bot = await addTestBot(test.db, { slug: 'doorstep' })
  const server: TryServer = opened.use(await openTryServer(test, { limits: { ...TRY_LIMITS, ...limits } }))
  const visitor = openVisitor(server.url)
  await visitor.get('/try/doorstep')
  const chat = await addTestChat(test.db, bot, visitor.cookie.split('=')[1]?.split('.')[0])
  const owned = opened.move()
  return { ...test, chat, server, visitor, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

describe('the event stream of a chat', () => {
  it('shows a question being answered: at work, the draft, the answer, at rest', async () => {
    await using open = await openChat()
    const { db, chat, visitor } = open
    const response = await visitor.get(EVENTS)
    const events = readEvents(response)
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect((await events.next('progress')).data).toEqual({ isWriting: false, draft: '' })

    const id = randomUUID()
    await visitor.postJson('/try/doorstep/messages', { id, text: 'How?' })
    expect((await events.next('progress')).data).toEqual({ isWriting: true, draft: '' })
    await publishDraft(db, chat, 'Start sm')
    expect((await events.next('progress')).data).toEqual({ isWriting: true, draft: '<p>Start sm</p>' })

    await addTestQuestion(db, chat, { text: 'How?', messageId: id })
    await addTestAnswer(db, chat, { markdown: 'Start small.', state: 'sending' })
    await db.updateTable('inbox').set({ done_at: new Date() }).execute()
    await announceMessage(db, chat)

    expect((await events.next('said')).data).toMatchObject({ clientId: id })
    const answer = await events.next('said')
    expect(answer.data.html).toContain('<p>Start small.</p>')
    expect((await events.next('progress')).data).toEqual({ isWriting: false, draft: '' })
    await events.close()
  })

  it('goes on where the browser was, by header or address, the header first', async () => {
    await using open = await openChat()
    const { db, chat, visitor } = open
    for (const markdown of ['one', 'two', 'three']) await addTestAnswer(db, chat, { markdown })
    const all = readEvents(await visitor.get(`${EVENTS}?after=0`))
    const [first, second] = [await all.next('said'), await all.next('said')]

    const byAddress = readEvents(await visitor.get(`${EVENTS}?after=${first.id}`))
    const byHeader = readEvents(await visitor.get(`${EVENTS}?after=0`, { 'last-event-id': second.id ?? '' }))

    expect((await byAddress.next('said')).data.html).toContain('two')
    expect((await byHeader.next('said')).data.html).toContain('three')
    await Promise.all([all.close(), byAddress.close(), byHeader.close()])
  })

  it('finds by itself what no notification told', async () => {
    await using open = await openChat({ pollMs: 50 })
    const events = readEvents(await open.visitor.get(EVENTS))
    await events.next('progress')

    await addTestAnswer(open.db, open.chat, { markdown: 'unannounced' })

    expect((await events.next('said')).data.html).toContain('unannounced')
    await events.close()
  })

  it('keeps quiet connections alive', async () => {
    await using open = await openChat({ heartbeatMs: 20 })
    const events = readEvents(await open.visitor.get(EVENTS))

    await vi.waitUntil(async () => (await events.nextBlock())?.startsWith(':'))
    await events.close()
  })

  it('bounds the streams of a visitor and of all, and frees the place of who leaves', async () => {
    await using open = await openChat({ maxStreamsPerVisitor: 1, maxStreams: 2 })
    const { server, visitor } = open
    const others = [openVisitor(server.url), openVisitor(server.url)]
    for (const other of others) await other.get('/try/doorstep')
    const first = await visitor.get(EVENTS)

    const second = await visitor.get(EVENTS)
    const [third, fourth] = [await others[0]?.get(EVENTS), await others[1]?.get(EVENTS)]

    expect([first, second, third, fourth].map((response) => response?.status)).toEqual([200, 429, 200, 429])
    await readEvents(first).close()
    await vi.waitUntil(async () => (await visitor.get(EVENTS)).status === 200)
  })

  it('ends every stream when the server stops', async () => {
    await using open = await openChat()
    const events = readEvents(await open.visitor.get(EVENTS))
    await events.next('progress')

    open.server.stop()

    expect(await events.nextBlock()).toBeUndefined()
  })

  it('is closed to who has no cookie', async () => {
    await using open = await openChat()

    expect((await openVisitor(open.server.url).get(EVENTS)).status).toBe(403)
  })
})
